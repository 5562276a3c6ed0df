//! How many tests ran, as their runners' closing lines tell.

use std::{fmt, ops::AddAssign};

/// Counts of tests; shown as the plain closing line that CI reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Totals {
    /// Reads nextest's one `Summary` line; what the tests themselves printed stands before it.
    pub(crate) fn of_nextest(output: &str) -> Self {
        let plain = without_colours(output);
        plain
            .lines()
            .rev()
            .find(|line| line.trim_start().starts_with("Summary ["))
            .and_then(|line| line.split_once("run:"))
            .map(|(_, counts)| Self::of_counts(&without_parentheses(counts), ','))
            .unwrap_or_default()
    }

    /// Adds up libtest's `test result` lines, one for each test binary.
    pub(crate) fn of_libtest(output: &str) -> Self {
        let plain = without_colours(output);
        let mut totals = Self::default();
        for line in plain.lines() {
            if let Some((_, counts)) = line
                .strip_prefix("test result: ")
                .and_then(|result| result.split_once(". "))
            {
                totals += Self::of_counts(counts, ';');
            }
        }
        totals
    }

    fn of_counts(counts: &str, separator: char) -> Self {
        let mut totals = Self::default();
        for (count, what) in counts
            .split(separator)
            .filter_map(|part| part.trim().split_once(' '))
        {
            let count = count.parse().unwrap_or(0);
            match what {
                "passed" => totals.passed += count,
                "failed" | "timed out" | "exec failed" => totals.failed += count,
                "skipped" | "ignored" => totals.skipped += count,
                _ => {}
            }
        }
        totals
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {skipped} skipped"
        )
    }
}

/// Leaves out `ESC [ ... letter` sequences.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|character: char| character.is_ascii_alphabetic());
        plain.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    plain
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|character| {
            match character {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summary_is_read_through_colours_and_remarks() {
        let output = "test result: FAILED. 0 passed; 1 failed; 0 ignored\n\
            \x1b[1m     Summary\x1b[0m [   1.2s] 9 tests run: \x1b[32m5 passed\x1b[0m (1 slow, 2 leaky), \
            2 failed, 1 timed out, 1 exec failed, 3 skipped\n";
        assert_eq!(
            Totals::of_nextest(output),
            Totals {
                passed: 5,
                failed: 4,
                skipped: 3
            }
        );
    }

    #[test]
    fn libtest_results_of_all_binaries_add_up() {
        let output = "test a ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.1s\n\
            test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            Totals::of_libtest(output),
            Totals {
                passed: 5,
                failed: 4,
                skipped: 1
            }
        );
    }

    #[test]
    fn output_without_a_closing_line_counts_nothing() {
        assert_eq!(
            Totals::of_nextest("error: could not compile"),
            Totals::default()
        );
        assert_eq!(Totals::of_libtest(""), Totals::default());
    }

    #[test]
    fn the_closing_line_is_plain() {
        let mut totals = Totals {
            passed: 1,
            failed: 0,
            skipped: 0,
        };
        totals += Totals {
            passed: 2,
            failed: 3,
            skipped: 4,
        };
        assert_eq!(totals.to_string(), "3 passed, 3 failed, 4 skipped");
    }
}
