use std::fmt;

/// What metrics are held to by [`Registry::lint`](crate::Registry::lint).
///
/// Those on names are [Prometheus' conventions](https://prometheus.io/docs/practices/naming/), as `promtool check metrics`
/// knows them, and some more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A metric is described.
    MissingHelp,
    /// A counter's name ends in `_total`.
    CounterWithoutTotal,
    /// No other metric's name does.
    TotalWithoutCounter,
    /// Only a histogram's name may end in what a histogram appends to it: `_bucket`, `_count`, `_sum`.
    ReservedSuffix,
    /// No label is called `le` or `quantile`.
    ReservedLabel,
    /// A name's unit is a base unit: seconds, bytes, ratio.
    NonBaseUnit,
    /// The unit ends the name, but for `_total`.
    UnitNotLast,
    /// A name's unit is spelled out.
    AbbreviatedUnit,
    /// The unit that was described is in the name.
    MissingUnit,
    /// The metric's type is not in its name.
    TypeInName,
    /// Names of metrics and labels are in `snake_case`.
    CamelCase,
    /// A colon is for recording rules.
    Colon,
    /// A name does not say anything twice in a row.
    RepeatedWords,
    /// A label is not called what the metric's type is.
    LabelNamedAsType,
    /// At most 100 of a label's values look like ids.
    Identifiers,
    /// A label has at most half as many values as the metric may have series, or at most 100.
    ManyValues,
    /// A label of over 100 values did not get more at three looks in a row.
    GrowingValues,
}

impl Rule {
    /// All there are.
    pub const ALL: &'static [Self] = &[
        Self::MissingHelp,
        Self::CounterWithoutTotal,
        Self::TotalWithoutCounter,
        Self::ReservedSuffix,
        Self::ReservedLabel,
        Self::NonBaseUnit,
        Self::UnitNotLast,
        Self::AbbreviatedUnit,
        Self::MissingUnit,
        Self::TypeInName,
        Self::CamelCase,
        Self::Colon,
        Self::RepeatedWords,
        Self::LabelNamedAsType,
        Self::Identifiers,
        Self::ManyValues,
        Self::GrowingValues,
    ];

    /// Its name in `snake_case`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHelp => "missing_help",
            Self::CounterWithoutTotal => "counter_without_total",
            Self::TotalWithoutCounter => "total_without_counter",
            Self::ReservedSuffix => "reserved_suffix",
            Self::ReservedLabel => "reserved_label",
            Self::NonBaseUnit => "non_base_unit",
            Self::UnitNotLast => "unit_not_last",
            Self::AbbreviatedUnit => "abbreviated_unit",
            Self::MissingUnit => "missing_unit",
            Self::TypeInName => "type_in_name",
            Self::CamelCase => "camel_case",
            Self::Colon => "colon",
            Self::RepeatedWords => "repeated_words",
            Self::LabelNamedAsType => "label_named_as_type",
            Self::Identifiers => "identifiers",
            Self::ManyValues => "many_values",
            Self::GrowingValues => "growing_values",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
