//! What an instance pushes, and what it tells of it at the end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use futures_executor::block_on;
use steeple::{
    Steeple, SteepleBuilder,
    push::{PushGateway, RemoteWrite},
};
use tokio::runtime;

use crate::process;

const DEADLINE: Duration = Duration::from_secs(30);

/// Takes everything, and tells the first line and the body of each request.
fn backend() -> (SocketAddr, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let head: Vec<_> = reader
                .by_ref()
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let length = head
                .iter()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
            if sender.send((head[0].clone(), body)).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

/// An address at which connections are taken and nothing is ever said.
fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

fn mailer() -> SteepleBuilder {
    Steeple::builder("mailer").private().without_ops()
}

#[test]
fn the_end_pushes_what_happened_and_tells_of_it() {
    let (gateway, pushed) = backend();
    let (store, written) = backend();
    let steeple = mailer()
        .push_gateway(format!("http://{gateway}"))
        .remote_write(format!("http://{store}/api/v1/write"))
        .build()
        .unwrap();
    steeple.observe("job", "nightly").run(|| ());
    let report = block_on(steeple.shutdown(DEADLINE)).unwrap();

    let (line, body) = pushed.recv_timeout(DEADLINE).unwrap();
    assert_eq!(line, "PUT /metrics/job/mailer HTTP/1.1");
    let series = r#"steeple_job_duration_seconds_count{job_kind="job",job_name="nightly",outcome="success"} 1"#;
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains(series), "{text}");
    let (line, _) = written.recv_timeout(DEADLINE).unwrap();
    assert_eq!(line, "POST /api/v1/write HTTP/1.1");
    assert_eq!(report.push_gateway.map(|push| push.pushed), Some(1));
    assert!(report.remote_write.is_some_and(|push| push.pushed > 5));
    assert!(report.is_complete());
}

#[test]
fn a_backend_that_is_silent_costs_the_other_nothing_and_its_loss_is_told() {
    let (store, _written) = backend();
    let (_listener, url) = silence();
    let steeple = mailer()
        .push_gateway(url)
        .remote_write(format!("http://{store}/"))
        .build()
        .unwrap();
    let started = Instant::now();
    let error = block_on(steeple.shutdown(Duration::from_secs(5))).unwrap_err();
    assert!(started.elapsed() < DEADLINE);
    assert_eq!(error.report.push_gateway.map(|push| push.lost), Some(1));
    assert!(
        error
            .report
            .remote_write
            .is_some_and(|push| push.is_complete())
    );
    assert!(error.ops.is_none());
    assert!(error.to_string().contains("lost: 1"), "{error}");
}

#[test]
fn the_deadline_is_kept_on_every_runtime() {
    let deadline = Duration::from_millis(200);
    let (_listener, url) = silence();
    let instance = || {
        mailer()
            .push_gateway(url.clone())
            .remote_write(url.clone())
            .build()
            .unwrap()
    };
    let one = runtime::Builder::new_current_thread().build().unwrap();
    let several = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let started = Instant::now();
    for end in [
        block_on(instance().shutdown(deadline)),
        one.block_on(instance().shutdown(deadline)),
        several.block_on(instance().shutdown(deadline)),
        several.block_on(async { tokio::spawn(instance().shutdown(deadline)).await.unwrap() }),
    ] {
        let report = end.unwrap_err().report;
        assert!(report.push_gateway.is_some_and(|push| push.lost == 1));
        assert!(
            report
                .remote_write
                .is_some_and(|push| push.lost > 0 && push.pending == 0)
        );
    }
    one.block_on(async { drop(instance()) });
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
}

#[test]
fn a_flush_pushes_what_happened_until_then() {
    let (gateway, pushed) = backend();
    let gateway = PushGateway::builder(&format!("http://{gateway}")).job("other");
    let steeple = mailer().push_gateway(gateway).build().unwrap();
    steeple
        .registry()
        .counter("early", &[])
        .unwrap()
        .increment(1);
    let report = block_on(steeple.flush(DEADLINE));
    assert_eq!(report.push_gateway.map(|push| push.pushed), Some(1));
    let (line, body) = pushed.recv_timeout(DEADLINE).unwrap();
    assert_eq!(line, "PUT /metrics/job/other HTTP/1.1");
    assert!(String::from_utf8(body).unwrap().contains("\nearly 1\n"));
}

