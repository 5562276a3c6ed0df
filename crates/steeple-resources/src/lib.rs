//! What a service takes: the figures of its process, its container, the machine and its async runtime, as metrics.
//!
//! ```
//! use steeple_metrics::Registry;
//! use steeple_resources::Resources;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new();
//! let _resources = Resources::builder().start(&registry)?;
//! # #[cfg(target_os = "linux")]
//! assert!(registry.render().contains("process_cpu_seconds_total"));
//! # Ok(())
//! # }
//! ```
//!
//! # Which
//!
//! | of | metrics |
//! |---|---|
//! | the process | `process_*` by the [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/system/process-metrics.md) and by the names of [Prometheus' clients](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics) |
//! | its control group, v1 or v2 | `container_*` by the [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/system/container-metrics.md), and by the names of [cAdvisor](https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md) what those lack: limits, throttling, kills for want of memory, pressure |
//! | the machine | `system_*` by the [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/system/system-metrics.md): CPU, memory, disks, file systems, network; `node_load*` and `node_pressure_*` as node_exporter has them |
//! | tokio | `tokio_*` by the names of [tokio-metrics](https://docs.rs/tokio-metrics), times in seconds; with `--cfg tokio_unstable` more; those of [workers](Resources::workers) by the label `worker` |
//! | the wait for a worker | `steeple_runtime_scheduling_delay_seconds`, a histogram of the time from a task's spawn to its first poll, and `steeple_runtime_scheduling_waiting_seconds`, which grows while all workers are blocked |
//! | the allocator | `steeple_allocator_*`, of jemalloc with the feature `jemalloc`, of others if the application [tells of them](ResourcesBuilder::allocator) |
//!
//! All but those of tokio and the allocator are Linux's; elsewhere they are left out.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `jemalloc` | `ResourcesBuilder::jemalloc`; builds jemalloc 5.3, by a compiler of C and make |
//!
//! # What it costs
//!
//! One thread reads all of it each 5 s. Whoever looks at the registry wakes that thread and gets figures that are at most a second old,
//! if they can be had within 100 ms; otherwise the ones at hand. No other thread reads anything, so that a file system that hangs holds up
//! nobody: a look at figures while they hang does not wait, and `process_uptime_seconds` stands still.

mod allocator;
mod board;
mod builder;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod error;
#[cfg(feature = "jemalloc")]
mod jemalloc;
#[cfg(target_os = "linux")]
mod linux;
mod readings;
mod resources;
mod runtime;
mod sampler;
mod source;

#[cfg(not(target_os = "linux"))]
use self::elsewhere as system;
#[cfg(target_os = "linux")]
use self::linux as system;
pub use self::{
    allocator::AllocatorFigures, builder::ResourcesBuilder, error::StartError,
    resources::Resources, runtime::Workers,
};
