use std::ops::Range;

use steeple_core::text;

use super::{
    Field, LONGEST_LINE, LONGEST_VALUE, Scalar,
    digest::digest,
    name::{Name, hash, is_same},
};

/// What is between a name and its value, as JSON has it: most lines take all three in one piece.
const BETWEEN: &[u8] = b"\":";

/// What is at the end of a text that was cut off.
const CUT: &str = "…";

/// Fields that are encoded once, in a way that all formats can use: names as labels have them, and values as JSON has them.
///
/// Those of ECS are kept in their order, before the labels. Of one name there is one value, the last that was put. Names that differ in dots and underscores alone are the same, since with
/// ECS they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    is_truncated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The field of ECS that it is; a label if none.
    field: Option<Field>,
    is_reserved: bool,
    has_dots: bool,
    hash: u32,
    /// Where its name begins and ends, and where its value ends.
    start: u32,
    middle: u32,
    end: u32,
}

/// A field that is none of ECS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// The name, `":` and the value.
    pub(super) whole: &'a [u8],
    /// Whether a field of ours has the same name.
    pub(super) is_reserved: bool,
    pub(super) has_dots: bool,
}

impl Entry {
    fn name(self) -> Range<usize> {
        self.start as usize..self.middle as usize
    }

    fn value(self) -> Range<usize> {
        self.middle as usize + BETWEEN.len()..self.end as usize
    }

    /// Those of ECS in the order of the fields, and labels as they came.
    fn order(self) -> u64 {
        let place = self
            .field
            .map_or(u64::from(u8::MAX), |field| field.place().into());
        place << 32 | u64::from(self.start)
    }
}

