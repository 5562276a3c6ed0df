//! What the operator says through environment variables.

use std::{env, ffi::OsString, net::IpAddr};

use steeple_core::{EnvironmentError, MOST_METHODS, MetricNames, Propagators, Variables};
#[cfg(feature = "push")]
use steeple_push::{Endpoint, EndpointError};

#[cfg(feature = "otlp")]
use crate::export::ExportEnvironment;
#[cfg(feature = "logs")]
use crate::logging::LogEnvironment;
#[cfg(feature = "sentry")]
use crate::reporting::SentryEnvironment;
use crate::service_name::ServiceName;

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const KNOWN_METHODS: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
const OPS_HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const OPS_PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
const METRIC_NAMES: &str = "STEEPLE_METRIC_NAMES";
const LINT: &str = "STEEPLE_LINT";
const OPS_TOKEN: &str = "STEEPLE_OPS_TOKEN";
const PUSHGATEWAY_URL: &str = "STEEPLE_PUSHGATEWAY_URL";
const REMOTE_WRITE_URL: &str = "STEEPLE_REMOTE_WRITE_URL";
#[cfg(not(feature = "sentry"))]
const SENTRY_DSN: &str = "SENTRY_DSN";
/// The endpoint of all signals, and those of traces, metrics and logs.
pub(crate) const EXPORT_ENDPOINTS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];
#[cfg(not(feature = "otlp"))]
const EXPORTERS: [&str; 3] = [
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
];

/// The variables that are set. As the OpenTelemetry specification has it, an empty variable is not set.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) service_name: Option<ServiceName>,
    pub(crate) disabled: bool,
    pub(crate) known_methods: Option<Vec<String>>,
    pub(crate) metric_names: Option<Vec<MetricNames>>,
    pub(crate) lint: Option<bool>,
    pub(crate) propagators: Option<Propagators>,
    pub(crate) ops_host: Option<IpAddr>,
    pub(crate) ops_port: Option<u16>,
    pub(crate) ops_token: Option<String>,
    #[cfg(feature = "otlp")]
    pub(crate) export: ExportEnvironment,
    #[cfg(feature = "logs")]
    pub(crate) logs: LogEnvironment,
    #[cfg(feature = "push")]
    pub(crate) push_gateway: Option<Endpoint>,
    #[cfg(feature = "push")]
    pub(crate) remote_write: Option<Endpoint>,
    #[cfg(feature = "sentry")]
    pub(crate) sentry: SentryEnvironment,
}

impl Environment {
    pub(crate) fn of_process() -> Result<Self, EnvironmentError> {
        Self::read(|key| env::var_os(key))
    }

    /// What counts where nothing is observed, whatever the other variables are.
    pub(crate) fn of_disabled() -> Self {
        let variable = |key: &str| env::var_os(key);
        let ops_token = Variables::new(&variable).text(OPS_TOKEN);
        Self {
            propagators: Propagators::from_environment(variable).unwrap_or_default(),
            ops_token: ops_token.unwrap_or_default(),
            ..Self::default()
        }
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let variables = Variables::new(&variable);
        let text = |key| variables.text(key);
        #[cfg(not(feature = "otlp"))]
        for key in asked_to_export(&variable) {
            tracing::warn!(
                key,
                "nothing is exported over OTLP: steeple was built without the feature `otlp`"
            );
        }
        #[cfg(not(feature = "push"))]
        for key in [PUSHGATEWAY_URL, REMOTE_WRITE_URL] {
            if text(key)?.is_some() {
                tracing::warn!(
                    key,
                    "nothing is pushed: steeple was built without the feature `push`"
                );
            }
        }
        #[cfg(not(feature = "sentry"))]
        if text(SENTRY_DSN)?.is_some() {
            tracing::warn!(
                key = SENTRY_DSN,
                "nothing is sent to Sentry: steeple was built without the feature `sentry`"
            );
        }
        Ok(Self {
            service_name: text(SERVICE_NAME)?.map(name).transpose()?,
            disabled: variables.boolean(DISABLED)? == Some(true),
            known_methods: text(KNOWN_METHODS)?
                .map(|list| methods(&list))
                .transpose()?,
            metric_names: text(METRIC_NAMES)?
                .map(|list| metric_names(&list))
                .transpose()?,
            lint: variables.boolean(LINT)?,
            propagators: Propagators::from_environment(&variable)?,
            ops_host: text(OPS_HOST)?.map(|host| address(&host)).transpose()?,
            ops_port: text(OPS_PORT)?.map(|port| number(&port)).transpose()?,
            ops_token: text(OPS_TOKEN)?,
            #[cfg(feature = "otlp")]
            export: ExportEnvironment::read(&variable)?,
            #[cfg(feature = "logs")]
            logs: LogEnvironment::read(variables)?,
            #[cfg(feature = "push")]
            push_gateway: text(PUSHGATEWAY_URL)?
                .map(|url| endpoint(PUSHGATEWAY_URL, &url))
                .transpose()?,
            #[cfg(feature = "push")]
            remote_write: text(REMOTE_WRITE_URL)?
                .map(|url| endpoint(REMOTE_WRITE_URL, &url))
                .transpose()?,
            #[cfg(feature = "sentry")]
            sentry: SentryEnvironment::read(variables)?,
        })
    }
}

