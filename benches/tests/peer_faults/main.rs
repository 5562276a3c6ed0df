//! What released crates do under the faults that steeple must survive.
//!
//! Each figure is what the versions in `Cargo.lock` really do; a release that does better fails its
//! test here, and then the test and `benches/README.md` change. Sentry's own
//! middleware is run beside steeple, too. `STEEPLE_FULL=1` runs the sizes that the README quotes.

mod actix_server;
mod axum_server;
mod figures;
mod opentelemetry_figures;
mod peer;

mod forged_traces;
mod full_disk;
mod label_attack;
mod sentry_beside;
mod sentry_hangs;
mod slow_scrapers;
mod unscraped;
mod unsettled;
