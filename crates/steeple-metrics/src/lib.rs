//! A bounded metrics registry that aggregates at record time and renders every format that Prometheus reads.
//!
//! [`Registry`] is a [`metrics::Recorder`]: whatever code records through the [`metrics`] facade lands
//! in it. It aggregates when a value is recorded, so nothing piles up while nobody scrapes and no
//! background task is needed, and every dimension along which it could grow has a limit.
//!
//! # Quickstart
//!
//! ```
//! use metrics::{Unit, counter, describe_histogram, histogram};
//! use steeple_metrics::Registry;
//!
//! let registry = Registry::new();
//! registry.install()?; // or `metrics::with_local_recorder(&registry, || ..)` for a private one
//!
//! describe_histogram!("checkout.duration", Unit::Seconds, "Time to check out.");
//! histogram!("checkout.duration", "payment" => "card").record(0.042);
//! counter!("shop.orders", "country" => "NZ").increment(3);
//!
//! let text = registry.render();
//! assert!(text.contains(r#"shop_orders_total{country="NZ"} 3"#));
//! assert!(text.contains(r#"checkout_duration_seconds_bucket{payment="card",le="0.05"} 1"#));
//! # Ok::<(), steeple_metrics::InstallError>(())
//! ```
//!
//! Labels whose values are known only at run time cost the facade's macros an allocation for each record. [`counter!`],
//! [`gauge!`] and [`histogram!`] of this crate take the same, borrow the values, and find a series that the thread knows
//! without an allocation.
//!
//! Used alone, [`Registry::counter`], [`Registry::gauge`] and [`Registry::histogram`] hand out the same
//! handles and answer a bad name with a typed [`RegisterError`].
//!
//! # Names and units
//!
//! A name with a `.` is an OpenTelemetry name: [`prometheus_name`] maps it as the [OpenTelemetry
//! compatibility rules] say (dots become `_`, the described unit and a counter's `_total` are appended).
//! A name without a dot is a Prometheus name and stays as it is, but for [`Builder::unit_suffixes`]. The exposed name is
//! fixed when the metric's first series is registered, so **describe before you register**.
//!
//! A histogram's bounds come from the first matching [`Builder::buckets`] rule, otherwise from
//! [`Builder::default_buckets`], otherwise from its unit (unless it is native or a [summary](Builder::summary)): the 14
//! bounds of the HTTP semantic conventions (0.005 s to 10 s, scaled to the unit) for times and for histograms without a unit,
//! those of connections (0.01 s to 300 s) for times whose name ends in `.connection.duration` or `.upgrade.duration`, powers of 4 from 256 to 67,108,864 for [`Unit::Bytes`],
//! and the OpenTelemetry default (0 to 10,000) for every other unit.
//!
//! Labels are sorted by name, [global ones](Builder::global_label) among them. As in Prometheus, an empty value is an absent
//! label.
//!
//! # Formats
//!
//! [`Registry::exposition`] renders the text formats 0.0.4 and 1.0.0, OpenMetrics 1.0 and the protobuf format, in chunks;
//! [`Format::negotiate`] chooses by what a scraper accepts.
//!
//! ```
//! use steeple_metrics::{Format, Registry};
//!
//! let registry = Registry::new();
//! registry.counter("shop.orders", &[])?.increment(3);
//!
//! let format = Format::negotiate(["application/openmetrics-text;version=1.0.0,text/plain;q=0.5"]);
//! let body: Vec<u8> = registry.exposition(format).flatten().collect();
//! assert!(body.starts_with(b"# TYPE shop_orders counter\nshop_orders_total 3\n"));
//! assert!(format.content_type().starts_with("application/openmetrics-text; version=1.0.0"));
//! # Ok::<(), steeple_metrics::RegisterError>(())
//! ```
//!
//! A series has the same name and labels in all of them, so that a scraper may change its mind. Where OpenMetrics forbids
//! what Prometheus allows, it therefore tells less instead of something else: a counter that is not named `_total`, or
//! the rest of whose name belongs to another metric, is of the type `unknown`; a histogram whose sum may go down, for it
//! has a negative bound or its sum is negative, has neither sum nor count; and `le` is written as in the
//! text format, `1` and not `1.0`, which the specification recommends.
//!
//! With [`Builder::utf8_names`], names keep the characters with which they were recorded, for scrapers that say
//! `escaping=allow-utf-8`, `dots` or `values`; the others see them with underscores. That is also what tells metrics
//! and series apart, so none is there twice in any [`Escaping`].
//!
//! # What the facade cannot be told
//!
//! Through the facade there is no way to return an error, so the registry repairs what it can: invalid
//! characters become `_`, labels whose names then coincide are joined with `;`, and reserved labels
//! (`le` and `quantile` on histograms, `otel_metric_overflow`, names starting with `__`) get the prefix `exported_`.
//! What it must refuse is counted in `steeple_metrics_rejected_total` by `reason`: `invalid_name`,
//! `kind_conflict` (the name already belongs to another kind), `name_collision` (a metric would have the name
//! of a histogram's samples, which end in `_bucket`, `_sum`, `_count` or `_created`), `too_many_metrics`, `late_unit` (a unit
//! described after the first series) and
//! `not_a_number` (a NaN observation, or a change of a gauge that is not finite; a gauge may be set to any value).
//!
//! # Native histograms
//!
//! With [`Builder::native_histograms`], metrics become [native histograms] of Prometheus, whose buckets grow by a
//! constant factor, 1.09 by default, so that quantiles of any distribution are right within 5 % and nobody has to know it in
//! advance. They may keep the classic buckets [as well](NativeConfig::with_classic_buckets); both follow from the same counts.
//!
//! At each look at them, a series that has more than [`max_buckets`](NativeConfig::max_buckets) comes down to that: it starts over,
//! if it [may](NativeConfig::min_reset_duration); otherwise its zero bucket is widened, as far as it
//! [may be](NativeConfig::max_zero_threshold); if that is not enough, its resolution is halved, down to schema -4 if need be.
//! No observation is lost or moved to a wrong bucket by that, and none waits for it. A resolution that was given up does
//! not come back, nor does a zero bucket become narrower, unless the series starts over. It then shows what came in since the
//! last look, whoever's that was: with several scrapers, the others miss what came in between theirs and that one. A
//! stripe that runs out of room goes on at half the resolution before anybody looks.
//!
//! Infinity is in a bucket of its own above that of the greatest value, and a NaN is refused, as in all histograms.
//!
//! [native histograms]: https://prometheus.io/docs/specs/native_histograms/
//!
//! # Summaries
//!
//! With [`Builder::summary`] or [`Builder::default_summary`], histograms are exposed by quantiles over the last
//! [minute](Builder::summary_window) instead of buckets; sum and count stay those of all time. To the facade they are
//! histograms all the same, and [`FamilySnapshot::kind`] says so; their values are [`Value::Summary`], and have no exemplars.
//!
//! Observations are counted in buckets that grow by 1.1 %, 64 for each power of two, so that quantiles are right within
//! 0.6 %. What is up to 2^-40 (9e-13) counts as zero there, what is above 2^64 as infinite. A record reads the clock, which
//! is most of what it costs; of those that a busy thread makes in quick succession, every 16th. When such a thread falls
//! silent, up to 15 observations that it makes later may count as made before, but not before the last look.
//!
//! A series takes some 250 bytes. Its buckets take 1.6 KiB for each power of two within which there ever was an observation: some
//! 17 KiB where the greatest is a thousand times the least, at most 350 KiB. Threads that record often have buckets of
//! their own, so that none waits for another: a busy series takes that once for each of them, up to 4 on one or two
//! processors and 8 on more, and once for all others. Reading it for a render takes half
//! a microsecond to a whole one if it changed since the last, and no allocation.
//!
//! # Exemplars
//!
//! With [`Builder::exemplar_source`], each bucket of a histogram's series keeps one observation together with
//! the trace in which it was made, and takes another one a second later at the earliest; a native histogram without classic
//! buckets has those that it would have otherwise, to this end alone. Snapshots and messages tell all of them
//! ([`HistogramSnapshot::exemplars`]), and the text and the remote write of such a histogram the last one. Nobody waits for
//! them: of two threads that want to leave one at the same moment one goes without, and a reader discards what changes while
//! it reads. The first exemplar of a series allocates 56 bytes for each of these buckets; without one, a series pays nothing but a branch. Most records then ask the
//! source; those within a trace also ask the clock, but in a bucket that gets hundreds of them a second only every 32nd does
//! either.
//!
//! # Limits
//!
//! | what | default | beyond it |
//! |---|---|---|
//! | series per metric | [2,000](Builder::series_limit) | one overflow series per metric |
//! | series in all | [20,000](Builder::total_series_limit) | one overflow series per metric |
//! | bytes of one series' labels, escaped | 4,096 | one overflow series per metric |
//! | metric names | [1,000](Builder::metric_limit) | refused and counted |
//!
//! The overflow series carries the only label `otel_metric_overflow="true"`, so a metric's sum over all
//! its series stays exact. `steeple_metrics_overflow_total{metric}` counts the registrations sent there,
//! [`Builder::on_overflow`] is told once per metric, and `steeple_metrics_series` is the number of
//! series held.
//!
//! # Cost
//!
//! Recording through a handle is a few relaxed atomic operations: no lock, no clock (but for exemplars and summaries), and
//! once both series and thread are busy no allocation. A series that was recorded into 1,000 times is striped over threads from then on, so that two
//! threads do not wait for each other's cache line. A thread that has made 1,000 such records asks for a stripe of its own,
//! which it writes without atomic updates and gives back when it ends. Until it gets one, it shares one of two further
//! stripes and asks again every 1,000 records. A gauge is striped until it is set for the first time; from then on it is a
//! single word, which all threads share.
//!
//! A series of few records takes 16 bytes if it is a counter or a gauge, and `(bounds + 3) * 8` as a histogram. Striped, it
//! takes besides, for each stripe, one cache line (64 bytes) or `(bounds + 2) * 8` bytes rounded up to 64. There are two
//! stripes to share, and to own twice as many as processors, rounded up to a power of two, from 4 to 8: 6 stripes in all on
//! one or two processors, 10 on more. A busy counter or gauge is thus 384 bytes, or 640 on more than two processors; a busy
//! histogram with 14 bounds is 768 bytes, or 1,280. Besides, a series takes some 350 bytes and the
//! text of its labels; `steeple-benches memory steeple` weighs them.
//!
//! A native histogram's series takes some 1.3 KiB, and more once it is striped or its values are spread: each stripe that is
//! written has 512 bytes for 32 buckets, then 1 KiB for 64 more and so on, until there is room for twice `max_buckets` and
//! the classic ones, at each resolution that was needed. With the defaults, that is 512 bytes a stripe for values within a
//! factor of 4, 1.5 KiB within a factor of 100, 3.5 KiB within a factor of a million and some 35 KiB for values from all over
//! the range of floats, in whatever order they come; at most 7.5 KiB for each stripe and resolution.
//!
//! A render or snapshot locks the registry while it lists 256 series of one metric, not while it reads their values.
//! Registering waits that long, recording through a handle never. A render takes some 25 to 110 ns and no allocation a line
//! in whatever format, up to 210 ns for summaries that changed since the last, and besides the chunk some 10 KiB, for a million
//! lines as for ten; the protobuf format also the message of one metric, some 14 bytes for each bucket.
//!
//! [OpenTelemetry compatibility rules]: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
//! [`Unit::Bytes`]: metrics::Unit::Bytes

