use sqlx::mysql::MySqlPool;
use steeple::health::checks;
use steeple_tests::backends::{MariaDb, Relay};

use crate::states::passes_through;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn mariadb_is_told_up_slow_frozen_refusing_and_down() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // A pool wants one to be made, and none to be looked at.
    let _entered = runtime.enter();
    let server = MariaDb::start().unwrap();
    let relay = Relay::to(server.address()).unwrap();
    passes_through(server, &relay, "denied", |relay, password| {
        let url = format!("mysql://ada:{password}@{}", relay.address());
        checks::sqlx(&MySqlPool::connect_lazy(&url).unwrap())
    });
}
