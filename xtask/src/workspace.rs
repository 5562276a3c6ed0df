//! What `cargo metadata` says about the workspace.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use serde_json::Value;

use crate::cargo::cargo;

/// The workspace that xtask was started in.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One package of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) features: BTreeSet<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as the package's own manifest declares it.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) development: bool,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let output = cargo(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot start cargo")?;
        anyhow::ensure!(
            output.status.success(),
            "cargo metadata failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        Ok(Self {
            root: PathBuf::from(text(&metadata["workspace_root"])),
            packages: items(&metadata["packages"]).map(Package::new).collect(),
        })
    }

    /// The packages in `crates/`: those that are published.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let crates = self.root.join("crates");
        self.packages
            .iter()
            .filter(move |package| package.directory.starts_with(&crates))
    }

    /// The directory of the benchmarks, which are a workspace of their own.
    pub(crate) fn benches(&self) -> PathBuf {
        self.root.join("benches")
    }

    /// A git command in the checkout.
    pub(crate) fn git<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root).args(arguments);
        command
    }
}

impl Package {
    fn new(metadata: &Value) -> Self {
        Self {
            name: text(&metadata["name"]).to_owned(),
            directory: Path::new(text(&metadata["manifest_path"]))
                .parent()
                .unwrap_or(Path::new(""))
                .to_owned(),
            features: metadata["features"]
                .as_object()
                .map(|features| features.keys().cloned().collect())
                .unwrap_or_default(),
            dependencies: items(&metadata["dependencies"])
                .map(|dependency| Dependency {
                    name: text(&dependency["name"]).to_owned(),
                    development: text(&dependency["kind"]) == "dev",
                })
                .collect(),
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
