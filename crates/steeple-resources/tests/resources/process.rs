use std::{
    fs::{self, File},
    hint::black_box,
    io::Write as _,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use steeple_metrics::Registry;
use steeple_resources::Resources;

use super::{eventually, figure};

/// What `ps` says of this process.
fn ps(column: &str) -> f64 {
    let pid = std::process::id().to_string();
    let output = Command::new("ps")
        .args(["-o", &format!("{column}="), "-p", &pid])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn is_close(ours: f64, theirs: f64, share: f64) -> bool {
    (ours - theirs).abs() <= theirs.abs() * share
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64, share: f64) {
    assert!(is_close(ours, theirs, share), "{ours} against {theirs}");
}

#[test]
fn a_known_load_is_seen_as_ps_sees_it() {
    let registry = Registry::new();
    let resources = Resources::builder().host(false).start(&registry).unwrap();
    let now = |name: &str| {
        resources.refresh();
        figure(&registry, name, &[]).unwrap()
    };
    let before = [
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
    ]
    .map(now);

    let held = vec![1_u8; 512 << 20];
    let files: Vec<_> = (0..1_000)
        .map(|_| File::open("/dev/null").unwrap())
        .collect();
    let start = Instant::now();
    let mut rounds = 0_u64;
    while start.elapsed().as_millis() < 500 {
        rounds = black_box(rounds + 1);
    }

    let after = [
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
    ]
    .map(now);
    let grown = after[0] - before[0];
    assert!((512e6..640e6).contains(&grown), "{grown}");
    // Other tests open some, too.
    assert_close(after[1] - before[1], 1_000.0, 0.02);
    assert!(after[2] > before[2], "{after:?}");
    // And there is time between the two looks.
    for (name, column, unit) in [
        ("process_resident_memory_bytes", "rss", 1_024.0),
        ("process_virtual_memory_bytes", "vsz", 1_024.0),
        ("process_threads", "nlwp", 1.0),
    ] {
        eventually(|| is_close(now(name), ps(column) * unit, 0.02).then_some(()));
    }
    drop((held, files));
}

#[test]
fn cpu_time_is_what_ps_and_the_clock_of_the_process_tell() {
    /// Of user and of system.
    const TICKS: f64 = 0.02;
    let registry = Registry::new();
    let resources = Resources::builder().host(false).start(&registry).unwrap();
    let ours = || {
        resources.refresh();
        figure(&registry, "process_cpu_seconds_total", &[]).unwrap()
    };
    let clock = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let (start, mut rounds) = (clock(), 0_u64);
    while clock() < start + 1.0 {
        rounds = black_box(rounds + 1);
    }
    let before = ours();
    let (clock, ps) = (clock(), ps("cputimes"));
    let after = ours();
    assert!(after >= 1.0 - TICKS, "{after}");
    let around = before * 0.98 - TICKS..=after * 1.02 + TICKS;
    assert!(around.contains(&clock), "{clock} is not in {around:?}");
    // It tells whole seconds.
    let around = (before - TICKS).floor()..=after + TICKS;
    assert!(around.contains(&ps), "{ps} is not in {around:?}");
}

#[test]
fn what_the_process_did_is_told_as_the_kernel_tells_it() {
    const WAITS: u32 = 500;
    /// These come first, and the kernel tells them of each thread.
    const SWITCHES: usize = 2;
    const MINOR: usize = 2;
    let registry = Registry::new();
    let resources = Resources::builder().host(false).start(&registry).unwrap();
    let ours = || {
        resources.refresh();
        let told = |name: &str, label, value| figure(&registry, name, &[(label, value)]).unwrap();
        let switches = |kind| {
            let label = "process_context_switch_type";
            told("process_context_switches_total", label, kind)
        };
        let faults = |kind| {
            let label = "system_paging_fault_type";
            told("process_paging_faults_total", label, kind)
        };
        let bytes = |direction| {
            told(
                "process_disk_io_bytes_total",
                "disk_io_direction",
                direction,
            )
        };
        [
            switches("voluntary"),
            switches("involuntary"),
            faults("minor"),
            faults("major"),
            bytes("read"),
            bytes("write"),
            figure(&registry, "process_uptime_seconds", &[]).unwrap(),
        ]
    };
    let theirs = || {
        let read = |file: &str| fs::read_to_string(file).unwrap();
        let (stat, io, up) = (
            read("/proc/self/stat"),
            read("/proc/self/io"),
            read("/proc/uptime"),
        );
        let stat: Vec<_> = stat.rsplit(')').next().unwrap().split(' ').collect();
        // Their numbers in proc(5), where this part begins with the third.
        let field = |number: usize| stat[number - 2].parse::<f64>().unwrap();
        let up: f64 = up.split(' ').next().unwrap().parse().unwrap();
        [
            of_threads("voluntary_ctxt_switches:"),
            of_threads("nonvoluntary_ctxt_switches:"),
            field(10),
            field(12),
            number(&io, "read_bytes:").unwrap(),
            number(&io, "write_bytes:").unwrap(),
            up - field(22) / 100.0,
        ]
    };
    let start = ours();
    // Not the main thread of the process.
    let load = thread::spawn(|| {
        for _ in 0..WAITS {
            thread::sleep(Duration::from_micros(1));
        }
        let held = black_box(vec![1_u8; 4 << 20]);
        let mut file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        file.write_all(&held).unwrap();
    });
    load.join().unwrap();
    let (before, theirs, after) = (ours(), theirs(), ours());
    for (place, theirs) in theirs.into_iter().enumerate() {
        // Those of threads that have ended are among ours alone.
        let least = if place < SWITCHES { 0.0 } else { before[place] };
        let around = least..=after[place];
        assert!(
            around.contains(&theirs),
            "{place}: {theirs} is not in {around:?}"
        );
    }
    assert!(
        before[0] - start[0] >= f64::from(WAITS),
        "{start:?} {before:?}"
    );
    assert!(before[MINOR] > start[MINOR], "{start:?} {before:?}");
}

/// What the kernel tells after `name`, of all threads that there are.
fn of_threads(name: &str) -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let told = threads.filter_map(|thread| {
        let status = fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        number(&status, name)
    });
    told.sum()
}

/// The number in the line that begins with `name`.
fn number(text: &str, name: &str) -> Option<f64> {
    let number = text.lines().find_map(|line| line.strip_prefix(name))?;
    number.trim().parse().ok()
}

#[test]
fn both_names_of_a_figure_tell_the_same() {
    let registry = Registry::new();
    let _resources = Resources::builder().start(&registry).unwrap();
    let text = registry.render();
    let value = |series: &str| -> f64 {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(series))
            .unwrap_or_else(|| panic!("{series} in {text}"));
        line.trim().parse().unwrap()
    };
    let user = value("process_cpu_time_seconds_total{cpu_mode=\"user\"}");
    let system = value("process_cpu_time_seconds_total{cpu_mode=\"system\"}");
    assert_eq!(value("process_cpu_seconds_total "), user + system);
    for (convention, classic) in [
        (
            "process_memory_usage_bytes",
            "process_resident_memory_bytes",
        ),
        (
            "process_memory_virtual_bytes",
            "process_virtual_memory_bytes",
        ),
        ("process_unix_file_descriptor_count", "process_open_fds"),
        ("process_thread_count", "process_threads"),
    ] {
        assert_eq!(
            value(&format!("{convention} ")),
            value(&format!("{classic} "))
        );
    }
    assert!(value("process_max_fds ") >= value("process_open_fds "));
    assert!(value("process_start_time_seconds ") > 1.7e9);
}

