//! Figures of the machine and of a control group, against those of others.

use std::{
    env, fs, hint,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use steeple::{metrics::Registry, resources::Resources};
use steeple_tests::{
    backends::{Family, NodeExporter, parse_exposition},
    waiting::eventually,
};

/// Of which figures may differ.
const SHARE: f64 = 0.02;

/// What our registry tells.
fn ours(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> f64 {
    let seen = registry.snapshot();
    let value = seen
        .value(name, labels)
        .unwrap_or_else(|| panic!("no {name} {labels:?}"));
    value.as_gauge().or_else(|| value.as_total()).unwrap()
}

/// What an exposition tells.
fn told(families: &[Family], name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = families.iter().flat_map(|family| &family.samples);
    let mut fitting = samples.filter(|sample| {
        let has = |(label, value): &(&str, &str)| {
            sample
                .labels
                .get(*label)
                .is_some_and(|known| known == value)
        };
        sample.name == name && labels.iter().all(has)
    });
    fitting
        .next()
        .unwrap_or_else(|| panic!("no {name} {labels:?}"))
        .value
}

/// The sum of our series that have these values among their labels.
fn sum(registry: &Registry, name: &str, values: &[&str]) -> f64 {
    let seen = registry.snapshot();
    let series = seen
        .family(name)
        .into_iter()
        .flat_map(|family| &family.series);
    let fitting = series.filter(|series| {
        values
            .iter()
            .all(|value| series.labels.as_str().contains(&format!("\"{value}\"")))
    });
    fitting.filter_map(|series| series.value.as_total()).sum()
}

/// The sum of the samples that have these values among their labels.
fn told_in_all(families: &[Family], name: &str, values: &[&str]) -> f64 {
    let samples = families.iter().flat_map(|family| &family.samples);
    let fitting = samples.filter(|sample| {
        let has = |value: &&str| sample.labels.values().any(|known| known == value);
        sample.name == name && values.iter().all(has)
    });
    fitting.map(|sample| sample.value).sum()
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= other.abs() * SHARE
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_machine_is_told_of_as_node_exporter_tells_of_it() {
    let exporter = NodeExporter::start().unwrap();
    let registry = Registry::new();
    let resources = Resources::builder().start(&registry).unwrap();

    // All totals of ours before and after lie around theirs.
    let totals = || {
        resources.refresh();
        [
            sum(&registry, "system_cpu_time_seconds_total", &["user"]),
            sum(&registry, "system_cpu_time_seconds_total", &["idle"]),
            // That of the loopback is not among theirs.
            sum(
                &registry,
                "system_network_io_bytes_total",
                &["receive", "eth0"],
            ),
            sum(&registry, "system_disk_io_bytes_total", &["read"]),
            sum(&registry, "system_disk_io_bytes_total", &["write"]),
            sum(&registry, "node_pressure_cpu_waiting_seconds_total", &[]),
        ]
    };
    let before = totals();
    let families = exporter.families().unwrap();
    let after = totals();
    let theirs = [
        told_in_all(&families, "node_cpu_seconds_total", &["user"]),
        told_in_all(&families, "node_cpu_seconds_total", &["idle"]),
        told_in_all(&families, "node_network_receive_bytes_total", &["eth0"]),
        told_in_all(&families, "node_disk_read_bytes_total", &[]),
        told_in_all(&families, "node_disk_written_bytes_total", &[]),
        told_in_all(&families, "node_pressure_cpu_waiting_seconds_total", &[]),
    ];
    for (place, theirs) in theirs.into_iter().enumerate() {
        let around = before[place] * (1.0 - SHARE)..=after[place] * (1.0 + SHARE);
        assert!(
            around.contains(&theirs),
            "{place}: {theirs} is not in {around:?}"
        );
    }

    let root = |state| {
        let seen = registry.snapshot();
        let usage = seen.family("system_filesystem_usage_bytes").unwrap();
        let mut of_root = usage.series.iter().filter(|series| {
            series
                .labels
                .value("system_filesystem_mountpoint")
                .as_deref()
                == Some("/")
                && series.labels.value("system_filesystem_state").as_deref() == Some(state)
        });
        of_root
            .next()
            .and_then(|series| series.value.as_gauge())
            .unwrap()
    };
    // What changes by itself is looked at until nothing else happens in between.
    eventually("the same memory, disks and load", || {
        resources.refresh();
        let families = exporter.families().unwrap();
        let gauges = [
            (
                ours(&registry, "system_memory_limit_bytes", &[]),
                told(&families, "node_memory_MemTotal_bytes", &[]),
            ),
            (
                ours(&registry, "system_memory_linux_available_bytes", &[]),
                told(&families, "node_memory_MemAvailable_bytes", &[]),
            ),
            (
                ours(&registry, "node_load5", &[]),
                told(&families, "node_load5", &[]),
            ),
            (
                ours(&registry, "system_uptime_seconds", &[]),
                told(&families, "node_time_seconds", &[])
                    - told(&families, "node_boot_time_seconds", &[]),
            ),
            (
                root("free"),
                told(
                    &families,
                    "node_filesystem_avail_bytes",
                    &[("mountpoint", "/")],
                ),
            ),
        ];
        gauges.iter().all(|(ours, theirs)| is_close(*ours, *theirs))
    });
}

/// A control group with limits of its own, which ends with the test.
struct Group {
    /// Of memory and of processors: the same one, where there is one hierarchy for both.
    folders: [PathBuf; 2],
    /// What runs in it.
    process: Option<Child>,
}

const MEMORY: u64 = 256 << 20;

impl Group {
    /// Fails where the test has no right to.
    fn make() -> io::Result<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let name = format!("steeple-test-{}", std::process::id());
        if root.join("cgroup.controllers").exists() {
            fs::write(root.join("cgroup.subtree_control"), "+cpu +memory")?;
            let folder = root.join(name);
            fs::create_dir(&folder)?;
            let group = Self::at([folder.clone(), folder.clone()]);
            fs::write(folder.join("memory.max"), MEMORY.to_string())?;
            fs::write(folder.join("cpu.max"), "10000 100000")?;
            return Ok(group);
        }
        let folders = ["memory", "cpu"].map(|controller| root.join(controller).join(&name));
        for folder in &folders {
            fs::create_dir(folder)?;
        }
        let group = Self::at(folders);
        fs::write(
            group.folders[0].join("memory.limit_in_bytes"),
            MEMORY.to_string(),
        )?;
        fs::write(group.folders[1].join("cpu.cfs_quota_us"), "10000")?;
        fs::write(group.folders[1].join("cpu.cfs_period_us"), "100000")?;
        Ok(group)
    }

    fn at(folders: [PathBuf; 2]) -> Self {
        Self {
            folders,
            process: None,
        }
    }

    fn take(&mut self, process: Child) -> io::Result<&mut Child> {
        let process = self.process.insert(process);
        for folder in &self.folders {
            fs::write(folder.join("cgroup.procs"), process.id().to_string())?;
        }
        Ok(process)
    }

    /// Bytes in use, as the kernel tells.
    fn memory(&self) -> f64 {
        let files =
            ["memory.current", "memory.usage_in_bytes"].map(|file| self.folders[0].join(file));
        let text = files
            .iter()
            .find_map(|file| fs::read_to_string(file).ok())
            .unwrap();
        text.trim().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }
}

const GROUPED: &str = "STEEPLE_GROUPED";
const TEST: &str = "resources::a_container_is_told_of_with_its_limits";

/// What runs in the group: it takes memory and processors, and tells its figures when it is asked.
fn grouped() {
    let mut asked = io::stdin().lines();
    asked.next();
    let held = vec![1_u8; 100 << 20];
    // More than the group may take, even where others take their share.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let start = Instant::now();
                while start.elapsed() < Duration::from_secs(1) {
                    hint::spin_loop();
                }
            });
        }
    });
    let registry = Registry::new();
    let resources = Resources::builder().host(false).start(&registry).unwrap();
    while asked.next().is_some() {
        resources.refresh();
        let text = registry.render() + "# EOF\n";
        io::stdout().write_all(text.as_bytes()).unwrap();
    }
    drop(held);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_container_is_told_of_with_its_limits() {
    if env::var_os(GROUPED).is_some() {
        return grouped();
    }
    let mut group = match Group::make() {
        Ok(group) => group,
        Err(error) => return eprintln!("no control group can be made here: {error}"),
    };
    let child = Command::new(env::current_exe().unwrap())
        .args([TEST, "--exact", "--nocapture", "--include-ignored"])
        .env(GROUPED, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let child = group.take(child).unwrap();
    let (mut ask, mut answers) = (
        child.stdin.take().unwrap(),
        BufReader::new(child.stdout.take().unwrap()),
    );
    ask.write_all(b"\n").unwrap();
    let mut figures = || {
        ask.write_all(b"\n").unwrap();
        let mut text = String::new();
        while !text.ends_with("# EOF\n") {
            assert!(answers.read_line(&mut text).unwrap() > 0, "{text}");
        }
        // What the runner of tests prints before comes first.
        let start = text.find("# HELP").unwrap();
        parse_exposition(&text[start..text.len() - 6]).unwrap()
    };

    let families = figures();
    let of = |name| told(&families, name, &[]);
    assert_eq!(of("container_spec_memory_limit_bytes"), MEMORY as f64);
    assert_eq!(
        of("container_spec_cpu_quota") / of("container_spec_cpu_period"),
        0.1
    );
    assert!(of("container_cpu_cfs_periods_total") > 0.0);
    assert!(of("container_cpu_cfs_throttled_periods_total") > 0.0);
    assert!(of("container_cpu_cfs_throttled_seconds_total") > 0.1);
    assert_eq!(of("container_oom_events_total"), 0.0);
    assert!(of("container_memory_rss_bytes") > 100e6);
    let available = of("container_memory_available_bytes");
    assert_eq!(
        available,
        MEMORY as f64 - of("container_memory_working_set_bytes")
    );
    eventually("the same memory as the kernel tells", || {
        is_close(
            told(&figures(), "container_memory_usage_bytes", &[]),
            group.memory(),
        )
    });
}
