//! The fields of ECS that are written: their names, their types, and their order.

use super::kind::Kind;

/// How many bytes the key of a field has at most, with the objects that it is in.
const LONGEST_KEY: usize = 48;
/// In how many objects a field is at most.
pub(super) const DEEPEST: usize = 3;

/// A field of [ECS 8.11](https://www.elastic.co/guide/en/ecs/8.11/index.html). Those in one object follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field(u8);

impl Field {
    /// The one that an application may fill by a field of its own of this name.
    pub(super) fn of_application(name: &str) -> Option<Self> {
        // All of them have a dot, which most names have not.
        memchr::memchr(b'.', name.as_bytes())?;
        match named(name) {
            Some((Whose::Free, field)) => Some(field),
            _ => None,
        }
    }

    /// Which it is in the order.
    pub(super) fn place(self) -> u8 {
        self.0
    }

    /// The name that ECS has for it, with dots.
    pub(crate) fn name(self) -> &'static str {
        self.definition().name
    }

    pub(crate) fn kind(self) -> Kind {
        self.definition().kind
    }

    /// The name where there are no objects.
    pub(super) fn flat_name(self) -> &'static str {
        match self {
            TIMESTAMP => "timestamp",
            LOG_LEVEL => "level",
            LOG_LOGGER => "target",
            _ => self.name(),
        }
    }

    /// In how many objects it is.
    pub(super) fn depth(self) -> usize {
        usize::from(self.definition().depth)
    }

    /// How many of these `other` is in, too.
    pub(super) fn shared_depth(self, other: Self) -> usize {
        let (one, other) = (self.definition(), other.definition());
        let most = one.depth.min(other.depth);
        let is_shared = |depth: &u8| {
            let depth = usize::from(*depth);
            one.objects[depth] == other.objects[depth]
        };
        (0..most).take_while(is_shared).count()
    }

    /// `"request":{"id":`, for instance: the key, with the objects behind the first `opened`.
    pub(super) fn key(self, opened: usize) -> &'static [u8] {
        let definition = self.definition();
        &definition.key[usize::from(definition.starts[opened])..usize::from(definition.length)]
    }

    fn definition(self) -> &'static Definition {
        &DEFINITIONS[usize::from(self.0)]
    }
}

struct Definition {
    name: &'static str,
    kind: Kind,
    depth: u8,
    /// The key within all its objects, `length` bytes, and where each of them and the key itself begin.
    key: [u8; LONGEST_KEY],
    length: u8,
    starts: [u8; DEEPEST + 1],
    /// The objects that it is in: the number of the first field in each.
    objects: [u8; DEEPEST],
}

impl Definition {
    const fn new(name: &'static str, kind: Kind) -> Self {
        let mut this = Self {
            name,
            kind,
            depth: 0,
            key: [0; LONGEST_KEY],
            length: 1,
            starts: [0; DEEPEST + 1],
            objects: [u8::MAX; DEEPEST],
        };
        this.key[0] = b'"';
        let bytes = name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            this = match bytes[at] {
                b'.' => {
                    let mut this = this.with(b'"').with(b':').with(b'{');
                    this.depth += 1;
                    this.starts[this.depth as usize] = this.length;
                    this.with(b'"')
                }
                byte => this.with(byte),
            };
            at += 1;
        }
        this.with(b'"').with(b':')
    }

    const fn with(mut self, byte: u8) -> Self {
        self.key[self.length as usize] = byte;
        self.length += 1;
        self
    }

    /// Whether both are in the same object at `depth`.
    const fn shares(&self, other: &Self, depth: usize) -> bool {
        if depth >= self.depth as usize || depth >= other.depth as usize {
            return false;
        }
        let end = self.starts[depth + 1];
        if end != other.starts[depth + 1] {
            return false;
        }
        let mut at = 0;
        while at < end as usize {
            if self.key[at] != other.key[at] {
                return false;
            }
            at += 1;
        }
        true
    }
}

/// Finds out which fields are in the same objects.
const fn grouped<const N: usize>(mut definitions: [Definition; N]) -> [Definition; N] {
    let mut field = 0;
    while field < N {
        let mut depth = 0;
        while depth < definitions[field].depth as usize {
            let mut first = 0;
            while first < field && !definitions[first].shares(&definitions[field], depth) {
                first += 1;
            }
            definitions[field].objects[depth] = first as u8;
            depth += 1;
        }
        field += 1;
    }
    definitions
}

/// Who may say it.
enum Whose {
    /// Nobody but us.
    Ours,
    /// An application as well.
    Free,
}

