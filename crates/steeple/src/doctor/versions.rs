//! The versions of `opentelemetry` that an executable was built with, by where its sources were: rustc leaves the place of
//! each panic in it, `.../opentelemetry-0.33.1/src/context.rs`, also where symbols are stripped. Sources out of a git
//! repository or a path tell no version.

use std::{
    collections::BTreeSet,
    env,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use memchr::memmem::Finder;

/// How many bytes are looked through at once.
const CHUNK: u64 = 256 * 1024;
/// How many bytes are read. What is sought comes before debug information, which is what makes executables large.
const LIMIT: u64 = 512 * 1024 * 1024;

const CRATE: &[u8] = b"opentelemetry-";
const LONGEST_VERSION: usize = 64;
/// The longest text that tells a version, between separators.
const LONGEST_TEXT: usize = "/".len() + CRATE.len() + LONGEST_VERSION + "/src/".len();

/// Those of the executable that runs.
pub(super) fn of_executable() -> io::Result<BTreeSet<String>> {
    of_file(&executable()?)
}

/// Where it is, also after another one was put in its place.
fn executable() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    env::current_exe()
}

fn of_file(path: &Path) -> io::Result<BTreeSet<String>> {
    of_bytes(File::open(path)?, LIMIT)
}

fn of_bytes(bytes: impl Read, limit: u64) -> io::Result<BTreeSet<String>> {
    let mut bytes = bytes.take(limit);
    let names = Finder::new(CRATE);
    let mut versions = BTreeSet::new();
    let mut window = Vec::new();
    while bytes.by_ref().take(CHUNK).read_to_end(&mut window)? > 0 {
        let told = names
            .find_iter(&window)
            .filter_map(|name| version(&window, name));
        versions.extend(told.map(str::to_owned));
        // What the end of a chunk cuts off is whole in the next window.
        window.drain(..window.len().saturating_sub(LONGEST_TEXT));
    }
    Ok(versions)
}

/// The version of the crate whose name begins at `name`.
fn version(window: &[u8], name: usize) -> Option<&str> {
    // `tracing-opentelemetry` is another crate.
    if !is_separator(window[name.checked_sub(1)?]) {
        return None;
    }
    let rest = &window[name + CRATE.len()..];
    let end = rest
        .iter()
        .take(LONGEST_VERSION + 1)
        .position(|&byte| is_separator(byte))?;
    let (version, rest) = rest.split_at(end);
    let [_, b's', b'r', b'c', last, ..] = *rest else {
        return None;
    };
    let is_version = version.first().is_some_and(u8::is_ascii_digit)
        && version
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(byte));
    if !is_version || !is_separator(last) {
        return None;
    }
    str::from_utf8(version).ok()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(bytes: &[u8]) -> Vec<String> {
        let versions = of_bytes(bytes, LIMIT).unwrap();
        versions.into_iter().collect()
    }

    /// The place of a panic in the sources of a version.
    fn place(version: &str) -> Vec<u8> {
        format!("/registry/src/opentelemetry-{version}/src/context.rs").into()
    }

    #[test]
    fn each_version_is_told_once() {
        let places = ["0.33.1", "0.32.0", "0.33.1"].map(place).concat();
        assert_eq!(versions(&places), ["0.32.0", "0.33.1"]);
    }

    #[test]
    fn a_version_may_be_a_pre_release_and_have_build_metadata() {
        for version in ["1.0.0-rc.1", "1.0.0-alpha+git-5ae8", "10.20.30"] {
            assert_eq!(versions(&place(version)), [version]);
        }
        let longest = "1".repeat(LONGEST_VERSION);
        assert_eq!(versions(&place(&longest)), [longest]);
        assert_eq!(versions(&place(&"1".repeat(LONGEST_VERSION + 1))), [""; 0]);
    }

    #[test]
    fn paths_of_windows_are_read() {
        let place = String::from_utf8(place("0.33.1")).unwrap();
        assert_eq!(versions(place.replace('/', r"\").as_bytes()), ["0.33.1"]);
    }

    #[test]
    fn what_tells_no_version_is_passed_over() {
        for text in [
            "",
            "opentelemetry-",
            "/opentelemetry-/src/",
            "/tracing-opentelemetry-0.34.0/src/lib.rs",
            "/opentelemetry_sdk-0.33.1/src/lib.rs",
            "/opentelemetry-http-0.33.1/src/lib.rs",
            "/opentelemetry-rust-0a1b/2c3d/opentelemetry/src/context.rs",
            "/opentelemetry-0.33.1/tests/all.rs",
            "/opentelemetry-0.33.1/srcs/lib.rs",
            "/opentelemetry-0.33.1/src",
            "/opentelemetry-0.3\x003.1/src/lib.rs",
            "opentelemetry-0.33.1/src/lib.rs",
        ] {
            assert_eq!(versions(text.as_bytes()), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn a_place_is_found_wherever_a_chunk_ends_in_it() {
        let longest = "1".repeat(LONGEST_VERSION);
        let place = place(&longest);
        for cut in 0..=place.len() {
            let mut bytes = vec![0; CHUNK as usize - cut];
            bytes.extend(&place);
            assert_eq!(versions(&bytes), [&*longest], "{cut}");
        }
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        struct OneByOne<'a>(&'a [u8]);

        impl Read for OneByOne<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let most = buffer.len().min(1);
                self.0.read(&mut buffer[..most])
            }
        }

        let versions = of_bytes(OneByOne(&place("0.33.1")), LIMIT).unwrap();
        assert_eq!(versions, BTreeSet::from(["0.33.1".to_owned()]));
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        let places = ["0.32.0", "0.33.1"].map(place).concat();
        let endless = places.chain(io::repeat(0));
        let limit = place("0.32.0").len() as u64;
        let versions = of_bytes(endless, limit).unwrap();
        assert_eq!(versions, BTreeSet::from(["0.32.0".to_owned()]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let missing = of_file(Path::new("/no/such/executable")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(of_file(&env::temp_dir()).is_err());
    }

    #[test]
    fn the_executable_that_runs_is_read() {
        let planted = std::hint::black_box("/opentelemetry-9.9.9/src/");
        assert!(of_executable().unwrap().contains(&planted[15..20]));
    }
}
