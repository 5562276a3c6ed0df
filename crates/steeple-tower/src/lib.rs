//! Observes every request of a tower HTTP service with steeple.
