//! Which crates differ from the upstream branch.

use std::{collections::BTreeSet, fmt};

use crate::workspace::{Package, Workspace};

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Any crate may have: there is nothing to compare with, or what all crates share has changed.
    Everything,
    /// The crates of these names.
    Crates(BTreeSet<String>),
}

impl Changes {
    /// Compares the work tree with the point where it left its upstream branch.
    ///
    /// Without an upstream branch, and in a clone that differs from it in nothing (CI's), it is everything.
    pub(crate) fn since_upstream(workspace: &Workspace) -> Self {
        ["@{upstream}", "origin/HEAD"]
            .into_iter()
            .find_map(|upstream| lines(workspace, ["merge-base", "HEAD", upstream])?.pop())
            .and_then(|base| {
                let mut files = lines(workspace, ["diff", "--name-only", &base])?;
                files.extend(lines(
                    workspace,
                    ["ls-files", "--others", "--exclude-standard"],
                )?);
                Some(Self::of_files(workspace, &files))
            })
            .unwrap_or(Self::Everything)
    }

    /// Whether `package` has changed.
    pub(crate) fn contain(&self, package: &Package) -> bool {
        match self {
            Self::Everything => true,
            Self::Crates(names) => names.contains(&package.name),
        }
    }

    fn of_files(workspace: &Workspace, files: &[String]) -> Self {
        let shared = ["Cargo.toml", "Cargo.lock"];
        if files.is_empty() || files.iter().any(|file| shared.contains(&file.as_str())) {
            return Self::Everything;
        }
        let changed = |package: &&Package| {
            files
                .iter()
                .any(|file| workspace.root.join(file).starts_with(&package.directory))
        };
        Self::Crates(
            workspace
                .crates()
                .filter(changed)
                .map(|package| package.name.clone())
                .collect(),
        )
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => formatter.write_str("all crates"),
            Self::Crates(names) if names.is_empty() => {
                formatter.write_str("no crate (none has changed)")
            }
            Self::Crates(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(formatter, "the changed crates: {}", names.join(", "))
            }
        }
    }
}

fn lines<const N: usize>(workspace: &Workspace, arguments: [&str; N]) -> Option<Vec<String>> {
    let output = workspace.git(arguments).output().ok()?;
    output.status.success().then(|| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn workspace() -> Workspace {
        let package = |name: &str| Package {
            name: name.to_owned(),
            directory: Path::new("/shop/crates").join(name),
            features: BTreeSet::new(),
            dependencies: Vec::new(),
        };
        Workspace {
            root: "/shop".into(),
            packages: vec![package("core"), package("core-more")],
        }
    }

    fn changes(files: &[&str]) -> Changes {
        let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
        Changes::of_files(&workspace(), &files)
    }

    #[test]
    fn only_the_crate_that_holds_a_changed_file_is_changed() {
        assert_eq!(
            changes(&["README.md", "crates/core-more/src/lib.rs"]),
            Changes::Crates(BTreeSet::from(["core-more".to_owned()]))
        );
        assert_eq!(changes(&["docs/a.md"]), Changes::Crates(BTreeSet::new()));
    }

    #[test]
    fn a_shared_manifest_or_no_difference_means_everything() {
        assert_eq!(changes(&["Cargo.lock"]), Changes::Everything);
        assert_eq!(changes(&[]), Changes::Everything);
    }
}
