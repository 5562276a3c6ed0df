//! What is not written although it is logged: repetitions, and more of one call site than anybody reads.

mod slot;
mod table;
mod told;

pub(crate) use self::{
    slot::{Admission, Held},
    table::{Throttle, ThrottleConfig},
};

#[cfg(test)]
mod tests;
