//! What the handles of all pushes have.

/// Implements a handle that holds a `Scheduled`, with the documentation of what differs.
macro_rules! handle {
    ($handle:ident, $(#[$flush:meta])* flush, $(#[$shutdown:meta])* shutdown) => {
        impl $handle {
            /// The figures at this moment.
            #[must_use]
            pub fn accounting(&self) -> $crate::Accounting {
                self.0.accounting()
            }

            $(#[$flush])*
            pub async fn flush(&self, deadline: std::time::Duration) -> $crate::PushReport {
                self.0.flush(deadline).await.into()
            }

            /// [`flush`](Self::flush) for code that is not async.
            pub fn flush_blocking(&self, deadline: std::time::Duration) -> $crate::PushReport {
                self.0.flush_blocking(deadline).into()
            }

            $(#[$shutdown])*
            pub async fn shutdown(self, deadline: std::time::Duration) -> $crate::PushReport {
                self.0.shutdown(deadline).await.into()
            }

            /// [`shutdown`](Self::shutdown) for code that is not async.
            pub fn shutdown_blocking(self, deadline: std::time::Duration) -> $crate::PushReport {
                self.0.shutdown_blocking(deadline).into()
            }
        }

        impl std::fmt::Debug for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($handle))
                    .field(&self.accounting())
                    .finish()
            }
        }
    };
}

pub(crate) use handle;
