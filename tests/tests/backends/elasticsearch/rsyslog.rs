//! Through rsyslog.

use steeple_tests::backends::{Noida, Rsyslog};

use super::logging_demo::LoggingDemo;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_lines_of_a_file_that_it_ships_are_found() {
    let noida = Noida::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("demo.log");
    let stream = "logs-demo-shipped";
    let rsyslog = Rsyslog::shipping(&file, noida.address(), stream, "logs-demo-tcp").unwrap();
    let demo = LoggingDemo::under_load(&file, &[]);

    demo.ends_found_in(&noida, stream, &file);
    assert_eq!(rsyslog.errors(), "");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_lines_that_it_takes_by_tcp_are_found() {
    let noida = Noida::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("demo.log");
    let (nothing, stream) = (directory.path().join("nothing.log"), "logs-demo-tcp");
    let rsyslog =
        Rsyslog::shipping(&nothing, noida.address(), "logs-demo-shipped", stream).unwrap();
    let demo = LoggingDemo::under_load(&file, &["--logstash", &rsyslog.tcp().to_string()]);

    demo.ends_found_in(&noida, stream, &file);
    assert_eq!(rsyslog.errors(), "");
}
