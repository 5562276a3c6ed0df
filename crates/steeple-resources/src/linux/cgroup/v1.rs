use super::{
    Figures,
    files::{Table, number, working_set},
    place::Place,
};

/// Limits from here on are none: the kernel tells the largest number of pages.
const UNLIMITED: f64 = (u64::MAX / 4) as f64;

/// Reads the controllers that have a hierarchy of their own.
pub(super) fn read(place: &Place, figures: &mut Figures) {
    cpu(place, figures);
    memory(place, figures);
    if let Some(folder) = place.v1("pids").and_then(|folders| folders.first()) {
        figures.threads = number(folder, "pids.current");
        figures.threads_max = number(folder, "pids.max");
    }
}

fn cpu(place: &Place, figures: &mut Figures) {
    if let Some(folder) = place.v1("cpuacct").and_then(|folders| folders.first()) {
        let spent = Table::read(folder, "cpuacct.stat");
        let seconds = |mode| Some(spent.number(mode)? / procfs::ticks_per_second() as f64);
        (figures.user, figures.system) = (seconds("user"), seconds("system"));
    }
    let Some(folders) = place.v1("cpu") else {
        return;
    };
    for folder in folders {
        let quota = number(folder, "cpu.cfs_quota_us").filter(|quota| *quota >= 0.0);
        if let Some((quota, period)) = quota.zip(number(folder, "cpu.cfs_period_us")) {
            figures.tighten(quota, period);
        }
    }
    if let Some(folder) = folders.first() {
        let stat = Table::read(folder, "cpu.stat");
        figures.periods = stat.number("nr_periods");
        figures.throttled_periods = stat.number("nr_throttled");
        figures.throttled = stat
            .number("throttled_time")
            .map(|nanoseconds| nanoseconds / 1e9);
    }
}

fn memory(place: &Place, figures: &mut Figures) {
    let Some(folders) = place.v1("memory") else {
        return;
    };
    let Some(folder) = folders.first() else {
        return;
    };
    let stat = Table::read(folder, "memory.stat");
    figures.memory = number(folder, "memory.usage_in_bytes");
    let taken = |folder| working_set(folder, "memory.usage_in_bytes", "total_inactive_file");
    figures.working_set = taken(folder);
    figures.rss = stat.number("total_rss");
    let limited = |limit: Option<f64>| limit.filter(|limit| *limit < UNLIMITED);
    // Those of groups around it that are not to be seen are among them.
    let limit = limited(stat.number("hierarchical_memory_limit"));
    figures.limit_memory(limit, figures.working_set);
    for folder in folders {
        let limit = limited(number(folder, "memory.limit_in_bytes"));
        figures.limit_memory(limit, taken(folder));
    }
    figures.oom_kills = Table::read(folder, "memory.oom_control").number("oom_kill");
}
