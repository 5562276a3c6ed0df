//! Lines and what they are made of.
//!
//! Whoever logs makes a line in three steps: [`Encoder::begin`] writes when, how severe and by whom; the methods of [`Line`] add one
//! field each; [`Line::end`] closes it. All of it goes to the end of a buffer, most often [that of the thread](with_buffer), so that
//! nothing is allocated in the steady state.
//!
//! ```ignore
//! encode::with_buffer(|buffer| {
//!     let mut line = encoder.begin(buffer, Timestamp::now(), Level::INFO, "steeple::access");
//!     line.text(field::MESSAGE, "GET /users/{id} 200");
//!     line.ascii(field::TRACE_ID, trace_id);
//!     line.unsigned(field::EVENT_DURATION, 1_200_000);
//!     line.text(field::HTTP_REQUEST_METHOD, "GET");
//!     line.label("route", "/users/{id}");
//!     line.end();
//!     outlet.push(buffer);
//! });
//! ```
//!
//! - Fields come in the order of [`field`], each at most once, and labels behind them: only so each object of ECS is written in one
//!   piece. Debug builds check it.
//! - What the service is, the [`Identity`], is written in between by itself, behind the message.
//! - Whatever a text has in it, the line stays one line and nothing in it is raw that moves a cursor or turns text around: see
//!   [`escape`]. Names of labels lose all but letters, digits and `_`, `-` and `.`; for ECS, where a dot makes an object, that too.
//! - A text has at most [`LONGEST_VALUE`] bytes and a line [`LONGEST_LINE`]: the rest of the text, and fields that find no room, are
//!   left out, and the line says so: `"tags":["truncated"]` with ECS, `truncated` with the others.
//! - What is written to many lines, as the fields of spans are, is kept as [`Fields`]: encoded once, for all formats alike, and
//!   [put](Line::fields) into each line as bytes.

mod buffer;
mod digest;
mod encoder;
mod escape;
pub(crate) mod field;
mod fields;
mod format;
mod hex;
mod identity;
pub(crate) mod kind;
mod line;
mod name;
mod prepared;
mod pretty;
mod scalar;
pub(crate) mod timestamp;

pub(crate) use self::{
    buffer::with_buffer,
    digest::digest,
    encoder::{Encoder, Head, Heads},
    escape::push_escaped,
    field::Field,
    fields::Fields,
    hex::hex,
    identity::Identity,
    line::Line,
    name::Name,
    prepared::Prepared,
    timestamp::civil_time,
};
pub use self::{
    format::{Format, UnknownFormat},
    scalar::Scalar,
};

/// How many bytes of a text are written.
pub(crate) const LONGEST_VALUE: usize = 8 << 10;
/// How many bytes a line has at most, with its end.
pub(crate) const LONGEST_LINE: usize = 64 << 10;
