//! What the registry tells of the service and of steeple.

use steeple_metrics::{Kind, RegisterError, Registry};

use crate::service_name::ServiceName;

pub(crate) fn describe(registry: &Registry, name: &ServiceName) -> Result<(), RegisterError> {
    let infos = [
        (
            "target_info",
            "service_name",
            name.as_str(),
            "The service that these figures are of.",
        ),
        (
            "steeple_build_info",
            "version",
            env!("CARGO_PKG_VERSION"),
            "The release of steeple.",
        ),
    ];
    for (info, label, value, help) in infos {
        registry.describe(Kind::Gauge, info, None, help)?;
        registry.gauge(info, &[(label, value)])?.set(1.0);
    }
    Ok(())
}
