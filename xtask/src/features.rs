//! Each feature alone: a workspace build unifies features and hides what a crate forgot to ask for.

use std::process::Command;

use crate::{
    cargo::cargo,
    changes::Changes,
    workspace::{Package, Workspace},
};

/// For each changed crate: no feature, each one alone, and all of them.
pub(crate) fn commands(workspace: &Workspace, changes: &Changes) -> Vec<Command> {
    workspace
        .crates()
        .filter(|package| changes.contain(package))
        .flat_map(of_package)
        .collect()
}

fn of_package(package: &Package) -> Vec<Command> {
    // Clippy, because it takes the denial of warnings as an argument; in RUSTFLAGS it would have all built again.
    let check = |selection: &[&str]| {
        let mut command = cargo(["clippy", "--no-deps", "--package", &package.name]);
        command.args(selection).args(["--", "-D", "warnings"]);
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
                "cargo clippy --no-deps --package shop --no-default-features -- -D warnings",
                "cargo clippy --no-deps --package shop --no-default-features --features axum -- -D warnings",
                "cargo clippy --no-deps --package shop --no-default-features --features otlp -- -D warnings",
                "cargo clippy --no-deps --package shop --all-features -- -D warnings",
            ]
        );
    }
}
