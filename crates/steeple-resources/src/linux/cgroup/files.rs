use std::{fs, path::Path};

/// The number in a file; none where it says `max`.
pub(super) fn number(folder: &Path, file: &str) -> Option<f64> {
    fs::read_to_string(folder.join(file))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// What is used of memory, less what the kernel can take back at once.
pub(super) fn working_set(folder: &Path, usage: &str, inactive: &str) -> Option<f64> {
    let inactive = Table::read(folder, "memory.stat").number(inactive);
    Some((number(folder, usage)? - inactive.unwrap_or_default()).max(0.0))
}

/// A file of lines with a name and a number each.
pub(super) struct Table(String);

impl Table {
    pub(super) fn read(folder: &Path, file: &str) -> Self {
        Self(fs::read_to_string(folder.join(file)).unwrap_or_default())
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(' '));
        let (_, number) = lines.find(|(known, _)| *known == name)?;
        number.trim().parse().ok()
    }
}
