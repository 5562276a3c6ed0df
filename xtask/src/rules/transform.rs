//! The `Transform` of steeple-actix stays small: it has fewer than 300 lines of code.

use std::fs;

use anyhow::Context as _;

use super::report;
use crate::workspace::Workspace;

const DIRECTORY: &str = "crates/steeple-actix/src";
/// The middleware and what it does with heads, answers and bodies.
const FILES: [&str; 4] = ["service.rs", "head.rs", "answer.rs", "body.rs"];
const LIMIT: usize = 300;

/// Counts the lines.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut lines = 0;
    for file in FILES {
        let path = workspace.root.join(DIRECTORY).join(file);
        let text = fs::read_to_string(&path);
        lines += lines_of_code(&text.with_context(|| format!("cannot read {}", path.display()))?);
    }
    report(&Vec::from_iter(finding(lines)))
}

fn finding(lines: usize) -> Option<String> {
    (lines >= LIMIT).then(|| {
        let files = FILES.join(", ");
        format!(
            "{files} of {DIRECTORY} have {lines} lines of code: let them have fewer than {LIMIT}"
        )
    })
}

/// The lines that are neither blank nor comments.
fn lines_of_code(text: &str) -> usize {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    text.lines().map(str::trim_start).filter(is_code).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_are_no_code() {
        assert_eq!(
            lines_of_code("//! a\n\nuse b;\n    // c\n    d(); // e\n"),
            2
        );
    }

    #[test]
    fn the_limit_itself_is_too_much() {
        assert_eq!(finding(299), None);
        assert!(finding(300).is_some_and(|finding| finding.contains("300 lines of code")));
    }
}
