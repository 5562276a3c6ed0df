use std::process;

use steeple_metrics::protobuf::push_nested;

use crate::{
    Value,
    attributes::Attributes,
    fields::{envelope, resource},
};

/// What all telemetry of a process is of: a set of
/// [attributes](https://opentelemetry.io/docs/specs/semconv/resource/), each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Resource(pub(crate) Attributes);

impl Resource {
    /// What is known of every process: its id and that of this instance, the host, and who tells it.
    pub(crate) fn detected() -> Self {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let mut detected = Attributes::default();
        for (key, value) in [
            ("service.name", Value::from("unknown_service")),
            ("service.instance.id", Value::from(random_uuid())),
            ("host.name", Value::from(host)),
            ("process.pid", Value::Integer(process::id().into())),
            ("telemetry.sdk.name", Value::from("steeple")),
            ("telemetry.sdk.language", Value::from("rust")),
            (
                "telemetry.sdk.version",
                Value::from(env!("CARGO_PKG_VERSION")),
            ),
        ] {
            detected.set(key, value);
        }
        Self(detected)
    }

    /// Takes what `other` says over what it says itself.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, value) in other.0.iter() {
            self.0.set(key.clone(), value.clone());
        }
    }

    /// The deployment's name is known by two names: the
    /// [older](https://opentelemetry.io/docs/specs/semconv/registry/attributes/deployment/) is that which Elastic APM reads.
    pub(crate) fn name_environment_twice(&mut self) {
        const NAMES: [&str; 2] = ["deployment.environment.name", "deployment.environment"];
        let value = |name| self.0.get(name).cloned();
        match NAMES.map(value) {
            [Some(value), None] => self.0.set(NAMES[1], value),
            [None, Some(value)] => self.0.set(NAMES[0], value),
            _ => {}
        }
    }

    /// The field of the messages by resource that says which it is.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut message = Vec::new();
        push_nested(&mut message, envelope::RESOURCE, |message| {
            self.0.encode(message, resource::ATTRIBUTES);
        });
        message
    }
}

/// Of [version 4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4).
fn random_uuid() -> String {
    const VERSION: u128 = 4 << 76;
    const VARIANT: u128 = 2 << 62;
    let bits = fastrand::u128(..) & !(0xf << 76) & !(3 << 62) | VERSION | VARIANT;
    let digits = format!("{bits:032x}");
    let (first, rest) = digits.split_at(8);
    let (second, rest) = rest.split_at(4);
    let (third, rest) = rest.split_at(4);
    let (fourth, fifth) = rest.split_at(4);
    [first, second, third, fourth, fifth].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_replaces_what_was_detected() {
        let mut resource = Resource::detected();
        let detected = resource.0.iter().count();
        let mut said = Resource::default();
        said.0.set("service.name", "shop");
        said.0.set("deployment.environment", "test");
        resource.merge(&said);
        resource.name_environment_twice();
        assert_eq!(resource.0.get("service.name"), Some(&Value::from("shop")));
        for name in ["deployment.environment", "deployment.environment.name"] {
            assert_eq!(resource.0.get(name), Some(&Value::from("test")));
        }
        assert_eq!(resource.0.iter().count(), detected + 2);
    }

    #[test]
    fn instances_have_random_uuids() {
        let (one, other) = (random_uuid(), random_uuid());
        assert_ne!(one, other);
        let parts: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"), "{one}");
    }
}
