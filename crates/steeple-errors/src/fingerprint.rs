use std::{borrow::Cow, hash::Hasher};

use siphasher::sip::SipHasher24;
use steeple_core::errors::{ErrorReport, FingerprintRule, Subject};

use crate::{Frame, GroupId, normal::normalised};

/// How many calls of the application's own tell failures apart.
const CALLS: usize = 3;

/// What `report` is the same by as others.
pub(crate) fn of(report: &ErrorReport, frames: &[Frame]) -> GroupId {
    let mut fingerprint = Fingerprint(SipHasher24::new());
    match own(report, frames) {
        [] => fingerprint.default(report, frames),
        own => {
            fingerprint.part("own");
            for part in own {
                if part == FingerprintRule::DEFAULT {
                    fingerprint.default(report, frames);
                } else {
                    fingerprint.part(part);
                }
            }
        }
    }
    GroupId(fingerprint.0.finish())
}

/// What the application says that it is the same by.
pub(crate) fn own<'a>(report: &'a ErrorReport, frames: &[Frame]) -> &'a [String] {
    let calls = frames.iter().filter(|frame| frame.in_app);
    let calls = calls.flat_map(|frame| frame.function.iter().chain(&frame.file));
    report.fingerprint(calls.map(String::as_str))
}

/// Where it happened, for people.
pub(crate) fn place(report: &ErrorReport, frames: &[Frame]) -> Option<String> {
    report.location.clone().or_else(|| {
        let call = frames.iter().find(|frame| frame.in_app)?;
        let function = call.function.as_deref()?;
        Some(match (&call.file, call.line) {
            (Some(file), Some(line)) => format!("{function} at {file}:{line}"),
            _ => function.to_owned(),
        })
    })
}

/// Hashed by a function that will not change, since files outlive releases.
struct Fingerprint(SipHasher24);

impl Fingerprint {
    /// Parts do not run into each other.
    fn part(&mut self, part: &str) {
        self.0.write(&(part.len() as u64).to_le_bytes());
        self.0.write(part.as_bytes());
    }

    fn default(&mut self, report: &ErrorReport, frames: &[Frame]) {
        for cause in &report.causes {
            self.part("type");
            self.part(cause.type_name.as_deref().unwrap_or_default());
        }
        self.place(report, frames);
        match &report.subject {
            Subject::Request(request) => {
                self.part("route");
                self.part(&request.route);
            }
            Subject::Job { kind, name, .. } => {
                self.part("job");
                self.part(kind);
                self.part(name);
            }
            _ => self.part("process"),
        }
    }

    /// The location of a panic; else the top calls of the application's own; else what is said.
    fn place(&mut self, report: &ErrorReport, frames: &[Frame]) {
        if let Some(location) = &report.location {
            self.part("location");
            return self.part(location);
        }
        let mut calls: Vec<_> = frames.iter().filter_map(own_call).collect();
        calls.dedup();
        for call in calls.iter().take(CALLS) {
            self.part("call");
            self.part(call);
        }
        if calls.is_empty() {
            for cause in &report.causes {
                self.part("message");
                self.part(&normalised(&cause.message));
            }
        }
    }
}

/// The function that a call of the application's own is written in, without the closures that the compiler makes of it; its line where
/// the program does not know its path, as of inlined ones.
fn own_call(frame: &Frame) -> Option<Cow<'_, str>> {
    let function = frame.function.as_deref().filter(|_| frame.in_app)?;
    if let (Some(file), Some(line), false) = (&frame.file, frame.line, has_path(function)) {
        return Some(format!("{file}:{line}").into());
    }
    let closure = function
        .find("::{{closure")
        .or_else(|| function.find("::{closure"));
    Some(function[..closure.unwrap_or(function.len())].into())
}

fn has_path(function: &str) -> bool {
    let name = function.find(['{', '(', ' ']).unwrap_or(function.len());
    function[..name].contains("::")
}

#[cfg(test)]
mod tests {
    use steeple_core::current;

    use super::*;
    use crate::testing::{report, report_by};

    const DEFAULT: &str = FingerprintRule::DEFAULT;

