//! Figures of the machine and of a control group, against those of others.

use std::{
    env, fs, hint,
    io::{self, BufRead as _, BufReader, ErrorKind, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use steeple::{metrics::Registry, resources::Resources};
use steeple_tests::{
    backends::{Family, NodeExporter, parse_exposition},
    waiting::{eventually, within},
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

/// A metric, and values among the labels of its series.
type Series<'a> = (&'static str, Vec<&'a str>);

/// The sum of our series.
fn sum(registry: &Registry, (name, values): &Series<'_>) -> f64 {
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
    fitting
        .filter_map(|series| series.value.as_total())
        .reduce(|one, other| one + other)
        .unwrap_or_else(|| panic!("no {name} {values:?}"))
}

/// The sum of the samples of an exposition.
fn told_in_all(families: &[Family], (name, values): &Series<'_>) -> f64 {
    let samples = families.iter().flat_map(|family| &family.samples);
    let fitting = samples.filter(|sample| {
        let has = |value: &&str| sample.labels.values().any(|known| known == value);
        sample.name == *name && values.iter().all(has)
    });
    fitting
        .map(|sample| sample.value)
        .reduce(|one, other| one + other)
        .unwrap_or_else(|| panic!("no {name} {values:?}"))
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= other.abs() * SHARE
}

/// The network's interfaces that were used, but for the loopback and those of containers.
fn interfaces() -> Vec<String> {
    let text = fs::read_to_string("/proc/net/dev").unwrap();
    let used = text.lines().skip(2).filter_map(|line| {
        let (name, counts) = line.trim().split_once(':')?;
        let counts: Vec<_> = counts.split_whitespace().collect();
        let is_used = counts[0] != "0" && counts[8] != "0";
        let is_told = is_used && name != "lo" && !name.starts_with("veth");
        is_told.then(|| name.to_owned())
    });
    used.collect()
}

/// The disks that were read and written, but for those of memory or files.
fn disks() -> Vec<String> {
    let disks = fs::read_dir("/sys/block").unwrap().map(Result::unwrap);
    let used = disks.filter_map(|disk| {
        let counts = fs::read_to_string(disk.path().join("stat")).ok()?;
        let counts: Vec<_> = counts.split_whitespace().collect();
        let name = disk.file_name().into_string().ok()?;
        let is_used = counts[0] != "0" && counts[4] != "0";
        let is_real = !["fd", "loop", "ram", "zram"]
            .iter()
            .any(|kind| name.starts_with(kind));
        (is_used && is_real).then_some(name)
    });
    used.collect()
}

/// Ours, theirs, and by how much they may differ.
type Counter<'a> = (Series<'a>, Series<'a>, f64);

/// What is counted of processors, interfaces and disks.
fn counters<'a>(
    processors: f64,
    interfaces: &'a [String],
    disks: &'a [String],
) -> Vec<Counter<'a>> {
    // They add up what the kernel tells of each processor in whole ticks.
    let ticks = (processors + 1.0) / 100.0;
    let of_processors = ["user", "system", "idle"].map(|mode| {
        let ours = ("system_cpu_time_seconds_total", vec![mode]);
        (ours, ("node_cpu_seconds_total", vec![mode]), ticks)
    });
    let of_device = |name: &'a String, ours, theirs: [(&'a str, &'static str); 2]| {
        theirs.map(|(direction, theirs)| {
            let ours = (ours, vec![direction, name.as_str()]);
            (ours, (theirs, vec![name.as_str()]), 0.0)
        })
    };
    let of_interfaces = interfaces.iter().flat_map(|name| {
        let theirs = [
            ("receive", "node_network_receive_bytes_total"),
            ("transmit", "node_network_transmit_bytes_total"),
        ];
        of_device(name, "system_network_io_bytes_total", theirs)
    });
    let of_disks = disks.iter().flat_map(|name| {
        let theirs = [
            ("read", "node_disk_read_bytes_total"),
            ("write", "node_disk_written_bytes_total"),
        ];
        of_device(name, "system_disk_io_bytes_total", theirs)
    });
    let of_processors = of_processors.into_iter();
    of_processors.chain(of_interfaces).chain(of_disks).collect()
}

