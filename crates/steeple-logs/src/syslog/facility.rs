/// What kind of program a message is from, as
/// [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1) numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Facility {
    /// A program of a user.
    User = 1,
    /// A daemon of the system.
    Daemon = 3,
    /// For local use.
    Local0 = 16,
    /// For local use.
    Local1 = 17,
    /// For local use.
    Local2 = 18,
    /// For local use.
    Local3 = 19,
    /// For local use.
    Local4 = 20,
    /// For local use.
    Local5 = 21,
    /// For local use.
    Local6 = 22,
    /// For local use.
    Local7 = 23,
}
