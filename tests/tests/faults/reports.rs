//! Sinks of reports that panic or are slow.

use std::{
    panic,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
        mpsc,
    },
};

use steeple::{
    Observer, Steeple,
    core::errors::{Backtrace, ErrorReport},
    metrics::Value,
};
use steeple_tests::{process::isolated, waiting::eventually};

/// Panics where nothing is observed.
fn panic(number: usize) {
    let _ = panic::catch_unwind(|| panic!("{number} was lost"));
}

#[test]
fn a_sink_that_always_panics_is_not_told_of_itself() {
    isolated(
        "reports::a_sink_that_always_panics_is_not_told_of_itself",
        || {
            panic::set_hook(Box::new(|_| {}));
            let told = Arc::new(Mutex::new(Vec::new()));
            let telling = Arc::clone(&told);
            let sink = move |report: &Arc<ErrorReport>| {
                telling.lock().unwrap().push(report.error().message.clone());
                panic!("the sink is broken");
            };
            let observer = Observer::builder().error_sink(sink).build().unwrap();
            observer.serve_process();
            for number in 0..3 {
                panic(number);
                let is_told = || told.lock().unwrap().contains(&format!("{number} was lost"));
                eventually("a panic is told of", is_told);
            }
            let told = told.lock().unwrap();
            assert_eq!(*told, ["0 was lost", "1 was lost", "2 was lost"]);
        },
    );
}

#[test]
fn reports_that_find_no_room_are_counted() {
    const PANICS: usize = 600;
    isolated("reports::reports_that_find_no_room_are_counted", || {
        panic::set_hook(Box::new(|_| {}));
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let told = Arc::new(AtomicU64::new(0));
        let telling = Arc::clone(&told);
        let sink = move |_: &Arc<ErrorReport>| {
            // An error means that nobody holds it up any more.
            let _ = released.lock().unwrap().recv();
            telling.fetch_add(1, SeqCst);
        };
        let steeple = Steeple::builder("shop")
            .without_ops()
            .observer(|observer| observer.error_sink(sink))
            .build()
            .unwrap();
        steeple.observer().serve_process();
        (0..PANICS).for_each(panic);
        drop(release);
        let lost = || {
            let snapshot = steeple.registry().snapshot();
            let lost = snapshot.value("steeple_error_reports_lost_total", &[]);
            lost.and_then(Value::as_counter).unwrap()
        };
        let all = || lost() + told.load(SeqCst) == PANICS as u64;
        eventually("each is told of or counted", all);
        assert!(lost() > 300, "256 wait: {}", lost());
    });
}

#[test]
fn the_first_panic_of_a_process_has_a_backtrace() {
    isolated(
        "reports::the_first_panic_of_a_process_has_a_backtrace",
        || {
            panic::set_hook(Box::new(|_| {}));
            let told = Arc::new(Mutex::new(Vec::new()));
            let telling = Arc::clone(&told);
            let sink = move |report: &Arc<ErrorReport>| {
                let frames = report.backtrace.as_ref().map(Backtrace::frames);
                telling.lock().unwrap().push(frames);
            };
            let observer = Observer::builder().error_sink(sink).build().unwrap();
            observer.serve_process();
            panic(1);
            eventually("it is told of", || !told.lock().unwrap().is_empty());
            // The debug information is read by now.
            panic(2);
            eventually("it is told of", || told.lock().unwrap().len() == 2);
            for frames in &*told.lock().unwrap() {
                let first = &frames.as_ref().unwrap()[0];
                let function = first.function.as_deref().unwrap();
                assert!(function.contains("reports::panic"), "{first:?}");
            }
        },
    );
}
