use std::error::Error;

use metrics::counter;
use steeple_metrics::Registry;

/// The only test that installs a recorder: there is one for the whole process.
#[test]
fn a_second_installation_is_a_typed_error() {
    let registry = Registry::new();
    registry.install().unwrap();
    counter!("installed").increment(1);
    assert_eq!(
        registry
            .snapshot()
            .value("installed", &[])
            .unwrap()
            .as_counter(),
        Some(1)
    );

    let error = Registry::new().install().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("another metrics recorder is already installed: ")
    );
    assert!(error.source().is_some());
}
