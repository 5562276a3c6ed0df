//! Through rsyslog.

use std::time::Duration;

use steeple_logs::{Format, Tcp};
use steeple_tests::backends::{Noida, Rsyslog};

use super::{lines::WrittenLines, shop::Shop};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_lines_of_a_file_that_it_ships_are_found() {
    let noida = Noida::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let shop = Shop::open(&file, |logs| logs);
    let stream = "logs-shop-shipped";
    let rsyslog = Rsyslog::shipping(&file, noida.address(), stream, "logs-shop-tcp").unwrap();
    let traces = shop.serve_load();
    let report = shop.flush(PATIENCE);
    assert!(report.is_complete(), "{report:?}");

    WrittenLines::of(&file).are_found_in(&noida, stream, &traces);
    assert_eq!(rsyslog.errors(), "");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_lines_that_it_takes_by_tcp_are_found() {
    let noida = Noida::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let (nothing, stream) = (directory.path().join("nothing.log"), "logs-shop-tcp");
    let rsyslog =
        Rsyslog::shipping(&nothing, noida.address(), "logs-shop-shipped", stream).unwrap();
    let tcp = Tcp::new(rsyslog.tcp().to_string());
    let shop = Shop::open(&file, |logs| logs.to(tcp, Format::Ecs));
    let traces = shop.serve_load();
    let report = shop.flush(PATIENCE);
    assert!(report.is_complete(), "{report:?}");

    WrittenLines::of(&file).are_found_in(&noida, stream, &traces);
    assert_eq!(rsyslog.errors(), "");
}