/// Whether a variable is set, and not empty.
pub(crate) fn is_set(variable: impl Fn(&str) -> Option<OsString>, key: &str) -> bool {
    variable(key).is_some_and(|value| !value.is_empty())
}

/// The variables by which the operator asks for an export that this build has not.
#[cfg(not(feature = "otlp"))]
fn asked_to_export(variable: impl Fn(&str) -> Option<OsString>) -> Vec<&'static str> {
    let names_otlp = |list: &str| {
        list.split(',')
            .any(|name| name.trim().eq_ignore_ascii_case("otlp"))
    };
    let endpoints = EXPORT_ENDPOINTS
        .into_iter()
        .filter(|key| is_set(&variable, key));
    let exporters = EXPORTERS
        .into_iter()
        .filter(|key| variable(key).is_some_and(|list| list.to_str().is_some_and(names_otlp)));
    endpoints.chain(exporters).collect()
}

fn name(name: String) -> Result<ServiceName, EnvironmentError> {
    const ACCEPTED: &str = "a name of at most 255 bytes without control characters and outer white space, such as `shop`";
    let error = EnvironmentError::new(SERVICE_NAME, &name, ACCEPTED);
    ServiceName::parse(name).map_err(|_| error)
}

fn methods(list: &str) -> Result<Vec<String>, EnvironmentError> {
    let methods: Vec<_> = list
        .split(',')
        .map(|method| method.trim().to_owned())
        .collect();
    // RFC 9110, section 9.1: a method is a token.
    let token = |method: &String| {
        !method.is_empty()
            && method
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    if methods.iter().all(token) && methods.len() <= MOST_METHODS {
        return Ok(methods);
    }
    Err(EnvironmentError::new(
        KNOWN_METHODS,
        list,
        "at most 254 methods separated by commas, such as `GET,POST`",
    ))
}

fn metric_names(list: &str) -> Result<Vec<MetricNames>, EnvironmentError> {
    const ACCEPTED: &str = "any of `semantic-conventions`, `classic`, `axum-prometheus` and `actix-web-prom:NAMESPACE`, \
                            with a namespace of letters, digits, `_` and `:`, not a digit first, separated by commas";
    let names = list.split(',').map(|names| names.trim().parse());
    let names = names.collect::<Result<_, _>>();
    names.map_err(|_| EnvironmentError::new(METRIC_NAMES, list, ACCEPTED))
}

fn address(host: &str) -> Result<IpAddr, EnvironmentError> {
    // The specification's default is the name `localhost`; a name that has to be looked up could be any address.
    let host = if host.eq_ignore_ascii_case("localhost") {
        "127.0.0.1"
    } else {
        host
    };
    host.parse().map_err(|_| {
        EnvironmentError::new(
            OPS_HOST,
            host,
            "`localhost` or an IP address, such as 127.0.0.1",
        )
    })
}

fn number(port: &str) -> Result<u16, EnvironmentError> {
    port.parse()
        .map_err(|_| EnvironmentError::new(OPS_PORT, port, "a port from 0 to 65535, such as 9464"))
}

#[cfg(feature = "push")]
fn endpoint(key: &'static str, url: &str) -> Result<Endpoint, EnvironmentError> {
    const ACCEPTED: &str = "an http URL, such as `http://127.0.0.1:9091` of a Pushgateway or \
                            `http://127.0.0.1:9090/api/v1/write` for remote write";
    url.parse()
        .map_err(|error: EndpointError| EnvironmentError::new(key, error.url(), ACCEPTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::read(|key| {
            variables
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn every_variable_is_read() {
        let environment = read(&[
            (SERVICE_NAME, "shop"),
            (DISABLED, "TRUE"),
            (KNOWN_METHODS, "GET, PROPFIND"),
            (METRIC_NAMES, "semantic-conventions, axum-prometheus"),
            (LINT, "false"),
            ("OTEL_PROPAGATORS", "b3,baggage"),
            (OPS_HOST, "localhost"),
            (OPS_PORT, "0"),
            (OPS_TOKEN, "0123456789abcdef0123456789abcdef"),
            (PUSHGATEWAY_URL, "http://gateway:9091"),
            (REMOTE_WRITE_URL, "http://prometheus:9090/api/v1/write"),
        ])
        .unwrap();
        assert_eq!(
            environment.service_name.as_ref().map(ServiceName::as_str),
            Some("shop")
        );
        assert!(environment.disabled);
        assert_eq!(
            environment.known_methods,
            Some(vec!["GET".to_owned(), "PROPFIND".to_owned()])
        );
        assert_eq!(
            environment.metric_names,
            Some(vec![
                MetricNames::SemanticConventions,
                MetricNames::AxumPrometheus
            ])
        );
        assert_eq!(environment.lint, Some(false));
        let propagators = Propagators::parse("b3,baggage", |_| {});
        assert_eq!(
            format!("{:?}", environment.propagators),
            format!("{:?}", Some(propagators))
        );
        assert_eq!(environment.ops_host, Some([127, 0, 0, 1].into()));
        assert_eq!(environment.ops_port, Some(0));
        assert_eq!(
            environment.ops_token.as_deref(),
            Some("0123456789abcdef0123456789abcdef")
        );
        #[cfg(feature = "push")]
        assert_eq!(
            [environment.push_gateway, environment.remote_write]
                .map(|endpoint| endpoint.unwrap().to_string()),
            [
                "http://gateway:9091/",
                "http://prometheus:9090/api/v1/write"
            ]
        );
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let variables = [SERVICE_NAME, OPS_PORT, DISABLED, LINT].map(|key| (key, ""));
        let environment = read(&variables).unwrap();
        assert_eq!(
            (environment.service_name, environment.ops_port),
            (None, None)
        );
        assert_eq!(environment.lint, None);
        assert!(!environment.disabled);
    }

    #[cfg(not(feature = "otlp"))]
    #[test]
    fn without_the_feature_an_operator_is_told_that_nothing_is_exported() {
        for (key, value, warns) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", true),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "", false),
            ("OTEL_TRACES_EXPORTER", "console, OTLP", true),
            ("OTEL_METRICS_EXPORTER", "prometheus", false),
        ] {
            let unheard = asked_to_export(|name| (name == key).then(|| value.into()));
            assert_eq!(unheard, if warns { vec![key] } else { vec![] });
        }
    }

    #[test]
    fn a_boolean_that_is_neither_is_false() {
        assert!(!read(&[(DISABLED, "1")]).unwrap().disabled);
    }

    #[test]
    fn as_many_methods_are_accepted_as_can_be_told_apart() {
        let list = |count| vec!["M"; count].join(",");
        let most = read(&[(KNOWN_METHODS, &list(MOST_METHODS))]).unwrap();
        assert_eq!(
            most.known_methods.map(|methods| methods.len()),
            Some(MOST_METHODS)
        );
        let error = read(&[(KNOWN_METHODS, &list(MOST_METHODS + 1))])
            .err()
            .unwrap();
        let most = format!("at most {MOST_METHODS} methods");
        assert!(error.accepted.contains(&most), "{error}");
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_key_value_and_accepted_form() {
        for (key, value, accepted) in [
            (SERVICE_NAME, " shop", "without control characters"),
            (OPS_PORT, "70000", "a port from 0 to 65535"),
            (OPS_PORT, "http", "a port from 0 to 65535"),
            (OPS_HOST, "ops.example", "an IP address"),
            (KNOWN_METHODS, "GET,,POST", "separated by commas"),
            (KNOWN_METHODS, "GET POST", "separated by commas"),
            (METRIC_NAMES, "classic,", "separated by commas"),
            (METRIC_NAMES, "prometheus", "`axum-prometheus`"),
            (METRIC_NAMES, "actix-web-prom:2nd", "not a digit first"),
            #[cfg(feature = "push")]
            (PUSHGATEWAY_URL, "gateway:9091", "an http URL"),
            #[cfg(feature = "push")]
            (REMOTE_WRITE_URL, "ftp://prometheus", "an http URL"),
        ] {
            let error = read(&[(key, value)]).err().unwrap().to_string();
            assert!(
                error.contains(key) && error.contains(value) && error.contains(accepted),
                "{error}"
            );
        }
    }
}
