//! Route templates as frameworks hold them.

use std::any::Any;

/// The template of the route that a request was matched to.
#[derive(Clone, Copy)]
pub struct Template<'a> {
    text: &'a str,
    holder: Option<&'a dyn Hold>,
}

impl<'a> Template<'a> {
    /// All of a `text` that stays in its place, unchanged, for as long as a clone of `holder` lives.
    ///
    /// The observer keeps a clone and knows the route by the text's place in memory from then on: threads need not read
    /// the text, which often stands beside a count that all of them write.
    #[must_use]
    pub fn shared<H: Clone + Send + Sync + 'static>(text: &'a str, holder: &'a H) -> Self {
        // An empty text may stand where another begins.
        let holder = (!text.is_empty()).then_some(holder as &dyn Hold);
        Self { text, holder }
    }

    /// The template's text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Where the text stands, if it can be held there.
    #[inline]
    pub(crate) fn place(&self) -> Option<usize> {
        self.holder.map(|_| self.text.as_ptr().addr())
    }

    pub(crate) fn hold(&self) -> Option<Box<dyn Any + Send + Sync>> {
        self.holder.map(Hold::hold)
    }
}

impl<'a> From<&'a str> for Template<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, holder: None }
    }
}

trait Hold {
    fn hold(&self) -> Box<dyn Any + Send + Sync>;
}

impl<H: Clone + Send + Sync + 'static> Hold for H {
    fn hold(&self) -> Box<dyn Any + Send + Sync> {
        Box::new(self.clone())
    }
}
