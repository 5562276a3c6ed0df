//! A bounded metrics registry that aggregates at record time and renders Prometheus text.
