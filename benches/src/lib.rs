//! What steeple costs a request, with its baselines and its peers measured in the same run.
//!
//! The binary is the harness; this library holds its parts. `README.md` says how to run it and how
//! to read it.

mod allocations;
mod bars;
mod baselines;
mod child;
mod instructions;
mod machine;
mod peers;
mod race;
mod record;
mod render;
mod report;
mod request;
mod routers;
mod scaling;
mod subjects;
mod timing;

pub use allocations::{Allocations, CountingAllocator};
pub use bars::{Bar, Limit, Verdict, bars};
pub use child::ChildError;
pub use instructions::serve;
pub use peers::{in_memory_meter_provider, in_memory_meter_provider_032, opentelemetry_tower};
pub use record::record_costs;
pub use render::render_costs;
pub use report::{Report, Row};
pub use request::{Template, exchange};
pub use scaling::{Throughput, throughput};
pub use subjects::{Subject, UnknownSubject};
pub use timing::nanoseconds_per_request;
