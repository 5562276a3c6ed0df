use crate::encode::{Field, field};

/// The field for an attribute of a resource, as ECS [has it](https://www.elastic.co/docs/reference/ecs/ecs-otel-alignment-overview).
pub(crate) fn field(key: &str) -> Option<Field> {
    Some(match key {
        "service.name" => field::SERVICE_NAME,
        "service.version" => field::SERVICE_VERSION,
        "service.instance.id" => field::SERVICE_NODE_NAME,
        "deployment.environment.name" | "deployment.environment" => field::SERVICE_ENVIRONMENT,
        "host.name" => field::HOST_NAME,
        "container.id" => field::CONTAINER_ID,
        "k8s.cluster.name" => field::ORCHESTRATOR_CLUSTER_NAME,
        "k8s.namespace.name" => field::ORCHESTRATOR_NAMESPACE,
        "cloud.provider" => field::CLOUD_PROVIDER,
        "cloud.region" => field::CLOUD_REGION,
        _ => return None,
    })
}
