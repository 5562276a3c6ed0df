//! On every runtime, and on none.

use std::{sync::mpsc, thread, time::Duration};

use futures_executor::block_on;
use steeple_health::{Check, Health};
use tokio::runtime::{Builder, Handle};

use crate::{PATIENCE, up};

/// A health whose check needs time and I/O, and says on which thread it runs.
fn health() -> (Health, mpsc::Receiver<String>) {
    let (tell, told) = mpsc::channel();
    let check = Check::new(move || {
        let tell = tell.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let name = thread::current().name().unwrap_or_default().to_owned();
            tell.send(name).map_err(std::io::Error::other)
        }
    });
    let check = check.timeout(PATIENCE);
    let health = Health::builder().check("it", check).start().unwrap();
    (health, told)
}

#[test]
fn checks_run_on_threads_of_their_own_whoever_asks() {
    let shapes: [fn(Health) -> bool; 4] = [
        |health| block_on(health.is_ready()),
        |health| {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(health.is_ready())
        },
        |health| {
            let runtime = Builder::new_multi_thread().build().unwrap();
            runtime
                .block_on(runtime.spawn(async move { health.is_ready().await }))
                .unwrap()
        },
        |health| actix_rt::System::new().block_on(async move { health.is_ready().await }),
    ];
    for ask in shapes {
        let (health, told) = health();
        assert!(ask(health));
        assert_eq!(told.try_recv().unwrap(), "steeple-health");
    }
}

#[test]
fn a_health_outlives_the_runtime_that_it_was_started_on() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (health, _told) = runtime.block_on(async { health() });
    drop(runtime);
    assert!(block_on(health.is_ready()));
}

#[test]
fn a_runtime_that_is_blocked_is_no_check_that_fails() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (health, _told) = health();
        assert!(
            block_on(health.is_ready()),
            "nothing here polls the runtime"
        );
    });
}

#[test]
fn a_check_runs_on_the_runtime_that_it_names() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("theirs")
        .build()
        .unwrap();
    let name = || async {
        let name = thread::current().name().map(str::to_owned);
        (name.as_deref() == Some("theirs"))
            .then_some(())
            .ok_or("ours")
    };
    let check = Check::new(name).on(runtime.handle().clone());
    let health = Health::builder().check("it", check).start().unwrap();
    assert!(block_on(health.is_ready()));
}

#[test]
fn a_check_on_a_runtime_that_is_gone_fails() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let handle: Handle = runtime.handle().clone();
    let check = Check::new(up).on(handle).timeout(PATIENCE);
    drop(runtime);
    let health = Health::builder().check("it", check).start().unwrap();
    assert!(!block_on(health.is_ready()));
}
