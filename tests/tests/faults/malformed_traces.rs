//! F7: trace headers that are malformed, or as large as they may be.

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex},
};

use steeple::core::Propagators;
use steeple_tests::{backends::OtlpSink, hostile::pipelined, process::isolated};
use tracing_subscriber::fmt::MakeWriter;

use crate::server::Server;

const REQUESTS: u64 = 10_000;
const FORMATS: &str = "tracecontext,baggage,b3,b3multi,jaeger,xray,datadog,ottrace,sentry";

/// All that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic in between").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn malformed_and_large_trace_headers_are_not_logged() {
    isolated(
        "malformed_traces::malformed_and_large_trace_headers_are_not_logged",
        || {
            let log = Log::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_writer(log.clone())
                .init();
            let sink = OtlpSink::start().unwrap();
            let url = sink.url();
            let propagators = Propagators::parse(FORMATS, |unknown| panic!("{unknown}"));
            let server = Server::start_with(|builder| {
                builder
                    .otlp(|otlp| otlp.endpoint(url))
                    .traces(|traces| traces.propagators(propagators))
            });
            tracing::trace!("what is logged is seen");
            let baggage = format!("user={}", "x".repeat(8 << 10));
            let members: String = (0..1_000).map(|number| format!("k{number}=v,")).collect();
            let malformed = [
                ("baggage", &*baggage),
                ("baggage", &members),
                ("baggage", "=,;=,%%%,user"),
                ("traceparent", "00-short-ids-01"),
                ("traceparent", "zz"),
                ("tracestate", "===,,,"),
                ("b3", "0-0-0-0-0"),
                ("x-b3-traceid", "no id"),
                ("uber-trace-id", ":::"),
                ("x-amzn-trace-id", "Root=;Parent=;Sampled"),
                ("x-datadog-trace-id", "-1"),
                ("sentry-trace", "--"),
            ];

            let answered = pipelined(server.address, REQUESTS, 8, |batch, random| {
                let (name, value) = random.choice(malformed).expect("some");
                let _ = write!(
                    batch,
                    "GET /hello HTTP/1.1\r\nhost: test\r\n{name}: {value}\r\n\r\n"
                );
            });

            assert_eq!(answered.unwrap(), REQUESTS);
            let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
            let lines: Vec<_> = logged.lines().collect();
            // Other crates may be seen, too.
            let is_seen = |line: &&str| line.contains("what is logged is seen");
            assert!(lines.iter().any(is_seen), "{logged:.2000}");
            let ours = lines.iter().filter(|line| line.contains("steeple"));
            assert_eq!(ours.count(), 0, "{logged:.2000}");
        },
    );
}