/// Keeps the processors busy, with more to do than they can at once, until `seen` holds, for 30 s at most.
fn under_load(mut seen: impl FnMut() -> bool) {
    const PATIENCE: Duration = Duration::from_secs(30);
    let (start, is_over) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..=thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !is_over.load(Relaxed) && start.elapsed() < PATIENCE {
                    hint::spin_loop();
                }
            });
        }
        let seen = within(PATIENCE, || seen().then_some(()));
        is_over.store(true, Relaxed);
        assert!(seen.is_some(), "the load was not seen");
    });
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_machine_is_told_of_as_node_exporter_tells_of_it() {
    const WRITTEN: usize = 32 << 20;
    const PRESSURE: Series<'_> = ("node_pressure_cpu_waiting_seconds_total", Vec::new());
    let exporter = NodeExporter::start().unwrap();
    let registry = Registry::new();
    let resources = Resources::builder().start(&registry).unwrap();

    let (interfaces, disks) = (interfaces(), disks());
    let has_pressure = fs::exists("/proc/pressure/cpu").unwrap();
    let processors = ours(&registry, "system_cpu_logical_count", &[]);
    let mut counters = counters(processors, &interfaces, &disks);
    if has_pressure {
        counters.push((PRESSURE, PRESSURE, 1e-6));
    }
    // Ours before and after lie around theirs.
    let look = || {
        let all_of_ours = || {
            resources.refresh();
            let totals = counters.iter().map(|(ours, ..)| sum(&registry, ours));
            totals.collect::<Vec<_>>()
        };
        let before = all_of_ours();
        let families = exporter.families().unwrap();
        let after = all_of_ours();
        for (place, (_, theirs, room)) in counters.iter().enumerate() {
            let total = told_in_all(&families, theirs);
            let around = before[place] - room..=after[place] + room;
            assert!(total > 0.0, "{theirs:?}");
            assert!(
                around.contains(&total),
                "{theirs:?}: {total} is not in {around:?}"
            );
        }
        families
    };
    let before = look();
    let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    file.write_all(&vec![1; WRITTEN]).unwrap();
    file.sync_all().unwrap();
    under_load(|| {
        let now = look();
        let grown = |series: Series<'_>| told_in_all(&now, &series) - told_in_all(&before, &series);
        grown(("node_cpu_seconds_total", vec!["user"])) >= 2.0
            && (disks.is_empty()
                || grown(("node_disk_written_bytes_total", vec![])) >= WRITTEN as f64)
            && (!has_pressure || grown(PRESSURE) >= 0.1)
    });

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
    processes: Vec<Child>,
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
            // Where there is swap, what is too much would go there.
            let _ = fs::write(folder.join("memory.swap.max"), "0");
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
        let _ = fs::write(group.folders[0].join("memory.swappiness"), "0");
        fs::write(group.folders[1].join("cpu.cfs_quota_us"), "10000")?;
        fs::write(group.folders[1].join("cpu.cfs_period_us"), "100000")?;
        Ok(group)
    }

    fn at(folders: [PathBuf; 2]) -> Self {
        Self {
            folders,
            processes: Vec::new(),
        }
    }

    fn take(&mut self, process: Child) -> io::Result<&mut Child> {
        self.processes.push(process);
        let process = self.processes.last_mut().unwrap();
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

    /// What was throttled, in periods and in seconds, and how many processes were killed for want of memory, as the kernel tells.
    fn totals(&self) -> [f64; 3] {
        let [memory, cpu] = &self.folders;
        let told = |folder: &Path, file: &str, name: &str| -> Option<f64> {
            let text = fs::read_to_string(folder.join(file)).ok()?;
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            lines.find(|(known, _)| *known == name)?.1.parse().ok()
        };
        let seconds =
            told(cpu, "cpu.stat", "throttled_usec").map(|microseconds| microseconds / 1e6);
        let seconds_v1 = || Some(told(cpu, "cpu.stat", "throttled_time")? / 1e9);
        let kills = told(memory, "memory.events", "oom_kill");
        let kills_v1 = || told(memory, "memory.oom_control", "oom_kill");
        [
            told(cpu, "cpu.stat", "nr_throttled"),
            seconds.or_else(seconds_v1),
            kills.or_else(kills_v1),
        ]
        .map(Option::unwrap)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for process in &mut self.processes {
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
        Err(error) if is_not_allowed(&error) => {
            return eprintln!("no control group can be made here: {error}");
        }
        Err(error) => panic!("a control group: {error}"),
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

    // What takes more than there is, and is the first to be killed for that.
    let greedy = Command::new("sh")
        .args([
            "-c",
            "read go; echo 1000 > /proc/self/oom_score_adj; exec tail /dev/zero",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let greedy = group.take(greedy).unwrap();
    greedy.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(greedy.wait().unwrap().signal(), Some(9));
    let mut ours = || {
        let families = figures();
        [
            "container_cpu_cfs_throttled_periods_total",
            "container_cpu_cfs_throttled_seconds_total",
            "container_oom_events_total",
        ]
        .map(|name| told(&families, name, &[]))
    };
    let (before, theirs, after) = (ours(), group.totals(), ours());
    for (place, theirs) in theirs.into_iter().enumerate() {
        let around = before[place]..=after[place];
        assert!(
            theirs > 0.0 && around.contains(&theirs),
            "{place}: {theirs} is not in {around:?}"
        );
    }
}

/// Whether the test has no right to make control groups here, or there are none.
fn is_not_allowed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::ResourceBusy
    )
}
