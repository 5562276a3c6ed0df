//! The calls of a backtrace that everything that fails has: those that make a panic or a report of it, and those that a thread
//! begins with.

use super::Frame;

/// How many calls on top made the panic or the report.
pub(super) fn top(frames: &[Frame]) -> usize {
    let top = end_of_machinery(frames, 0);
    let (seen, rest) = frames.split_at(top);
    if !seen.iter().any(is_our_hook) || seen.iter().any(is_panicking) {
        return top;
    }
    // A hook of the application stands between ours and the panic.
    let panicking = rest.iter().position(is_panicking);
    panicking.map_or(top, |at| end_of_machinery(frames, top + at))
}

/// How many calls there are above what every thread begins with.
pub(super) fn bottom(frames: &[Frame]) -> usize {
    let is_bottom = |frame: &Frame| {
        starts_with(
            frame,
            &["std::sys::backtrace::__rust_begin_short_backtrace"],
        )
    };
    frames.iter().position(is_bottom).unwrap_or(frames.len())
}

/// Where the machinery ends that begins at `start`. The standard library may be within it, and is kept below it.
fn end_of_machinery(frames: &[Frame], start: usize) -> usize {
    let rest = &frames[start..];
    let is_other = |frame: &Frame| !is_machinery(frame) && !frame.is_standard();
    let end = rest.iter().position(is_other).unwrap_or(rest.len());
    let last = rest[..end].iter().rposition(is_machinery);
    last.map_or(start, |last| start + last + 1)
}

fn is_machinery(frame: &Frame) -> bool {
    const STARTS: [&str; 5] = [
        "core::option::expect_failed",
        "core::option::unwrap_failed",
        "core::result::unwrap_failed",
        "steeple_actix::handler_error::",
        "steeple_axum::handler_error::",
    ];
    frame.is_of("steeple_core", "steeple-core")
        || frame.is_of("backtrace", "backtrace-")
        || is_panicking(frame)
        || starts_with(frame, &STARTS)
}

fn is_our_hook(frame: &Frame) -> bool {
    starts_with(frame, &["steeple_core::panic::describe"])
}

/// Whether a panic begins with it; what catches one is below that.
fn is_panicking(frame: &Frame) -> bool {
    const STARTS: [&str; 4] = [
        "__rustc::rust_begin_unwind",
        "rust_begin_unwind",
        "core::panicking::",
        "std::panicking::",
    ];
    const CATCHING: [&str; 2] = ["std::panicking::catch_unwind", "std::panicking::try"];
    starts_with(frame, &STARTS) && !starts_with(frame, &CATCHING)
}

fn starts_with(frame: &Frame, known: &[&str]) -> bool {
    let function = frame.function.as_deref().unwrap_or_default();
    let start = function.trim_start_matches('<');
    known.iter().any(|known| start.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of the calls of these functions.
    fn left<'a>(functions: &[&'a str]) -> Vec<&'a str> {
        let frame = |function: &&str| Frame::new(Some((*function).to_owned()), None, 7);
        let frames: Vec<_> = functions.iter().map(frame).collect();
        let below = top(&frames);
        functions[below..below + bottom(&frames[below..])].to_vec()
    }

    const HOOK: [&str; 6] = [
        "backtrace::backtrace::trace",
        "steeple_core::errors::backtrace::Backtrace::capture",
        "core::option::Option<T>::and_then",
        "steeple_core::panic::report",
        "steeple_core::panic::describe",
        "<alloc::boxed::Box<F> as core::ops::function::Fn<A>>::call",
    ];
    const PANIC: [&str; 5] = [
        "std::panicking::rust_panic_with_hook",
        "std::sys::backtrace::__rust_end_short_backtrace",
        "__rustc::rust_begin_unwind",
        "core::panicking::panic_fmt",
        "core::option::unwrap_failed",
    ];

    #[test]
    fn what_makes_a_panic_or_a_report_is_left_out() {
        let panic = [
            &HOOK[..],
            &PANIC,
            &["core::option::Option<T>::unwrap", "shop::cart::add"],
        ]
        .concat();
        assert_eq!(
            left(&panic),
            ["core::option::Option<T>::unwrap", "shop::cart::add"]
        );
        let error = [
            "backtrace::backtrace::trace",
            "steeple_core::errors::backtrace::Backtrace::capture",
            "core::bool::then",
            "steeple_core::record::AttachedError::of",
            "steeple_core::current::attach",
            "<steeple_axum::handler_error::HandlerError as core::convert::From<E>>::from",
            "shop::cart::add",
            "steeple_core::current::enter",
            "std::panicking::try::do_call",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "std::thread::spawn",
        ];
        assert_eq!(left(&error), error[6..9]);
    }

    #[test]
    fn the_hook_of_an_application_around_ours_is_left_out() {
        let hooked = [
            &HOOK[..],
            &["shop::main::{{closure}}"],
            &PANIC,
            &["shop::cart::add"],
        ]
        .concat();
        assert_eq!(left(&hooked), ["shop::cart::add"]);
    }

    #[test]
    fn a_panic_while_another_is_on_its_way_is_told_from_where_it_was_made() {
        let twice = [
            &HOOK[..],
            &PANIC,
            &[
                "<shop::Bomb as core::ops::drop::Drop>::drop",
                "std::panicking::rust_panic",
                "core::panicking::panic_fmt",
                "shop::cart::add",
            ],
        ]
        .concat();
        assert_eq!(
            left(&twice)[0],
            "<shop::Bomb as core::ops::drop::Drop>::drop"
        );
    }

    #[test]
    fn a_stack_without_symbols_is_left_whole() {
        let frames = vec![Frame::new(None, None, 7); 3];
        assert_eq!((top(&frames), bottom(&frames)), (0, 3));
    }
}
