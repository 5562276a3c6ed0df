//! The real servers and tools that tests and benchmarks start.
//!
//! Each is looked for in the cache, then on the system; otherwise its Debian package is downloaded and
//! unpacked into the cache, which touches nothing else; where that does not work it is installed.
//! See docs/adr/0002-backends-are-unpacked-debian-packages.md.

mod cache;
mod download;
mod install;
mod need;

pub(crate) use cache::Cache;
use need::Need;

/// What the backend tests need.
const TESTS: &[Need] = &[
    Need::program("prometheus", "prometheus"),
    Need::program("promtool", "prometheus"),
    Need::program("hey", "hey"),
    // Its package holds little but dependencies, so that unpacking it alone gives nothing that runs.
    Need::program("python3", "python3").only_installed(),
    Need::python_module("prometheus_client.parser", "python3-prometheus-client"),
];

/// What the benchmarks need.
const BENCHES: &[Need] = &[Need::program("valgrind", "valgrind")];

/// Makes sure that the servers and tools of the tests are there.
pub(crate) fn for_tests(cache: &Cache) -> anyhow::Result<()> {
    ensure(cache, TESTS)
}

/// Makes sure that the tools of the benchmarks are there.
pub(crate) fn for_benches(cache: &Cache) -> anyhow::Result<()> {
    ensure(cache, BENCHES)
}

fn ensure(cache: &Cache, needs: &[Need]) -> anyhow::Result<()> {
    let missing = missing(cache, needs.iter());
    let packages = packages(missing.iter().filter(|need| need.unpacks()));
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
    let missing = self::missing(cache, missing);
    if !missing.is_empty() {
        install::install(&self::packages(missing.iter()))?;
    }
    let missing = self::missing(cache, missing);
    anyhow::ensure!(
        missing.is_empty(),
        "these packages are there but do not work: {}; the tests that need none run with --offline",
        self::packages(missing.iter()).join(", ")
    );
    Ok(())
}

fn missing<'a>(cache: &Cache, needs: impl IntoIterator<Item = &'a Need>) -> Vec<&'a Need> {
    needs
        .into_iter()
        .filter(|need| !need.is_met(cache))
        .collect()
}

/// The packages of `needs`, each once.
fn packages<'a>(needs: impl Iterator<Item = &'a &'a Need>) -> Vec<&'static str> {
    let mut packages: Vec<_> = needs.map(|need| need.package()).collect();
    packages.dedup();
    packages
}
