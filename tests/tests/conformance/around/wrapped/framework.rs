//! Where a middleware stands, and what it has to leave alone.

use steeple::Outcome;

use crate::{
    expected::{left, panicked, seen},
    fixture::LARGE,
    stage::Stage,
};

/// A stage whose application is wrapped in a middleware `inside` or `outside` of ours.
macro_rules! stage {
    (inside $middleware:expr) => {
        $crate::around::wrapped::framework::stage!(|app, observe| app
            .wrap($middleware)
            .wrap(observe))
    };
    (outside $middleware:expr) => {
        $crate::around::wrapped::framework::stage!(|app, observe| app
            .wrap(observe)
            .wrap($middleware))
    };
    (|$app:ident, $observe:ident| $wrapped:expr) => {
        $crate::stage::Stage::serving(|listener, steeple| {
            let observe = steeple.actix();
            let app = move || {
                let $observe = observe.clone();
                let $app = actix_web::App::new().configure($crate::actix_app::configure);
                $wrapped
            };
            let server = $crate::actix_app::run(listener, steeple, http::Version::HTTP_11, app);
            futures_util::FutureExt::boxed(server)
        })
    };
}
pub(super) use stage;

/// What no middleware means to change is what it is without: an answer, a panic, a path that is not there, a client that
/// goes away before the head and one that does in the body.
pub(super) fn leaves_alone(stage: &Stage) {
    assert_eq!(stage.get("/large").content().len(), LARGE);
    let answered = stage.records.next();
    let expected = seen("/large", 200, LARGE as u64, Outcome::Success);
    assert_eq!(answered.seen, expected);

    assert_eq!(stage.get("/panic").status, 500);
    let panic = stage.records.next();
    assert_eq!(panic.seen, panicked("/panic", "lost"));

    assert_eq!(stage.get("/no/such/page").status, 404);
    let unmatched = stage.records.next();
    let expected = seen("_UNMATCHED", 404, 0, Outcome::ClientError);
    assert_eq!(unmatched.seen, expected);

    let mut client = stage.client();
    client.send("GET", "/never", &[], "");
    stage.wait_until_active(1);
    client.leave();
    let cancelled = stage.records.next();
    assert_eq!(cancelled.seen, left("/never"));

    let mut client = stage.client();
    client.send("GET", "/endless", &[], "");
    client.read_until("xxxx");
    client.leave();
    let cut = stage.records.next();
    let size = cut.seen.response_size;
    assert!(size > 0, "{cut:?}");
    let expected = seen("/endless", 200, size, Outcome::CancelledInBody);
    assert_eq!(cut.seen, expected);

    stage.nothing_else_but(&[&answered, &panic, &unmatched, &cancelled, &cut]);
}
