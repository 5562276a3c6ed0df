use std::{cell::RefCell, collections::HashMap, ptr, rc::Rc};

use foldhash::fast::FixedState;
use tracing_core::Metadata;

use crate::{
    encode::{Heads, Name},
    shared::Shared,
};

/// How many call sites a thread knows. There are no more than the program has, nearly always.
const MOST: usize = 4_096;

/// What is the same for all events of a call site, and for all spans.
#[derive(Debug)]
pub(super) struct Callsite {
    fields: Box<[KnownField]>,
    pub(super) heads: Heads,
}

/// A field of a call site.
#[derive(Debug)]
pub(super) struct KnownField {
    pub(super) name: Name,
    /// Whether its name is that of a secret.
    pub(super) is_secret: bool,
}

/// Where the metadata is, and whose logs know it.
type Key = (usize, u64);

thread_local! {
    static KNOWN: RefCell<HashMap<Key, Rc<Callsite>, FixedState>> =
        const { RefCell::new(HashMap::with_hasher(FixedState::with_seed(0))) };
}

impl Callsite {
    /// That of `metadata`, which the thread looks at once.
    pub(super) fn of(metadata: &'static Metadata<'static>, shared: &Shared) -> Rc<Self> {
        let key = (ptr::from_ref(metadata).addr(), shared.number);
        let known = KNOWN.try_with(|known| known.borrow().get(&key).cloned());
        known.ok().flatten().unwrap_or_else(|| {
            let callsite = Rc::new(Self::new(metadata, shared));
            let _ = KNOWN.try_with(|known| {
                let mut known = known.borrow_mut();
                if known.len() == MOST {
                    known.clear();
                }
                known.insert(key, Rc::clone(&callsite));
            });
            callsite
        })
    }

    #[cold]
    fn new(metadata: &Metadata<'_>, shared: &Shared) -> Self {
        let known = |name: &str| KnownField {
            name: Name::new(name),
            is_secret: shared.redaction.names_a_secret(name),
        };
        Self {
            fields: (metadata.fields().iter())
                .map(|field| known(field.name()))
                .collect(),
            heads: Heads::default(),
        }
    }

    pub(super) fn field(&self, index: usize) -> Option<&KnownField> {
        self.fields.get(index)
    }
}
