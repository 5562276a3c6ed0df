use tracing_subscriber::registry::{Extensions, ExtensionsMut};

use crate::encode::Fields;

/// The fields of a span, encoded when they are recorded and copied into each line. Layers of other logs have their own, without
/// what is a secret there.
pub(super) struct SpanFields {
    fields: Fields,
    /// Whose they are.
    number: u64,
    /// Those of others.
    next: Option<Box<Self>>,
}

impl SpanFields {
    /// Those that the logs of this number recorded.
    pub(super) fn of<'a>(extensions: &'a Extensions<'_>, number: u64) -> Option<&'a Fields> {
        let mut all = extensions.get::<Self>();
        while let Some(known) = all {
            if known.number == number {
                return Some(&known.fields);
            }
            all = known.next.as_deref();
        }
        None
    }

    /// Adds to them, in place of what has the same names.
    pub(super) fn put(extensions: &mut ExtensionsMut<'_>, number: u64, fields: &Fields) {
        let mut all = extensions.get_mut::<Self>();
        while let Some(known) = all {
            if known.number == number {
                return known.fields.replace_by(fields);
            }
            all = known.next.as_deref_mut();
        }
        let next = extensions.remove::<Self>().map(Box::new);
        extensions.insert(Self {
            fields: fields.clone(),
            number,
            next,
        });
    }
}
