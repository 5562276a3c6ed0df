//! The rules on names, units and descriptions.

use crate::{
    FamilySnapshot, Kind, Rule,
    lint::{
        units,
        words::{Name, snake_case},
    },
    name,
};

/// Tells what to do if the metric offends against the rule.
type Judge = fn(&FamilySnapshot) -> Option<String>;

const OF_METRICS: [(Rule, Judge); 12] = [
    (Rule::MissingHelp, missing_help),
    (Rule::CounterWithoutTotal, counter_without_total),
    (Rule::TotalWithoutCounter, total_without_counter),
    (Rule::ReservedSuffix, reserved_suffix),
    (Rule::NonBaseUnit, non_base_unit),
    (Rule::UnitNotLast, unit_not_last),
    (Rule::AbbreviatedUnit, abbreviated_unit),
    (Rule::MissingUnit, missing_unit),
    (Rule::TypeInName, type_in_name),
    (Rule::CamelCase, camel_case),
    (Rule::Colon, colon),
    (Rule::RepeatedWords, repeated_words),
];

/// What is wrong with the metric itself.
pub(super) fn of_metric(metric: &FamilySnapshot) -> impl Iterator<Item = (Rule, String)> {
    OF_METRICS
        .into_iter()
        .filter_map(|(rule, judge)| Some((rule, judge(metric)?)))
}

/// What is wrong with the name of one of its labels.
pub(super) fn of_label(
    metric: &FamilySnapshot,
    label: &str,
) -> impl Iterator<Item = (Rule, String)> {
    let reserved = ["le", "quantile"].contains(&label).then(|| {
        let advice = format!("the label `{label}` is for buckets and quantiles: call it otherwise");
        (Rule::ReservedLabel, advice)
    });
    let camel_case = snake_case(label).map(|snake_case| {
        let advice = format!("the label `{label}` is not in `snake_case`: call it `{snake_case}`");
        (Rule::CamelCase, advice)
    });
    let named_as_type = (label == metric.kind.as_str()).then(|| {
        let advice = format!(
            "the label `{label}` is called what the metric's type is: call it what its values are"
        );
        (Rule::LabelNamedAsType, advice)
    });
    [reserved, camel_case, named_as_type].into_iter().flatten()
}

fn missing_help(metric: &FamilySnapshot) -> Option<String> {
    metric.help.is_empty().then(|| {
        let (kind, name) = (metric.kind, &metric.recorded_name);
        format!("it has no help text: describe it with `describe_{kind}!({name:?}, ..)`")
    })
}

fn counter_without_total(metric: &FamilySnapshot) -> Option<String> {
    let name = &metric.name;
    let offends = metric.kind == Kind::Counter && !name.ends_with("_total");
    offends.then(|| format!("a counter's name ends in `_total`: call it `{name}_total`"))
}

fn total_without_counter(metric: &FamilySnapshot) -> Option<String> {
    let stem = metric.name.strip_suffix("_total")?;
    let kind = metric.kind;
    (kind != Kind::Counter)
        .then(|| format!("`_total` is for counters, and this is a {kind}: call it `{stem}`"))
}

fn reserved_suffix(metric: &FamilySnapshot) -> Option<String> {
    let kind = metric.kind;
    let mut suffixes = ["_bucket", "_count", "_sum"].into_iter();
    let (suffix, stem) =
        suffixes.find_map(|suffix| Some((suffix, metric.name.strip_suffix(suffix)?)))?;
    (kind != Kind::Histogram).then(|| {
        format!(
            "`{suffix}` is what a histogram appends, and this is a {kind}: call it `{stem}` or otherwise"
        )
    })
}

fn non_base_unit(metric: &FamilySnapshot) -> Option<String> {
    let name = Name::of(metric);
    let (place, base) = name.unit()?;
    let unit = name.words[place];
    (unit != base).then(|| {
        let renamed = name.with_unit(place, base);
        format!("`{unit}` is not a base unit: measure it in `{base}` and call it `{renamed}`")
    })
}

fn unit_not_last(metric: &FamilySnapshot) -> Option<String> {
    let name = Name::of(metric);
    let (place, base) = name.unit()?;
    let follows = name.words.get(place + 1)?;
    (name.words[place] == base && *follows != "per").then(|| {
        let renamed = name.with_unit(place, base);
        format!("the unit `{base}` does not end the name: call it `{renamed}`")
    })
}

fn abbreviated_unit(metric: &FamilySnapshot) -> Option<String> {
    let name = Name::of(metric);
    let base = |place: usize| {
        let word = name.words[place].to_ascii_lowercase();
        Some((place, units::base_of_abbreviation(&word)?))
    };
    let (place, base) = (1..name.words.len()).rev().find_map(base)?;
    let (unit, renamed) = (name.words[place], name.with_unit(place, base));
    Some(format!(
        "`{unit}` abbreviates a unit: measure it in `{base}` and call it `{renamed}`"
    ))
}

fn missing_unit(metric: &FamilySnapshot) -> Option<String> {
    let described = name::unit_suffix(metric.unit?)?;
    let name = Name::of(metric);
    let told = name.words.join("_");
    let is_told = told.strip_suffix(described);
    if is_told.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        || non_base_unit(metric)
            .or_else(|| abbreviated_unit(metric))
            .is_some()
    {
        return None;
    }
    let unit = units::base_of(described).unwrap_or(described);
    let renamed = name.joined(name.words.iter().copied().chain([unit]));
    Some(format!(
        "it is described in `{described}`, which its name does not tell: measure it in `{unit}` and call it `{renamed}`"
    ))
}

fn type_in_name(metric: &FamilySnapshot) -> Option<String> {
    let name = Name::of(metric);
    let is_type = |word: &str| {
        ["counter", "gauge", "histogram", "summary"]
            .iter()
            .any(|kind| word.eq_ignore_ascii_case(kind))
    };
    let word = name.words.iter().skip(1).find(|word| is_type(word))?;
    let others = name.words.iter().enumerate();
    let others = others.filter(|(place, word)| *place == 0 || !is_type(word));
    let renamed = name.joined(others.map(|(_, word)| *word));
    Some(format!(
        "`{word}` is a type, which Prometheus knows without it: call it `{renamed}`"
    ))
}

fn camel_case(metric: &FamilySnapshot) -> Option<String> {
    let snake_case = snake_case(&metric.name)?;
    Some(format!(
        "the name is not in `snake_case`: call it `{snake_case}`"
    ))
}

fn colon(metric: &FamilySnapshot) -> Option<String> {
    metric.name.contains(':').then(|| {
        let renamed = metric.name.replace(':', "_");
        format!("`:` is for the names of recording rules: call it `{renamed}`")
    })
}

fn repeated_words(metric: &FamilySnapshot) -> Option<String> {
    let name = Name::of(metric);
    let words = &name.words;
    let (place, length) = (1..=words.len() / 2).find_map(|length| {
        let mut pairs = words.windows(2 * length);
        let place = pairs.position(|pair| pair[..length] == pair[length..])?;
        Some((place, length))
    })?;
    let repeated = words[place..place + length].join("_");
    let others = words[..place].iter().chain(&words[place + length..]);
    let renamed = name.joined(others.copied());
    Some(format!(
        "`{repeated}` is said twice in a row: call it `{renamed}`"
    ))
}
