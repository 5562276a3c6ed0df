use std::{collections::BTreeSet, time::Duration};

use metrics::Unit::Bytes;
use procfs::MountEntry;
use rustix::fs::statvfs;
use steeple_metrics::Kind::Gauge;

use super::MOST_DEVICES;
use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "system.filesystem.usage",
        Gauge,
        Some(Bytes),
        "Space of file systems, by state.",
    ),
    (
        "system.filesystem.utilization",
        Gauge,
        None,
        "Share of the space of file systems that is used, of what is not reserved.",
    ),
    (
        "system.filesystem.limit",
        Gauge,
        Some(Bytes),
        "Space of file systems.",
    ),
];

/// Images that nobody writes to are always full.
const IMAGES: [&str; 3] = ["squashfs", "erofs", "iso9660"];

/// File systems that can be written to, on local devices, and that of the root. Others may hang when they are asked, as those of a network
/// do.
#[derive(Debug, Default)]
pub(crate) struct FileSystems;

/// One of them.
#[derive(Debug)]
pub(crate) struct FileSystem {
    device: String,
    pub(crate) mount_point: String,
    kind: String,
    total: u64,
    free: u64,
    available: u64,
}

impl FileSystem {
    /// All that can be asked.
    pub(crate) fn all() -> Vec<Self> {
        let mut known = BTreeSet::new();
        let mounts = procfs::mounts().unwrap_or_default();
        let asked = mounts
            .into_iter()
            .filter(|mount| is_asked(mount) && known.insert(mount.fs_spec.clone()));
        let asked = asked.take(MOST_DEVICES).filter_map(|mount| {
            let space = statvfs(mount.fs_file.as_str()).ok()?;
            Some(Self {
                device: mount.fs_spec,
                mount_point: mount.fs_file,
                kind: mount.fs_vfstype,
                total: space.f_blocks * space.f_frsize,
                free: space.f_bfree * space.f_frsize,
                available: space.f_bavail * space.f_frsize,
            })
        });
        asked.filter(|space| space.total > 0).collect()
    }

    fn used(&self) -> u64 {
        self.total.saturating_sub(self.free)
    }

    /// The share that is used of what everybody may use, as `df` tells it.
    pub(crate) fn utilization(&self) -> f64 {
        self.used() as f64 / (self.used() + self.available).max(1) as f64
    }
}

fn is_asked(mount: &MountEntry) -> bool {
    let is_local = mount.fs_spec.starts_with("/dev/") || mount.fs_file == "/";
    let is_read_only = mount.fs_mntops.contains_key("ro");
    is_local && !is_read_only && !IMAGES.contains(&&*mount.fs_vfstype)
}

impl Source for FileSystems {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        for system in FileSystem::all() {
            let labels = [
                ("system.device", &*system.device),
                ("system.filesystem.mountpoint", &*system.mount_point),
                ("system.filesystem.type", &*system.kind),
            ];
            board.gauge("system.filesystem.limit", &labels, system.total as f64);
            board.gauge(
                "system.filesystem.utilization",
                &labels,
                system.utilization(),
            );
            let states = [
                ("used", system.used()),
                ("free", system.available),
                ("reserved", system.free.saturating_sub(system.available)),
            ];
            for (state, bytes) in states {
                let [device, mount_point, kind] = labels;
                let labels = [
                    device,
                    mount_point,
                    ("system.filesystem.state", state),
                    kind,
                ];
                board.gauge("system.filesystem.usage", &labels, bytes as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_to_is_left_out() {
        let mount = |device: &str, at: &str, kind: &str, options: &str| MountEntry {
            fs_spec: device.to_owned(),
            fs_file: at.to_owned(),
            fs_vfstype: kind.to_owned(),
            fs_mntops: [(options.to_owned(), None)].into(),
            fs_freq: 0,
            fs_passno: 0,
        };
        for (device, at, kind, options, expected) in [
            ("/dev/sda1", "/data", "ext4", "rw", true),
            ("overlay", "/", "overlay", "rw", true),
            ("/dev/sda2", "/usr", "ext4", "ro", false),
            ("/dev/loop0", "/snap/core", "squashfs", "rw", false),
            ("server:/share", "/share", "nfs4", "rw", false),
        ] {
            let mount = mount(device, at, kind, options);
            assert_eq!(is_asked(&mount), expected, "{mount:?}");
        }
    }

    #[test]
    fn what_is_reserved_is_not_free() {
        let system = FileSystem {
            device: String::new(),
            mount_point: String::new(),
            kind: String::new(),
            total: 100,
            free: 40,
            available: 20,
        };
        assert_eq!((system.used(), system.utilization()), (60, 0.75));
    }
}
