use opentelemetry::{InstrumentationScope, logs};
use steeple_core::pipeline::Producer;

use super::Logger;
use crate::encoded::Encoded;

/// Makes [`Logger`]s, for appenders such as opentelemetry-appender-tracing; clones are cheap.
#[derive(Clone, Debug)]
pub struct LoggerProvider(Producer<Encoded>);

impl LoggerProvider {
    pub(crate) fn new(producer: Producer<Encoded>) -> Self {
        Self(producer)
    }
}

impl logs::LoggerProvider for LoggerProvider {
    type Logger = Logger;

    /// Records tell the scope, or their own target, in the attributes `otel.scope.name` and `otel.scope.version`.
    fn logger_with_scope(&self, scope: InstrumentationScope) -> Logger {
        Logger::new(self.0.clone(), scope)
    }
}
