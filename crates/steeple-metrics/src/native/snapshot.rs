/// The distribution of a histogram's observations as a [native
/// histogram](https://prometheus.io/docs/specs/native_histograms/).
///
/// With `base` = 2^(2^-[`schema`](Self::schema)), bucket `i` counts the observations above base^(i-1) up to base^i,
/// that bound included; a negative one those whose absolute value lies there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NativeSnapshot {
    /// The resolution, from -4 (each bound is 65,536 times the one before) to 8 (1.0027 times).
    pub schema: i8,
    /// Observations up to this absolute value, inclusive, are in the zero bucket.
    pub zero_threshold: f64,
    /// The observations in the zero bucket.
    pub zero_count: u64,
    /// The indices of the buckets above zero that are not empty and their observations, sorted by index.
    pub positive: Vec<(i32, u64)>,
    /// The same below zero.
    pub negative: Vec<(i32, u64)>,
}