mod bounds;
mod buckets;
mod build_error;
mod builder;
mod call_site;
mod catalog;
mod cell;
mod error;
mod exemplar;
mod exposition;
mod family;
mod global_labels;
mod handle_cache;
mod histograms;
mod idle_timeouts;
mod key_index;
mod kind;
mod labels;
mod lint;
mod look;
mod macros;
mod name;
mod native;
mod number;
mod pages;
#[doc(hidden)]
pub mod protobuf;
mod recorder;
mod refresh;
mod registry;
mod self_metrics;
mod series;
mod since;
mod snapshot;
mod store;
mod summary;
mod sync;
mod total;

pub use self::{
    bounds::BoundsError,
    buckets::Matcher,
    build_error::BuildError,
    builder::Builder,
    call_site::{CallSite, Lookup},
    error::{InstallError, RegisterError},
    exemplar::{Exemplar, RecordedExemplar},
    exposition::{Escaping, Exposition, Format},
    kind::Kind,
    labels::Labels,
    lint::{Finding, Rule},
    name::prometheus_name,
    native::{NativeConfig, NativeConfigError, NativeSnapshot},
    registry::Registry,
    snapshot::{FamilySnapshot, HistogramSnapshot, SeriesSnapshot, Snapshot, Value},
    summary::{QuantilesError, SummarySnapshot},
    total::Total,
};
