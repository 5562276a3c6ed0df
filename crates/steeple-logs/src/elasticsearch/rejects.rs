use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::answer::Refusal;
use crate::LineId;

/// Up to this size lines are added to the file.
const LARGEST: u64 = 8 << 20;

/// The file of the lines that were refused for good. Clones write to the same.
#[derive(Clone, Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    file: Arc<Mutex<Option<File>>>,
}

impl Rejects {
    pub(super) fn in_file(path: PathBuf) -> Self {
        Self {
            path,
            file: Arc::default(),
        }
    }

    /// Adds a line, and why it was refused, while there is room.
    pub(super) fn keep(&self, id: LineId, line: &[u8], refusal: &Refusal) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match &mut *file {
            Some(file) => append(file, id, line, refusal),
            none => self
                .open()
                .and_then(|file| append(none.insert(file), id, line, refusal)),
        };
        if written.is_err() {
            // The line is counted; the next one may find the file again.
            *file = None;
        }
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}

fn append(file: &mut File, id: LineId, line: &[u8], refusal: &Refusal) -> io::Result<()> {
    let line = String::from_utf8_lossy(line);
    let entry = serde_json::json!({
        "id": id.to_string(),
        "status": refusal.status,
        "type": refusal.kind,
        "reason": refusal.reason,
        "line": line.trim_end_matches('\n'),
    });
    let mut entry = serde_json::to_vec(&entry)?;
    entry.push(b'\n');
    if file.metadata()?.len() + entry.len() as u64 <= LARGEST {
        file.write_all(&entry)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Refusal {
        Refusal {
            status: 400,
            kind: "document_parsing_exception".to_owned(),
            reason: "why".to_owned(),
        }
    }

    #[test]
    fn lines_are_kept_with_the_reason_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rejects.ndjson");
        let rejects = Rejects::in_file(path.clone());
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(100_000));
        for _ in 0..100 {
            rejects
                .clone()
                .keep(LineId::first(), line.as_bytes(), &refusal());
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let size = kept.len() as u64;
        assert!((LARGEST - 101_000..=LARGEST).contains(&size), "{size}");
        for entry in kept.lines() {
            let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
            assert_eq!(entry["status"], 400);
            assert_eq!(entry["reason"], "why");
            assert_eq!(entry["line"], line.trim_end());
        }
    }

    #[test]
    fn a_file_that_cannot_be_had_does_no_harm() {
        let rejects = Rejects::in_file("/proc/nowhere/rejects".into());
        rejects.keep(LineId::first(), b"{}\n", &refusal());
    }
}
