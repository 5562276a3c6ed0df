//! What steeple saw, for a terminal.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write, stdout},
    net::SocketAddr,
    time::Duration,
};

use steeple::metrics::{HistogramSnapshot, Registry, Snapshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Says where to look and what to try.
pub(crate) fn introduce(
    shop: SocketAddr,
    branch: SocketAddr,
    warehouse: SocketAddr,
    ops: Option<SocketAddr>,
) {
    say(&format!("the shop is open at http://{shop}/shop/items\n"));
    say(&format!(
        "it has a branch at    http://{branch}/shop/items, on actix-web\n"
    ));
    say(&format!(
        "its warehouse is at   http://{warehouse}, over gRPC\n"
    ));
    if let Some(ops) = ops {
        say(&format!("its figures are at   http://{ops}/metrics\n"));
    }
    say(&format!(
        "\ntry these and watch the table:\n  \
         curl -i http://{shop}/shop/legacy        a panic becomes a 500, and the shop goes on\n  \
         curl http://{shop}/shop/export           a streamed body is timed to its end\n  \
         curl -m 1 http://{shop}/shop/events      a client that leaves is counted as cancelled\n  \
         curl http://{shop}/made/up/$RANDOM       paths nobody knows are one route\n\n"
    ));
}

/// Prints what happened in each `period`, for ever.
pub(crate) async fn print_every(period: Duration, registry: Registry) {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = BTreeMap::new();
    let mut lines = 0;
    loop {
        ticks.tick().await;
        let snapshot = registry.snapshot();
        let now = routes(&snapshot);
        let table = table(&before, &now, active(&snapshot), period);
        if lines > 0 && stdout().is_terminal() {
            // Back to the first line of the last table, and clear from there.
            say(&format!("\x1b[{lines}A\x1b[J"));
        }
        lines = table.lines().count();
        say(&table);
        before = now;
    }
}

/// What is known of one route.
#[derive(Clone, Default)]
struct Route {
    requests: u64,
    outcomes: BTreeMap<String, u64>,
    /// Upper bounds and how many requests took at most so long.
    durations: Vec<(f64, u64)>,
}

fn routes(snapshot: &Snapshot) -> BTreeMap<String, Route> {
    let mut routes = BTreeMap::<String, Route>::new();
    for family in &snapshot.families {
        for series in &family.series {
            let label = |name| series.labels.value(name).map(|value| value.into_owned());
            let Some(route) = label("http_route") else {
                continue;
            };
            let route = routes.entry(route);
            if let ("http_server_requests_total", Some(count)) =
                (&*family.name, series.value.as_counter())
            {
                let route = route.or_default();
                route.requests += count;
                *route
                    .outcomes
                    .entry(label("outcome").unwrap_or_default())
                    .or_default() += count;
            } else if let ("http_server_request_duration_seconds", Some(histogram)) =
                (&*family.name, series.value.as_histogram())
            {
                route.or_default().add(histogram);
            }
        }
    }
    routes
}

impl Route {
    fn add(&mut self, histogram: &HistogramSnapshot) {
        let bounds = histogram.bounds().iter().copied().chain([f64::INFINITY]);
        let counts = histogram.buckets();
        if self.durations.is_empty() {
            self.durations = bounds.map(|bound| (bound, 0)).collect();
        }
        for (place, (_, total)) in self.durations.iter_mut().enumerate() {
            *total += counts[..=place].iter().sum::<u64>();
        }
    }

    /// What happened since `earlier`.
    fn since(&self, earlier: &Self) -> Self {
        let outcomes = self.outcomes.iter().map(|(outcome, count)| {
            (
                outcome.clone(),
                count - earlier.outcomes.get(outcome).copied().unwrap_or(0),
            )
        });
        let durations = self
            .durations
            .iter()
            .enumerate()
            .map(|(place, (bound, total))| {
                (
                    *bound,
                    total - earlier.durations.get(place).map_or(0, |(_, total)| *total),
                )
            });
        Self {
            requests: self.requests - earlier.requests,
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            durations: durations.collect(),
        }
    }

    /// The smallest bound that `share` of the requests stayed within.
    fn within(&self, share: f64) -> String {
        let total = self.durations.last().map_or(0, |(_, total)| *total);
        let enough = (total as f64 * share).ceil() as u64;
        match self
            .durations
            .iter()
            .find(|(_, within)| total > 0 && *within >= enough)
        {
            None => "-".to_owned(),
            Some((bound, _)) if bound.is_infinite() => "> 10 s".to_owned(),
            Some((bound, _)) => format!("<= {} ms", bound * 1_000.0),
        }
    }
}

fn active(snapshot: &Snapshot) -> f64 {
    let gauge = snapshot.family("http_server_active_requests");
    gauge
        .into_iter()
        .flat_map(|family| &family.series)
        .filter_map(|series| series.value.as_gauge())
        // A sum of nothing is -0.
        .fold(0.0, |sum, value| sum + value)
}

fn table(
    before: &BTreeMap<String, Route>,
    now: &BTreeMap<String, Route>,
    active: f64,
    period: Duration,
) -> String {
    let mut table = format!(
        "{:<24}{:>8}{:>12}{:>12}  outcomes, {active} active\n",
        "route", "req/s", "p50", "p99"
    );
    for (name, route) in now {
        let news = before
            .get(name)
            .map_or_else(|| route.clone(), |earlier| route.since(earlier));
        let outcomes: Vec<_> = news
            .outcomes
            .iter()
            .map(|(outcome, count)| format!("{outcome} {count}"))
            .collect();
        table.push_str(&format!(
            "{name:<24}{:>8.1}{:>12}{:>12}  {}\n",
            news.requests as f64 / period.as_secs_f64(),
            news.within(0.5),
            news.within(0.99),
            outcomes.join(", "),
        ));
    }
    table.push('\n');
    table
}

fn say(text: &str) {
    // Nobody may be reading any more, which is no reason to stop serving.
    let _ = stdout()
        .write_all(text.as_bytes())
        .and_then(|()| stdout().flush());
}
