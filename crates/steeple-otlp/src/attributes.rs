use std::borrow::Cow;

use crate::value::{Value, push_attribute};

/// Attributes in the order in which they were first set, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attributes(Vec<(Cow<'static, str>, Value)>);

impl Attributes {
    /// Sets an attribute, instead of one with that key.
    pub(crate) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => self.0.push((key, value)),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Cow<'static, str>, Value)> {
        self.0.iter()
    }

    /// Writes each as a field of `message`.
    pub(crate) fn encode(&self, message: &mut Vec<u8>, field: u32) {
        for (key, value) in self.iter() {
            push_attribute(message, field, key, value);
        }
    }
}
