//! What a line has in common with others of its thread.

use std::ptr;

use super::{lines::Told, template::Template};

/// How many sorts of lines a thread knows.
const SORTS: usize = 32;

/// The sorts of lines that a thread wrote last. Whatever clients send, as much is kept as so many of them sent last.
#[derive(Default)]
pub(super) struct Common([Sort; SORTS]);

/// Lines with these in common.
#[derive(Default)]
struct Sort {
    /// Of which template.
    template: u64,
    status: Option<u64>,
    asked_by: u64,
    version: &'static str,
    scheme: &'static str,
    route: String,
    method: String,
    /// The template with these filled in.
    filled: Template,
}

impl Common {
    /// The template with what such lines have in common filled in, as `fill` does where it is not known. `template` tells it from
    /// all others.
    #[inline]
    pub(super) fn filled(
        &mut self,
        template: u64,
        told: &Told<'_>,
        fill: impl FnOnce(&mut Template),
    ) -> &mut Template {
        // Routes stay where they are.
        let route = told.route.as_ptr().addr() / align_of::<u128>();
        let numbers = template ^ told.asked_by ^ told.status.unwrap_or_default();
        let sort = &mut self.0[(route ^ numbers as usize) % SORTS];
        let is_same = sort.template == template
            && sort.status == told.status
            && sort.asked_by == told.asked_by
            // They stay where they are, too.
            && ptr::eq(sort.version, told.version)
            && ptr::eq(sort.scheme, told.scheme)
            && sort.route == told.route
            && sort.method == told.method;
        if !is_same {
            (sort.template, sort.status) = (template, told.status);
            sort.asked_by = told.asked_by;
            (sort.version, sort.scheme) = (told.version, told.scheme);
            for (known, text) in [
                (&mut sort.route, told.route),
                (&mut sort.method, told.method),
            ] {
                known.clear();
                known.push_str(text);
            }
            fill(&mut sort.filled);
        }
        &mut sort.filled
    }
}
