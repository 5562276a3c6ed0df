use sentry_core::protocol::{Exception, Frame, Map, Mechanism, Stacktrace, Value, Values};
use steeple_core::errors::{self, Cause, ErrorKind, ErrorReport};

/// What went wrong, [the oldest first](https://develop.sentry.dev/sdk/data-model/event-payloads/exception/): the root of it. The
/// last, which is what failed, has the mechanism and the stack.
pub(super) fn of(report: &ErrorReport, frames: Vec<errors::Frame>) -> Values<Exception> {
    let mut exceptions: Vec<_> = report.causes.iter().rev().map(exception).collect();
    if let Some(last) = exceptions.last_mut() {
        last.mechanism = Some(mechanism(report));
        let frames = frames.into_iter().map(frame).collect();
        last.stacktrace = Stacktrace::from_frames_reversed(frames);
    }
    exceptions.into()
}

fn exception(cause: &Cause) -> Exception {
    let name = cause.name().unwrap_or("Error");
    let path = cause.type_name.as_deref().unwrap_or_default();
    let module = path.strip_suffix(name).unwrap_or_default();
    Exception {
        ty: name.to_owned(),
        module: module.strip_suffix("::").map(str::to_owned),
        value: Some(cause.message.clone()),
        ..Exception::default()
    }
}

fn mechanism(report: &ErrorReport) -> Mechanism {
    let place = report.location.as_ref().map(|location| {
        let location = Value::String(location.clone());
        ("location".to_owned(), location)
    });
    Mechanism {
        ty: report.kind.to_string(),
        handled: Some(!report.kind.is_unhandled()),
        // Its type is none of an error that was made, so that it says nothing about where.
        synthetic: (report.kind == ErrorKind::Status).then_some(true),
        data: place.into_iter().collect::<Map<_, _>>(),
        ..Mechanism::default()
    }
}

fn frame(frame: errors::Frame) -> Frame {
    Frame {
        package: frame.crate_name().map(str::to_owned),
        filename: frame.file.as_deref().map(|file| short(file).to_owned()),
        abs_path: frame.file,
        lineno: frame.line.map(Into::into),
        colno: frame.column.map(Into::into),
        in_app: Some(frame.in_app),
        function: frame.function,
        ..Frame::default()
    }
}

/// The path of a file of a library without where the machine that built it keeps those.
fn short(file: &str) -> &str {
    for (place, skipped) in [
        ("/registry/src/", 1),
        ("/git/checkouts/", 0),
        ("/rustc/", 1),
    ] {
        if let Some((_, within)) = file.split_once(place) {
            let path = within.splitn(skipped + 1, '/').last();
            return path.unwrap_or(within);
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_libraries_are_told_without_the_machine() {
        for (file, told) in [
            ("src/main.rs", "src/main.rs"),
            ("/rustc/abc/library/core/src/x.rs", "library/core/src/x.rs"),
            (
                "/home/ada/.cargo/registry/src/index-1/tokio-1.48.0/src/lib.rs",
                "tokio-1.48.0/src/lib.rs",
            ),
        ] {
            assert_eq!(short(file), told);
        }
    }
}
