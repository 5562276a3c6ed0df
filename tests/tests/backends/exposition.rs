//! What a registry holds is what the reference parser reads.

use std::collections::BTreeMap;

use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use metrics::Unit;
use steeple::{
    Label, Steeple, current,
    metrics::{Kind, Snapshot, Value},
};
use steeple_tests::backends::{Sample, check_metrics, parse_exposition};
use tower::{Layer, ServiceExt, service_fn};

/// A name with labels.
pub(crate) type Series = (String, BTreeMap<String, String>);
pub(crate) type Values = BTreeMap<Series, f64>;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_reference_parser_reads_the_values_of_the_snapshot() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| observer.label(Label::new("tenant")))
        .build()
        .unwrap();
    let registry = steeple.registry();
    registry
        .describe(
            Kind::Gauge,
            "shop_weight_ratio",
            None,
            "Weight \\ of\na kind.",
        )
        .unwrap();
    registry
        .describe(Kind::Histogram, "shop.wait", Some(Unit::Seconds), "Wait.")
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let nasty = [
        "\"",
        "\\\"",
        "\\",
        "\n",
        "a\\nb",
        "ä€🦀",
        "{}=,",
        " ",
        "le=\"0.5\"",
        "\u{1b}[31m",
        "\r",
    ];
    for (number, tenant) in nasty.into_iter().enumerate() {
        let service = service_fn(move |_: Request<Empty<&'static [u8]>>| async move {
            current::route(&format!("/{tenant}"));
            current::label("tenant", tenant);
            metrics::gauge!("shop_weight_ratio", "of" => tenant).set(0.1 * number as f64);
            metrics::histogram!("shop.wait", "of" => tenant).record(number as f64 / 3.0);
            let mut response = Response::new(Full::new(&b"hello"[..]));
            *response.status_mut() = [200, 404, 500][number % 3].try_into().unwrap();
            Ok::<_, std::convert::Infallible>(response)
        });
        let request = Request::new(Empty::new());
        runtime.block_on(async {
            let response = steeple
                .tower()
                .layer(service)
                .oneshot(request)
                .await
                .unwrap();
            response.into_body().collect().await.unwrap();
        });
    }

    let exposition = registry.render();
    check_metrics(&exposition).unwrap();
    let read: Values = parse_exposition(&exposition)
        .unwrap()
        .into_iter()
        .flat_map(|family| family.samples)
        .map(
            |Sample {
                 name,
                 labels,
                 value,
                 ..
             }| ((name, labels.into_iter().collect()), value),
        )
        .collect();
    let held = values(&registry.snapshot());
    assert!(held.len() > 500, "{}", held.len());
    assert_eq!(read, held);
}

pub(crate) fn values(snapshot: &Snapshot) -> Values {
    let mut values = Values::new();
    for family in &snapshot.families {
        for series in &family.series {
            let labels: BTreeMap<String, String> = series
                .labels
                .iter()
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .collect();
            let mut put = |suffix: &str, extra: Option<(&str, String)>, value: f64| {
                let mut labels = labels.clone();
                labels.extend(extra.map(|(name, value)| (name.to_owned(), value)));
                values.insert((format!("{}{suffix}", family.name), labels), value);
            };
            match &series.value {
                Value::Counter(total) => put("", None, *total as f64),
                Value::Gauge(value) => put("", None, *value),
                Value::Histogram(histogram) => {
                    let bounds = histogram.bounds().iter().map(ToString::to_string);
                    let mut below = 0;
                    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(histogram.buckets())
                    {
                        below += count;
                        put("_bucket", Some(("le", bound)), below as f64);
                    }
                    put("_sum", None, histogram.sum());
                    put("_count", None, histogram.count() as f64);
                }
                Value::Summary(summary) => {
                    for (quantile, value) in summary.quantiles() {
                        put("", Some(("quantile", quantile.to_string())), value);
                    }
                    put("_sum", None, summary.sum());
                    put("_count", None, summary.count() as f64);
                }
                other => panic!("the test does not know {other:?}"),
            }
        }
    }
    values
}
