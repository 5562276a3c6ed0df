//! Panics that cannot be caught.

use steeple::Steeple;

use crate::{process, service};

/// Where nothing unwinds, as with `panic = "abort"`.
extern "C" fn does_not_unwind() {
    panic!("lost for good");
}

#[test]
fn a_panic_that_cannot_unwind_is_printed_before_the_process_ends() {
    let Some(ended) = process::run::<_, &str>(&[], || {
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        service::serve(steeple.observer(), || does_not_unwind());
        eprintln!("still there");
    }) else {
        return;
    };
    assert!(!ended.success);
    assert!(ended.said.contains("lost for good"), "{}", ended.said);
    assert!(!ended.said.contains("still there"), "{}", ended.said);
}

#[test]
fn a_hook_that_was_there_still_hears_of_panics() {
    let Some(said) = process::passes(|| {
        std::panic::set_hook(Box::new(|info| eprintln!("the application's hook: {info}")));
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        service::serve(steeple.observer(), || panic!("lost"));
        let text = steeple.registry().render();
        assert!(
            text.contains(
                r#"http_server_errors_total{error_type="panic",http_route="/orders/{id}"} 1"#
            ),
            "{text}"
        );
    }) else {
        return;
    };
    assert_eq!(
        said.matches("the application's hook: ").count(),
        1,
        "{said}"
    );
    assert!(
        said.contains("the observed code panicked") && said.contains("panic_hook.rs:"),
        "{said}"
    );
}
