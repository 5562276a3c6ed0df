use steeple_client::{
    Client,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use steeple_core::pipeline::{ExportError, Exporter};
use thiserror::Error;

use super::{
    ElasticsearchBuilder,
    answer::{self, Outcome, Refusal, Unreadable},
    builder::LARGEST_ANSWER,
    delivery::{Delivery, Part},
    rejects::Rejects,
    template::Template,
};
use crate::Lines;

/// Where lines are sent to; clones are of the same.
#[derive(Clone, Debug)]
pub struct Elasticsearch(pub(super) BulkExporter);

impl Elasticsearch {
    /// Begins to configure how lines are sent to `url`, such as `https://logs.example:9200`.
    pub fn builder(url: &str) -> ElasticsearchBuilder {
        ElasticsearchBuilder::new(url)
    }

    /// What sends, for the [pipeline](steeple_core::pipeline::PipelineBuilder::spawn) of the lines.
    #[must_use]
    pub fn exporter(&self) -> BulkExporter {
        self.0.clone()
    }
}

/// Sends lines, each of which is a JSON object with an `@timestamp`.
#[derive(Debug)]
pub struct BulkExporter {
    pub(super) client: Client,
    pub(super) template: Option<Template>,
    pub(super) most_bytes: usize,
    pub(super) rejects: Option<Rejects>,
    pub(super) delivery: Option<Delivery>,
}

/// Lines were lost.
#[derive(Debug, Error)]
#[error("{lines} lines were refused for good, the first of them with {first}")]
struct Rejected {
    lines: u64,
    first: Refusal,
}

/// What became of a request.
enum Sent {
    /// Each of its lines was judged.
    Judged(Vec<Outcome>),
    /// It cannot be taken in one.
    TooMuch(Refusal),
}

impl Exporter<Lines> for BulkExporter {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        if let Some(template) = &mut self.template {
            template.ensure().await?;
        }
        if !self
            .delivery
            .as_ref()
            .is_some_and(|delivery| delivery.is_of(batch))
        {
            self.delivery = Delivery::of(batch);
        }
        let Some(delivery) = &mut self.delivery else {
            return Ok(());
        };
        delivery.begin_attempt();
        while let Some(part) = delivery.part(batch, self.most_bytes) {
            let lines = part.lines;
            // What is dropped while it waits here is sent again whole.
            match send(&self.client, part).await {
                Err(error) => return Err(unfinished(delivery, error)),
                Ok(Sent::TooMuch(_)) if lines > 1 => delivery.halve(lines),
                Ok(Sent::TooMuch(refusal)) => {
                    settle(
                        delivery,
                        Outcome::Rejected(refusal),
                        batch,
                        &mut self.rejects,
                    );
                }
                Ok(Sent::Judged(outcomes)) => {
                    for outcome in outcomes {
                        settle(delivery, outcome, batch, &mut self.rejects);
                    }
                }
            }
        }
        outcome(delivery)
    }
}

impl Clone for BulkExporter {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            template: self.template.clone(),
            most_bytes: self.most_bytes,
            rejects: self.rejects.clone(),
            delivery: None,
        }
    }
}

async fn send(client: &Client, part: Part) -> Result<Sent, ExportError> {
    let lines = part.lines;
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    let headers = [(CONTENT_TYPE, ndjson)];
    let answer = client.exchange(Method::POST, headers, part.body).await?;
    let status = answer.status().as_u16();
    if matches!(status, 400 | 413) {
        let refusal = Refusal::of_request(status, answer.body());
        // What does not say it as Elasticsearch does stands before it, and has not looked at the lines.
        if status == 400 && !refusal.is_of_elasticsearch() {
            return Err(ExportError::retryable(refusal));
        }
        return Ok(Sent::TooMuch(refusal));
    }
    let answer = client.judge(answer)?;
    match answer::read(answer.body(), lines) {
        Ok(outcomes) => Ok(Sent::Judged(outcomes)),
        // Of fewer lines there is less to say.
        Err(Unreadable::NoAnswer(_)) if lines > 1 && answer.body().len() >= LARGEST_ANSWER => {
            Ok(Sent::TooMuch(Refusal::of_request(status, b"")))
        }
        Err(error) => Err(ExportError::retryable(error)),
    }
}

fn settle(
    delivery: &mut Delivery,
    outcome: Outcome,
    batch: &[Lines],
    rejects: &mut Option<Rejects>,
) {
    if let (Outcome::Rejected(refusal), Some(rejects), Some((id, line))) =
        (&outcome, rejects, delivery.next(batch))
    {
        rejects.keep(id, line, refusal);
    }
    delivery.settle(outcome);
}

/// An attempt that ended before all lines had their turn.
fn unfinished(delivery: &Delivery, error: ExportError) -> ExportError {
    match error {
        ExportError::Retryable {
            retry_after,
            source,
        } => ExportError::Unfinished {
            left: delivery.left(),
            retry_after,
            source,
        },
        other => other,
    }
}

/// That of an attempt in which all lines had their turn.
fn outcome(delivery: &Delivery) -> Result<(), ExportError> {
    if let Some(refusal) = &delivery.refusal {
        return Err(ExportError::Unfinished {
            left: delivery.left(),
            retry_after: None,
            source: refusal.clone().into(),
        });
    }
    match &delivery.rejection {
        None => Ok(()),
        Some(first) => {
            let lines = delivery.rejected;
            let first = first.clone();
            Err(ExportError::partial(lines, Rejected { lines, first }))
        }
    }
}
