//! A log on a disk that is full. What steeple does there is in `../tests/tests/faults/log_files.rs`.

use std::{
    fs::{self, File},
    io::Write as _,
};

use steeple_tests::disk::SmallDisk;

const LINES: usize = 10_000;

#[test]
fn tracing_appender_loses_every_line_and_counts_none() {
    lose(File::options().write(true).open("/dev/full").unwrap());
}

#[test]
fn tracing_appender_loses_every_line_on_a_full_file_system_and_counts_none() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let file = disk.file("shop.log");
    let log = File::create(&file).unwrap();
    disk.fill();
    lose(log);
    assert_eq!(fs::metadata(file).unwrap().len(), 0);
}

fn lose(full: File) {
    let (mut writer, guard) = tracing_appender::non_blocking(full);
    let counter = writer.error_counter();
    for _ in 0..LINES {
        writer.write_all(b"line\n").expect("it is queued");
    }
    drop(guard);
    eprintln!("{LINES} lines lost, {} counted", counter.dropped_lines());
    assert_eq!(counter.dropped_lines(), 0);
}
