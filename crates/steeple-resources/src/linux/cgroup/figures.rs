use super::{place::Place, v1, v2};

/// What a control group takes, and may take; what is not limited or not told is left out.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Seconds of CPU.
    pub(crate) user: Option<f64>,
    pub(crate) system: Option<f64>,
    /// Microseconds of CPU that it may take in a period, and the length of that.
    pub(crate) quota: Option<f64>,
    pub(crate) period: Option<f64>,
    pub(crate) periods: Option<f64>,
    pub(crate) throttled_periods: Option<f64>,
    /// In seconds.
    pub(crate) throttled: Option<f64>,
    /// In bytes, as all of memory.
    pub(crate) memory: Option<f64>,
    pub(crate) working_set: Option<f64>,
    pub(crate) rss: Option<f64>,
    pub(crate) memory_limit: Option<f64>,
    /// What the groups leave, that which leaves least.
    pub(crate) available: Option<f64>,
    pub(crate) oom_kills: Option<f64>,
    pub(crate) threads: Option<f64>,
    pub(crate) threads_max: Option<f64>,
    /// Seconds that were waited or stalled, by resource.
    pub(crate) pressures: Vec<(&'static str, &'static str, f64)>,
}

impl Figures {
    pub(super) fn read(place: &Place) -> Self {
        let mut figures = Self::default();
        if let Some(folders) = place.v2() {
            v2::read(folders, &mut figures);
        }
        // A controller is in one hierarchy only.
        v1::read(place, &mut figures);
        figures
    }

