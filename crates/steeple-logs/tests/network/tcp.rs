use std::{io::Read as _, net::TcpListener, thread, time::Duration};

use steeple_core::pipeline::DropReason;
use steeple_logs::{Destination, NetworkError, Outlet, Tcp};

use crate::support::{PATIENCE, accept, eventually, flush, listen, marker, push, read_to};

#[test]
fn lines_come_as_they_are_on_one_connection() {
    let (listener, address) = listen();
    let outlet = Tcp::new(address).start(marker()).unwrap();
    push(&outlet, "{\"a\":1}\n");
    let mut stream = accept(&listener);
    assert_eq!(read_to(&mut stream, "\n"), "{\"a\":1}\n");
    push(&outlet, "{\"a\":2}\n");
    push(&outlet, "{\"a\":3}\n");
    assert_eq!(read_to(&mut stream, "3}\n"), "{\"a\":2}\n{\"a\":3}\n");
    assert!(outlet.shutdown_blocking(PATIENCE).is_complete());
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "it is closed");
}

#[test]
fn a_receiver_that_closes_the_connection_misses_nothing() {
    let (listener, address) = listen();
    let outlet = Tcp::new(address).start(marker()).unwrap();
    for line in ["one\n", "two\n", "three\n"] {
        push(&outlet, line);
        let mut stream = accept(&listener);
        assert_eq!(read_to(&mut stream, "\n"), line);
        flush(&outlet);
    }
}

#[test]
fn lines_wait_for_a_receiver_that_is_away_and_losses_are_told_of() {
    let (listener, address) = listen();
    let outlet = Tcp::new(&address)
        .pipeline(|pipeline| pipeline.max_queue_items(2))
        .start(marker())
        .unwrap();
    drop(listener);
    for line in ["one\n", "two\n", "three\n"] {
        push(&outlet, line);
    }
    assert_eq!(outlet.accounting().dropped(DropReason::QueueFull), 1);
    assert_eq!(outlet.accounting().queued, 2);

    let listener = TcpListener::bind(&address).unwrap();
    let mut stream = accept(&listener);
    assert_eq!(read_to(&mut stream, "lost\n"), "one\ntwo\n1 lost\n");
    assert_eq!(outlet.accounting().exported, 2);
}

/// Until the buffers of the system are full, since nobody reads, and lines wait.
fn push_until_stalled(outlet: &Outlet, line: &str) {
    eventually("the system takes no more", || {
        (0..(1 << 20) / line.len()).for_each(|_| push(outlet, line));
        let before = outlet.accounting().exported;
        // A worker that only pauses goes on within this time.
        (0..10).all(|_| {
            thread::sleep(Duration::from_millis(100));
            outlet.accounting().exported == before
        })
    });
}

#[test]
fn a_batch_that_was_sent_in_part_is_sent_again_from_where_a_line_begins() {
    let (listener, address) = listen();
    let outlet = Tcp::new(&address).start(marker()).unwrap();
    let line = format!("{}\n", "x".repeat(9_999));
    push(&outlet, &line);
    let mut torn = accept(&listener);
    let mut part = [0; 25];
    torn.read_exact(&mut part).unwrap();
    push_until_stalled(&outlet, &line);
    let exported = outlet.accounting().exported;
    let waiting = outlet.accounting().queued;
    assert_eq!(outlet.accounting().dropped_total(), 0);
    drop(torn);

    // What was exported before may have been lost on its way; what was not comes whole.
    let mut whole = accept(&listener);
    let rest = line.repeat(waiting as usize);
    let mut text = vec![0; rest.len()];
    whole.read_exact(&mut text).unwrap();
    assert!(text == rest.as_bytes());
    flush(&outlet);
    assert_eq!(outlet.accounting().exported, exported + waiting);
}

#[test]
fn a_receiver_that_reads_nothing_holds_nobody_up_and_what_is_left_is_told_of() {
    let (_listener, address) = listen();
    let outlet = Tcp::new(&address)
        .pipeline(|pipeline| pipeline.max_queue_bytes(1 << 20))
        .start(marker())
        .unwrap();
    let line = format!("{}\n", "x".repeat(999));
    push_until_stalled(&outlet, &line);
    (0..2_000).for_each(|_| push(&outlet, &line));
    assert!(outlet.accounting().dropped(DropReason::QueueFull) > 0);
    let report = outlet.shutdown_blocking(Duration::from_millis(100));
    let figures = outlet.accounting();
    assert_eq!(report.lost, figures.dropped(DropReason::Shutdown));
    assert!(report.lost > 0);
    assert_eq!(figures.created, figures.exported + figures.dropped_total());
}

#[test]
fn what_is_no_address_is_refused_from_the_start() {
    let error = Tcp::new("tcp://logstash:5000").start(marker()).unwrap_err();
    let NetworkError::Address { address } = error else {
        panic!("{error:?}")
    };
    assert_eq!(address, "tcp://logstash:5000");
}
