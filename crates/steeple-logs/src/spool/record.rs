//! A line in a file: a character that is in no line, a checksum, the line's id and the line itself, separated by spaces.

use crate::{LineId, Lines};

/// The record separator of [RFC 7464](https://www.rfc-editor.org/rfc/rfc7464), which every format escapes in what is told.
const START: u8 = 0x1e;
/// The digits of a checksum.
const CHECKSUM: usize = 8;
/// The digits of an id.
const ID: usize = 32;

/// Appends a line, which has its end.
pub(super) fn write(id: LineId, line: &[u8], out: &mut Vec<u8>) {
    out.push(START);
    let checksum = out.len();
    out.extend_from_slice(&[b'0'; CHECKSUM]);
    out.push(b' ');
    let checked = out.len();
    out.extend_from_slice(id.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(line);
    let end = out.len() - 1;
    let digits = format!("{:08x}", crc32fast::hash(&out[checked..end]));
    out[checksum..checksum + CHECKSUM].copy_from_slice(digits.as_bytes());
}

/// Reads all lines that are whole, wherever they are, and tells how many others there must have been.
pub(super) fn read(bytes: &[u8]) -> (Vec<Lines>, u64) {
    let mut read = Vec::new();
    let mut damaged = 0;
    let mut is_after_damaged = false;
    for record in bytes
        .split(|byte| *byte == b'\n')
        .filter(|record| !record.is_empty())
    {
        if let Some((id, line)) = parse(record) {
            add(id, line, &mut read);
            is_after_damaged = false;
            continue;
        }
        // What follows a damaged record and does not begin as one is the rest of it.
        damaged += u64::from(!is_after_damaged || record[0] == START);
        let behind_lost_end = behind_lost_end(record);
        is_after_damaged = behind_lost_end.is_none();
        if let Some((id, line)) = behind_lost_end {
            add(id, line, &mut read);
        }
    }
    (read, damaged)
}

/// The line in a whole record, without its end.
fn parse(record: &[u8]) -> Option<(LineId, &[u8])> {
    let (start, rest) = record.split_first()?;
    let (checksum, rest) = rest.split_at_checked(CHECKSUM)?;
    let checked = rest.strip_prefix(b" ")?;
    let (id, rest) = checked.split_at_checked(ID)?;
    let line = rest.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(str::from_utf8(checksum).ok()?, 16).ok()?;
    if *start != START || crc32fast::hash(checked) != checksum {
        return None;
    }
    Some((str::from_utf8(id).ok()?.parse().ok()?, line))
}

/// The line of a whole record that is behind another whose end was damaged.
fn behind_lost_end(records: &[u8]) -> Option<(LineId, &[u8])> {
    let starts = records.iter().enumerate().skip(1);
    let mut starts = starts.filter(|(_, byte)| **byte == START);
    starts.find_map(|(start, _)| parse(&records[start..]))
}

fn add(id: LineId, line: &[u8], read: &mut Vec<Lines>) {
    let lines = match read.last_mut() {
        Some(lines) if lines.next() == id => lines,
        _ => {
            read.push(Lines::beginning_with(id));
            let Some(lines) = read.last_mut() else { return };
            lines
        }
    };
    lines.push_parts(&[line, b"\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 4] = [
        "{\"@timestamp\":\"2026-11-23T00:00:00.000Z\",\"event\":{\"duration\":1200}}\n",
        "{\"message\":\"\u{e9}\"}\n",
        "\n",
        "{\"message\":\"last\"}\n",
    ];

    /// A file of the lines, and where each record ends.
    fn file() -> (Vec<u8>, Vec<usize>) {
        let mut lines = Lines::default();
        for line in LINES {
            lines.push(line.as_bytes());
        }
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for (id, line) in lines.iter_with_ids() {
            write(id, line, &mut bytes);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    /// The lines that are read with their ids, and how many were damaged.
    fn recovered(bytes: &[u8]) -> (Vec<(LineId, Vec<u8>)>, u64) {
        let (lines, damaged) = read(bytes);
        let lines = lines.iter().flat_map(Lines::iter_with_ids);
        (
            lines.map(|(id, line)| (id, line.to_vec())).collect(),
            damaged,
        )
    }

    #[test]
    fn what_was_written_is_read_again_with_its_ids() {
        let (bytes, _) = file();
        let (lines, damaged) = recovered(&bytes);
        assert_eq!((read(&bytes).0.len(), damaged), (1, 0));
        let texts: Vec<_> = lines.iter().map(|(_, line)| &line[..]).collect();
        assert_eq!(texts, LINES.map(str::as_bytes));
    }

    #[test]
    fn a_cut_at_any_byte_loses_the_line_that_it_is_in() {
        let (bytes, ends) = file();
        let (all, _) = recovered(&bytes);
        for cut in 0..bytes.len() {
            let (lines, damaged) = recovered(&bytes[..cut]);
            // Without its end a record is whole.
            let whole = ends.iter().filter(|end| **end - 1 <= cut).count();
            let is_torn = cut > 0 && !ends.iter().any(|end| *end == cut || *end - 1 == cut);
            assert_eq!(lines, all[..whole], "{cut}");
            assert_eq!(damaged, u64::from(is_torn), "{cut}");
        }
    }

    /// Beside it, a file of the lines alone, as appenders write it, of which nothing tells that it was damaged.
    #[test]
    fn a_flip_of_any_bit_loses_one_line_at_most_and_none_of_them_silently() {
        let (bytes, _) = file();
        let (all, _) = recovered(&bytes);
        for (place, change) in changes(&bytes) {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let (lines, damaged) = recovered(&changed);
            let known = lines.iter().all(|line| all.contains(line));
            assert!(known, "{place} {change}: a line is another one");
            assert!(damaged <= 1, "{place} {change}: {damaged} are lost");
            assert_eq!(lines.len() as u64 + damaged, 4, "{place} {change}");
        }

        let plain = LINES.concat().into_bytes();
        let parses = |bytes: &[u8]| {
            let mut lines = bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            lines.all(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok())
        };
        let silent = changes(&plain).filter(|(place, change)| {
            let mut changed = plain.clone();
            changed[*place] ^= change;
            parses(&changed)
        });
        assert!(silent.count() > plain.len(), "of 8 to 12 changes a byte");
    }

    /// Every bit of every byte, and what shapes a file in its place.
    fn changes(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> {
        bytes.iter().enumerate().flat_map(|(place, byte)| {
            let bits = (0..8).map(|bit| 1 << bit);
            let shaped = [b'\n', START, b' ', b'0'].map(|other| byte ^ other);
            let changes = bits.chain(shaped).filter(|change| *change != 0);
            changes
                .map(move |change| (place, change))
                .collect::<Vec<_>>()
        })
    }

    #[test]
    fn what_is_no_file_of_records_is_read_through() {
        assert_eq!(recovered(b""), (Vec::new(), 0));
        assert_eq!(recovered(b"\n\n"), (Vec::new(), 0));
        assert_eq!(recovered(&[0; 1_000]), (Vec::new(), 1));
        assert_eq!(recovered(&[START; 1_000]), (Vec::new(), 1));
    }
}
