//! `cargo xtask test`: every check and test that CI runs.

use std::{
    cell::RefCell,
    process::{Command, ExitCode},
};

use crate::{
    backends::{self, Cache},
    cargo::{cargo, has_subcommand},
    changes::Changes,
    features, rules,
    steps::{Step, run_all},
    totals::Totals,
    workspace::Workspace,
};

/// What the user chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    offline: bool,
    all: bool,
}

impl Options {
    /// Reads the command line after `test`.
    pub(crate) fn parse(arguments: &[String]) -> anyhow::Result<Self> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--offline" => options.offline = true,
                "--all" => options.all = true,
                unknown => anyhow::bail!(
                    "unknown option `{unknown}`: `cargo xtask test` takes --offline and --all"
                ),
            }
        }
        Ok(options)
    }
}

/// Runs every step that the machine and the options allow.
pub(crate) fn run(workspace: &Workspace, options: Options) -> anyhow::Result<ExitCode> {
    let cache = Cache::of(workspace);
    let changes = if options.all {
        Changes::Everything
    } else {
        Changes::since_upstream(workspace)
    };
    // Peers need other versions than ours: docs/adr/0001-peers-in-their-own-workspace.md.
    let in_benches = |mut command: Command| {
        command.current_dir(workspace.benches());
        command
    };

    let left_out = RefCell::new(Vec::new());
    let mut steps = Vec::new();
    if options.offline {
        println!("offline: the tests that need real servers are skipped");
    } else {
        steps.push(Step::set_up("servers", || {
            left_out.replace(backends::for_tests(&cache, options.all)?);
            Ok(())
        }));
    }
    steps.extend([
        Step::commands("format", [format(), in_benches(format())]),
        Step::commands("clippy", [clippy(), in_benches(clippy())]),
        Step::check("design rules", || {
            rules::arrows::check(workspace)?;
            rules::transform::check(workspace)
        }),
        Step::check("feature tables", || rules::feature_tables::check(workspace)),
        tests("tests", |command| command, options, &cache, &left_out),
        Step::tests("doc tests", doc_tests, Totals::of_libtest),
        Step::tests("loom", || loom_tests(workspace), Totals::of_libtest),
        Step::tests(
            "tokio_unstable",
            || unstable_tests(workspace),
            Totals::of_libtest,
        ),
        Step::commands("docs", [documentation()]),
        tests(
            "tests of the benches",
            in_benches,
            options,
            &cache,
            &left_out,
        ),
    ]);
    println!("each feature alone: {changes}");
    steps.push(Step::commands(
        "each feature alone",
        features::commands(workspace, &changes),
    ));
    if has_subcommand("deny") {
        steps.push(Step::commands("deny", [cargo(["deny", "check"])]));
    } else {
        println!("cargo-deny is not installed: deny.toml is not checked");
    }
    Ok(run_all(steps))
}

/// The documentation of our own crates, where a warning is an error.
pub(crate) fn documentation() -> Command {
    let mut command = everything(["doc", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn format() -> Command {
    cargo(["fmt", "--all", "--check"])
}

fn clippy() -> Command {
    let mut command = everything(["clippy", "--all-targets", "--no-deps"]);
    command.args(["--", "-D", "warnings"]);
    command
}

fn doc_tests() -> Command {
    everything(["test", "--doc", "--no-fail-fast"])
}

/// The tests of what threads share without a lock, in every order of events. As no crate
/// of ours has unsafe code, there is nothing for Miri.
fn loom_tests(workspace: &Workspace) -> Command {
    let mut command = configured(workspace, "loom");
    command.args(["--package", "steeple-metrics", "--lib", "under_loom"]);
    command
}

/// The tests of what tokio tells with its unstable flag alone.
fn unstable_tests(workspace: &Workspace) -> Command {
    let mut command = configured(workspace, "tokio_unstable");
    command.args(["--package", "steeple-resources", "--test", "resources"]);
    command.arg("runtime::");
    command
}

/// Tests in a build of their own, with `--cfg` of this name.
fn configured(workspace: &Workspace, name: &str) -> Command {
    let mut command = cargo(["test", "--target-dir"]);
    command
        .arg(workspace.root.join("target").join(name))
        .env("RUSTFLAGS", format!("--cfg {name}"));
    command
}

/// Cargo over every crate with all its features.
fn everything<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = cargo(arguments);
    command.args(["--workspace", "--all-features"]);
    command
}

/// Tests marked `#[ignore]` are those that need real servers; those in the modules `left_out` lack theirs.
fn tests<'a>(
    name: &'static str,
    place: impl FnOnce(Command) -> Command + 'a,
    options: Options,
    cache: &'a Cache,
    left_out: &'a RefCell<Vec<&'static str>>,
) -> Step<'a> {
    let nextest = has_subcommand("nextest");
    let command = move || {
        let mut command = place(if nextest {
            everything(["nextest", "run", "--no-fail-fast"])
        } else {
            everything(["test", "--no-fail-fast", "--lib", "--bins", "--tests"])
        });
        if options.all {
            command.env("STEEPLE_FULL", "1");
        }
        if !options.offline {
            cache.equip(&mut command);
            command.args(if nextest {
                ["--run-ignored", "all"]
            } else {
                ["--", "--include-ignored"]
            });
            let left_out = left_out.borrow();
            if nextest && !left_out.is_empty() {
                // Of several filter sets, one would be enough.
                let set = format!("not test(/^({})::/)", left_out.join("|"));
                command.args(["--filterset", &set]);
            } else {
                for module in &*left_out {
                    command.args(["--skip", &format!("{module}::")]);
                }
            }
        }
        command
    };
    let totals = if nextest {
        Totals::of_nextest
    } else {
        Totals::of_libtest
    };
    Step::tests(name, command, totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_come_in_any_order() {
        let arguments = ["--all".to_owned(), "--offline".to_owned()];
        assert_eq!(
            Options::parse(&arguments).unwrap(),
            Options {
                offline: true,
                all: true
            }
        );
    }

    #[test]
    fn an_unknown_option_is_named() {
        let error = Options::parse(&["--fast".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`--fast`"), "{error}");
    }
}
