/// One call of a [`Backtrace`](super::Backtrace).
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
    /// Whether it is the application's own code: none of the standard library and of what cargo fetched.
    pub in_app: bool,
}

impl Frame {
    pub(super) fn new(function: Option<String>, file: Option<String>, address: usize) -> Self {
        let mut frame = Self {
            function,
            file,
            line: None,
            column: None,
            address,
            in_app: false,
        };
        frame.in_app = frame.is_in_app();
        frame
    }

    /// The name of the crate that the function is of, where its path tells: of inlined functions, debug information of lines alone
    /// tells the last name.
    #[must_use]
    pub fn crate_name(&self) -> Option<&str> {
        // `<shop::Cart as axum::handler::Handler>::call` is the shop's.
        let start = self
            .function
            .as_deref()?
            .trim_start_matches(['<', '&', '*', '(', '[']);
        let start = start.strip_prefix("dyn ").unwrap_or(start);
        let start = start.strip_prefix("mut ").unwrap_or(start);
        let (first, _) = start.split_once("::")?;
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        first.chars().all(is_name).then_some(first)
    }

    /// Whether it is of the standard library.
    pub(super) fn is_standard(&self) -> bool {
        self.crate_name()
            .is_some_and(|name| matches!(name, "alloc" | "core" | "std"))
            || self.file.as_deref().is_some_and(is_of_toolchain)
    }

    /// Whether it is of a crate whose name begins so, or else its directory.
    pub(super) fn is_of(&self, name: &str, directory: &str) -> bool {
        let is_in = |file: &str| directories(file).any(|part| part.starts_with(directory));
        match self.crate_name() {
            Some(known) => known.starts_with(name),
            None => self.file.as_deref().is_some_and(is_in),
        }
    }

    /// By the file where that is known, which says of inlined and generic functions who wrote them.
    fn is_in_app(&self) -> bool {
        let is_foreign = match (self.crate_name(), self.file.as_deref()) {
            (name, Some(file)) => is_fetched(file) || name.is_some_and(is_library),
            (Some(name), None) => is_library(name),
            // Those of no crate and no file are the runtime's: `main`, `_start`, `__libc_start_main`.
            (None, None) => true,
        };
        // What is not written in Rust was linked to it.
        let is_rust = self
            .file
            .as_deref()
            .is_none_or(|file| file.ends_with(".rs"));
        is_rust && !is_foreign && !self.is_standard() && !self.is_of("steeple", "steeple-")
    }
}

/// Whether it is in the installation of Rust, or was where the standard library was built.
fn is_of_toolchain(file: &str) -> bool {
    file.starts_with("/rustc/") || has_directories(file, ["rustlib", "src"])
}

/// Whether cargo has it from a registry or a repository.
fn is_fetched(file: &str) -> bool {
    has_directories(file, ["registry", "src"]) || has_directories(file, ["git", "checkouts"])
}

/// The directories of the path, of whichever system.
fn directories(file: &str) -> impl Iterator<Item = &str> {
    let (directories, _) = file.rsplit_once(['/', '\\']).unwrap_or_default();
    directories.split(['/', '\\'])
}

fn has_directories(file: &str, [first, second]: [&str; 2]) -> bool {
    let following = directories(file).skip(1);
    directories(file)
        .zip(following)
        .any(|pair| pair == (first, second))
}

/// Whether it is one of the libraries under a web service, wherever it is built.
fn is_library(name: &str) -> bool {
    const LIBRARIES: [&str; 24] = [
        "actix_http",
        "actix_rt",
        "actix_server",
        "actix_service",
        "actix_web",
        "anyhow",
        "axum",
        "axum_core",
        "backtrace",
        "eyre",
        "futures_core",
        "futures_executor",
        "futures_util",
        "http_body_util",
        "hyper",
        "hyper_util",
        "matchit",
        "tokio",
        "tonic",
        "tower",
        "tower_http",
        "tracing",
        "tracing_futures",
        "tracing_subscriber",
    ];
    LIBRARIES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: Option<&str>) -> Frame {
        Frame::new(Some(function.to_owned()), file.map(str::to_owned), 7)
    }

    #[test]
    fn without_files_the_code_of_an_application_is_told_by_its_crate() {
        for own in [
            "shop::cart::add",
            "<shop::Cart as axum::handler::Handler<()>>::call",
            "<&shop::Cart as core::fmt::Debug>::fmt",
        ] {
            let own = frame(own, None);
            assert!(own.in_app, "{own:?}");
            assert_eq!(own.crate_name(), Some("shop"));
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
            assert!(!frame(other, None).in_app, "{other}");
        }
    }

    #[test]
    fn files_tell_what_was_fetched_from_what_was_written() {
        for (function, file, own) in [
            ("{async_fn#0}", "/srv/shop/src/cart.rs", true),
            ("shop::cart::add", "src/cart.rs", true),
            ("shop::cart::add", r"C:\shop\src\cart.rs", true),
            ("registry::src::add", "/srv/registry/src/lib.rs", false),
            (
                "{async_block#0}<fn(shop::Cart)>",
                "/root/.cargo/registry/src/index-1/axum-0.8.9/src/handler.rs",
                false,
            ),
            (
                "sqlx_core::pool::Pool<DB>::acquire",
                "/root/.cargo/registry/src/index-1/sqlx-core-0.9.0/src/pool.rs",
                false,
            ),
            (
                "serde_json::from_str",
                r"C:\Users\ada\.cargo\registry\src\index-1\serde_json-1.0.150\src\de.rs",
                false,
            ),
            (
                "reqwest::get",
                "/root/.cargo/git/checkouts/reqwest-1a/2b/src/lib.rs",
                false,
            ),
            (
                "tokio::runtime::task::raw::poll",
                "vendor/tokio/src/runtime/task/raw.rs",
                false,
            ),
            (
                "call_once<shop::Cart>",
                "/rustc/5980/library/core/src/ops/function.rs",
                false,
            ),
            (
                "call_once<shop::Cart>",
                "/root/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/ops/function.rs",
                false,
            ),
            (
                "enter<core::option::Option<u8>>",
                "/srv/steeple-core-0.1.0/src/current.rs",
                false,
            ),
            ("__libc_start_main", "../csu/libc-start.c", false),
        ] {
            let frame = frame(function, Some(file));
            assert_eq!(frame.in_app, own, "{frame:?}");
        }
    }
}
