//! What steeple costs a request, with its baselines and its peers measured in the same run.
//!
//! The binary is the harness; this library holds its parts. `README.md` says how to run it and how
//! to read it.

mod actix_app;
mod allocations;
mod axum_app;
mod bars;
mod baselines;
mod child;
mod events;
mod filled;
mod instructions;
mod logged;
mod lookup;
mod machine;
mod memory;
mod peers;
mod race;
mod record;
mod render;
mod report;
mod request;
mod scaling;
mod subjects;
mod timing;
mod tonic_app;
mod traced;

pub use allocations::{Allocations, CountingAllocator};
pub use bars::{Bar, Limit, Verdict, bars};
pub use child::ChildError;
pub use events::event_costs;
pub use instructions::serve;
pub use lookup::{lookup_allocations, lookup_costs};
pub use memory::bytes_of_two_series;
pub use peers::{
    actix_web_prom, in_memory_meter_provider, in_memory_meter_provider_032, opentelemetry_actix,
    opentelemetry_tower,
};
pub use record::{contended_record_costs, record_costs};
pub use render::{render_allocations, render_costs};
pub use report::{Comparison, Measure, Report, Row};
pub use scaling::{Throughput, throughput};
pub use subjects::{Framework, Subject, UnknownSubject};
pub use timing::nanoseconds_per_request;
