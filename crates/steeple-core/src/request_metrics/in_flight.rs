//! The gauge of requests that are being answered, by route.

use std::sync::Arc;

use metrics::{Gauge, Key, Recorder};

use crate::{
    head::HttpVersion,
    insert_map::InsertMap,
    label::OTHER,
    method::Method,
    observer::Shared,
    request_metrics::{METADATA, MOST_SERIES, admission::Admission, preset::Preset},
    route::Route,
};

/// Such a gauge by the names of a preset.
pub(super) struct InFlight {
    name: &'static str,
    preset: Arc<Preset>,
    gauges: InsertMap<(u8, u16), Gauge>,
    /// A request must leave the gauge that it entered, so the answer for a method and route must stay the same: it is this
    /// gauge's own, and is asked for one version.
    admission: Admission,
}

impl InFlight {
    pub(super) fn of(preset: &Arc<Preset>) -> Option<Self> {
        Some(Self {
            name: preset.in_flight?,
            preset: Arc::clone(preset),
            gauges: InsertMap::with_limit(MOST_SERIES),
            admission: Admission::new(),
        })
    }

    /// Hands the gauge of requests with `method` that began on `route` to `change`.
    pub(super) fn change(
        &self,
        recorder: &dyn Recorder,
        shared: &Shared,
        method: Method,
        route: Route,
        change: impl FnOnce(&Gauge),
    ) {
        let key = (method.0, route.0);
        let register = || self.register(recorder, shared, method, route);
        match self.gauges.find_or_insert(&key, || (key, register())) {
            Some((_, gauge)) => change(gauge),
            None => change(&register()),
        }
    }

    #[cold]
    fn register(
        &self,
        recorder: &dyn Recorder,
        shared: &Shared,
        method: Method,
        route: Route,
    ) -> Gauge {
        let admitted = self
            .admission
            .admits(route, method, HttpVersion::Http11, true);
        let method = if admitted {
            shared.methods.name(method)
        } else {
            OTHER
        };
        let labels = self
            .preset
            .first_labels(method, shared.routes.template(route));
        recorder.register_gauge(&Key::from_parts(self.name, labels), &METADATA)
    }
}
