//! What a peer says about the requests that it saw.

/// The figures of one moment, whatever the peer calls them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Requests in the request counter or duration histogram.
    pub(crate) recorded: u64,
    /// The in-flight gauge; `None` where the peer has none.
    pub(crate) in_flight: Option<i64>,
    /// The route labels that have a duration or count of their own.
    pub(crate) routes: Vec<String>,
    /// Requests in the overflow series, where every further label set is added up.
    pub(crate) overflowed: u64,
}

impl Figures {
    /// Reads the text format: a counter, perhaps a gauge, and the label that names the route.
    pub(crate) fn from_text(text: &str, counter: &str, gauge: Option<&str>) -> Self {
        let mut figures = Self {
            in_flight: gauge.map(|_| 0),
            ..Self::default()
        };
        for (series, value) in text.lines().filter_map(|line| line.rsplit_once(' ')) {
            let Some((name, labels)) = series.split_once('{') else {
                continue;
            };
            if name == counter {
                figures.recorded += value.parse::<u64>().expect("a counter is a whole number");
                figures.routes.extend(route(labels));
            } else if let Some(in_flight) = figures.in_flight.as_mut()
                && gauge == Some(name)
            {
                *in_flight += value.parse::<i64>().expect("an in-flight gauge is whole");
            }
        }
        figures
    }
}

fn route(labels: &str) -> Option<String> {
    let (_, rest) = labels.split_once("endpoint=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
