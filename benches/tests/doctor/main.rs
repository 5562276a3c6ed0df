//! What the doctor finds in a program that has the OpenTelemetry of steeple and, by axum-otel-metrics, an older one.

use steeple::{
    Steeple,
    doctor::{Code, Diagnosis},
};
use steeple_benches::{in_memory_meter_provider, in_memory_meter_provider_032};
use steeple_tests::backends::get;
use tokio::runtime;

#[test]
fn two_versions_of_opentelemetry_are_found() {
    // What nothing uses is not linked, and is no fault.
    let _used = (in_memory_meter_provider(), in_memory_meter_provider_032());
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .build()
        .expect("a valid configuration");

    let found = diagnoses(&steeple);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, Code::OpenTelemetryVersions);
    let [older, newer] = locked_versions()[..] else {
        panic!("Cargo.lock has two versions");
    };
    let both = format!("opentelemetry {older} and {newer}:");
    assert!(found[0].what.contains(&both), "{}", found[0]);
    for version in [older, newer] {
        let command = format!("`cargo tree -i opentelemetry@{version}`");
        assert!(found[0].fix.contains(&command), "{}", found[0]);
    }

    let ops = steeple.ops_addr().expect("an ops listener");
    let told = get(&format!("http://{ops}/api/doctor")).expect("it answers");
    assert!(
        told.contains(r#""code":"opentelemetry_versions""#),
        "{told}"
    );
}

fn diagnoses(steeple: &Steeple) -> Vec<Diagnosis> {
    let runtime = runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(steeple.doctor())
}

fn locked_versions() -> Vec<&'static str> {
    let packages = include_str!("../../Cargo.lock").split("[[package]]");
    packages
        .filter_map(|package| {
            let rest = package.strip_prefix("\nname = \"opentelemetry\"\nversion = \"")?;
            Some(rest.split_once('"')?.0)
        })
        .collect()
}
