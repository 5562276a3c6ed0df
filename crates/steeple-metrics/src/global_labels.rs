use crate::{
    Kind, RegisterError,
    labels::{self, OVERFLOW_LABEL, SortedLabel},
};

/// The labels that all series of a registry have.
#[derive(Debug, Default)]
pub(crate) struct GlobalLabels {
    labels: Vec<(String, String)>,
    each_escaped: Box<[Box<str>]>,
    utf8_names: bool,
}

/// What a series' labels are written as.
#[derive(Debug, Clone)]
pub(crate) struct LabelTexts {
    /// Escaped, with underscores; see [`labels::escaped`].
    pub(crate) plain: Box<str>,
    /// With names of any characters, where some have them and are wanted.
    pub(crate) utf8: Option<Box<str>>,
}

impl GlobalLabels {
    pub(crate) fn new(
        labels: Vec<(String, String)>,
        utf8_names: bool,
    ) -> Result<Self, RegisterError> {
        let mut global = Self {
            labels,
            each_escaped: Box::default(),
            utf8_names,
        };
        let pairs: Vec<_> = global.pairs().collect();
        // Of all kinds, histograms reserve the most names.
        labels::validate(Kind::Histogram, &pairs, utf8_names)?;
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let escaped = given.map(|pair| labels::escaped(Kind::Histogram, [pair].into_iter()).into());
        global.each_escaped = escaped.collect();
        Ok(global)
    }

    /// The labels, each one alone as the text format has it.
    pub(crate) fn each_escaped(&self) -> &[Box<str>] {
        &self.each_escaped
    }

    pub(crate) fn utf8_names(&self) -> bool {
        self.utf8_names
    }

    /// How many bytes the labels take when they are escaped.
    pub(crate) fn length(&self) -> usize {
        labels::escaped(Kind::Histogram, self.pairs()).len()
    }

    /// The texts of a series that has these labels and its own; of two with one name its own stays.
    pub(crate) fn with<'s, 'a: 's, L: Iterator<Item = (&'a str, &'a str)>>(
        &'s self,
        kind: Kind,
        own: impl Fn() -> L,
    ) -> LabelTexts {
        let is_own = |global: &str| {
            let given = own().filter(|(_, value)| !value.is_empty());
            let mut names = given.map(|(own, _)| labels::exposed_name(kind, own));
            names.any(|own| own == labels::exposed_name(kind, global))
        };
        let inherited = self.pairs().filter(|(global, _)| !is_own(global));
        let own = own().map(|(name, value)| -> (&'s str, &'s str) { (name, value) });
        self.texts(kind, &labels::sorted(kind, own.chain(inherited)))
    }

    /// The texts of a metric's overflow series.
    pub(crate) fn with_overflow(&self) -> LabelTexts {
        let mut sorted = labels::sorted(Kind::Histogram, self.pairs());
        // It is reserved for this, so that nothing else has it.
        sorted.push((OVERFLOW_LABEL.into(), OVERFLOW_LABEL, "true"));
        sorted.sort_unstable();
        self.texts(Kind::Histogram, &sorted)
    }

    fn texts(&self, kind: Kind, sorted: &[SortedLabel<'_>]) -> LabelTexts {
        let utf8 = self.utf8_names.then(|| labels::utf8_text(kind, sorted));
        LabelTexts {
            plain: labels::plain_text(sorted).into(),
            utf8: utf8.flatten().map(Into::into),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.labels.iter();
        labels.map(|(name, value)| (&**name, &**value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(labels: &[(&str, &str)], utf8_names: bool) -> GlobalLabels {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        GlobalLabels::new(labels.iter().map(owned).collect(), utf8_names).unwrap()
    }

    fn plain(global: &GlobalLabels, own: &[(&str, &str)]) -> String {
        let texts = global.with(Kind::Counter, || own.iter().copied());
        assert_eq!(texts.utf8, None);
        texts.plain.into()
    }

    #[test]
    fn global_labels_stand_among_the_series_own_by_name() {
        let global = global(&[("region", "eu\""), ("env", "test")], false);
        assert_eq!(
            plain(&global, &[("method", "GET")]),
            r#"env="test",method="GET",region="eu\"""#
        );
        assert_eq!(plain(&global, &[]), r#"env="test",region="eu\"""#);
        assert_eq!(global.length(), plain(&global, &[]).len());
    }

    #[test]
    fn a_label_of_the_series_own_wins_unless_it_is_empty() {
        let global = global(&[("deploy.env", "test")], false);
        assert_eq!(
            plain(&global, &[("deploy_env", "live")]),
            r#"deploy_env="live""#
        );
        assert_eq!(
            plain(&global, &[("deploy_env", "")]),
            r#"deploy_env="test""#
        );
    }

    #[test]
    fn the_overflow_label_stands_among_them_by_name() {
        let global = global(&[("zone", "1"), ("env", "test")], false);
        assert_eq!(
            &*global.with_overflow().plain,
            r#"env="test",otel_metric_overflow="true",zone="1""#
        );
    }

    #[test]
    fn names_of_any_characters_are_kept_where_they_are_wanted() {
        let global = global(&[("deploy.env", "test")], true);
        let texts = global.with(Kind::Counter, || [("a", "1")].into_iter());
        assert_eq!(&*texts.plain, r#"a="1",deploy_env="test""#);
        assert_eq!(texts.utf8.as_deref(), Some(r#"a="1","deploy.env"="test""#));
        let overflow = global.with_overflow().utf8.unwrap();
        assert_eq!(
            &*overflow,
            r#""deploy.env"="test",otel_metric_overflow="true""#
        );
    }
}