#[test]
fn dropping_it_pushes_a_last_time() {
    let (gateway, pushed) = backend();
    let gateway = PushGateway::builder(&format!("http://{gateway}")).drop_deadline(DEADLINE);
    drop(mailer().push_gateway(gateway).build().unwrap());
    pushed.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn what_is_wrong_is_refused_before_anything_starts() {
    let (gateway, pushed) = backend();
    for (builder, expected) in [
        (mailer().push_gateway("gateway"), "`gateway` is no URL"),
        (
            mailer().remote_write(RemoteWrite::builder("http://x").interval(Duration::ZERO)),
            "1 ms to 24 h",
        ),
    ] {
        let error = builder.build().err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let both = mailer()
        .push_gateway(format!("http://{gateway}"))
        .remote_write("nowhere");
    assert!(both.build().is_err());
    assert!(pushed.try_recv().is_err());
}

#[test]
fn the_operator_says_where_to() {
    let (gateway, pushed) = backend();
    let (store, written) = backend();
    let environment = [
        ("STEEPLE_PUSHGATEWAY_URL", format!("http://{gateway}/below")),
        ("STEEPLE_REMOTE_WRITE_URL", format!("http://{store}/write")),
    ];
    let Some(ended) = process::run(&environment, || {
        let gateway = PushGateway::builder("http://127.0.0.1:1").label("shard", "7");
        let steeple = Steeple::builder("mailer")
            .without_ops()
            .push_gateway(gateway)
            .build()
            .unwrap();
        let report = block_on(steeple.shutdown(DEADLINE)).unwrap();
        assert!(report.push_gateway.is_some() && report.remote_write.is_some());
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    let (line, _) = pushed.recv_timeout(DEADLINE).unwrap();
    assert_eq!(line, "PUT /below/metrics/job/mailer/shard/7 HTTP/1.1");
    let (line, _) = written.recv_timeout(DEADLINE).unwrap();
    assert_eq!(line, "POST /write HTTP/1.1");
}

#[test]
fn the_operator_can_switch_it_off() {
    let (gateway, pushed) = backend();
    let environment = [
        ("STEEPLE_PUSHGATEWAY_URL", format!("http://{gateway}")),
        ("OTEL_SDK_DISABLED", "true".to_owned()),
    ];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("mailer").build().unwrap();
        let report = block_on(steeple.shutdown(DEADLINE)).unwrap();
        assert_eq!(report.push_gateway, None);
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    assert!(pushed.try_recv().is_err());
}

#[test]
fn a_bad_url_of_the_operators_is_refused_without_its_secrets() {
    for (key, url) in [
        ("STEEPLE_PUSHGATEWAY_URL", "ada:hunter2@gateway:9091"),
        (
            "STEEPLE_REMOTE_WRITE_URL",
            "ftp://ada:hunter2@x/?key=hunter2",
        ),
    ] {
        let Some(ended) = process::run(&[(key, url)], || {
            let error = Steeple::builder("mailer").build().unwrap_err();
            eprintln!("refused: {}\n{error:?}", process::chain(&error));
        }) else {
            return;
        };
        let said = ended.said;
        assert!(said.contains("refused: ") && said.contains(key), "{said}");
        assert!(said.contains("must be an http URL, such as"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn what_is_lost_is_logged_without_secrets() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let url = format!("http://ada:hunter2@{address}/?key=hunter2");
    let Some(ended) = process::run(&[("STEEPLE_PUSHGATEWAY_URL", url)], || {
        let steeple = Steeple::builder("mailer").without_ops().build().unwrap();
        eprintln!("{steeple:?}");
        let error = block_on(steeple.shutdown(Duration::from_secs(3))).unwrap_err();
        eprintln!("{}\n{error:?}", process::chain(&error));
    }) else {
        return;
    };
    let said = ended.said;
    let expected = format!("no answer from http://{address}/metrics/job/mailer");
    assert!(said.contains(&expected), "{said}");
    assert!(
        said.contains("WARN") && said.contains("push_gateway"),
        "{said}"
    );
    assert!(
        !said.contains("hunter2") && !said.contains("aHVudGVyMg"),
        "{said}"
    );
}
