use std::{fs, path::Path, thread, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, SqlitePool,
    sqlite::SqliteConnectOptions,
};
use steeple::health::{CheckState, Failure, Health, checks};
use steeple_tests::waiting::within;
use tokio::runtime::{Builder, Runtime};

use crate::states::{PATIENCE, SLOW, is_up, outcome, started};

/// What looks at `options`, with time enough.
fn check(options: SqliteConnectOptions) -> Health {
    let pool = SqlitePool::connect_lazy_with(options);
    started(checks::sqlx(&pool).timeout(PATIENCE))
}

fn at(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path)
}

fn message(health: &Health) -> String {
    let down = outcome(health);
    assert_eq!(down.state, CheckState::Down);
    let (_, failure) = down.last_failure.unwrap();
    failure.message().unwrap_or_default().to_owned()
}

/// Another one that has the database for itself.
fn lock(runtime: &Runtime, path: &Path) -> SqliteConnection {
    runtime.block_on(async {
        let mut other = at(path).connect().await.unwrap();
        other.execute("BEGIN EXCLUSIVE").await.unwrap();
        other
    })
}

#[test]
fn sqlite_is_told_up_slow_locked_missing_and_damaged() {
    // A pool wants one to be made, and none to be looked at.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");

    let patient = check(at(&path).busy_timeout(PATIENCE));
    assert!(message(&patient).contains("unable to open database file"));
    let created = check(at(&path).create_if_missing(true));
    assert!(is_up(&created) && is_up(&patient));
    assert!(is_up(&check(SqliteConnectOptions::new().in_memory(true))));

    let other = lock(&runtime, &path);
    let impatient = check(at(&path).busy_timeout(Duration::ZERO));
    assert!(message(&impatient).contains("database is locked"));
    let timeout = Duration::from_millis(50);
    let pool = SqlitePool::connect_lazy_with(at(&path).busy_timeout(PATIENCE));
    let hurried = started(checks::sqlx(&pool).timeout(timeout));
    let late = outcome(&hurried).last_failure.unwrap().1;
    assert_eq!(late, Failure::TimedOut(timeout));
    runtime.block_on(other.close()).unwrap();
    // A thread may be late, and find the database free.
    let slow = within(PATIENCE, || {
        let other = lock(&runtime, &path);
        let slow = thread::scope(|scope| {
            let asking = scope.spawn(|| outcome(&patient));
            thread::sleep(SLOW);
            runtime.block_on(other.close()).unwrap();
            asking.join().unwrap()
        });
        (slow.duration? >= SLOW / 2).then_some(slow)
    });
    assert_eq!(slow.map(|slow| slow.state), Some(CheckState::Up));
    let unhurried = started(checks::sqlx(&pool).timeout(PATIENCE));
    assert!(is_up(&impatient) && is_up(&unhurried));

    fs::write(&path, "this is no database".repeat(1_000)).unwrap();
    assert!(message(&patient).contains("file is not a database"));
    runtime.block_on(pool.close());
    assert!(message(&unhurried).contains("closed"));
}
