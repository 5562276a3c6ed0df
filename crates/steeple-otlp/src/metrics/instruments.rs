//! What the [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/README.md) know of
//! metrics that the `metrics` facade cannot be told: which gauges are sums that go up and down, and what counts count.

/// The name and, of those that count, the unit; sorted by name.
const UP_DOWN_COUNTERS: &[(&str, &str)] = &[
    ("container.memory.available", ""),
    ("container.memory.rss", ""),
    ("container.memory.usage", ""),
    ("container.memory.working_set", ""),
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
    ("system.cpu.logical.count", "{cpu}"),
    ("system.filesystem.limit", ""),
    ("system.filesystem.usage", ""),
    ("system.memory.limit", ""),
    ("system.memory.linux.available", ""),
    ("system.memory.usage", ""),
    ("system.network.connection.count", "{connection}"),
    ("system.paging.usage", ""),
    ("system.process.count", "{process}"),
];

/// Likewise, of counters that count.
const COUNTERS: &[(&str, &str)] = &[
    ("process.context_switches", "{context_switch}"),
    ("process.paging.faults", "{fault}"),
    ("system.disk.operations", "{operation}"),
    ("system.network.errors", "{error}"),
    ("system.network.packet.count", "{packet}"),
    ("system.network.packet.dropped", "{packet}"),
];

/// Whether the metric is a sum that goes up and down.
pub(super) fn is_up_down_counter(name: &str) -> bool {
    find(UP_DOWN_COUNTERS, name).is_some()
}

/// What the metric counts; empty for what does not count and what is not known.
pub(super) fn counted(name: &str) -> &'static str {
    let known = find(UP_DOWN_COUNTERS, name).or_else(|| find(COUNTERS, name));
    known.unwrap_or_default()
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let known = table.binary_search_by_key(&name, |(name, _)| name);
    Some(table[known.ok()?].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        for table in [UP_DOWN_COUNTERS, COUNTERS] {
            assert!(table.is_sorted_by(|(left, _), (right, _)| left < right));
        }
    }

    #[test]
    fn instruments_are_those_of_the_conventions() {
        let known = [
            ("http.server.active_requests", true, "{request}"),
            ("container.memory.working_set", true, ""),
            ("system.cpu.logical.count", true, "{cpu}"),
            ("process.paging.faults", false, "{fault}"),
            ("process.cpu.utilization", false, ""),
        ];
        for (name, goes_up_and_down, unit) in known {
            assert_eq!(
                (is_up_down_counter(name), counted(name)),
                (goes_up_and_down, unit),
                "{name}"
            );
        }
    }
}
