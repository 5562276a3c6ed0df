//! The numbers of the fields that are written, by message; see
//! [`io.prometheus.client`](https://github.com/prometheus/client_model/blob/v0.6.2/io/prometheus/client/metrics.proto).

pub(crate) mod metric_family {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const HELP: u32 = 2;
    pub(crate) const TYPE: u32 = 3;
    pub(crate) const METRIC: u32 = 4;
    pub(crate) const UNIT: u32 = 5;
}

pub(crate) mod metric {
    pub(crate) const LABEL: u32 = 1;
    pub(crate) const GAUGE: u32 = 2;
    pub(crate) const COUNTER: u32 = 3;
    pub(crate) const SUMMARY: u32 = 4;
    pub(crate) const HISTOGRAM: u32 = 7;
}

pub(crate) mod label_pair {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(crate) mod gauge {
    pub(crate) const VALUE: u32 = 1;
}

pub(crate) mod counter {
    pub(crate) const VALUE: u32 = 1;
    pub(crate) const CREATED_TIMESTAMP: u32 = 3;
}

pub(crate) mod summary {
    pub(crate) const SAMPLE_COUNT: u32 = 1;
    pub(crate) const SAMPLE_SUM: u32 = 2;
    pub(crate) const QUANTILE: u32 = 3;
    pub(crate) const CREATED_TIMESTAMP: u32 = 4;
}

pub(crate) mod quantile {
    pub(crate) const QUANTILE: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(crate) mod histogram {
    pub(crate) const SAMPLE_COUNT: u32 = 1;
    pub(crate) const SAMPLE_SUM: u32 = 2;
    pub(crate) const BUCKET: u32 = 3;
    pub(crate) const SCHEMA: u32 = 5;
    pub(crate) const ZERO_THRESHOLD: u32 = 6;
    pub(crate) const ZERO_COUNT: u32 = 7;
    pub(crate) const NEGATIVE_SPAN: u32 = 9;
    pub(crate) const NEGATIVE_DELTA: u32 = 10;
    pub(crate) const POSITIVE_SPAN: u32 = 12;
    pub(crate) const POSITIVE_DELTA: u32 = 13;
    pub(crate) const CREATED_TIMESTAMP: u32 = 15;
    pub(crate) const EXEMPLARS: u32 = 16;
}

pub(crate) mod bucket {
    pub(crate) const CUMULATIVE_COUNT: u32 = 1;
    pub(crate) const UPPER_BOUND: u32 = 2;
    pub(crate) const EXEMPLAR: u32 = 3;
}

pub(crate) mod exemplar {
    pub(crate) const LABEL: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
    pub(crate) const TIMESTAMP: u32 = 3;
}

/// `google.protobuf.Timestamp`
pub(crate) mod timestamp {
    pub(crate) const SECONDS: u32 = 1;
    pub(crate) const NANOS: u32 = 2;
}
