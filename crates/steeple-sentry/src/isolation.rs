use std::{cell::RefCell, fmt, sync::Arc};

use sentry_core::{Client, Hub, HubSwitchGuard, Scope};

thread_local! {
    /// What switches back to the hubs that were current before those of requests, the outermost first.
    static SWITCHED: RefCell<Vec<HubSwitchGuard>> = {
        // What was there first is destroyed last: as long as there is this, there is the current hub.
        let _ = Hub::current();
        RefCell::default()
    };
}

/// Makes hubs for requests and jobs.
#[derive(Clone)]
pub(crate) struct Hubs {
    pub(crate) client: Arc<Client>,
    /// Whether they know what the scope of the process says.
    pub(crate) is_private: bool,
}

impl Hubs {
    /// One that goes on from what the scope of the process says by now.
    pub(crate) fn new_hub(&self) -> Hub {
        if self.is_private {
            let client = Some(Arc::clone(&self.client));
            Hub::new(client, Arc::new(Scope::default()))
        } else {
            Hub::new_from_top(Hub::main())
        }
    }

    pub(crate) fn new_scope(&self) -> Arc<dyn steeple_core::Scope> {
        Arc::new(OwnHub(Arc::new(self.new_hub())))
    }
}

/// The hub of one request or job: what is said in its scope is said of nothing else.
struct OwnHub(Arc<Hub>);

impl steeple_core::Scope for OwnHub {
    fn enter(&self) {
        let _ = SWITCHED.try_with(|switched| {
            let guard = HubSwitchGuard::new(Arc::clone(&self.0));
            switched.borrow_mut().push(guard);
        });
    }

    fn exit(&self) {
        let guard = SWITCHED.try_with(|switched| switched.borrow_mut().pop());
        drop(guard);
    }
}

impl fmt::Debug for OwnHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnHub(..)")
    }
}
