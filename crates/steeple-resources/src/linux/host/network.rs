use std::time::Duration;

use metrics::Unit::{Bytes, Count};
use steeple_metrics::Kind::Counter;

use super::MOST_DEVICES;
use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "system.network.io",
        Counter,
        Some(Bytes),
        "Bytes received and transmitted, by interface.",
    ),
    (
        "system.network.packet.count",
        Counter,
        Some(Count),
        "Packets received and transmitted, by interface.",
    ),
    (
        "system.network.packet.dropped",
        Counter,
        Some(Count),
        "Packets that were dropped, by interface.",
    ),
    (
        "system.network.errors",
        Counter,
        Some(Count),
        "Errors, by interface.",
    ),
];

/// The network's interfaces that the process sees.
#[derive(Debug, Default)]
pub(crate) struct Network;

impl Source for Network {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        let Ok(interfaces) = procfs::net::dev_status() else {
            return;
        };
        let mut interfaces: Vec<_> = interfaces.into_values().collect();
        interfaces.retain(|interface| !is_of_a_container(&interface.name));
        // The same ones each time.
        interfaces.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        for interface in interfaces.iter().take(MOST_DEVICES) {
            let sides = [
                (
                    "receive",
                    interface.recv_bytes,
                    interface.recv_packets,
                    interface.recv_drop,
                    interface.recv_errs,
                ),
                (
                    "transmit",
                    interface.sent_bytes,
                    interface.sent_packets,
                    interface.sent_drop,
                    interface.sent_errs,
                ),
            ];
            for (direction, bytes, packets, dropped, errors) in sides {
                let labels = [
                    ("network.interface.name", &*interface.name),
                    ("network.io.direction", direction),
                ];
                board.total("system.network.io", &labels, bytes as f64);
                board.total("system.network.packet.dropped", &labels, dropped as f64);
                board.total("system.network.errors", &labels, errors as f64);
                // The conventions have another label for this one.
                let labels = [
                    ("network.io.direction", direction),
                    ("system.device", &*interface.name),
                ];
                board.total("system.network.packet.count", &labels, packets as f64);
            }
        }
    }
}

/// Whether it is the end of a pair whose other end a container has: they come and go with containers, each by a name of its own.
fn is_of_a_container(interface: &str) -> bool {
    interface.starts_with("veth")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_of_containers_are_left_out() {
        let names = ["lo", "eth0", "veth0a1b2c3", "docker0"];
        let told = names.map(|name| !is_of_a_container(name));
        assert_eq!(told, [true, true, false, true]);
    }
}