#[test]
fn the_machine_is_told_of_as_the_kernel_tells_of_it() {
    let registry = Registry::new();
    let _resources = Resources::builder().start(&registry).unwrap();
    let text = registry.render();
    for series in [
        "system_cpu_time_seconds_total{cpu_mode=\"user\"}",
        "system_memory_usage_bytes{system_memory_state=\"used\"}",
        "system_memory_linux_available_bytes",
        "system_memory_utilization_ratio{system_memory_state=\"free\"}",
        "system_filesystem_utilization_ratio{",
        "system_network_io_bytes_total{network_interface_name=\"lo\",network_io_direction=\"receive\"}",
        "system_network_packet_count_total{network_io_direction=\"receive\",system_device=\"lo\"}",
        "node_load1 ",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(series)),
            "{series} in {text}"
        );
    }
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let is_processor = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    let processors = stat.lines().filter(is_processor).count();
    assert_eq!(
        figure(&registry, "system_cpu_logical_count", &[]),
        Some(processors as f64)
    );
    let limit = figure(&registry, "system_memory_limit_bytes", &[]).unwrap();
    let states = ["used", "free", "buffers", "cached"].map(|state| {
        figure(
            &registry,
            "system_memory_usage_bytes",
            &[("system_memory_state", state)],
        )
        .unwrap()
    });
    assert_close(states.iter().sum(), limit, 0.02);
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let swap = memory
        .lines()
        .find_map(|line| line.strip_prefix("SwapTotal:"))
        .and_then(|line| line.strip_suffix(" kB"))
        .map(|kibibytes| kibibytes.trim().parse::<f64>().unwrap() * 1_024.0);
    let states = ["used", "free"].map(|state| {
        let labels = [("system_paging_state", state)];
        figure(&registry, "system_paging_usage_bytes", &labels).unwrap()
    });
    assert_eq!(Some(states.iter().sum()), swap);
}
