//! A log on a disk that is full. What steeple does there is in `../tests/tests/faults/log_files.rs`.

use std::{fs::File, io::Write as _};

const LINES: usize = 10_000;

#[test]
fn tracing_appender_loses_every_line_and_counts_none() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (mut writer, guard) = tracing_appender::non_blocking(full);
    let counter = writer.error_counter();
    for _ in 0..LINES {
        writer.write_all(b"line\n").unwrap();
    }
    drop(guard);
    eprintln!("{LINES} lines lost, {} counted", counter.dropped_lines());
    assert_eq!(counter.dropped_lines(), 0);
}
