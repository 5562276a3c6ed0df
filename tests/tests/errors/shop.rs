//! A service on axum that fails in every way.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use steeple::{
    Steeple, SteepleBuilder,
    core::{errors::Backtrace, log_error},
    current,
    errors::Group,
};
use steeple_tests::serving::serve;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
#[error("order {order} cannot be paid")]
struct NotPaid {
    order: u64,
    source: BankAway,
}

#[derive(Debug, thiserror::Error)]
#[error("the bank is away")]
struct BankAway {
    source: io::Error,
}

fn not_paid(order: u64) -> NotPaid {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "10.0.0.7 refused");
    NotPaid {
        order,
        source: BankAway { source: refused },
    }
}

pub(crate) struct Shop {
    pub(crate) address: SocketAddr,
    pub(crate) steeple: Steeple,
}

impl Shop {
    pub(crate) fn open(configure: impl FnOnce(SteepleBuilder) -> SteepleBuilder) -> Self {
        // What fails while another test has it done has no backtrace.
        Backtrace::prepare();
        let builder = Steeple::builder("shop")
            .private()
            .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
            .errors(|errors| errors);
        let steeple = configure(builder).build().unwrap();
        let router = router().layer(steeple.axum());
        let address = serve(router, 1);
        Self { address, steeple }
    }

    /// Status and request id of the answer.
    pub(crate) fn visit(&self, path: &str) -> (u16, String) {
        let answer = ureq::get(format!("http://{}{path}", self.address))
            .config()
            .http_status_as_error(false)
            .build()
            .call()
            .unwrap();
        let id = answer.headers().get("x-request-id").unwrap();
        (answer.status().as_u16(), id.to_str().unwrap().to_owned())
    }

    /// The groups of what happened so far.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let errors = self.steeple.errors().unwrap();
        assert!(errors.flush_blocking(DEADLINE).is_complete());
        errors.groups()
    }
}

fn router() -> Router {
    Router::new()
        .route("/panics/{order}", get(panics))
        .route("/chain/{order}", get(chain))
        .route("/refund/{order}", get(refund))
        .route(
            "/unexplained/{order}",
            get(async || StatusCode::BAD_GATEWAY),
        )
        .route("/spawned/{order}", get(spawned))
        .route("/logged/{order}", get(logged))
        .route("/missing/{order}", get(async || StatusCode::NOT_FOUND))
}

async fn panics(Path(order): Path<u64>) -> &'static str {
    current::user(&format!("user {}", order % 3));
    panic!("order {order} is gone");
}

async fn chain(Path(order): Path<u64>) -> StatusCode {
    current::tag("tenant", "acme");
    current::attach(&not_paid(order));
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Fails as another handler does, elsewhere.
async fn refund(path: Path<u64>) -> StatusCode {
    chain(path).await
}

async fn spawned(Path(order): Path<u64>) -> String {
    let task = tokio::spawn(async move { assert_eq!(order, 0, "only nothing is delivered") });
    format!("{:?}", task.await.is_err())
}

async fn logged(Path(order): Path<u64>) -> &'static str {
    log_error(&not_paid(order), &[("cache", "prices")]);
    "served from memory"
}
