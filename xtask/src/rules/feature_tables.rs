//! Features are documented where users look: a comment in the manifest, a row in the crate's documentation.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;

use super::report;
use crate::workspace::{Package, Workspace};

/// Checks every crate.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut findings = Vec::new();
    for package in workspace.crates() {
        let manifest = read(&package.directory.join("Cargo.toml"))?;
        let library = read(&package.directory.join("src/lib.rs"))?;
        findings.extend(of_package(package, &manifest, &library));
    }
    report(&findings)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn of_package(package: &Package, manifest: &str, library: &str) -> Vec<String> {
    let name = &package.name;
    // `default` is explained by what it lists, and `_private` features are nobody's business.
    let features: BTreeSet<&str> = package
        .features
        .iter()
        .map(String::as_str)
        .filter(|feature| *feature != "default" && !feature.starts_with('_'))
        .collect();
    let commented = commented_features(manifest);
    let listed = listed_features(library);

    let mut findings = Vec::new();
    for feature in features.difference(&commented) {
        findings.push(format!(
            "{name}: no comment above feature `{feature}` in Cargo.toml"
        ));
    }
    for feature in features.difference(&listed) {
        findings.push(format!(
            "{name}: feature `{feature}` is not in the table under `# Features` in src/lib.rs"
        ));
    }
    for feature in listed
        .difference(&features)
        .filter(|feature| **feature != "default")
    {
        findings.push(format!("{name}: the table under `# Features` in src/lib.rs lists `{feature}`, which is no feature"));
    }
    findings
}

/// The keys of the `[features]` section that have a comment on the line above.
fn commented_features(manifest: &str) -> BTreeSet<&str> {
    let section = manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let mut commented = BTreeSet::new();
    let mut above = "";
    for line in section {
        if let Some((key, _)) = line.split_once('=')
            && above.starts_with('#')
        {
            commented.insert(key.trim());
        }
        above = line;
    }
    commented
}

/// The names in the first column of the table under the crate documentation's heading `Features`.
fn listed_features(library: &str) -> BTreeSet<&str> {
    library
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .skip_while(|line| !is_heading(line) || line.trim_start_matches('#').trim() != "Features")
        .skip(1)
        .take_while(|line| !is_heading(line))
        .filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .collect()
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "[package]\n[features]\ndefault = []\n# Does a.\na = []\nb = []\n[lints]\n";

    fn findings(library: &str) -> Vec<String> {
        let package = Package {
            name: "shop".to_owned(),
            directory: "/shop".into(),
            features: ["default", "a", "b", "_bench"].map(str::to_owned).into(),
            dependencies: Vec::new(),
        };
        of_package(&package, MANIFEST, library)
    }

    #[test]
    fn every_feature_wants_a_comment_and_a_row() {
        let library = "//! Shop.\n//!\n//! # Features\n//!\n//! | feature | adds |\n//! |---|---|\n//! | `a` | a |\n//! | `old` | - |\n//!\n//! # More\n//! | `b` | elsewhere |\n";
        assert_eq!(
            findings(library),
            [
                "shop: no comment above feature `b` in Cargo.toml",
                "shop: feature `b` is not in the table under `# Features` in src/lib.rs",
                "shop: the table under `# Features` in src/lib.rs lists `old`, which is no feature",
            ]
        );
    }
}
