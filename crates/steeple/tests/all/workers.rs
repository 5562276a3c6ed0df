//! What is done on workers that have a runtime each.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use steeple::Steeple;
use tokio::runtime::Builder;

#[test]
fn what_the_application_does_on_workers_is_done_besides() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let count = || {
        CALLS.fetch_add(1, Relaxed);
    };
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(move |observer| observer.on_worker(count).on_worker(count))
        .resources(|resources| resources.host(false).interval(Duration::from_millis(100)))
        .build()
        .unwrap();
    let worker = || {
        let runtime = Builder::new_current_thread().build().unwrap();
        let _guard = runtime.enter();
        steeple.observer().serve_worker("shop-");
        assert_eq!(CALLS.load(Relaxed), 2);
        let deadline = Instant::now() + Duration::from_secs(60);
        let told = "tokio_workers_count{worker=\"0\"} 1";
        while !steeple.registry().render().contains(told) {
            assert!(Instant::now() < deadline, "{told} is not told");
            thread::sleep(Duration::from_millis(10));
        }
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("shop-0".to_owned());
        thread.spawn_scoped(scope, worker).unwrap();
    });
}
