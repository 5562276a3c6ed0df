//! What Linux tells.

mod cgroup;
mod host;
mod line;
mod process;

pub(crate) use self::line::Line;
use self::{
    cgroup::Cgroup,
    host::{Cpu, Disks, FileSystems, Memory, Network, Pressure},
    process::Process,
};
use crate::source::Source;

/// All sources, with those of the machine or without.
pub(crate) fn sources(host: bool) -> Vec<Box<dyn Source>> {
    let mut sources: Vec<Box<dyn Source>> = vec![Box::new(Process::default()), Box::new(Cgroup)];
    if host {
        sources.extend([
            Box::new(Cpu::default()) as Box<dyn Source>,
            Box::new(Memory),
            Box::new(Disks),
            Box::new(FileSystems),
            Box::new(Network),
            Box::new(Pressure::default()),
        ]);
    }
    sources
}

/// How many processors the process may use, by its affinity and the quota of its control group.
fn processors() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64)
}