    fn call(function: &str, in_app: bool) -> Frame {
        let function =
            format!(r#"{{"function":"{function}","file":"src/a.rs","line":7,"in_app":{in_app}}}"#);
        serde_json::from_str(&function).unwrap()
    }

    #[test]
    fn messages_tell_apart_what_has_no_place() {
        let of = |message| super::of(&report("a", message, || ()), &[]);
        assert_eq!(of("no user 7"), of("no user 8"));
        assert_ne!(of("no user 7"), of("no order 7"));
        let other_job = super::of(&report("b", "no user 7", || ()), &[]);
        assert_ne!(of("no user 7"), other_job);
    }

    #[test]
    fn calls_of_the_application_tell_apart_whatever_is_said() {
        let of = |message, calls: &[&str]| {
            let library = call("tokio::poll", false);
            let calls = calls.iter().map(|function| call(function, true));
            let frames: Vec<_> = std::iter::once(library).chain(calls).collect();
            super::of(&report("a", message, || ()), &frames)
        };
        let pay = of("no card 1", &["shop::pay"]);
        assert_eq!(
            pay,
            of("elsewhere", &["shop::pay::{{closure}}", "shop::pay"])
        );
        assert_ne!(pay, of("no card 1", &["shop::refund"]));
        let lines = [call("{async_fn#0}", true), call("{async_fn#0}", true)];
        let mut moved = lines.clone();
        moved[0].line = Some(8);
        let by_lines = |frames| super::of(&report("a", "", || ()), frames);
        assert_ne!(by_lines(&lines), by_lines(&moved), "they have no path");
        let deep = ["shop::a", "shop::b", "shop::c", "shop::d"];
        assert_eq!(of("", &deep), of("", &deep[..3]));
    }

    #[test]
    fn the_applications_own_fingerprint_wins_and_may_hold_the_default() {
        let of = |name, message, parts: &[&'static str]| {
            let tell = || current::fingerprint(parts.iter().copied());
            super::of(&report(name, message, tell), &[])
        };
        assert_eq!(of("a", "x", &["db"]), of("b", "y", &["db"]));
        assert_ne!(of("a", "x", &["db"]), of("a", "x", &["d", "b"]));
        assert_ne!(
            of("a", "x", &[DEFAULT, "db"]),
            of("b", "x", &[DEFAULT, "db"])
        );
        assert_eq!(
            of("a", "x1", &[DEFAULT, "db"]),
            of("a", "x2", &[DEFAULT, "db"])
        );
        assert_ne!(of("a", "x", &[DEFAULT, "db"]), of("a", "x", &[DEFAULT]));
    }

    #[test]
    fn rules_say_what_is_the_same_as_what_is_told_on_the_spot() {
        let rules = || {
            [
                FingerprintRule::new(["db"]).message("* away"),
                FingerprintRule::new(["payment", DEFAULT]).place("shop::pay*"),
            ]
        };
        let of = |name, message, calls: &[Frame]| {
            super::of(&report_by(rules(), name, message, || ()), calls)
        };
        let told = report("x", "x", || current::fingerprint(["db"]));
        assert_eq!(of("a", "mysql is away", &[]), super::of(&told, &[]));
        assert_eq!(of("a", "mysql is away", &[]), of("b", "redis is away", &[]));
        let pay = [call("shop::pay::card", true)];
        let default = super::of(&report("a", "x", || ()), &pay);
        assert_eq!(of("a", "x", &pay), of("a", "y", &pay));
        assert_ne!(of("a", "x", &pay), of("b", "x", &pay));
        assert_ne!(of("a", "x", &pay), default);
        let foreign = [call("shop::pay::card", false)];
        assert_eq!(
            of("a", "x", &foreign),
            super::of(&report("a", "x", || ()), &foreign)
        );
    }

    #[test]
    fn ids_are_the_same_in_every_process_and_release() {
        // By the algorithm that files were written with.
        let told = || current::fingerprint(["database", "gone"]);
        let id = super::of(&report("a", "x", told), &[]);
        assert_eq!(id.to_string(), "10b96472cab68428");
    }

    #[test]
    fn a_place_is_the_applications_own() {
        let report = report("a", "x", || ());
        let frames = [call("tokio::poll", false), call("shop::pay", true)];
        assert_eq!(place(&report, &frames).unwrap(), "shop::pay at src/a.rs:7");
        assert_eq!(place(&report, &frames[..1]), None);
    }
}
