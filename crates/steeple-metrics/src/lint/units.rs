//! The words for units in the names of metrics.

const BASE_UNITS: [&str; 10] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds",
    "volts",
];

const OTHER_UNITS: [(&str, &str); 17] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("bits", "bytes"),
    ("percent", "ratio"),
    ("percentage", "ratio"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("feet", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

const PREFIXES: [&str; 20] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi", "exa", "exbi",
];

const ABBREVIATIONS: [(&[&str], &str); 4] = [
    (
        &[
            "s", "ms", "us", "ns", "sec", "secs", "msec", "msecs", "usec", "usecs", "nsec",
            "nsecs", "millis", "micros", "nanos", "h", "d",
        ],
        "seconds",
    ),
    (
        &[
            "b", "kb", "mb", "gb", "tb", "pb", "kib", "mib", "gib", "tib", "pib",
        ],
        "bytes",
    ),
    (&["pct"], "ratio"),
    (&["m"], "meters"),
];

/// The base unit of what `word` measures, if it is a unit that is spelled out.
pub(super) fn base_of(word: &str) -> Option<&'static str> {
    base_without_prefix(word).or_else(|| {
        let mut rests = PREFIXES
            .iter()
            .filter_map(|prefix| word.strip_prefix(prefix));
        rests.find_map(base_without_prefix)
    })
}

/// The base unit of what `word` measures, if it is a unit's abbreviation.
pub(super) fn base_of_abbreviation(word: &str) -> Option<&'static str> {
    let mut measures = ABBREVIATIONS.into_iter();
    measures.find_map(|(abbreviations, base)| abbreviations.contains(&word).then_some(base))
}

fn base_without_prefix(word: &str) -> Option<&'static str> {
    let base = BASE_UNITS.into_iter().find(|base| *base == word);
    base.or_else(|| {
        let mut others = OTHER_UNITS.into_iter();
        others.find_map(|(other, base)| (other == word).then_some(base))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_its_base() {
        for (word, base) in [
            ("seconds", Some("seconds")),
            ("milliseconds", Some("seconds")),
            ("microseconds", Some("seconds")),
            ("days", Some("seconds")),
            ("kibibytes", Some("bytes")),
            ("gigabits", Some("bytes")),
            ("percent", Some("ratio")),
            ("metres", Some("metres")),
            ("second", None),
            ("requests", None),
            ("milli", None),
        ] {
            assert_eq!(base_of(word), base, "{word}");
        }
        assert_eq!(base_of_abbreviation("ms"), Some("seconds"));
        assert_eq!(base_of_abbreviation("kib"), Some("bytes"));
        assert_eq!(base_of_abbreviation("id"), None);
    }
}
