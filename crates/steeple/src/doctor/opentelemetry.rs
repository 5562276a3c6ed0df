use std::{collections::BTreeSet, sync::OnceLock, thread};

use tokio::sync::oneshot;

use super::{Code, Diagnosis, Severity, versions};

/// Those of the program, which stay the same.
static VERSIONS: OnceLock<BTreeSet<String>> = OnceLock::new();

/// Looks for more than one version of `opentelemetry` in the program.
pub(super) async fn examine() -> Option<Diagnosis> {
    if VERSIONS.get().is_none() {
        read_executable().await;
    }
    VERSIONS.get().and_then(diagnosis)
}

/// Reads it on a thread of its own, because it takes a while and works on every runtime so.
async fn read_executable() {
    let (sender, is_read) = oneshot::channel::<()>();
    let read = move || {
        VERSIONS.get_or_init(|| versions::of_executable().unwrap_or_default());
        drop(sender);
    };
    // A thread that cannot be had drops the sender, too.
    let _ = thread::Builder::new()
        .name("steeple-doctor".to_owned())
        .spawn(read);
    let _ = is_read.await;
}

fn diagnosis(versions: &BTreeSet<String>) -> Option<Diagnosis> {
    let listed = |form: fn(&String) -> String| {
        let versions: Vec<_> = versions.iter().map(form).collect();
        versions.join(" and ")
    };
    (versions.len() > 1).then(|| {
        Diagnosis::new(
            Code::OpenTelemetryVersions,
            Severity::Warning,
            format!(
                "the program has opentelemetry {}: what one of them makes current or global, the other does not see, so \
                 that spans are lost or in traces of their own",
                listed(String::clone)
            ),
            format!(
                "see with {} what needs each of them, and have it need the same",
                listed(|version| format!("`cargo tree -i opentelemetry@{version}`"))
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(versions: &[&str]) -> Option<Diagnosis> {
        diagnosis(&versions.iter().copied().map(str::to_owned).collect())
    }

    #[test]
    fn versions_are_told_where_there_are_several() {
        assert_eq!(told_of(&[]), None);
        assert_eq!(told_of(&["0.33.1"]), None);
        let told = told_of(&["0.32.0", "0.33.1"]).unwrap();
        assert_eq!(told.code, Code::OpenTelemetryVersions);
        assert!(
            told.what.contains("opentelemetry 0.32.0 and 0.33.1:"),
            "{told}"
        );
        for command in [
            "`cargo tree -i opentelemetry@0.32.0`",
            "`cargo tree -i opentelemetry@0.33.1`",
        ] {
            assert!(told.fix.contains(command), "{told}");
        }
    }
}
