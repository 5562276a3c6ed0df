use std::process;

use super::{Field, field};

/// What all lines of a process say of it.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Vec<(Field, String)>);

impl Identity {
    /// That of a service of this name, in this process.
    pub(crate) fn of_service(name: &str) -> Self {
        let mut identity = Self(Vec::new());
        identity.set(field::ECS_VERSION, "8.11.0");
        identity.set(field::SERVICE_NAME, name);
        identity.set(field::PROCESS_PID, process::id().to_string());
        identity
    }

    /// Says `value` of it, instead of what was said before, unless it is empty.
    pub(crate) fn set(&mut self, field: Field, value: impl Into<String>) {
        let value = value.into();
        self.0.retain(|(known, _)| *known != field);
        if !value.is_empty() {
            self.0.push((field, value));
            self.0.sort_by_key(|(field, _)| *field);
        }
    }

    /// What is said, in the order of the fields.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, &**value))
    }
}
