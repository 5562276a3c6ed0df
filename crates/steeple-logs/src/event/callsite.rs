use std::{cell::RefCell, collections::HashMap, ptr, rc::Rc};

use foldhash::fast::FixedState;
use tracing_core::Metadata;

use crate::{
    encode::{Heads, Name},
    shared::Shared,
};

/// How many call sites a thread knows, each once for every span that is around it. There are seldom as many in a program.
const MOST: usize = 4_096;

/// How many bytes of a message are kept.
const LONGEST_MESSAGE: usize = 128;

/// What is the same for all events of a call site in a span, and for all spans of one.
#[derive(Debug)]
pub(super) struct Callsite {
    pub(super) source: Source,
    fields: Box<[KnownField]>,
    pub(super) heads: Heads,
    /// The last message that lines have as it is.
    message: RefCell<String>,
}

/// What is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Span,
    Event,
    /// A record of the crate `log`, which `tracing-log` makes an event.
    Record,
}

/// A field of a call site.
#[derive(Debug)]
pub(super) struct KnownField {
    pub(super) name: Name,
    /// Whether its name is that of a secret.
    pub(super) is_secret: bool,
    pub(super) role: Role,
}

/// What a field tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Message,
    Error,
    /// Who says it, and where: what is static for events.
    Logger,
    File,
    Line,
    ModulePath,
    Other,
}

/// Where the metadata is, that of the span around it, and whose logs know them.
type Key = (usize, usize, u64);

thread_local! {
    static KNOWN: RefCell<HashMap<Key, Rc<Callsite>, FixedState>> =
        const { RefCell::new(HashMap::with_hasher(FixedState::with_seed(0))) };
}

impl Callsite {
    /// That of `metadata` within `span`, which the thread looks at once.
    pub(super) fn of(
        metadata: &'static Metadata<'static>,
        span: Option<&'static Metadata<'static>>,
        shared: &Shared,
    ) -> Rc<Self> {
        let address = |metadata| ptr::from_ref::<Metadata<'static>>(metadata).addr();
        let key = (address(metadata), span.map_or(0, address), shared.number);
        let known = KNOWN.try_with(|known| known.borrow().get(&key).cloned());
        known.ok().flatten().unwrap_or_else(|| {
            let callsite = Rc::new(Self::new(metadata, span, shared));
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
    fn new(
        metadata: &'static Metadata<'static>,
        span: Option<&'static Metadata<'static>>,
        shared: &Shared,
    ) -> Self {
        let source = Source::of(metadata);
        let known = |name: &str| KnownField {
            name: Name::new(name),
            is_secret: shared.redaction.names_a_secret(name),
            role: Role::of(name, source),
        };
        Self {
            source,
            fields: (metadata.fields().iter())
                .map(|field| known(field.name()))
                .collect(),
            heads: Heads::new(span.and_then(|span| function(metadata, span))),
            message: RefCell::default(),
        }
    }

    pub(super) fn field(&self, index: usize) -> Option<&KnownField> {
        self.fields.get(index)
    }

    /// Whether lines have this message as it is, which most call sites say again and again.
    pub(super) fn says(&self, message: &str) -> bool {
        *self.message.borrow() == message
    }

    /// Remembers such a message.
    pub(super) fn remember(&self, message: &str) {
        if message.len() <= LONGEST_MESSAGE {
            message.clone_into(&mut self.message.borrow_mut());
        }
    }
}

/// The function that an event is in, as far as it is known: the name of the span around it, if that was opened in the same file and
/// module, as the attribute `#[instrument]` does it.
fn function(event: &Metadata<'_>, span: &'static Metadata<'static>) -> Option<&'static str> {
    let is_here = span.file().is_some()
        && span.file() == event.file()
        && span.module_path() == event.module_path();
    is_here.then(|| span.name())
}

impl Source {
    fn of(metadata: &Metadata<'_>) -> Self {
        if metadata.is_span() {
            Self::Span
        } else if metadata.target() == "log" && metadata.name() == "log event" {
            Self::Record
        } else {
            Self::Event
        }
    }
}

impl Role {
    fn of(name: &str, source: Source) -> Self {
        match (source, name) {
            (Source::Event | Source::Record, "message") => Self::Message,
            (Source::Event, "error") => Self::Error,
            (Source::Record, "log.target") => Self::Logger,
            (Source::Record, "log.file") => Self::File,
            (Source::Record, "log.line") => Self::Line,
            (Source::Record, "log.module_path") => Self::ModulePath,
            _ => Self::Other,
        }
    }
}
