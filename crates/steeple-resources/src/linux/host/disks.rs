use std::{path::Path, time::Duration};

use metrics::Unit::{Bytes, Count, Seconds};
use steeple_metrics::Kind::Counter;

use super::MOST_DEVICES;
use crate::{
    board::{Board, Description},
    source::Source,
};

/// In all figures of the [kernel](https://docs.kernel.org/admin-guide/iostats.html), whatever the disk.
const SECTOR: f64 = 512.0;

const METRICS: &[Description] = &[
    (
        "system.disk.io",
        Counter,
        Some(Bytes),
        "Bytes read and written, by disk.",
    ),
    (
        "system.disk.operations",
        Counter,
        Some(Count),
        "Reads and writes, by disk.",
    ),
    (
        "system.disk.operation_time",
        Counter,
        Some(Seconds),
        "Time that reads and writes took, added up, by disk.",
    ),
    (
        "system.disk.io_time",
        Counter,
        Some(Seconds),
        "Time in which the disk had something to do.",
    ),
];

/// Disks, without their partitions.
#[derive(Debug, Default)]
pub(crate) struct Disks;

impl Source for Disks {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let Ok(disks) = procfs::diskstats() else {
            return;
        };
        let used = disks
            .iter()
            .filter(|disk| disk.reads + disk.writes > 0 && is_whole(&disk.name));
        for disk in used.take(MOST_DEVICES) {
            let sides = [
                ("read", disk.sectors_read, disk.reads, disk.time_reading),
                (
                    "write",
                    disk.sectors_written,
                    disk.writes,
                    disk.time_writing,
                ),
            ];
            for (direction, sectors, operations, milliseconds) in sides {
                let labels = [
                    ("disk.io.direction", direction),
                    ("system.device", &disk.name),
                ];
                board.total("system.disk.io", &labels, sectors as f64 * SECTOR);
                board.total("system.disk.operations", &labels, operations as f64);
                board.total(
                    "system.disk.operation_time",
                    &labels,
                    milliseconds as f64 / 1e3,
                );
            }
            let labels = [("system.device", &*disk.name)];
            board.total(
                "system.disk.io_time",
                &labels,
                disk.time_in_progress as f64 / 1e3,
            );
        }
    }
}

/// Partitions lie in the folders of their disks.
fn is_whole(name: &str) -> bool {
    Path::new("/sys/block")
        .join(name.replace('/', "!"))
        .exists()
}
