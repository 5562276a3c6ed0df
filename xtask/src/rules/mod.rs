//! Rules of the design that the compiler does not check.

pub(crate) mod arrows;
pub(crate) mod feature_tables;
pub(crate) mod transform;

/// Fails with one finding a line.
fn report(findings: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}
