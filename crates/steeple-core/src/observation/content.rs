//! Which responses have content: [RFC 9110, section 6.4.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1).

/// What a request's method says of the content of its response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ContentRule {
    #[default]
    Any,
    /// HEAD: there is none.
    None,
    /// CONNECT: if it succeeds there is none, and a tunnel instead.
    Tunnel,
}

impl ContentRule {
    #[inline]
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "HEAD" => Self::None,
            "CONNECT" => Self::Tunnel,
            _ => Self::Any,
        }
    }

    /// Whether a response with `status` has content.
    #[inline]
    pub(crate) fn is_due(self, status: u16) -> bool {
        match self {
            Self::None => false,
            Self::Tunnel if matches!(status, 200..300) => false,
            Self::Any | Self::Tunnel => !matches!(status, 100..200 | 204 | 304),
        }
    }

    /// Whether a response with `status` makes the connection go on as something else.
    #[inline]
    pub(crate) fn is_upgrade(self, status: u16) -> bool {
        status == 101 || (self == Self::Tunnel && matches!(status, 200..300))
    }
}
