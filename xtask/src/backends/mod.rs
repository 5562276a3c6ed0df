//! The real servers and tools that tests and benchmarks start.
//!
//! Each is looked for in the cache, then on the system; otherwise its Debian package is downloaded and
//! unpacked into the cache, which touches nothing else; where that does not work it is installed. What Debian has not, or
//! only in its next release, or what is used by a few tests, is an extra: fetched where it can be had.
//! See docs/adr/0002-backends-are-unpacked-debian-packages.md.

mod apt;
mod cache;
mod download;
mod extra;
mod install;
mod libraries;
mod need;
mod python;
mod testing;

pub(crate) use cache::Cache;
use extra::EXTRAS;
use need::Need;

/// What the backend tests need.
const TESTS: &[Need] = &[
    Need::program("prometheus", "prometheus"),
    Need::program("promtool", "prometheus"),
    Need::program("prometheus-pushgateway", "prometheus-pushgateway"),
    Need::program("victoria-metrics", "victoria-metrics"),
    Need::program("hey", "hey"),
    Need::program("wrk", "wrk"),
    Need::program("nginx", "nginx"),
    Need::program("prometheus-node-exporter", "prometheus-node-exporter"),
    Need::program("slowhttptest", "slowhttptest"),
    // Its package holds little but dependencies, so that unpacking it alone gives nothing that runs.
    Need::program("python3", "python3").only_installed(),
    Need::python_module("decorator", "python3-decorator"),
    // Debian's has the module above taken out of it.
    Need::python_module("prometheus_client.parser", "python3-prometheus-client"),
    Need::python_module("google.protobuf", "python3-protobuf"),
];

/// What the benchmarks need.
const BENCHES: &[Need] = &[Need::program("valgrind", "valgrind")];

/// Makes sure that the servers and tools of the tests are there, with `all` also the large ones, and returns the modules of
/// those tests that have to be left out.
pub(crate) fn for_tests(cache: &Cache, all: bool) -> anyhow::Result<Vec<&'static str>> {
    ensure(cache, TESTS)?;
    let left_out = EXTRAS.iter().flat_map(|extra| extra.left_out(cache, all));
    Ok(left_out.copied().collect())
}

/// Makes sure that the tools of the benchmarks are there.
pub(crate) fn for_benches(cache: &Cache) -> anyhow::Result<()> {
    ensure(cache, BENCHES)
}

fn ensure(cache: &Cache, needs: &[Need]) -> anyhow::Result<()> {
    let (unpacked, installed): (Vec<_>, Vec<_>) = needs.iter().partition(|need| need.unpacks());
    // First what the others run on: a Python module is there only where Python is.
    install_missing(cache, &installed)?;
    let packages = missing(cache, &unpacked);
    if !packages.is_empty() {
        println!(
            "unpacking {} into {}",
            packages.join(", "),
            cache.root().display()
        );
        if let Err(error) = download::unpack(cache, &packages) {
            println!("that did not work: {error:#}");
        }
    }
    install_missing(cache, &unpacked)
}

fn install_missing(cache: &Cache, needs: &[&Need]) -> anyhow::Result<()> {
    let packages = missing(cache, needs);
    if packages.is_empty() {
        return Ok(());
    }
    install::install(&packages)?;
    let packages = missing(cache, needs);
    anyhow::ensure!(
        packages.is_empty(),
        "installed, but what is needed of them does not work: {}",
        packages.join(", ")
    );
    Ok(())
}

/// The packages, each once, of the needs that are not met.
fn missing(cache: &Cache, needs: &[&Need]) -> Vec<&'static str> {
    let unmet = needs.iter().filter(|need| !need.is_met(cache));
    let mut packages: Vec<_> = unmet.map(|need| need.package()).collect();
    packages.dedup();
    packages
}
