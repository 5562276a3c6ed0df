//! Features are documented where users look: a comment in the manifest, a row in the crate's documentation and the crate's row in
//! the README. A feature that pulls one of our crates in re-exports it.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;

use super::report;
use crate::workspace::{Package, Workspace};

/// Checks every crate.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let readme = read(&workspace.root.join("README.md"))?;
    let mut findings = Vec::new();
    for package in workspace.crates() {
        let manifest = read(&package.directory.join("Cargo.toml"))?;
        let library = read(&package.directory.join("src/lib.rs"))?;
        findings.extend(of_package(package, &manifest, &library, &readme));
    }
    report(&findings)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn of_package(package: &Package, manifest: &str, library: &str, readme: &str) -> Vec<String> {
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
    if features != listed_in_row(readme_row(readme, name).unwrap_or_default()) {
        let features = Vec::from_iter(features);
        findings.push(format!(
            "{name}: its row in README.md must end with its features: {}",
            features.join(", ")
        ));
    }
    for feature in adapters(manifest).filter(|feature| !is_re_exported(library, feature)) {
        findings.push(format!(
            "{name}: feature `{feature}` must re-export `steeple-{feature}` as `{feature}` in src/lib.rs"
        ));
    }
    findings
}

/// The row of the table of crates that is about `name` alone.
fn readme_row<'a>(readme: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("| [{name}](crates/{name}) |");
    readme.lines().find(|line| line.starts_with(&start))
}

/// The names in backticks after the word `features`.
fn listed_in_row(row: &str) -> BTreeSet<&str> {
    let (_, list) = row.split_once("features").unwrap_or_default();
    list.split('`').skip(1).step_by(2).collect()
}

/// The features that pull in the crate of ours that they are named after.
fn adapters(manifest: &str) -> impl Iterator<Item = &str> {
    manifest.lines().filter_map(|line| {
        let (feature, list) = line.split_once(" = [")?;
        list.contains(&format!("\"dep:steeple-{feature}\""))
            .then_some(feature)
    })
}

fn is_re_exported(library: &str, feature: &str) -> bool {
    let item = feature.replace('-', "_");
    library.contains(&format!(
        "#[cfg(feature = \"{feature}\")]\npub use steeple_{item} as {item};\n"
    ))
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
    const README: &str = "| [shop](crates/shop) | sells; features `a`, `b` |\n";

    fn findings(manifest: &str, library: &str, readme: &str) -> Vec<String> {
        let package = Package {
            name: "shop".to_owned(),
            directory: "/shop".into(),
            features: ["default", "a", "b", "_bench"].map(str::to_owned).into(),
            dependencies: Vec::new(),
        };
        of_package(&package, manifest, library, readme)
    }

    #[test]
    fn every_feature_wants_a_comment_and_a_row() {
        let library = "//! Shop.\n//!\n//! # Features\n//!\n//! | feature | adds |\n//! |---|---|\n//! | `a` | a |\n//! | `old` | - |\n//!\n//! # More\n//! | `b` | elsewhere |\n";
        assert_eq!(
            findings(MANIFEST, library, README),
            [
                "shop: no comment above feature `b` in Cargo.toml",
                "shop: feature `b` is not in the table under `# Features` in src/lib.rs",
                "shop: the table under `# Features` in src/lib.rs lists `old`, which is no feature",
            ]
        );
    }

    const COMMENTED: &str = "[features]\n# Does a.\na = []\n# Does b.\nb = []\n";
    const TABLE: &str = "//! # Features\n//! | `a` | a |\n//! | `b` | b |\n";

    #[test]
    fn the_readme_lists_what_there_is() {
        let refusal = ["shop: its row in README.md must end with its features: a, b"];
        let says = |readme| findings(COMMENTED, TABLE, readme);
        assert_eq!(says("| [shop](crates/shop) | features `a` |\n"), refusal);
        assert_eq!(says("| [shop](crates/shop) | `a`, `b` |\n"), refusal);
        assert_eq!(
            says("| [shop](crates/shop), [stall](crates/stall) | - |\n"),
            refusal
        );
        assert_eq!(says(README), [""; 0]);
    }

    #[test]
    fn a_feature_that_pulls_a_crate_in_re_exports_it() {
        let manifest = COMMENTED.replace("a = []", "a = [\"dep:steeple-a\"]");
        assert_eq!(
            findings(&manifest, TABLE, README),
            ["shop: feature `a` must re-export `steeple-a` as `a` in src/lib.rs"]
        );
        let library = format!("{TABLE}#[cfg(feature = \"a\")]\npub use steeple_a as a;\n");
        assert_eq!(findings(&manifest, &library, README), [""; 0]);
    }
}
