use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use axum::Router;
use futures_executor::block_on;
use futures_util::future::join_all;
use sqlx::postgres::PgPool;
use steeple::{
    core::ops::{OpsRequest, OpsService},
    health::{Check, Failure, Health, checks},
};
use steeple_tests::{
    backends::{Postgres, Relay, hey},
    serving::serve,
    waiting::eventually,
};
use tokio::runtime::{Builder, Runtime};

use crate::states::{PATIENCE, passes_through};

/// How long an outcome counts if nothing else is said.
const CACHE: Duration = Duration::from_secs(2);

/// A pool wants a runtime to be made, and none to be looked at.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn check(address: std::net::SocketAddr, password: &str) -> Check {
    let url = format!("postgres://ada:{password}@{address}/postgres");
    checks::sqlx(&PgPool::connect_lazy(&url).unwrap())
}

fn queries(server: &Postgres) -> usize {
    server.log().matches("SELECT 1").count()
}

/// Has 1,000 probes ask at once, and tells whether all say that it is ready, or that it is not.
fn ask_a_thousand_times(health: &Health) -> bool {
    let answers = thread::scope(|scope| {
        let askers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| block_on(join_all((0..125).map(|_| health.is_ready())))))
            .collect();
        let answers = askers.into_iter().map(|asker| asker.join().unwrap());
        answers.collect::<Vec<_>>().concat()
    });
    assert_eq!(answers.len(), 1_000);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    answers[0]
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn postgresql_is_told_up_slow_frozen_refusing_and_down() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let server = Postgres::start().unwrap();
    let relay = Relay::to(server.address()).unwrap();
    passes_through(server, &relay, "password", |relay, password| {
        check(relay.address(), password)
    });
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_thousand_probes_are_one_query_a_period_and_liveness_asks_nobody_while_it_hangs() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let server = Postgres::start().unwrap();
    let starting = Health::builder()
        .check(
            "database",
            check(server.address(), "right").cache(Duration::ZERO),
        )
        .start()
        .unwrap();
    eventually("it is up", || block_on(starting.is_ready()));

    let before = queries(&server);
    let health = Health::builder()
        .check(
            "database",
            check(server.address(), "right").timeout(PATIENCE),
        )
        .start()
        .unwrap();
    let router = Router::new().merge(steeple::axum::probes(health.probes()));
    let url = format!("http://{}/readyz", serve(router, 2));
    let started = Instant::now();
    assert_eq!(
        hey(&url, 1_000, 250).unwrap(),
        BTreeMap::from([(200, 1_000)])
    );
    let mut rounds = 1;
    let asked = || (queries(&server) - before) as u64;
    while started.elapsed() < 2 * CACHE + CACHE / 2 || asked() < 2 {
        assert!(ask_a_thousand_times(&health));
        rounds += 1;
    }
    let periods = started.elapsed().as_secs() / CACHE.as_secs() + 1;
    let asked = asked();
    eprintln!(
        "{rounds} rounds of 1,000 probes were {asked} queries in {:?}",
        started.elapsed()
    );
    assert!(asked <= periods, "{asked} queries in {periods} periods");

    // One that waits no longer than if nothing else is said.
    let health = Health::builder()
        .check("database", check(server.address(), "right"))
        .start()
        .unwrap();
    eventually("it is ready", || block_on(health.is_ready()));
    server.freeze();
    // Of a thousand that ask while the outcome changes, some are told the one and some the other.
    eventually("it is not ready", || !block_on(health.is_ready()));
    assert!(!ask_a_thousand_times(&health));
    let check = health.snapshot().checks.remove(0);
    let (_, failure) = check.last_failure.unwrap();
    assert_eq!(failure, Failure::TimedOut(Duration::from_secs(1)));
    assert!(check.duration.unwrap() >= Duration::from_secs(1));
    let probes = health.probes();
    for _ in 0..10_000 {
        // There at the first look: nothing was waited for.
        let answer = pin!(probes.call(OpsRequest::new("GET", "/livez")));
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => assert_eq!(answer.status(), 200),
            Poll::Pending => panic!("liveness waits"),
        }
    }

    server.go_on();
    eventually("it is ready again", || block_on(health.is_ready()));
}
