//! The ops listener: metrics and probes on a guarded port of their own.
