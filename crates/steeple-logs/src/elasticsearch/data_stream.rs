use super::ElasticsearchError;

/// So long may each part of the name be, by the [naming scheme of data
/// streams](https://www.elastic.co/docs/reference/ecs/ecs-data_stream).
const LONGEST: usize = 100;

/// The name of a data stream: `logs-{dataset}-{namespace}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataStream {
    pub(super) dataset: String,
    namespace: String,
}

impl DataStream {
    pub(super) fn new(dataset: String, namespace: String) -> Result<Self, ElasticsearchError> {
        for part in [&dataset, &namespace] {
            if !is_part(part) {
                let part = part.clone();
                return Err(ElasticsearchError::DataStream { part });
            }
        }
        Ok(Self { dataset, namespace })
    }

    pub(super) fn name(&self) -> String {
        format!("logs-{}-{}", self.dataset, self.namespace)
    }
}

/// What `name`, such as that of a service, is as a dataset.
pub(super) fn to_dataset(name: &str) -> String {
    let allowed = |char: char| {
        let char = char.to_ascii_lowercase();
        if is_allowed(char) { char } else { '_' }
    };
    let dataset: String = name.chars().take(LONGEST).map(allowed).collect();
    dataset.trim_start_matches(['_', '.']).to_owned()
}

fn is_part(part: &str) -> bool {
    part.len() <= LONGEST
        && part.starts_with(|first| is_allowed(first) && !matches!(first, '_' | '.'))
        && part.chars().all(is_allowed)
}

fn is_allowed(char: char) -> bool {
    matches!(char, 'a'..='z' | '0'..='9' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_another_name_or_none_is_refused() {
        let name = |dataset: &str, namespace: &str| {
            DataStream::new(dataset.to_owned(), namespace.to_owned()).map(|stream| stream.name())
        };
        assert_eq!(
            name("shop.access", "eu_1").unwrap(),
            "logs-shop.access-eu_1"
        );
        for part in [
            "",
            "a-b",
            "Shop",
            "a/b",
            "_a",
            ".a",
            "a b",
            "a\"b",
            &"a".repeat(101),
        ] {
            for refused in [name(part, "default"), name("shop", part)] {
                assert!(
                    refused
                        .unwrap_err()
                        .to_string()
                        .starts_with(&format!("`{part}`"))
                );
            }
        }
    }

    #[test]
    fn the_name_of_a_service_becomes_a_dataset() {
        for (service, dataset) in [
            ("checkout", "checkout"),
            ("Web-Shop/2", "web_shop_2"),
            ("-\u{e9}tude", "tude"),
        ] {
            assert_eq!(to_dataset(service), dataset);
        }
        assert!(is_part(&to_dataset(&"x".repeat(1_000))));
    }
}
