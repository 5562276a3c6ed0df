use std::io::{self, BufRead, Read};

use super::record::{Record, START};

/// How long a line may be before it is no record of ours.
const LONGEST: u64 = 4 << 20;

/// Reads all records that are whole, wherever they are, and tells how many others there must have been.
pub(super) fn read(
    mut file: impl BufRead,
    mut take: impl FnMut(Record<'static>),
) -> io::Result<u64> {
    let mut lost = 0;
    let mut line = Vec::new();
    let mut is_after_lost = false;
    loop {
        line.clear();
        if Read::by_ref(&mut file)
            .take(LONGEST)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(lost);
        }
        for piece in Pieces(line.strip_suffix(b"\n").unwrap_or(&line)) {
            match Record::read(piece) {
                Some(record) => {
                    take(record);
                    is_after_lost = false;
                }
                // What follows a damaged record and does not begin as one is the rest of it.
                None => {
                    lost += u64::from(!is_after_lost || piece.starts_with(START));
                    is_after_lost = true;
                }
            }
        }
    }
}

/// The parts of a line, of which there is one unless an end of line was damaged; each begins where a record may.
struct Pieces<'a>(&'a [u8]);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut later = self.0.windows(START.len()).skip(1);
        let next = later.position(|part| part == START);
        let (piece, rest) = self.0.split_at(next.map_or(self.0.len(), |at| at + 1));
        self.0 = rest;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{
        testing::{counted, report},
        users::UserKey,
    };

    /// Three records, and where each ends.
    fn file() -> (Vec<u8>, Vec<usize>) {
        let key = UserKey::random();
        let hostile = "\r\n{\"crc\":\" \\ \u{2028}";
        let of = |name| counted(&report(name, hostile, || ()), key);
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for record in [
            Record::UserKey(key),
            Record::Seen(Cow::Owned(of("nightly"))),
            Record::Seen(Cow::Owned(of("hourly"))),
        ] {
            record.write(&mut bytes);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    /// The records that are read, and how many were lost.
    fn recovered(bytes: &[u8]) -> (Vec<Record<'static>>, u64) {
        let mut records = Vec::new();
        let lost = read(bytes, |record| records.push(record)).unwrap();
        (records, lost)
    }

    #[test]
    fn a_cut_at_any_byte_loses_the_record_that_it_is_in() {
        let (bytes, ends) = file();
        let (all, lost) = recovered(&bytes);
        assert_eq!((all.len(), lost), (3, 0));
        for cut in 0..bytes.len() {
            let (records, lost) = recovered(&bytes[..cut]);
            // Without its end of line a record is whole.
            let whole = ends.iter().filter(|end| **end - 1 <= cut).count();
            let is_torn = !ends.iter().any(|end| *end == cut || *end - 1 == cut) && cut > 0;
            assert_eq!(records, all[..whole], "{cut}");
            assert_eq!(lost, u64::from(is_torn), "{cut}");
        }
    }

    #[test]
    fn a_flip_of_any_bit_loses_one_record_at_most() {
        let (bytes, _) = file();
        let (all, _) = recovered(&bytes);
        for place in 0..bytes.len() {
            let bits = (0..8).map(|bit| 1 << bit);
            let shaped = [b'\n', b'{', b'"', b'0'].map(|other| bytes[place] ^ other);
            for change in bits.chain(shaped).filter(|change| *change != 0) {
                let mut damaged = bytes.clone();
                damaged[place] ^= change;
                let (records, lost) = recovered(&damaged);
                let known = records.iter().all(|record| all.contains(record));
                assert!(known, "{place} {change}");
                assert!(lost <= 1, "{place} {change}: {lost} are lost");
                assert_eq!(records.len() as u64 + lost, 3, "{place} {change}");
            }
        }
    }

    #[test]
    fn what_is_no_file_of_records_is_read_through() {
        assert_eq!(recovered(b""), (Vec::new(), 0));
        assert_eq!(recovered(b"\n\n"), (Vec::new(), 0));
        assert_eq!(recovered(&[0; 1_000]), (Vec::new(), 1));
        let long = vec![b'x'; usize::try_from(2 * LONGEST).unwrap() + 1];
        assert_eq!(recovered(&long), (Vec::new(), 1));
    }
}
