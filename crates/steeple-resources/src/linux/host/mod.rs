//! What the machine has, and what of it is taken.

mod cpu;
mod disks;
mod filesystems;
mod memory;
mod network;
mod pressure;

use procfs::{Current, Uptime};

pub(crate) use self::{
    cpu::{Cpu, CpuTimes},
    disks::Disks,
    filesystems::{FileSystem, FileSystems},
    memory::{Memory, used_memory},
    network::Network,
    pressure::{Pressure, waited},
};

/// How many devices of a sort are told apart; the others are left out.
const MOST_DEVICES: usize = 64;

/// The seconds since the machine started.
pub(crate) fn uptime() -> Option<f64> {
    Uptime::current().ok().map(|uptime| uptime.uptime)
}
