//! What the [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/README.md) know of
//! metrics that the `metrics` facade cannot be told: which gauges are sums that go up and down, and what counts count.

/// The name and, of those that count, the unit; sorted by name.
const UP_DOWN_COUNTERS: &[(&str, &str)] = &[
    ("container.memory.usage", ""),
    ("db.client.connection.count", "{connection}"),
    ("db.client.connection.idle.max", "{connection}"),
    ("db.client.connection.idle.min", "{connection}"),
    ("db.client.connection.max", "{connection}"),
    ("db.client.connection.pending_requests", "{request}"),
    ("http.client.active_requests", "{request}"),
    ("http.client.open_connections", "{connection}"),
    ("http.server.active_requests", "{request}"),
    ("http.server.open_connections", "{connection}"),
    ("http.server.open_upgrades", "{connection}"),
    ("process.memory.usage", ""),
    ("process.memory.virtual", ""),
    ("process.thread.count", "{thread}"),
    ("process.unix.file_descriptor.count", "{file_descriptor}"),
    ("process.windows.handle.count", "{handle}"),
    ("system.filesystem.usage", ""),
    ("system.memory.usage", ""),
    ("system.network.connection.count", "{connection}"),
    ("system.paging.usage", ""),
    ("system.process.count", "{process}"),
];

/// The unit of the metric if it is a sum that goes up and down.
pub(super) fn up_down_counter(name: &str) -> Option<&'static str> {
    let known = UP_DOWN_COUNTERS.binary_search_by_key(&name, |(name, _)| name);
    Some(UP_DOWN_COUNTERS[known.ok()?].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(UP_DOWN_COUNTERS.is_sorted_by(|(left, _), (right, _)| left < right));
        assert_eq!(
            up_down_counter("http.server.active_requests"),
            Some("{request}")
        );
        assert_eq!(up_down_counter("process.cpu.utilization"), None);
    }
}
