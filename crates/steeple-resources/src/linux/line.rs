//! The figures that fit in a line of a log.

use crate::linux::host::{CpuTimes, FileSystem, used_memory};

/// Tells percentages of processors, memory and the fullest disk.
#[derive(Debug, Default)]
pub(crate) struct Line {
    before: Option<CpuTimes>,
}

impl Line {
    /// From now on processors are told of.
    pub(crate) fn begin() -> Self {
        Self {
            before: CpuTimes::now(),
        }
    }

    /// Logs what there is to tell since the last line.
    pub(crate) fn log(&mut self) {
        let now = CpuTimes::now();
        let busy = now
            .zip(self.before)
            .and_then(|(now, before)| now.busy(&before));
        self.before = now;
        let systems = FileSystem::all();
        let fullest = systems
            .iter()
            .max_by(|one, other| one.utilization().total_cmp(&other.utilization()));
        tracing::info!(
            target: "steeple::resources",
            cpu_percent = busy.map(percent),
            memory_percent = used_memory().map(percent),
            disk_percent = fullest.map(|system| percent(system.utilization())),
            disk = fullest.map(|system| system.mount_point.as_str()),
            "resources"
        );
    }
}

/// With one decimal.
fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}