/// Whether lines without objects have a field of ours by this name, so that a label needs another.
pub(super) fn is_reserved(name: &str) -> bool {
    match name {
        "timestamp" | "level" | "target" | "message" | "truncated" => true,
        _ if memchr::memchr(b'.', name.as_bytes()).is_none() => false,
        _ => name.starts_with("labels.") || matches!(named(name), Some((Whose::Ours, _))),
    }
}

/// Fields in their order.
macro_rules! fields {
    ($($whose:ident $id:ident $name:literal $kind:ident)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "it numbers constants")]
        enum Number { $($id,)* }

        $(
            #[doc = concat!("`", $name, "`.")]
            pub(crate) const $id: Field = Field(Number::$id as u8);
        )*

        static DEFINITIONS: [Definition; ALL.len()] = grouped([$(Definition::new($name, Kind::$kind),)*]);

        /// All of them.
        pub(crate) const ALL: &[Field] = &[$($id,)*];

        fn named(name: &str) -> Option<(Whose, Field)> {
            match name {
                $($name => Some((Whose::$whose, $id)),)*
                _ => None,
            }
        }
    };
}

fields! {
    Ours TIMESTAMP "@timestamp" Date
    Ours LOG_LEVEL "log.level" Text
    Ours LOG_LOGGER "log.logger" Text
    Ours LOG_ORIGIN_FILE_NAME "log.origin.file.name" Text
    Ours LOG_ORIGIN_FILE_LINE "log.origin.file.line" Long
    Ours LOG_ORIGIN_FUNCTION "log.origin.function" Text
    Ours MESSAGE "message" Text
    // The identity, up to the first field of the process.
    Ours ECS_VERSION "ecs.version" Text
    Ours SERVICE_NAME "service.name" Text
    Ours SERVICE_VERSION "service.version" Text
    Ours SERVICE_ENVIRONMENT "service.environment" Text
    Ours SERVICE_ID "service.id" Text
    Ours SERVICE_NODE_NAME "service.node.name" Text
    Ours HOST_NAME "host.name" Text
    Ours CONTAINER_ID "container.id" Text
    Ours ORCHESTRATOR_CLUSTER_NAME "orchestrator.cluster.name" Text
    Ours ORCHESTRATOR_NAMESPACE "orchestrator.namespace" Text
    Ours CLOUD_PROVIDER "cloud.provider" Text
    Ours CLOUD_REGION "cloud.region" Text
    Ours PROCESS_PID "process.pid" Long
    Ours PROCESS_THREAD_NAME "process.thread.name" Text
    Ours TRACE_ID "trace.id" Text
    Ours TRANSACTION_ID "transaction.id" Text
    Ours SPAN_ID "span.id" Text
    Free EVENT_ACTION "event.action" Text
    Ours EVENT_CATEGORY "event.category" Texts
    Free EVENT_CODE "event.code" Text
    Free EVENT_DATASET "event.dataset" Text
    Free EVENT_DURATION "event.duration" Long
    Free EVENT_ID "event.id" Text
    Free EVENT_KIND "event.kind" Text
    Free EVENT_MODULE "event.module" Text
    Free EVENT_OUTCOME "event.outcome" Text
    Free EVENT_PROVIDER "event.provider" Text
    Free EVENT_REASON "event.reason" Text
    Free EVENT_REFERENCE "event.reference" Text
    Free EVENT_RISK_SCORE "event.risk_score" Float
    Free EVENT_SEQUENCE "event.sequence" Long
    Free EVENT_SEVERITY "event.severity" Long
    Ours EVENT_TYPE "event.type" Texts
    Ours HTTP_REQUEST_ID "http.request.id" Text
    Free HTTP_REQUEST_METHOD "http.request.method" Text
    Free HTTP_REQUEST_BYTES "http.request.bytes" Long
    Free HTTP_REQUEST_MIME_TYPE "http.request.mime_type" Text
    Free HTTP_REQUEST_REFERRER "http.request.referrer" Text
    Free HTTP_REQUEST_BODY_BYTES "http.request.body.bytes" Long
    Free HTTP_REQUEST_BODY_CONTENT "http.request.body.content" Text
    Free HTTP_RESPONSE_STATUS_CODE "http.response.status_code" Long
    Free HTTP_RESPONSE_BYTES "http.response.bytes" Long
    Free HTTP_RESPONSE_MIME_TYPE "http.response.mime_type" Text
    Free HTTP_RESPONSE_BODY_BYTES "http.response.body.bytes" Long
    Free HTTP_RESPONSE_BODY_CONTENT "http.response.body.content" Text
    Free HTTP_VERSION "http.version" Text
    Free URL_SCHEME "url.scheme" Text
    Free URL_DOMAIN "url.domain" Text
    Free URL_PORT "url.port" Long
    Free URL_PATH "url.path" Text
    Free URL_QUERY "url.query" Text
    Free URL_FRAGMENT "url.fragment" Text
    Free URL_FULL "url.full" Text
    Free URL_ORIGINAL "url.original" Text
    Free CLIENT_ADDRESS "client.address" Text
    Free CLIENT_IP "client.ip" Ip
    Free CLIENT_PORT "client.port" Long
    Free CLIENT_BYTES "client.bytes" Long
    Free CLIENT_DOMAIN "client.domain" Text
    Free SERVER_ADDRESS "server.address" Text
    Free SERVER_IP "server.ip" Ip
    Free SERVER_PORT "server.port" Long
    Free SERVER_DOMAIN "server.domain" Text
    Free SOURCE_ADDRESS "source.address" Text
    Free SOURCE_IP "source.ip" Ip
    Free SOURCE_PORT "source.port" Long
    Free DESTINATION_ADDRESS "destination.address" Text
    Free DESTINATION_IP "destination.ip" Ip
    Free DESTINATION_PORT "destination.port" Long
    Free NETWORK_NAME "network.name" Text
    Free NETWORK_PROTOCOL "network.protocol" Text
    Free NETWORK_TRANSPORT "network.transport" Text
    Free NETWORK_TYPE "network.type" Text
    Free USER_ID "user.id" Text
    Free USER_NAME "user.name" Text
    Free USER_FULL_NAME "user.full_name" Text
    Free USER_EMAIL "user.email" Text
    Free USER_DOMAIN "user.domain" Text
    Free USER_HASH "user.hash" Text
    Free USER_AGENT_ORIGINAL "user_agent.original" Text
    Free FILE_NAME "file.name" Text
    Free FILE_PATH "file.path" Text
    Free FILE_SIZE "file.size" Long
    Free ERROR_CODE "error.code" Text
    Free ERROR_ID "error.id" Text
    Free ERROR_TYPE "error.type" Text
    Free ERROR_MESSAGE "error.message" Text
    Free ERROR_STACK_TRACE "error.stack_trace" Text
    Ours LABELS "labels" Text
    Ours TAGS "tags" Texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_one_object_follow_each_other() {
        for depth in 0..DEEPEST {
            let mut closed = Vec::new();
            let mut last = u8::MAX;
            for field in ALL {
                let object = field.definition().objects[depth];
                if object != last {
                    closed.push(last);
                    assert!(
                        object == u8::MAX || !closed.contains(&object),
                        "{}",
                        field.name()
                    );
                }
                last = object;
            }
        }
    }

    #[test]
    fn keys_open_the_objects_that_are_not_open_yet() {
        let key = |field: Field, opened| str::from_utf8(field.key(opened)).unwrap();
        assert_eq!(key(MESSAGE, 0), "\"message\":");
        assert_eq!(
            key(LOG_ORIGIN_FILE_LINE, 0),
            r#""log":{"origin":{"file":{"line":"#
        );
        assert_eq!(key(LOG_ORIGIN_FILE_LINE, 2), r#""file":{"line":"#);
        assert_eq!(key(LOG_ORIGIN_FILE_LINE, 3), r#""line":"#);
        assert_eq!(LOG_ORIGIN_FILE_LINE.shared_depth(LOG_ORIGIN_FUNCTION), 2);
        assert_eq!(
            HTTP_REQUEST_BODY_BYTES.shared_depth(HTTP_RESPONSE_BODY_BYTES),
            1
        );
        assert_eq!(URL_PATH.shared_depth(USER_ID), 0);
    }

    #[test]
    fn every_field_is_one_of_ecs_and_has_its_type() {
        let table = include_str!("ecs-8.11.0.csv");
        let mut rows = table.lines().filter(|line| !line.starts_with('#'));
        for field in ALL {
            let kind = match field.kind() {
                Kind::Date => "date,",
                Kind::Long => "long,",
                Kind::Float => "float,",
                Kind::Ip => "ip,",
                Kind::Texts => "keyword,array",
                Kind::Text if *field == LABELS => "object,",
                Kind::Text => "keyword,|wildcard,|match_only_text,",
            };
            let row = rows.next().unwrap();
            let fits = |kind: &str| row == format!("{},{kind}", field.name());
            assert!(kind.split('|').any(fits), "{row} for {}", field.name());
        }
        assert_eq!(rows.next(), None);
    }

    #[test]
    fn an_application_fills_what_is_not_ours() {
        assert_eq!(Field::of_application("url.path"), Some(URL_PATH));
        for name in [
            "trace.id",
            "message",
            "labels",
            "http",
            "http.route",
            "url.path.",
        ] {
            assert_eq!(Field::of_application(name), None, "{name}");
        }
        for name in ["trace.id", "message", "level", "labels.level"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["url.path", "path", "labels", "http.route"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
