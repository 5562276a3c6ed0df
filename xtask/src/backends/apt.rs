//! `apt-get`, with the package lists of the system or with lists of our own, which take no root to update.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use crate::process::{run, succeed};

/// Some package lists.
#[derive(Debug, Default)]
pub(super) struct Apt {
    options: Vec<String>,
}

impl Apt {
    /// The lists that the system has.
    pub(super) fn of_the_system() -> Self {
        Self::default()
    }

    /// New lists, kept in `state`, of the sources that the file `sources` names, or of the system's.
    pub(super) fn private(state: &Path, sources: Option<&Path>) -> anyhow::Result<Self> {
        let lists = state.join("lists");
        for directory in [lists.join("partial"), state.join("archives/partial")] {
            fs::create_dir_all(directory)?;
        }
        let mut options = vec![
            format!("Dir::State::lists={}", lists.display()),
            format!("Dir::Cache={}", state.display()),
        ];
        if let Some(sources) = sources {
            options.push(format!("Dir::Etc::sourcelist={}", sources.display()));
            options.push("Dir::Etc::sourceparts=-".to_owned());
        }
        let apt = Self { options };
        println!("fetching package lists into {}", state.display());
        succeed(apt.command().arg("update"))?;
        Ok(apt)
    }

    /// `apt-get`, to be told what to do.
    pub(super) fn command(&self) -> Command {
        let mut apt = Command::new("apt-get");
        // Root's apt would download as the user _apt, who may not write here, and warn.
        apt.args(["--quiet=2", "-o", "APT::Sandbox::User=root"]);
        for option in &self.options {
            apt.args(["-o", option]);
        }
        apt
    }

    /// The mirror of Debian's among the sources.
    pub(super) fn debian(&self) -> anyhow::Result<String> {
        let mut command = self.command();
        command.args(["indextargets", "--format", "$(REPO_URI)"]);
        let (_, listed) = run(command.args(["Origin: Debian", "Label: Debian"]), |_| {})?;
        let first = listed.lines().next().map(str::to_owned);
        first.context("the package lists name no mirror of Debian")
    }
}
