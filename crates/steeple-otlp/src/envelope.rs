use steeple_metrics::protobuf::{push_nested, push_string, push_varint};

use crate::{
    encoded::Encoded,
    fields::{envelope, scope},
    resource::Resource,
};

const LENGTH_DELIMITED: u32 = 2;

/// What is around spans, metrics or log records in the request that exports them; encoded once.
#[derive(Clone)]
pub(crate) struct Envelope {
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(resource: &Resource) -> Self {
        let mut encoded = Vec::new();
        push_nested(&mut encoded, envelope::SCOPE, |message| {
            push_string(message, scope::NAME, "steeple");
            push_string(message, scope::VERSION, env!("CARGO_PKG_VERSION"));
        });
        Self {
            resource: resource.encode(),
            scope: encoded,
        }
    }

    /// The request with these items.
    pub(crate) fn around(&self, items: &[Encoded]) -> Vec<u8> {
        let items_length: usize = items.iter().map(|item| item.bytes.len()).sum();
        let by_scope = head(envelope::SCOPE_ITEMS, self.scope.len() + items_length);
        let by_resource = head(
            envelope::RESOURCE_ITEMS,
            self.resource.len() + by_scope.len() + self.scope.len() + items_length,
        );
        let parts = [&by_resource, &self.resource, &by_scope, &self.scope];
        let items = items.iter().map(|item| &item.bytes);
        let mut request =
            Vec::with_capacity(2 * 11 + self.resource.len() + self.scope.len() + items_length);
        for part in parts.into_iter().chain(items) {
            request.extend_from_slice(part);
        }
        request
    }
}

/// The key of a message's field and the length of the message.
fn head(field: u32, length: usize) -> Vec<u8> {
    let mut head = Vec::new();
    push_varint(&mut head, u64::from(field << 3 | LENGTH_DELIMITED));
    push_varint(&mut head, length as u64);
    head
}
