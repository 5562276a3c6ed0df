//! What the shop does, whatever framework it is served by.

use std::{io, time::Duration};

use futures_util::{Stream, stream};
use tokio::time::sleep;

pub(crate) const ITEMS: &str = "apple, pear, plum\n";

#[tracing::instrument]
pub(crate) fn look_up(item: &str) -> Option<String> {
    let is_in_stock = ["apple", "pear", "plum"].contains(&item);
    tracing::info!(is_in_stock, "looked up");
    is_in_stock.then(|| format!("{item}: in stock\n"))
}

pub(crate) fn note_wishes(wishes: &[u8]) -> String {
    format!("{} bytes of wishes noted\n", wishes.len())
}

/// Fails one time in ten.
#[tracing::instrument]
pub(crate) async fn pay() -> io::Result<&'static str> {
    sleep(Duration::from_millis(fastrand::u64(5..40))).await;
    if fastrand::u8(0..10) == 0 {
        return Err(io::Error::new(
            io::ErrorKind::ConnectionRefused,
            "the bank does not answer",
        ));
    }
    Ok("thank you\n")
}

/// Comes row by row.
pub(crate) fn rows() -> impl Stream<Item = String> {
    stream::unfold(0, async |row| {
        sleep(Duration::from_millis(10)).await;
        (row < 20).then(|| (format!("row {row}\n"), row + 1))
    })
}

/// Goes on for as long as somebody listens.
pub(crate) fn orders() -> impl Stream<Item = String> {
    stream::unfold(0_u64, async |number| {
        sleep(Duration::from_millis(500)).await;
        Some((format!("order {number}"), number + 1))
    })
}

/// Is slow.
pub(crate) async fn report() -> &'static str {
    sleep(Duration::from_millis(fastrand::u64(200..1_200))).await;
    "all is well\n"
}

/// Panics.
pub(crate) async fn legacy() -> &'static str {
    panic!("nobody understands this code any more")
}
