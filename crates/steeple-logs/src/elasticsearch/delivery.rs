use std::{collections::VecDeque, ops::Range};

use super::answer::{Outcome, Refusal};
use crate::{LineId, Lines};

/// The most lines in a request, for its answer to be read whole.
const MOST_LINES: usize = 1_000;

/// What is left to do of a batch, from one attempt to the next.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The id of its first line, by which the batch is known again.
    batch: LineId,
    /// What this attempt has not come to.
    waiting: VecDeque<Place>,
    /// What is left to the next attempt.
    put_off: Vec<Place>,
    /// Why the last of these was put off.
    pub(super) refusal: Option<Refusal>,
    /// How many lines may be sent together.
    most_lines: usize,
    /// How many are lost.
    pub(super) rejected: u64,
    /// Why the first of these is.
    pub(super) rejection: Option<Refusal>,
}

/// Where a line is in its batch.
#[derive(Clone, Debug)]
struct Place {
    id: LineId,
    lines: usize,
    range: Range<usize>,
}

/// The lines that are sent together, as a request.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub(super) body: Vec<u8>,
    pub(super) lines: usize,
}

impl Delivery {
    pub(super) fn of(batch: &[Lines]) -> Option<Self> {
        let mut waiting = VecDeque::new();
        for (index, lines) in batch.iter().enumerate() {
            let mut end = 0;
            for (id, line) in lines.iter_with_ids() {
                let start = end;
                end += line.len();
                waiting.push_back(Place {
                    id,
                    lines: index,
                    range: start..end,
                });
            }
        }
        Some(Self {
            batch: batch.first()?.first(),
            waiting,
            put_off: Vec::new(),
            refusal: None,
            most_lines: MOST_LINES,
            rejected: 0,
            rejection: None,
        })
    }

    pub(super) fn is_of(&self, batch: &[Lines]) -> bool {
        batch
            .first()
            .is_some_and(|lines| lines.first() == self.batch)
    }

    /// Comes back to what was put off.
    pub(super) fn begin_attempt(&mut self) {
        for place in self.put_off.drain(..).rev() {
            self.waiting.push_front(place);
        }
        self.refusal = None;
    }

    /// How many lines are not with Elasticsearch.
    pub(super) fn left(&self) -> u64 {
        (self.waiting.len() + self.put_off.len()) as u64 + self.rejected
    }

    /// The next lines, of at most so many bytes but one at least.
    pub(super) fn part(&self, batch: &[Lines], most_bytes: usize) -> Option<Part> {
        let mut part = Part {
            body: Vec::new(),
            lines: 0,
        };
        for place in self.waiting.iter().take(self.most_lines) {
            let end = part.body.len();
            place.write(batch, &mut part.body);
            if part.body.len() > most_bytes && part.lines > 0 {
                part.body.truncate(end);
                break;
            }
            part.lines += 1;
        }
        (part.lines > 0).then_some(part)
    }

    /// The line that is next.
    pub(super) fn next<'a>(&self, batch: &'a [Lines]) -> Option<(LineId, &'a [u8])> {
        let place = self.waiting.front()?;
        Some((place.id, place.line(batch)))
    }

    /// From now on, half of so many `lines` are sent together.
    pub(super) fn halve(&mut self, lines: usize) {
        self.most_lines = (lines / 2).max(1);
    }

    /// Notes what became of the next line.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        let place = self.waiting.pop_front();
        match outcome {
            Outcome::Delivered => {}
            Outcome::PutOff(refusal) => {
                self.put_off.extend(place);
                self.refusal = Some(refusal);
            }
            Outcome::Rejected(refusal) => {
                self.rejected += 1;
                self.rejection.get_or_insert(refusal);
            }
        }
    }
}

impl Place {
    fn line<'a>(&self, batch: &'a [Lines]) -> &'a [u8] {
        &batch[self.lines].as_bytes()[self.range.clone()]
    }

    /// Appends what is to be done, and with what.
    fn write(&self, batch: &[Lines], body: &mut Vec<u8>) {
        body.extend_from_slice(br#"{"create":{"_id":""#);
        body.extend_from_slice(self.id.to_string().as_bytes());
        body.extend_from_slice(b"\"}}\n");
        body.extend_from_slice(self.line(batch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Vec<Lines> {
        let mut batch = vec![Lines::default(), Lines::default()];
        for line in ["1", "2"] {
            batch[0].push(format!("{{\"a\":{line}}}\n").as_bytes());
        }
        batch[1].push(b"{\"a\":3}\n");
        batch
    }

    fn ids(batch: &[Lines]) -> Vec<LineId> {
        let lines = batch.iter().flat_map(Lines::iter_with_ids);
        lines.map(|(id, _)| id).collect()
    }

    #[test]
    fn lines_are_sent_with_their_ids_within_the_bytes() {
        let batch = batch();
        let ids = ids(&batch);
        let delivery = Delivery::of(&batch).unwrap();
        let request = |range: Range<usize>| -> Vec<u8> {
            let pairs = range.map(|index| {
                let (id, number) = (ids[index], index + 1);
                format!("{{\"create\":{{\"_id\":\"{id}\"}}}}\n{{\"a\":{number}}}\n")
            });
            pairs.collect::<String>().into_bytes()
        };
        let part = |most| delivery.part(&batch, most).unwrap().body;
        let one = request(0..1).len();
        assert_eq!(part(1), request(0..1), "one at least");
        assert_eq!(part(2 * one - 1), request(0..1));
        assert_eq!(part(2 * one), request(0..2));
        assert_eq!(part(usize::MAX), request(0..3));
    }

    #[test]
    fn only_what_was_put_off_is_sent_again_in_order() {
        let batch = batch();
        let ids = ids(&batch);
        let refusal = Refusal {
            status: 429,
            kind: String::new(),
            reason: String::new(),
        };
        let mut delivery = Delivery::of(&batch).unwrap();
        delivery.settle(Outcome::PutOff(refusal.clone()));
        delivery.settle(Outcome::Rejected(refusal.clone()));
        assert_eq!(delivery.left(), 3);
        delivery.settle(Outcome::PutOff(refusal));
        assert_eq!(delivery.part(&batch, usize::MAX), None);
        assert_eq!((delivery.left(), delivery.rejected), (3, 1));

        delivery.begin_attempt();
        assert_eq!(delivery.next(&batch).unwrap().0, ids[0]);
        delivery.settle(Outcome::Delivered);
        assert_eq!(
            delivery.next(&batch).unwrap(),
            (ids[2], &b"{\"a\":3}\n"[..])
        );
        delivery.settle(Outcome::Delivered);
        assert_eq!(delivery.left(), 1, "what was rejected is lost");
    }

    #[test]
    fn a_batch_is_known_by_its_first_line() {
        let (batch, other) = (batch(), batch());
        let delivery = Delivery::of(&batch).unwrap();
        assert!(delivery.is_of(&batch) && !delivery.is_of(&other));
    }
}
