//! The same queries to a Prometheus that scrapes the peer and to one that scrapes steeple.

use std::{net::SocketAddr, time::Duration};

use steeple_tests::backends::{Prometheus, Sample};

use crate::{
    scraped::Scraped,
    traffic::{IN_A_ROUND, send, send_rounds},
};

/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);

/// Peer and steeple, each with its Prometheus.
pub(crate) struct Comparison {
    peer: Prometheus,
    ours: Prometheus,
    applications: [SocketAddr; 2],
}

impl Comparison {
    /// Sends one round before the first scrape and two after it, so that every series has a rate, and that the rates are to
    /// each other as the rounds have it.
    pub(crate) fn after_traffic(peer: &Scraped, ours: &Scraped, counter: &str) -> Self {
        let applications = [peer.address, ours.address];
        send_rounds(applications, 1);
        let scraping = |scraped: &Scraped| {
            Prometheus::by_default(&[scraped.metrics]).expect("Prometheus starts")
        };
        let compared = Self {
            peer: scraping(peer),
            ours: scraping(ours),
            applications,
        };
        let all = format!("sum({counter})");
        compared.same_once(&all, IN_A_ROUND);
        send_rounds(applications, 2);
        compared.same_once(&all, 3.0 * IN_A_ROUND);
        compared
    }

