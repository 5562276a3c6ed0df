use std::time::Duration;

use thiserror::Error;

use crate::{BoundsError, InstallError, Matcher, NativeConfigError, QuantilesError, RegisterError};

/// Why a registry could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A rule's bounds are invalid.
    #[error("the bucket bounds of {matcher} are invalid")]
    Bounds {
        /// The rule's metrics.
        matcher: Matcher,
        /// What is wrong with them.
        source: BoundsError,
    },
    /// A rule's configuration of native histograms is invalid.
    #[error("the configuration of native histograms for {matcher} is invalid")]
    Native {
        /// The rule's metrics.
        matcher: Matcher,
        /// What is wrong with it.
        source: NativeConfigError,
    },
    /// The bounds of histograms that no rule is for are invalid.
    #[error("the default bucket bounds are invalid")]
    DefaultBounds(#[source] BoundsError),
    /// A rule's quantiles are invalid.
    #[error("the quantiles of {matcher} are invalid")]
    Quantiles {
        /// The rule's metrics.
        matcher: Matcher,
        /// What is wrong with them.
        source: QuantilesError,
    },
    /// The quantiles of histograms that no rule is for are invalid.
    #[error("the default quantiles are invalid")]
    DefaultQuantiles(#[source] QuantilesError),
    /// The window of summaries is too short.
    #[error("`summary_window` of {window:?} is less than 1 s: give at least 1 s")]
    SummaryWindow {
        /// What was set.
        window: Duration,
    },
    /// A label cannot be that of all series.
    #[error("the global labels are refused")]
    GlobalLabels(#[source] RegisterError),
    /// The labels of all series leave no room for their own.
    #[error(
        "the global labels take {bytes} bytes of the 4,096 that the labels of a series may have: shorten them to {most}"
    )]
    GlobalLabelsTooLong {
        /// How many bytes they take, escaped.
        bytes: usize,
        /// How many they may take.
        most: usize,
    },
    /// Another recorder is installed for the process.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A limit or timeout is zero.
    #[error("`{setting}` is zero: give a positive value or leave the default")]
    Zero {
        /// The setter's name.
        setting: &'static str,
    },
}
