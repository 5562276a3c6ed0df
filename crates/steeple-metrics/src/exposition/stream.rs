use std::{iter::FusedIterator, mem, sync::atomic::Ordering::Relaxed};

use super::{Escaping, Format, lines::Lines, messages::Messages, walk::Walk};
use crate::Registry;

/// A chunk is handed out once it is at least this long.
const CHUNK_BYTES: usize = 16 * 1_024;

/// What a line may make a chunk longer by without more memory; most are far shorter.
const LINE_BYTES: usize = CHUNK_BYTES / 4;

/// A registry's state in one of the [formats](Format), as an iterator of chunks of some 16 KiB; made by
/// [`Registry::exposition`].
///
/// It lists 256 series of one metric at a time, when their turn comes, reads each series' value as it writes it, and
/// locks nothing in between. Metrics are sorted by name, series by labels. Besides the chunk it takes a few KiB of memory,
/// however large the registry is; with [`Format::Protobuf`] also the message of one metric, which cannot be
/// begun before its length is known.
#[derive(Debug)]
pub struct Exposition {
    walk: Walk,
    encoder: Encoder,
}

#[derive(Debug)]
enum Encoder {
    Lines(Lines),
    Messages(Messages),
}

impl Exposition {
    pub(crate) fn new(registry: Registry, format: Format) -> Self {
        Self {
            walk: Walk::new(registry),
            encoder: match format {
                Format::Text | Format::TextVersion1(_) => {
                    Encoder::Lines(Lines::prometheus(format.escaping()))
                }
                Format::OpenMetrics(escaping) => Encoder::Lines(Lines::open_metrics(escaping)),
                Format::Protobuf(escaping) => Encoder::Messages(Messages::new(escaping)),
            },
        }
    }

    /// Replaces what `chunk` holds by the next chunk, without allocation if it has been a chunk before; tells whether
    /// there was one. The iterator makes a new one each time.
    pub fn next_into(&mut self, chunk: &mut Vec<u8>) -> bool {
        chunk.clear();
        match &mut self.encoder {
            Encoder::Lines(lines) => {
                // What is empty is UTF-8, and keeps its memory.
                let mut text = String::from_utf8(mem::take(chunk)).unwrap_or_default();
                lines.push(&mut self.walk, &mut text, CHUNK_BYTES);
                *chunk = text.into_bytes();
            }
            Encoder::Messages(messages) => messages.push(&mut self.walk, chunk, CHUNK_BYTES),
        }
        !chunk.is_empty()
    }
}

/// A registry's state in the text format 0.0.4.
pub(crate) fn text(registry: &Registry) -> String {
    // What grows from nothing is copied several times.
    let length = registry.0.rendered.load(Relaxed);
    let mut text = String::with_capacity(length + length / 16);
    let mut walk = Walk::new(registry.clone());
    Lines::prometheus(Escaping::Underscores).push(&mut walk, &mut text, usize::MAX);
    registry.0.rendered.store(text.len(), Relaxed);
    text
}

impl Iterator for Exposition {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + LINE_BYTES);
        self.next_into(&mut chunk).then_some(chunk)
    }
}

impl FusedIterator for Exposition {}
