//! Warnings about the application's own metrics.

use std::time::Duration;

use steeple::{Steeple, metrics::Rule};
use tokio::runtime;

use crate::process;

/// An instance that, with a metric of the application's own and with one of steeple's, has something to find.
fn shop(lint: Option<bool>) -> Steeple {
    let builder = Steeple::builder("shop").without_ops();
    let builder = match lint {
        Some(lint) => builder.lint(lint),
        None => builder,
    };
    let steeple = builder.build().unwrap();
    metrics::histogram!("checkout_ms").record(42.0);
    for route in 0..101 {
        let route = format!("/{route}");
        metrics::counter!("http.server.errors", "http_route" => route).increment(1);
    }
    steeple
}

#[test]
fn a_debug_build_warns_once_of_each_finding_about_the_applications_own_metrics() {
    let Some(said) = process::passes(|| {
        let steeple = shop(None);
        eprintln!("before the first scrape");
        drop(steeple.registry().render());
        drop(steeple.registry().render());
    }) else {
        return;
    };
    let (before, after) = said.split_once("before the first scrape").unwrap();
    assert!(!before.contains("steeple::lint"), "{said}");
    let warnings: Vec<_> = after
        .lines()
        .filter(|line| line.contains("WARN steeple::lint:"))
        .collect();
    if !cfg!(debug_assertions) {
        return assert_eq!(warnings.len(), 0, "{said}");
    }
    assert_eq!(warnings.len(), 2, "{said}");
    for rule in ["missing_help", "abbreviated_unit"] {
        let fields = format!("metric=checkout_ms rule={rule}");
        assert!(warnings.iter().any(|line| line.contains(&fields)), "{said}");
    }
}

#[test]
fn a_service_that_nobody_scraped_is_warned_when_it_ends() {
    let Some(said) = process::passes(|| {
        let steeple = shop(Some(true));
        steeple
            .registry()
            .before_look(|| eprintln!("may take long"));
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let ended = steeple.shutdown(Duration::from_secs(5));
        runtime.block_on(ended).unwrap();
    }) else {
        return;
    };
    let warnings = said.matches("WARN steeple::lint:").count();
    assert_eq!(warnings, 2, "{said}");
    assert!(!said.contains("may take long"), "{said}");
}

#[test]
fn switched_off_it_says_nothing_unless_asked() {
    let Some(said) = process::passes(|| {
        let steeple = shop(Some(false));
        drop(steeple.registry().render());
        let rules: Vec<_> = steeple.lint().iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [Rule::MissingHelp, Rule::AbbreviatedUnit]);
        assert_eq!(steeple.registry().lint().len(), 3);
    }) else {
        return;
    };
    assert!(!said.contains("steeple::lint"), "{said}");
}

#[test]
fn the_operator_turns_it_off_and_on() {
    for (value, code, warns) in [("false", true, false), ("TRUE", false, true)] {
        let Some(ended) = process::run(&[("STEEPLE_LINT", value)], || {
            // What the code says is the other way round.
            let code = std::env::var("STEEPLE_LINT").unwrap() == "false";
            drop(shop(Some(code)).registry().render());
        }) else {
            return;
        };
        assert!(ended.success, "{}", ended.said);
        assert_eq!(
            ended.said.contains("steeple::lint"),
            warns,
            "{code} {}",
            ended.said
        );
    }
}
