use std::{
    future::ready,
    io,
    path::{Path, PathBuf},
};

use rustix::fs::statvfs;

use crate::Check;

/// That the file system which `path` is on has at least `least` bytes free, for whoever the service runs as.
///
/// ```
/// use steeple_health::{Health, checks};
///
/// # fn main() -> Result<(), steeple_health::HealthError> {
/// let health = Health::builder()
///     .check("uploads", checks::disk("/var/lib", 1 << 30).degrading()) // 1 GiB
///     .start()?;
/// # Ok(())
/// # }
/// ```
pub fn disk(path: impl Into<PathBuf>, least: u64) -> Check {
    let path = path.into();
    Check::new(move || ready(has_room(&path, least))).component("system")
}

fn has_room(path: &Path, least: u64) -> io::Result<()> {
    let figures = statvfs(path)?;
    let free = figures.f_bavail.saturating_mul(figures.f_frsize);
    if free < least {
        let path = path.display();
        return Err(io::Error::other(format!(
            "{free} bytes are free for {path}, {least} are needed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_up_while_there_is_as_much_room_as_is_needed() {
        let directory = tempfile::tempdir().unwrap();
        assert!(has_room(directory.path(), 1).is_ok());
        let full = has_room(directory.path(), u64::MAX)
            .unwrap_err()
            .to_string();
        assert!(
            full.ends_with(&format!("{} are needed", u64::MAX)),
            "{full}"
        );
        assert!(has_room(&directory.path().join("nowhere"), 1).is_err());
    }
}
