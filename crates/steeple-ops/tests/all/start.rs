use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use steeple_metrics::Registry;
use steeple_ops::{BindError, Ops};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use crate::{client::get, ops};

/// Counts the events and spans of one thread name at up to one level.
#[derive(Clone)]
struct Counter {
    level: Level,
    thread: Option<&'static str>,
    seen: Arc<AtomicUsize>,
}

impl Counter {
    fn new(level: Level, thread: Option<&'static str>) -> Self {
        Self {
            level,
            thread,
            seen: Arc::default(),
        }
    }

    fn count(&self) {
        if self.thread.is_none() || thread::current().name() == self.thread {
            self.seen.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.count();
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        self.count();
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_busy_default_port_is_replaced_with_one_warning() {
    // Where another process has the port, it is just as busy.
    let _occupant = TcpListener::bind("127.0.0.1:9464");
    let warnings = Counter::new(Level::WARN, None);

    let ops = tracing::subscriber::with_default(warnings.clone(), || {
        Ops::builder(Registry::new()).bind().unwrap()
    });

    assert_ne!(ops.local_addr().port(), 9464);
    assert!(ops.local_addr().ip().is_loopback());
    assert_eq!(get(ops.local_addr(), "/livez").status, 200);
    assert_eq!(warnings.seen.load(Ordering::Relaxed), 1);
}

#[test]
fn a_busy_configured_port_is_an_error_that_names_it_and_the_way_out() {
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupant.local_addr().unwrap();

    let error = ops().address(address).bind().unwrap_err();

    assert!(matches!(error, BindError::AddressInUse { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "ops address {address} is already in use; stop its user, configure another address, or \
             use port 0 for any free one"
        )
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let address = "192.0.2.1:0".parse().unwrap();

    let error = ops()
        .address(address)
        .token(crate::TOKEN)
        .bind()
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "ops address 192.0.2.1:0 cannot be listened on; use an address of this machine"
    );
}

#[test]
fn what_is_no_host_is_an_error_that_names_it() {
    let error = ops()
        .allow_host("http://metrics.internal")
        .bind()
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "allowed ops host \"http://metrics.internal\" is not a host; give a name or an address \
         without scheme, port or path, such as metrics.internal"
    );
}

#[test]
fn a_time_limit_out_of_range_is_an_error_that_names_it() {
    let header = ops().header_timeout(Duration::ZERO).bind().unwrap_err();
    let write = ops().write_timeout(Duration::MAX).bind().unwrap_err();

    assert_eq!(
        header.to_string(),
        "ops header timeout of 0ns is out of range; give one from 1 ms to 1 h"
    );
    assert!(matches!(write, BindError::Timeout { limit: "write", .. }));
}

#[test]
fn ipv6_loopback_is_served() {
    let Ok(probe) = TcpListener::bind("[::1]:0") else {
        return; // this machine has no IPv6
    };
    drop(probe);
    let ops = ops().address("[::1]:0".parse().unwrap()).bind().unwrap();

    assert_eq!(get(ops.local_addr(), "/livez").status, 200);
}

#[test]
fn probes_are_answered_while_the_applications_runtime_is_blocked() {
    let application = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();

    let status = application.block_on(async {
        let ops = ops().bind().unwrap();
        get(ops.local_addr(), "/livez").status
    });

    assert_eq!(status, 200);
}

#[test]
fn its_own_requests_are_neither_traced_nor_logged() {
    let counter = Counter::new(Level::TRACE, Some("steeple-ops"));
    tracing::subscriber::set_global_default(counter.clone()).unwrap();
    let ops = ops().bind().unwrap();

    for path in ["/", "/metrics", "/livez", "/unknown"] {
        get(ops.local_addr(), path);
    }

    assert_eq!(counter.seen.load(Ordering::Relaxed), 0);
}
