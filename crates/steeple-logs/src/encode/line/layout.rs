//! What stands between the fields of a line.

use super::{LABELS, Line, Progress};
use crate::encode::{
    Field, Format, LONGEST_LINE,
    encoder::is_behind_identity,
    field::{self, DEEPEST},
    pretty,
};

/// What the end of a line may take besides its fields.
const ROOM_FOR_END: usize = 64;

impl Line<'_> {
    #[inline]
    pub(super) fn field(&mut self, field: Field, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.before();
        self.key(field);
        let start = self.out.len();
        write(self.out);
        if field == field::MESSAGE
            && self.encoder.format == Format::Pretty
            && self.out.get(start) == Some(&b'"')
        {
            pretty::unquote(self.out, start);
        }
        self.keep(before);
    }

    #[inline]
    pub(super) fn key(&mut self, field: Field) {
        debug_assert!(
            self.progress.last < Some(field),
            "{field:?} is out of order"
        );
        debug_assert!(!self.progress.has_labels, "{field:?} is behind labels");
        if is_behind_identity(field) && !self.progress.has_identity {
            self.identity();
        }
        match self.encoder.format {
            Format::Ecs => {
                let shared = match self.progress.last {
                    Some(last) => {
                        let shared = last.shared_depth(field);
                        self.close(last.depth() - shared);
                        self.out.push(b',');
                        shared
                    }
                    None => 0,
                };
                self.out.extend_from_slice(field.key(shared));
            }
            Format::Pretty if field == field::MESSAGE => self.out.push(b' '),
            _ => {
                self.separate();
                self.open_name();
                self.out.extend_from_slice(field.flat_name().as_bytes());
                self.close_name();
            }
        }
        self.progress.last = Some(field);
    }

    pub(super) fn separate(&mut self) {
        if self.progress.last.is_some() || self.progress.has_labels {
            let separator = if self.encoder.format.is_json() {
                b','
            } else {
                b' '
            };
            self.out.push(separator);
        }
    }

    pub(super) fn open_name(&mut self) {
        match self.encoder.format {
            Format::Ecs | Format::Json => self.out.push(b'"'),
            Format::Pretty if self.encoder.is_coloured => self.out.extend_from_slice(pretty::DIM),
            _ => {}
        }
    }

    pub(super) fn close_name(&mut self) {
        match self.encoder.format {
            Format::Ecs | Format::Json => self.out.extend_from_slice(b"\":"),
            Format::Logfmt => self.out.push(b'='),
            Format::Pretty => {
                self.out.push(b'=');
                if self.encoder.is_coloured {
                    self.out.extend_from_slice(pretty::RESET);
                }
            }
        }
    }

    pub(super) fn identity(&mut self) {
        if let Some(last) = self.encoder.last_of_identity {
            if self.encoder.format == Format::Ecs {
                self.close(self.progress.last.map_or(0, Field::depth));
            }
            self.out.extend_from_slice(&self.encoder.identity);
            self.progress.last = Some(last);
        }
        self.progress.has_identity = true;
    }

    /// Leaves all objects, behind the identity.
    pub(super) fn close_behind_identity(&mut self) {
        if !self.progress.has_identity {
            self.identity();
        }
        if self.encoder.format == Format::Ecs {
            self.close_objects();
        }
    }

    pub(super) fn close_objects(&mut self) {
        let open = match self.progress {
            Progress {
                has_labels: true, ..
            } => 1,
            Progress { last, .. } => last.map_or(0, Field::depth),
        };
        self.close(open);
    }

    pub(super) fn close(&mut self, objects: usize) {
        self.out.extend_from_slice(&b"}}}"[..objects]);
    }

    pub(super) fn styled(&mut self, style: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        if self.encoder.is_coloured {
            self.out.extend_from_slice(style);
        }
        write(self.out);
        if self.encoder.is_coloured {
            self.out.extend_from_slice(pretty::RESET);
        }
    }

    /// Whether there is room for what is as long as this, with what ends objects before it.
    pub(super) fn has_room_for(&self, piece: &[u8]) -> bool {
        self.out.len() - self.start + piece.len() + LABELS.len() + DEEPEST
            <= LONGEST_LINE - ROOM_FOR_END
    }

    #[inline]
    pub(super) fn before(&self) -> (usize, Progress) {
        (self.out.len(), self.progress)
    }

    /// Takes back what was written since if there was no room for it.
    #[inline]
    pub(super) fn keep(&mut self, (length, progress): (usize, Progress)) {
        if self.out.len() - self.start > LONGEST_LINE - ROOM_FOR_END {
            self.out.truncate(length);
            self.progress = progress;
            self.is_truncated = true;
        }
    }
}
