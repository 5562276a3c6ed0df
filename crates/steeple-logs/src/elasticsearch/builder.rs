use std::path::PathBuf;

use steeple_client::{
    Authorization, Client, ClientBuilder, Compression, CredentialsError, Endpoint, EndpointError,
};
use steeple_core::pipeline::PipelineBuilder;

use super::{
    BulkExporter, Elasticsearch, ElasticsearchError,
    answer::FILTER,
    data_stream::{DataStream, to_dataset},
    destination,
    rejects::Rejects,
    template::Template,
};

/// So much of an answer is read.
pub(super) const LARGEST_ANSWER: usize = 1 << 20;

/// Configures an [`Elasticsearch`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `build`"]
pub struct ElasticsearchBuilder {
    endpoint: Result<Endpoint, EndpointError>,
    authorization: Option<Result<Authorization, CredentialsError>>,
    dataset: Option<String>,
    namespace: String,
    installs_template: bool,
    compression: Compression,
    most_bytes: usize,
    rejects: Option<PathBuf>,
    pub(super) pipeline: PipelineBuilder,
    #[cfg(feature = "spool")]
    pub(super) spool: Option<crate::spool::Spool>,
    #[cfg(feature = "tls")]
    tls: steeple_client::Tls,
}

impl ElasticsearchBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            endpoint: url.parse(),
            authorization: None,
            dataset: None,
            namespace: "default".to_owned(),
            installs_template: false,
            compression: Compression::Gzip,
            most_bytes: 4 << 20,
            rejects: None,
            pipeline: destination::pipeline(),
            #[cfg(feature = "spool")]
            spool: None,
            #[cfg(feature = "tls")]
            tls: steeple_client::Tls::default(),
        }
    }

    /// Sends a user's name and password, unless the URL has credentials. Default: none.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.authorization = Some(Authorization::basic(user, password));
        self
    }

    /// Sends an [API key](https://www.elastic.co/docs/deploy-manage/api-keys/elasticsearch-api-keys), encoded as it is shown when it
    /// is made, unless the URL has credentials. It needs the privilege `create_doc` for the data stream, and `auto_configure` to
    /// make it. Default: none.
    pub fn api_key(mut self, key: &str) -> Self {
        self.authorization = Some(Authorization::api_key(key));
        self
    }

    /// What the lines are about, in the name of the data stream, `logs-{dataset}-{namespace}`: a to z, digits, `_` and `.`.
    /// Default: `generic`, as Elastic's own tools have it.
    pub fn dataset(mut self, dataset: impl Into<String>) -> Self {
        self.dataset = Some(dataset.into());
        self
    }

    /// The dataset, unless one was set, from any `name` such as that of a service: what cannot be in a dataset becomes `_`.
    pub fn default_dataset(mut self, name: &str) -> Self {
        let dataset = to_dataset(name);
        if !dataset.is_empty() {
            self.dataset.get_or_insert(dataset);
        }
        self
    }

    /// What keeps environments or tenants apart, in the name of the data stream, as [`dataset`](Self::dataset). Default: `default`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Installs [`INDEX_TEMPLATE`](super::INDEX_TEMPLATE) for the dataset, as `logs-{dataset}`, before anything is sent, unless
    /// one of that name has its version, a later one, or none. That needs the privilege `manage_index_templates`, without which
    /// nothing is sent. Default: the templates there are; Elasticsearch 8 has one for `logs-*-*`.
    pub fn install_template(mut self) -> Self {
        self.installs_template = true;
        self
    }

    /// Sends requests as they are. Default: compressed with gzip.
    pub fn uncompressed(mut self) -> Self {
        self.compression = Compression::None;
        self
    }

    /// The most bytes in a request before they are compressed; a line that is longer is sent alone. What is in front of
    /// Elasticsearch may allow less than its own 100 MiB. Default: 4 MiB.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Adds the lines that are refused for good to this file, up to 8 MiB: each is an object of JSON with `id`, `status`, `type`,
    /// `reason` and the `line` itself. Only its owner may read it. Default: they are counted, and the first is told of in a
    /// warning.
    pub fn rejects(mut self, file: impl Into<PathBuf>) -> Self {
        self.rejects = Some(file.into());
        self
    }

    /// Changes how many lines may wait and for how long, where this is the [destination](crate::Destination) of logs. Default: requests
    /// of 1 MiB, at least every second, tried again for as long as it takes.
    pub fn pipeline(mut self, change: impl FnOnce(PipelineBuilder) -> PipelineBuilder) -> Self {
        self.pipeline = change(self.pipeline);
        self
    }

    /// Keeps lines on disk while Elasticsearch is away, where this is the [destination](crate::Destination) of logs. Default: they wait
    /// in memory.
    #[cfg(feature = "spool")]
    pub fn spool(mut self, spool: crate::spool::Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Whom it trusts, and who it says it is, where the URL is of https. Default: whom the system trusts, and nobody.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: steeple_client::Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Builds what sends. Whether Elasticsearch answers is not looked at.
    ///
    /// # Errors
    ///
    /// [`ElasticsearchError`] if something is configured wrongly.
    pub fn build(self) -> Result<Elasticsearch, ElasticsearchError> {
        let mut endpoint = self.endpoint.clone()?;
        if let Some(authorization) = self.authorization.clone().transpose()? {
            endpoint = endpoint.or_authorization(authorization);
        }
        let dataset = self.dataset.clone().unwrap_or_else(|| "generic".to_owned());
        let stream = DataStream::new(dataset, self.namespace.clone())?;
        let bulk = endpoint
            .append_path(&format!("/{}/_bulk", stream.name()))?
            .append_query(FILTER)?;
        let client = self
            .client(bulk)
            .compression(self.compression)
            .largest_answer(LARGEST_ANSWER)
            .build()?;
        let template = self.template(&endpoint, &stream)?;
        Ok(Elasticsearch(BulkExporter {
            client,
            template,
            most_bytes: self.most_bytes,
            rejects: self.rejects.map(Rejects::in_file),
            delivery: None,
        }))
    }

    fn template(
        &self,
        endpoint: &Endpoint,
        stream: &DataStream,
    ) -> Result<Option<Template>, ElasticsearchError> {
        if !self.installs_template {
            return Ok(None);
        }
        let endpoint = endpoint.append_path(&Template::path(&stream.dataset))?;
        let client = self.client(endpoint).build()?;
        Ok(Some(Template::new(client, &stream.dataset)))
    }

    /// Whatever is answered, the lines may be taken later, but for what is looked at before.
    fn client(&self, endpoint: Endpoint) -> ClientBuilder {
        let client = Client::builder(endpoint).tried_again(|_| true);
        #[cfg(feature = "tls")]
        let client = client.tls(self.tls.clone());
        client
    }
}
