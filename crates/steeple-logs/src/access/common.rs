//! What a line has in common with others of its thread.

use std::cell::RefCell;

use super::{lines::Told, template::Template};

/// How many sorts of lines a thread knows.
const SORTS: usize = 16;

thread_local! {
    static KNOWN: RefCell<[Sort; SORTS]> = RefCell::default();
}

/// Lines with these in common.
#[derive(Default)]
struct Sort {
    /// Of which template.
    template: u64,
    status: Option<u64>,
    texts: [String; 7],
    /// The template with these filled in.
    filled: Template,
}

/// Lends `f` the template with what lines have in common filled in, as `fill` does where it is not known; nothing if the thread
/// ends. `template` tells it from all others.
///
/// Whatever clients send, as much is kept as so many of them sent last.
pub(super) fn with_filled<R>(
    template: u64,
    told: &Told<'_>,
    fill: impl FnOnce(&mut Template),
    f: impl FnOnce(&Template) -> R,
) -> Option<R> {
    let texts = [
        told.route,
        told.method,
        told.version,
        told.scheme,
        told.domain.unwrap_or_default(),
        told.client.unwrap_or_default(),
        told.agent.unwrap_or_default(),
    ];
    let lengths: usize = texts.iter().map(|text| text.len()).sum();
    let with = |known: &RefCell<[Sort; SORTS]>| {
        let mut known = known.try_borrow_mut().ok()?;
        let sort = &mut known[(lengths ^ template as usize) % SORTS];
        let is_same = sort.template == template
            && sort.status == told.status
            && sort
                .texts
                .iter()
                .zip(texts)
                .all(|(known, text)| known == text);
        if !is_same {
            (sort.template, sort.status) = (template, told.status);
            for (known, text) in sort.texts.iter_mut().zip(texts) {
                known.clear();
                known.push_str(text);
            }
            fill(&mut sort.filled);
        }
        Some(f(&sort.filled))
    };
    KNOWN.try_with(with).ok().flatten()
}
