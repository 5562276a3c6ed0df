use super::{
    Figures,
    files::{Table, number},
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
    let Some(folder) = place.v1("memory").and_then(|folders| folders.first()) else {
        return;
    };
    let stat = Table::read(folder, "memory.stat");
    figures.memory = number(folder, "memory.usage_in_bytes");
    let inactive = stat.number("total_inactive_file").unwrap_or_default();
    figures.working_set = figures.memory.map(|memory| (memory - inactive).max(0.0));
    figures.rss = stat.number("total_rss");
    // That of the groups around it is among them.
    let limit = stat.number("hierarchical_memory_limit");
    figures.memory_limit = limit.filter(|limit| *limit < UNLIMITED);
    figures.oom_kills = Table::read(folder, "memory.oom_control").number("oom_kill");
}
