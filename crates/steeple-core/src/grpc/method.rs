//! The methods of gRPC that are told apart.

/// How many are once a call of them succeeded.
const MOST_METHODS: usize = 500;
/// How many of them may be known from calls that failed. Any middleware can refuse a call of a method that does not exist,
/// so a client may choose these.
const MOST_FAILED: usize = 100;

/// What a call shows of its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// There is one.
    Exists,
    /// There may be one: the call failed.
    MayExist,
    /// Nothing.
    Nothing,
}

impl Shown {
    /// As far as such calls may fill the table of methods.
    pub(crate) const fn most_methods(self) -> usize {
        match self {
            Self::Exists => MOST_METHODS,
            Self::MayExist => MOST_FAILED,
            Self::Nothing => 0,
        }
    }
}

/// Whether `path` is that of a [method](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests):
/// `/package.Service/Method`.
pub(crate) fn is_method(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(service, method)| is_name(service) && is_name(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_service_and_a_name() {
        for good in ["/shop.Orders/Place", "/Orders/place_2", "/a/b"] {
            assert!(is_method(good), "{good}");
        }
        for bad in [
            "", "/", "//", "/a", "/a/", "//b", "a/b", "/a/b/c", "/a/{b}", "/a/%20", "/a/b c",
        ] {
            assert!(!is_method(bad), "{bad}");
        }
    }
}