    pub(super) fn gauges(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("container.memory.usage", self.memory),
            ("container.memory.working_set", self.working_set),
            ("container.memory.rss", self.rss),
            ("container.memory.available", self.available),
            ("container_spec_memory_limit_bytes", self.memory_limit),
            ("container_spec_cpu_quota", self.quota),
            ("container_spec_cpu_period", self.period),
            ("container_threads", self.threads),
            ("container_threads_max", self.threads_max),
        ]
    }

    pub(super) fn totals(&self) -> [(&'static str, Option<f64>); 4] {
        [
            ("container_cpu_cfs_periods_total", self.periods),
            (
                "container_cpu_cfs_throttled_periods_total",
                self.throttled_periods,
            ),
            ("container_cpu_cfs_throttled_seconds_total", self.throttled),
            ("container_oom_events_total", self.oom_kills),
        ]
    }

    /// Notes what a group allows and takes of memory, if it leaves less than another group around the process.
    pub(super) fn limit_memory(&mut self, limit: Option<f64>, working_set: Option<f64>) {
        let least = |one: Option<f64>, other| one.into_iter().chain(other).reduce(f64::min);
        self.memory_limit = least(self.memory_limit, limit);
        let left = limit.zip(working_set);
        let left = left.map(|(limit, taken)| (limit - taken).max(0.0));
        self.available = least(self.available, left);
    }

    /// Notes a quota, if it is tighter than that of another group around the process.
    pub(super) fn tighten(&mut self, quota: f64, period: f64) {
        let share = quota / period;
        let known = self.quota.zip(self.period);
        if share.is_finite() && known.is_none_or(|(quota, period)| share < quota / period) {
            (self.quota, self.period) = (Some(quota), Some(period));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::*;

    /// A machine whose files are these.
    fn machine(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    fn figures(root: &Path) -> Figures {
        Figures::read(&Place::of_process(root).unwrap())
    }

    #[test]
    fn the_tightest_limits_of_all_groups_around_hold() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/shop/api\n"),
            (
                "proc/self/mounts",
                "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
            ),
            (
                "sys/fs/cgroup/shop/api/cpu.stat",
                "usage_usec 3000000\nuser_usec 2000000\nsystem_usec 1000000\nnr_periods 8\nnr_throttled 3\nthrottled_usec 250000\n",
            ),
            ("sys/fs/cgroup/shop/api/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/shop/cpu.max", "50000 100000\n"),
            ("sys/fs/cgroup/shop/api/memory.current", "1000\n"),
            (
                "sys/fs/cgroup/shop/api/memory.stat",
                "anon 600\nfile 400\ninactive_file 300\n",
            ),
            ("sys/fs/cgroup/shop/api/memory.max", "8192\n"),
            ("sys/fs/cgroup/shop/memory.max", "4096\n"),
            // With what the neighbours take.
            ("sys/fs/cgroup/shop/memory.current", "3900\n"),
            ("sys/fs/cgroup/shop/memory.stat", "inactive_file 800\n"),
            (
                "sys/fs/cgroup/shop/api/memory.events",
                "low 0\noom 2\noom_kill 1\n",
            ),
            ("sys/fs/cgroup/shop/api/pids.current", "12\n"),
            ("sys/fs/cgroup/shop/api/pids.max", "max\n"),
            (
                "sys/fs/cgroup/shop/api/cpu.pressure",
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            ),
        ]);
        let expected = Figures {
            user: Some(2.0),
            system: Some(1.0),
            quota: Some(50_000.0),
            period: Some(100_000.0),
            periods: Some(8.0),
            throttled_periods: Some(3.0),
            throttled: Some(0.25),
            memory: Some(1_000.0),
            working_set: Some(700.0),
            rss: Some(600.0),
            memory_limit: Some(4_096.0),
            available: Some(996.0),
            oom_kills: Some(1.0),
            threads: Some(12.0),
            threads_max: None,
            pressures: vec![("cpu", "waiting", 1.5), ("cpu", "stalled", 0.0)],
        };
        assert_eq!(figures(root.path()), expected);
    }

    #[test]
    fn the_controllers_of_v1_are_read_each_in_its_place() {
        let root = machine(&[
            (
                "proc/self/cgroup",
                "4:memory:/api\n3:pids:/\n2:cpu,cpuacct:/api\n",
            ),
            (
                "proc/self/mounts",
                "cgroup /cg/memory cgroup rw,memory 0 0\ncgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0\ncgroup /cg/pids cgroup rw,pids 0 0\n",
            ),
            ("cg/cpu/api/cpuacct.stat", "user 250\nsystem 50\n"),
            ("cg/cpu/api/cpu.cfs_quota_us", "20000\n"),
            ("cg/cpu/api/cpu.cfs_period_us", "100000\n"),
            ("cg/cpu/cpu.cfs_quota_us", "-1\n"),
            ("cg/cpu/cpu.cfs_period_us", "100000\n"),
            (
                "cg/cpu/api/cpu.stat",
                "nr_periods 5\nnr_throttled 2\nthrottled_time 500000000\n",
            ),
            ("cg/memory/api/memory.usage_in_bytes", "900\n"),
            (
                "cg/memory/api/memory.stat",
                "rss 1\ntotal_rss 500\ntotal_inactive_file 100\nhierarchical_memory_limit 1000\n",
            ),
            (
                "cg/memory/api/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            ("cg/memory/memory.limit_in_bytes", "1000\n"),
            ("cg/memory/memory.usage_in_bytes", "950\n"),
            ("cg/memory/memory.stat", "total_inactive_file 100\n"),
            (
                "cg/memory/api/memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
            ),
            ("cg/pids/pids.current", "7\n"),
            ("cg/pids/pids.max", "100\n"),
        ]);
        let expected = Figures {
            user: Some(2.5),
            system: Some(0.5),
            quota: Some(20_000.0),
            period: Some(100_000.0),
            periods: Some(5.0),
            throttled_periods: Some(2.0),
            throttled: Some(0.5),
            memory: Some(900.0),
            working_set: Some(800.0),
            rss: Some(500.0),
            memory_limit: Some(1_000.0),
            available: Some(150.0),
            oom_kills: Some(4.0),
            threads: Some(7.0),
            threads_max: Some(100.0),
            pressures: Vec::new(),
        };
        assert_eq!(figures(root.path()), expected);
    }

    #[test]
    fn a_group_that_tells_nothing_has_no_figures() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mounts", "cgroup2 /cg cgroup2 rw 0 0\n"),
            ("cg/cpu.max", "nonsense\n"),
            ("cg/memory.current", "many\n"),
        ]);
        assert_eq!(figures(root.path()), Figures::default());
    }
}
