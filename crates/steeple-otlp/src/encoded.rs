use steeple_core::pipeline::Weigh;

/// Spans, metrics or log records, as the export request has them: each a field 2 of its scope's message.
///
/// The three signals have that number, and those of what is around it, in common.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// The fields, one after the other.
    pub(crate) bytes: Vec<u8>,
    /// How many spans, data points or log records these are.
    pub(crate) count: u32,
}

impl Weigh for Encoded {
    fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    fn count(&self) -> u64 {
        self.count.into()
    }
}