    /// Both have `value` before long.
    pub(crate) fn same_once(&self, query: &str, value: f64) {
        let there = |samples: &[Sample]| samples.len() == 1 && samples[0].value == value;
        for prometheus in [&self.peer, &self.ours] {
            let awaited = prometheus.wait_for(query, SCRAPED, there);
            awaited.unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }

    /// Both have the same answer, which this returns.
    pub(crate) fn same(&self, query: &str) -> Vec<Sample> {
        let [peer, ours] = self.answers(query);
        assert_same(query, &peer, &ours);
        ours
    }

    /// Both have the same answer but for when they were scraped, which stretches all rates alike.
    fn same_rates(&self, query: &str) {
        let [peer, ours] = self.answers(query).map(|mut answer| {
            let total: f64 = answer.iter().map(|sample| sample.value).sum();
            assert!(total > 0.0, "{query}: {answer:?}");
            for sample in &mut answer {
                sample.value /= total;
            }
            answer
        });
        assert_same(query, &peer, &ours);
    }

    /// Counts, rates and shares by a counter, whose totals a round has by `statuses`.
    pub(crate) fn counters(&self, counter: &str, statuses: &[(u16, f64)]) {
        for (status, in_a_round) in statuses {
            let query = format!(r#"sum({counter}{{status="{status}"}})"#);
            assert_eq!(self.same(&query)[0].value, 3.0 * in_a_round, "{query}");
        }
        for query in [
            counter.to_owned(),
            format!("sum by (endpoint) ({counter})"),
            format!("topk(3, sum by (endpoint, method) ({counter}))"),
            format!(r#"count(count by (endpoint) ({counter}{{status!~"4.."}}))"#),
            // The shares of errors, as panels and alerts have them.
            format!(r#"sum(rate({counter}{{status=~"5.."}}[5m])) / sum(rate({counter}[5m]))"#),
            format!(
                r#"sum(rate({counter}{{status=~"5.."}}[5m])) / sum(rate({counter}[5m])) > 0.05"#
            ),
            format!(
                r#"100 - 100 * sum(rate({counter}{{status=~"2.."}}[5m])) / clamp_min(sum(rate({counter}[5m])), 0.001)"#
            ),
            format!(
                r#"sum by (endpoint) (rate({counter}{{status=~"[45].."}}[5m])) / sum by (endpoint) (rate({counter}[5m]))"#
            ),
        ] {
            self.same(&query);
        }
        for query in [
            format!("rate({counter}[1m])"),
            format!("sum by (endpoint, status) (rate({counter}[5m]))"),
            format!(r#"sum(rate({counter}{{status=~"^2.*$"}}[1m])) by (status, method, endpoint)"#),
            format!(r#"sum by (endpoint) (increase({counter}{{method="GET"}}[5m]))"#),
        ] {
            self.same_rates(&query);
        }
    }

    /// Counts, buckets and quantiles of a histogram; of the fast requests, whose buckets are up to the machine, only the
    /// counts.
    pub(crate) fn durations(&self, histogram: &str) {
        let bucket = format!("{histogram}_bucket");
        for query in [
            format!("{histogram}_count"),
            format!(r#"{bucket}{{endpoint=~"/slow.*"}}"#),
            format!(r#"{bucket}{{endpoint="/streamed",le=~"2.5|5"}}"#),
            format!(r#"{bucket}{{le="+Inf"}}"#),
            format!("count by (le) ({bucket})"),
            format!("histogram_quantile(0.95, sum(rate({bucket}[5m])) by (le))"),
            format!("histogram_quantile(0.99, sum by (le) ({bucket}))"),
            format!(
                r#"histogram_quantile(0.5, sum by (le, endpoint) (rate({bucket}{{endpoint=~"/slow.*"}}[5m])))"#
            ),
            format!(r#"histogram_quantile(0.9, rate({bucket}{{endpoint="/slower"}}[5m]))"#),
            // How many were answered in time: an objective.
            format!(r#"sum(rate({bucket}{{le="2.5"}}[5m])) / sum(rate({histogram}_count[5m]))"#),
        ] {
            self.same(&query);
        }
        let mean = format!(
            r#"sum by (endpoint) (rate({histogram}_sum{{endpoint=~"/slow.*"}}[5m])) / sum by (endpoint) (rate({histogram}_count{{endpoint=~"/slow.*"}}[5m]))"#
        );
        let [peer, ours] = self.answers(&mean);
        assert_eq!((peer.len(), ours.len()), (2, 2), "{mean}");
        for (peer, ours) in peer.iter().zip(&ours) {
            assert_eq!(peer.labels, ours.labels);
            assert!((peer.value - ours.value).abs() < 2.0, "{peer:?} {ours:?}");
        }
    }

    /// What is no route's has the path that the client chose with the peer, and one name for all with steeple; both count
    /// it all the same.
    pub(crate) fn differ_in_unmatched_paths(&self, counter: &str) {
        for address in self.applications {
            for number in 0..3 {
                let status = send(address, "GET", &format!("/nowhere/{number}"));
                assert_eq!(status.expect("an answer"), 404);
            }
        }
        self.same_once(&format!("sum({counter})"), 3.0 * IN_A_ROUND + 3.0);
        self.same(&format!("sum by (status) ({counter})"));
        let endpoints = |prometheus: &Prometheus, pattern: &str| {
            let query = format!(r#"count(sum by (endpoint) ({counter}{{endpoint=~"{pattern}"}}))"#);
            let answer = prometheus.query(&query).expect("an answer");
            answer.first().map(|sample| sample.value)
        };
        assert_eq!(endpoints(&self.peer, "/nowhere/.*"), Some(3.0));
        assert_eq!(endpoints(&self.ours, "/nowhere/.*"), None);
        assert_eq!(endpoints(&self.ours, "_UNMATCHED"), Some(1.0));
    }

    /// Both answers in the same order, without what tells only who was scraped.
    fn answers(&self, query: &str) -> [Vec<Sample>; 2] {
        [&self.peer, &self.ours].map(|prometheus| {
            let answer = prometheus.query(query);
            let mut answer = answer.unwrap_or_else(|error| panic!("{query}: {error}"));
            for sample in &mut answer {
                sample.labels.remove("instance");
            }
            answer.sort_by(|one, other| one.labels.cmp(&other.labels));
            answer
        })
    }
}

fn assert_same(query: &str, peer: &[Sample], ours: &[Sample]) {
    assert!(!peer.is_empty(), "{query}: the peer has no answer");
    let labels = |answer: &[Sample]| -> Vec<_> {
        let named = |sample: &Sample| (sample.name.clone(), sample.labels.clone());
        answer.iter().map(named).collect()
    };
    assert_eq!(labels(peer), labels(ours), "{query}");
    for (peer, ours) in peer.iter().zip(ours) {
        let close = (peer.value - ours.value).abs() <= 1e-9 * peer.value.abs();
        assert!(
            close,
            "{query}: {peer:?} over the peer, {ours:?} over steeple"
        );
    }
}