impl Fields {
    /// Removes them and keeps their memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.is_truncated = false;
    }

    /// Adds what an application calls `name`: the field of ECS if there is one of this name and type that is not ours, a label
    /// otherwise. A text is cut at [`LONGEST_VALUE`].
    pub(crate) fn put(&mut self, name: &str, value: Scalar<'_>) {
        self.put_as(&Name::new(name), value);
    }

    /// The same for a name that is known.
    pub(crate) fn put_as(&mut self, name: &Name, value: Scalar<'_>) {
        let mut room = String::new();
        let value = self.cut(value, &mut room);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&name.text);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(BETWEEN);
        let field = name
            .field
            .filter(|field| field.kind().push(&mut self.bytes, value));
        if field.is_none() {
            value.push(&mut self.bytes);
        }
        self.enter(Entry {
            field,
            is_reserved: name.is_reserved,
            has_dots: name.has_dots,
            hash: name.hash,
            start: start as u32,
            middle: middle as u32,
            end: 0,
        });
    }

    /// Adds a field of ours, cut likewise.
    pub(crate) fn put_ours(&mut self, field: Field, value: Scalar<'_>) {
        let mut room = String::new();
        let value = self.cut(value, &mut room);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(field.name().as_bytes());
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(BETWEEN);
        let is_of_kind = field.kind().push(&mut self.bytes, value);
        debug_assert!(is_of_kind, "{field:?} cannot be {value:?}");
        self.enter(Entry {
            field: Some(field),
            is_reserved: false,
            has_dots: true,
            hash: hash(field.name().as_bytes()),
            start: start as u32,
            middle: middle as u32,
            end: 0,
        });
    }

    /// Appends a text to `out` as JSON has it, cut as values are.
    pub(crate) fn encode(&mut self, out: &mut Vec<u8>, text: &str) {
        let mut room = String::new();
        self.cut(Scalar::Text(text), &mut room).push(out);
    }

    fn cut<'a>(&mut self, value: Scalar<'a>, room: &'a mut String) -> Scalar<'a> {
        match value {
            Scalar::Text(text) if text.len() > LONGEST_VALUE => {
                self.is_truncated = true;
                room.push_str(text::beginning(text, LONGEST_VALUE - CUT.len()));
                room.push_str(CUT);
                Scalar::Text(room)
            }
            value => value,
        }
    }

    /// Adds those of `others` that have other names.
    pub(crate) fn add_missing(&mut self, others: &Self) {
        self.is_truncated |= others.is_truncated;
        let length = self.bytes.len() + others.bytes.len();
        if length <= LONGEST_LINE && self.has_none_of(others) {
            return self.append(others);
        }
        for entry in &others.entries {
            let name = &others.bytes[entry.name()];
            if self.position(entry.hash, name).is_some() {
                continue;
            }
            let start = self.bytes.len() as u32;
            let whole = entry.start as usize..entry.end as usize;
            self.bytes.extend_from_slice(&others.bytes[whole]);
            self.push_entry(Entry {
                start,
                middle: start + (entry.middle - entry.start),
                ..*entry
            });
        }
    }

    /// Makes these the values of what has the same names, and adds the others.
    pub(crate) fn replace_by(&mut self, others: &Self) {
        for entry in &others.entries {
            let name = &others.bytes[entry.name()];
            if let Some(known) = self.position(entry.hash, name) {
                self.remove(known);
            }
        }
        self.add_missing(others);
    }

    /// [`put`](Self::put), unless there would be more than so many bytes then.
    pub(crate) fn put_within(&mut self, name: &str, value: Scalar<'_>, most: usize) {
        let before = self.clone();
        self.put(name, value);
        if self.bytes.len() > most {
            *self = before;
            self.is_truncated = true;
        }
    }

    /// Removes what an application calls `name`.
    pub(crate) fn take(&mut self, name: &str) {
        let name = Name::new(name);
        if let Some(known) = self.position(name.hash, &name.text) {
            self.remove(known);
        }
    }

    /// A number for them, a message and what has a number of its own, which others that say something else have only by a chance that
    /// nobody outside knows.
    pub(crate) fn digest_with(&self, message: &[u8], others: u64) -> u64 {
        digest(&[&self.bytes, message, &others.to_ne_bytes()])
    }

    /// Whether lines can have `others` beside them as they are: no name is in both, and those of ECS are in one of them alone.
    pub(crate) fn is_apart_from(&self, others: &Self) -> bool {
        !(self.has_any_of_ecs() && others.has_any_of_ecs()) && self.has_none_of(others)
    }

    fn has_any_of_ecs(&self) -> bool {
        self.entries
            .first()
            .is_some_and(|first| first.field.is_some())
    }

    /// Whether there is this field of ECS.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.entries.iter().any(|entry| entry.field == Some(field))
    }

    /// How much memory they take.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Says that something was left out.
    pub(crate) fn mark_truncated(&mut self) {
        self.is_truncated = true;
    }

    /// Whether something was left out.
    pub(super) fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    pub(super) fn of_ecs(&self) -> impl Iterator<Item = (Field, &[u8])> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry.field?, &self.bytes[entry.value()])))
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = Label<'_>> {
        let labels = self.entries.iter().filter(|entry| entry.field.is_none());
        labels.map(|entry| Label {
            name: &self.bytes[entry.name()],
            value: &self.bytes[entry.value()],
            whole: &self.bytes[entry.start as usize..entry.end as usize],
            is_reserved: entry.is_reserved,
            has_dots: entry.has_dots,
        })
    }

    /// Whether it is certain that there is no name that `others` have, too.
    fn has_none_of(&self, others: &Self) -> bool {
        let has = |hash: u32| self.entries.iter().any(|known| known.hash == hash);
        !others.entries.iter().any(|entry| has(entry.hash))
    }

    /// Adds those of `others`, which have other names and find room.
    fn append(&mut self, others: &Self) {
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&others.bytes);
        for entry in &others.entries {
            self.insert(Entry {
                start: entry.start + offset,
                middle: entry.middle + offset,
                end: entry.end + offset,
                ..*entry
            });
        }
    }

    /// Which has this name.
    fn position(&self, hash: u32, name: &[u8]) -> Option<usize> {
        let is_it = |entry: &Entry| entry.hash == hash && is_same(&self.bytes[entry.name()], name);
        self.entries.iter().position(is_it)
    }

    /// Enters what was written last, instead of what had the same name. Where it ends is not known yet.
    fn enter(&mut self, mut entry: Entry) {
        let name = &self.bytes[entry.name()];
        if let Some(known) = self.position(entry.hash, name) {
            let removed = self.remove(known);
            entry.start -= removed;
            entry.middle -= removed;
        }
        self.push_entry(entry);
    }

    /// Enters what was written last, unless there is no room.
    fn push_entry(&mut self, mut entry: Entry) {
        entry.end = self.bytes.len() as u32;
        if self.bytes.len() > LONGEST_LINE {
            self.bytes.truncate(entry.start as usize);
            self.is_truncated = true;
            return;
        }
        self.insert(entry);
    }

    /// Puts an entry where it belongs.
    fn insert(&mut self, entry: Entry) {
        let order = entry.order();
        if self.entries.last().is_none_or(|last| last.order() < order) {
            return self.entries.push(entry);
        }
        let place = self.entries.partition_point(|known| known.order() < order);
        self.entries.insert(place, entry);
    }

    /// Removes one, and tells by how many bytes those behind it moved.
    fn remove(&mut self, number: usize) -> u32 {
        let removed = self.entries.remove(number);
        let length = removed.end - removed.start;
        self.bytes
            .drain(removed.start as usize..removed.end as usize);
        for entry in self
            .entries
            .iter_mut()
            .filter(|entry| entry.start > removed.start)
        {
            entry.start -= length;
            entry.middle -= length;
            entry.end -= length;
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::field;

    impl Fields {
        /// Names and values, those of ECS first.
        pub(crate) fn told(&self) -> Vec<(String, String)> {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let of_ecs = self
                .of_ecs()
                .map(|(field, value)| (field.name().to_owned(), text(value)));
            let labels = self
                .labels()
                .map(|label| (text(label.name), text(label.value)));
            of_ecs.chain(labels).collect()
        }
    }

    fn pairs<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    #[test]
    fn what_is_put_goes_to_ecs_if_it_is_of_its_type_and_to_labels_otherwise() {
        let mut fields = Fields::default();
        fields.put("count", Scalar::Signed(-3));
        fields.put("http.response.status_code", Scalar::Signed(200));
        fields.put("client.ip", Scalar::Text("localhost"));
        fields.put("trace.id", Scalar::Text("mine"));
        fields.put("http", Scalar::Bool(true));
        assert_eq!(
            fields.told(),
            pairs(&[
                ("http.response.status_code", "200"),
                ("count", "-3"),
                ("client.ip", "\"localhost\""),
                ("trace.id", "\"mine\""),
                ("http", "true"),
            ])
        );
        assert_eq!(fields.labels().filter(|label| label.is_reserved).count(), 1);
    }

    #[test]
    fn the_last_of_one_name_counts() {
        let mut fields = Fields::default();
        for (name, value) in [
            ("a.b", 1),
            ("c", 2),
            ("a_b", 3),
            ("user.id", 4),
            ("c", 55),
            ("user.id", 6),
        ] {
            fields.put(name, Scalar::Signed(value));
        }
        let expected = pairs(&[("user.id", "\"6\""), ("a_b", "3"), ("c", "55")]);
        assert_eq!(fields.told(), expected);
        for number in 0..100_000 {
            fields.put("c", Scalar::Signed(number));
        }
        assert_eq!(fields.told()[2].1, "99999");
        assert!(fields.bytes.len() < 32, "{}", fields.bytes.len());
    }

    #[test]
    fn what_is_there_is_not_added() {
        let (mut inner, mut outer) = (Fields::default(), Fields::default());
        inner.put("order", Scalar::Text("inner"));
        outer.put("order", Scalar::Text("outer"));
        outer.put("shop", Scalar::Text("berlin"));
        inner.add_missing(&outer);
        assert_eq!(
            inner.told(),
            pairs(&[("order", "\"inner\""), ("shop", "\"berlin\"")])
        );
    }

    #[test]
    fn those_of_ecs_are_brought_into_their_order() {
        let mut fields = Fields::default();
        fields.put("b", Scalar::Signed(1));
        fields.put("url.path", Scalar::Text("/"));
        fields.put("a", Scalar::Signed(2));
        fields.put("http.request.method", Scalar::Text("GET"));
        fields.put_ours(field::MESSAGE, Scalar::Text("hello"));
        let names: Vec<_> = fields.told().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["message", "http.request.method", "url.path", "b", "a"]
        );
    }

    #[test]
    fn values_and_all_of_them_together_are_bounded() {
        let mut fields = Fields::default();
        let long = "ä".repeat(LONGEST_VALUE);
        fields.put("long", Scalar::Text(&long[..LONGEST_VALUE]));
        assert!(!fields.is_truncated());
        fields.put("long", Scalar::Text(&long));
        assert!(fields.is_truncated());
        let (_, value) = &fields.told()[0];
        assert!(value.len() <= LONGEST_VALUE + 2 && value.ends_with("ä…\""));
        for number in 0..100 {
            fields.put(&number.to_string(), Scalar::Text(&long));
        }
        assert!(fields.bytes.len() <= LONGEST_LINE);
        assert_eq!(fields.told().len(), 7);
        fields.clear();
        assert!(!fields.is_truncated() && fields.told().is_empty());
    }
}
