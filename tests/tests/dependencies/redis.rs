use deadpool_redis::{Config, Runtime};
use steeple::health::checks;
use steeple_tests::backends::{Redis, Relay};

use crate::states::passes_through;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn redis_is_told_up_slow_frozen_refusing_and_down() {
    let server = Redis::start().unwrap();
    let relay = Relay::to(server.address()).unwrap();
    passes_through(server, &relay, "password", |relay, password| {
        let url = format!("redis://:{password}@{}", relay.address());
        checks::redis(&redis::Client::open(url).unwrap())
    });
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_pool_of_deadpool_is_told_up_slow_frozen_refusing_and_down() {
    let server = Redis::start().unwrap();
    let relay = Relay::to(server.address()).unwrap();
    passes_through(server, &relay, "password", |relay, password| {
        let url = format!("redis://:{password}@{}", relay.address());
        let pool = Config::from_url(url).create_pool(Some(Runtime::Tokio1));
        checks::deadpool(&pool.unwrap())
    });
}
