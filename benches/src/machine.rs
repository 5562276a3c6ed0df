//! Where the figures come from: processor, compiler and the versions of what was measured.

use std::{fs, process::Command};

const MEASURED: [&str; 19] = [
    "actix-http",
    "actix-web",
    "actix-web-prom",
    "axum",
    "axum-otel-metrics",
    "axum-prometheus",
    "axum-tracing-opentelemetry",
    "measured",
    "metrics",
    "metrics-exporter-prometheus",
    "opentelemetry-instrumentation-actix-web",
    "opentelemetry-instrumentation-tower",
    "opentelemetry_sdk",
    "prometheus-client",
    "steeple-actix",
    "steeple-axum",
    "steeple-metrics",
    "tower-http",
    "tracing-opentelemetry",
];

/// The processor's name and how many of them there are.
pub(crate) fn processor() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{count} x {model}")
}

/// What built the peers, if it is at hand.
pub(crate) fn compiler() -> String {
    Command::new("rustc")
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(
            || "unknown compiler".to_owned(),
            |text| text.trim().to_owned(),
        )
}

/// `name version`, for each measured crate, from the lock file that built this program.
pub(crate) fn versions() -> Vec<String> {
    let lock = include_str!("../Cargo.lock");
    lock.split("[[package]]")
        .filter_map(|package| {
            let field = |key: &str| {
                let (_, rest) = package.split_once(&format!("{key} = \""))?;
                rest.split_once('"').map(|(value, _)| value)
            };
            let name = field("name").filter(|name| MEASURED.contains(name))?;
            Some(format!("{name} {}", field("version")?))
        })
        .collect()
}
