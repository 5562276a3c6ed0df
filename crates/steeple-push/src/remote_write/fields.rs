//! The numbers of the fields that are written, by message; see
//! [`prometheus`](https://github.com/prometheus/prometheus/blob/v2.42.0/prompb/types.proto).

pub(super) mod write_request {
    pub(crate) const TIMESERIES: u32 = 1;
    pub(crate) const METADATA: u32 = 3;
}

pub(super) mod metric_metadata {
    pub(crate) const TYPE: u32 = 1;
    pub(crate) const METRIC_FAMILY_NAME: u32 = 2;
    pub(crate) const HELP: u32 = 4;
}

pub(super) mod time_series {
    pub(crate) const LABELS: u32 = 1;
    pub(crate) const SAMPLES: u32 = 2;
    pub(crate) const EXEMPLARS: u32 = 3;
    pub(crate) const HISTOGRAMS: u32 = 4;
}

pub(super) mod label {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(super) mod sample {
    pub(crate) const VALUE: u32 = 1;
    pub(crate) const TIMESTAMP: u32 = 2;
}

pub(super) mod exemplar {
    pub(crate) const LABELS: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
    pub(crate) const TIMESTAMP: u32 = 3;
}

pub(super) mod histogram {
    pub(crate) const COUNT_INT: u32 = 1;
    pub(crate) const SUM: u32 = 3;
    pub(crate) const SCHEMA: u32 = 4;
    pub(crate) const ZERO_THRESHOLD: u32 = 5;
    pub(crate) const ZERO_COUNT_INT: u32 = 6;
    pub(crate) const NEGATIVE_SPANS: u32 = 8;
    pub(crate) const NEGATIVE_DELTAS: u32 = 9;
    pub(crate) const POSITIVE_SPANS: u32 = 11;
    pub(crate) const POSITIVE_DELTAS: u32 = 12;
    pub(crate) const TIMESTAMP: u32 = 15;
}
