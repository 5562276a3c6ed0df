use std::{ffi::c_void, path::Path};

/// How many frames are kept.
const DEEPEST: usize = 128;

/// Where code was called from, as the processor knows it. Names are looked up when somebody asks for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Backtrace(Box<[usize]>);

/// One call of a [`Backtrace`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The function, by its full path, where the program has symbols.
    pub function: Option<String>,
    /// The file, where the program has debug information.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The column in it, from 1.
    pub column: Option<u32>,
    /// Where the call returns to.
    pub address: usize,
    /// Whether it is the application's own code: none of the standard library and of the libraries that serve requests.
    pub in_app: bool,
}

impl Backtrace {
    /// Where this is called from. It reads the stack alone, at some 10 µs.
    pub(crate) fn capture() -> Self {
        let mut addresses = Vec::with_capacity(32);
        backtrace::trace(|frame| {
            addresses.push(frame.ip() as usize);
            addresses.len() < DEEPEST
        });
        Self(addresses.into())
    }

    /// The calls, the innermost first, without those that made a panic or a report of them.
    ///
    /// The first time in a process this reads the debug information of the program, which may take seconds: not for the threads
    /// that serve requests.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames = Vec::with_capacity(self.0.len());
        for address in &self.0 {
            resolve(*address, &mut frames);
        }
        // What panics and reports do stands on top.
        let is_machinery = |frame: &Frame| frame.function.as_deref().is_some_and(is_machinery);
        let top = frames.iter().rposition(is_machinery).map_or(0, |at| at + 1);
        frames.drain(..top);
        let is_bottom = |frame: &Frame| frame.function.as_deref().is_some_and(is_bottom);
        if let Some(bottom) = frames.iter().position(is_bottom) {
            frames.truncate(bottom);
        }
        frames
    }
}

/// Of inlined functions there are several at one address.
fn resolve(address: usize, frames: &mut Vec<Frame>) {
    let before = frames.len();
    backtrace::resolve(address as *mut c_void, |symbol| {
        let function = symbol.name().map(|name| format!("{name:#}"));
        frames.push(Frame {
            in_app: function
                .as_deref()
                .is_some_and(|function| is_in_app(function, symbol.filename())),
            function,
            file: symbol.filename().map(|file| file.display().to_string()),
            line: symbol.lineno(),
            column: symbol.colno(),
            address,
        });
    });
    if frames.len() == before {
        frames.push(Frame {
            function: None,
            file: None,
            line: None,
            column: None,
            address,
            in_app: false,
        });
    }
}

fn is_machinery(function: &str) -> bool {
    const STARTS: [&str; 12] = [
        "__rustc::rust_begin_unwind",
        "rust_begin_unwind",
        "backtrace::",
        "core::option::expect_failed",
        "core::option::unwrap_failed",
        "core::panicking::",
        "core::result::unwrap_failed",
        "std::panicking::",
        "steeple_core::current::attach",
        "steeple_core::errors::",
        "steeple_core::panic::describe",
        "steeple_core::record::",
    ];
    let start = function.trim_start_matches('<');
    // What catches panics is below them.
    !start.contains("catch_unwind") && STARTS.iter().any(|known| start.starts_with(known))
}

/// Whether it is what every thread begins with.
fn is_bottom(function: &str) -> bool {
    function.starts_with("std::sys::backtrace::__rust_begin_short_backtrace")
}

/// The libraries under a web service, which no failure is searched for in first.
const LIBRARIES: [&str; 26] = [
    "actix_http",
    "actix_rt",
    "actix_server",
    "actix_service",
    "actix_web",
    "alloc",
    "anyhow",
    "axum",
    "axum_core",
    "core",
    "eyre",
    "futures_core",
    "futures_executor",
    "futures_util",
    "http_body_util",
    "hyper",
    "hyper_util",
    "matchit",
    "std",
    "tokio",
    "tonic",
    "tower",
    "tower_http",
    "tracing",
    "tracing_futures",
    "tracing_subscriber",
];

/// By the crate in the path of the function or, where there is none, by the file: of inlined functions, debug information of lines
/// alone tells the last name.
fn is_in_app(function: &str, file: Option<&Path>) -> bool {
    match crate_of(function) {
        Some(library) => !LIBRARIES.contains(&library) && !library.starts_with("steeple"),
        // Those of no crate and no file are the runtime's: `main`, `_start`, `__libc_start_main`.
        None => file.is_some_and(is_own_file),
    }
}

fn crate_of(function: &str) -> Option<&str> {
    // `<shop::Cart as axum::handler::Handler>::call` is the shop's.
    let start = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let start = start.strip_prefix("dyn ").unwrap_or(start);
    let start = start.strip_prefix("mut ").unwrap_or(start);
    let (first, _) = start.split_once("::")?;
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    first.chars().all(is_name).then_some(first)
}

/// Whether it is none of the standard library, of what cargo fetched, and of ours.
fn is_own_file(file: &Path) -> bool {
    let is_rust = file.extension().is_some_and(|extension| extension == "rs");
    let is_foreign = |name: &str| {
        matches!(name, "rustc" | "registry" | "checkouts") || name.starts_with("steeple-")
    };
    let mut names = file
        .components()
        .filter_map(|part| part.as_os_str().to_str());
    is_rust && !names.any(is_foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_may_be_deep() {
        fn deep(left: u32) -> Backtrace {
            if left == 0 {
                return Backtrace::capture();
            }
            std::hint::black_box(deep(left - 1))
        }
        assert_eq!(deep(1_000).0.len(), DEEPEST);
    }

    #[test]
    fn the_code_of_an_application_is_told_from_that_of_libraries() {
        for own in [
            "shop::cart::add",
            "<shop::Cart as axum::handler::Handler<()>>::call",
            "<&shop::Cart as core::fmt::Debug>::fmt",
        ] {
            assert!(is_in_app(own, None), "{own}");
        }
        for other in [
            "core::option::unwrap_failed",
            "<alloc::boxed::Box<F> as core::ops::function::FnOnce<A>>::call_once",
            "<dyn core::any::Any>::is",
            "tokio::runtime::task::raw::poll",
            "steeple_core::observation::Observation::run",
            "__libc_start_main",
            "main",
        ] {
            assert!(!is_in_app(other, None), "{other}");
        }
    }

    #[test]
    fn files_tell_where_paths_do_not() {
        for (function, file, own) in [
            ("{async_fn#0}", "/srv/shop/src/cart.rs", true),
            (
                "{async_block#0}<fn(shop::Cart)>",
                "/root/.cargo/registry/src/axum-0.8.9/src/handler.rs",
                false,
            ),
            (
                "call_once<shop::Cart>",
                "/rustc/5980/library/core/src/ops/function.rs",
                false,
            ),
            (
                "enter<core::option::Option<u8>>",
                "/srv/steeple-core-0.1.0/src/current.rs",
                false,
            ),
            ("__libc_start_main", "../csu/libc-start.c", false),
            (
                "shop::cart::add",
                "/root/.cargo/registry/src/shop-1.0.0/src/cart.rs",
                true,
            ),
        ] {
            assert_eq!(
                is_in_app(function, Some(Path::new(file))),
                own,
                "{function}"
            );
        }
    }
}
