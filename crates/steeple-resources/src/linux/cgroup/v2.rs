use std::{fs, path::Path};

use super::{
    Figures,
    files::{Table, number, working_set},
    place::Folders,
};
use crate::linux::host::waited;

/// Reads the hierarchy of all controllers.
pub(super) fn read(folders: &Folders, figures: &mut Figures) {
    let Some(folder) = folders.first() else {
        return;
    };
    let cpu = Table::read(folder, "cpu.stat");
    let seconds = |name| cpu.number(name).map(|microseconds| microseconds / 1e6);
    (figures.user, figures.system) = (seconds("user_usec"), seconds("system_usec"));
    figures.throttled = seconds("throttled_usec");
    figures.periods = cpu.number("nr_periods");
    figures.throttled_periods = cpu.number("nr_throttled");

    figures.memory = number(folder, "memory.current");
    figures.working_set = working_set(folder, "memory.current", "inactive_file");
    figures.rss = Table::read(folder, "memory.stat").number("anon");
    figures.oom_kills = Table::read(folder, "memory.events").number("oom_kill");
    figures.threads = number(folder, "pids.current");
    figures.threads_max = number(folder, "pids.max");
    for folder in folders {
        if let Some((quota, period)) = quota(folder) {
            figures.tighten(quota, period);
        }
        let taken = working_set(folder, "memory.current", "inactive_file");
        figures.limit_memory(number(folder, "memory.max"), taken);
    }
    for resource in ["cpu", "memory", "io"] {
        let file = folder.join(format!("{resource}.pressure"));
        let text = fs::read_to_string(file).unwrap_or_default();
        let lines = [
            ("waiting", waited(&text, "some")),
            ("stalled", waited(&text, "full")),
        ];
        for (how, seconds) in lines {
            figures
                .pressures
                .extend(seconds.map(|seconds| (resource, how, seconds)));
        }
    }
}

/// The microseconds that may be taken in a period, and its length.
fn quota(folder: &Path) -> Option<(f64, f64)> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    Some((quota.parse().ok()?, period.parse().ok()?))
}
