//! Writes messages of [protocol buffers](https://protobuf.dev/programming-guides/encoding/), for the exposition and for the
//! crates of this project that send metrics; it may change in any release.

mod buckets;
mod short;
mod wire;

pub use self::{
    buckets::{push_deltas, push_span, push_spans},
    short::Short,
    wire::{
        push_bytes, push_double, push_fixed32, push_fixed64, push_long, push_nested, push_signed,
        push_string, push_unsigned, push_varint,
    },
};
