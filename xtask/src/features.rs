//! Each feature alone: a workspace build unifies features and hides what a crate forgot to ask for.

use std::process::Command;

use crate::cargo::cargo;
use crate::changes::Changes;
use crate::workspace::{Package, Workspace};

/// For each changed crate: no feature, each one alone, and all of them.
pub(crate) fn commands(workspace: &Workspace, changes: &Changes) -> Vec<Command> {
    workspace
        .crates()
        .filter(|package| changes.contain(package))
        .flat_map(of_package)
        .collect()
}

fn of_package(package: &Package) -> Vec<Command> {
    let check = |selection: &[&str]| {
        let mut command = cargo(["check", "--package", &package.name]);
        command.args(selection);
        command
    };
    let mut commands = vec![check(&["--no-default-features"])];
    for feature in &package.features {
        commands.push(check(&["--no-default-features", "--features", feature]));
    }
    if package.features.len() > 1 {
        commands.push(check(&["--all-features"]));
    }
    commands
}

#[cfg(test)]
mod tests {
    use crate::process::shell;

    use super::*;

    #[test]
    fn none_each_and_all_are_checked() {
        let package = Package {
            name: "shop".to_owned(),
            directory: "/shop".into(),
            features: ["axum".to_owned(), "otlp".to_owned()].into(),
            dependencies: Vec::new(),
        };
        let typed: Vec<String> = of_package(&package).iter().map(shell).collect();
        assert_eq!(
            typed,
            [
                "cargo check --package shop --no-default-features",
                "cargo check --package shop --no-default-features --features axum",
                "cargo check --package shop --no-default-features --features otlp",
                "cargo check --package shop --all-features",
            ]
        );
    }
}
