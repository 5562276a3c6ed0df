//! What is logged as records of OTLP.

use std::{
    convert::Infallible,
    ops::Range,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value};
use steeple_core::pipeline::ExportError;
use steeple_logs::{Destination, Lines, Marker, Outlet};
use steeple_otlp::{LogRecord, Logs, Severity};
use thiserror::Error;

/// What a record tells by other means than attributes; what the resource tells of is told by that.
const NO_ATTRIBUTES: [&str; 6] = [
    "timestamp",
    "level",
    "message",
    "trace.id",
    "span.id",
    "ecs.version",
];
const RESOURCE: [&str; 5] = ["service.", "host.", "container.", "orchestrator.", "cloud."];

/// Makes a record of each line, on the thread that would write it. Lines wait until it is known where records go.
#[derive(Clone, Default)]
pub(crate) struct LogRecords(Arc<OnceLock<Logs>>);

/// Nothing is exported yet.
#[derive(Debug, Error)]
#[error("the export over OTLP has not begun yet")]
struct NotYet;

impl LogRecords {
    /// Records go here from now on.
    pub(crate) fn go_to(&self, logs: Logs) {
        self.0.get_or_init(|| logs);
    }
}

impl Destination for LogRecords {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let pipeline = Outlet::pipeline("logs-otlp");
        Ok(Outlet::start(pipeline, marker, move || {
            let records = self.0.clone();
            async move |batch: &[Lines]| {
                let records = records
                    .get()
                    .ok_or_else(|| ExportError::retryable(NotYet))?;
                for line in batch.iter().flat_map(Lines::iter) {
                    records.emit(&record(line));
                }
                Ok(())
            }
        }))
    }
}

fn record(line: &[u8]) -> LogRecord {
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(line) else {
        // A line of the access log in a form of its own.
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        return LogRecord::new(Severity::Info, text);
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let message = text("message").unwrap_or_default().to_owned();
    let mut record = LogRecord::new(severity(text("level")), message);
    if let Some(time) = text("timestamp").and_then(time) {
        record = record.time(Some(time));
    }
    let trace = text("trace.id").and_then(|id| u128::from_str_radix(id, 16).ok());
    let span = text("span.id").and_then(|id| u64::from_str_radix(id, 16).ok());
    if let Some(trace) = trace {
        let span = span.unwrap_or_default();
        record = record.trace(trace.to_be_bytes(), span.to_be_bytes(), 0);
    }
    let attributes = fields.into_iter().filter(|(key, _)| is_attribute(key));
    attributes.fold(record, |record, (key, value)| {
        record.attribute(key, attribute(value))
    })
}

fn is_attribute(key: &str) -> bool {
    !NO_ATTRIBUTES.contains(&key) && !RESOURCE.iter().any(|prefix| key.starts_with(prefix))
}

fn attribute(value: Value) -> steeple_otlp::Value {
    match value {
        Value::String(text) => text.into(),
        Value::Bool(value) => value.into(),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        other => other.to_string().into(),
    }
}

fn severity(level: Option<&str>) -> Severity {
    match level {
        Some("trace") => Severity::Trace,
        Some("debug") => Severity::Debug,
        Some("warn") => Severity::Warn,
        Some("error") => Severity::Error,
        _ => Severity::Info,
    }
}

/// The moment that is written so: `2026-11-23T00:55:00.123456Z`.
fn time(text: &str) -> Option<SystemTime> {
    let number = |range: Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let seconds = (number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?;
    let fraction = text.get(19..)?.strip_prefix('.')?.strip_suffix('Z')?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let scale = 10_u64.checked_pow(9_u32.checked_sub(digits)?)?;
    let nanos = fraction.parse::<u64>().ok()?.checked_mul(scale)?;
    let since_1970 = Duration::from_secs(days(year, month, day)? * 86_400 + seconds);
    UNIX_EPOCH.checked_add(since_1970 + Duration::from_nanos(nanos))
}

/// The days from 1970 to a day of the [proleptic Gregorian
/// calendar](https://howardhinnant.github.io/date_algorithms.html#days_from_civil), whose years begin in March here.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = year.checked_sub(u64::from(month <= 2))?;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    days.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000000Z", 0),
            ("2000-02-29T23:59:59.5Z", 951_868_799_500),
            ("2026-11-23T00:55:00.123000Z", 1_795_395_300_123),
        ] {
            let expected = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(time(text), Some(expected), "{text}");
        }
        for text in ["", "2026", "2026-11-23T00:55:00Z", "é026-11-23T00:55:00.1Z"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_becomes_a_record_without_what_the_resource_tells() {
        let line = concat!(
            r#"{"timestamp":"2026-11-23T00:55:00.123456Z","level":"warn","target":"shop","message":"late","#,
            r#""ecs.version":"8.11.0","service.name":"shop","host.name":"h","#,
            r#""trace.id":"0af7651916cd43dd8448eb211c80319c","span.id":"b7ad6b7169203331","#,
            r#""http.response.status_code":503,"ratio":0.5,"is_late":true,"tags":["truncated"]}"#,
            "\n"
        );
        let told = format!("{:?}", record(line.as_bytes()));
        let parts = [
            "trace: Some(([10, 247,",
            "\"late\"",
            "severity: Warn",
            "\"ratio\"",
            "Integer(503)",
        ];
        for part in parts {
            assert!(told.contains(part), "{told}");
        }
        for part in ["\"h\"", "8.11.0", "\"message\""] {
            assert!(!told.contains(part), "{told}");
        }
    }
}
