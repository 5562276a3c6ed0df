use redis::{Client, RedisResult, aio::MultiplexedConnection, cmd};

use super::{DATASTORE, kept::Kept};
use crate::Check;

/// That Redis, or what speaks as it does, answers `PING`.
///
/// It has one connection of its own, which it keeps; one that broke is replaced at once. The client is that which a
/// `ConnectionManager` is made of.
pub fn redis(client: &Client) -> Check {
    let (client, kept) = (client.clone(), Kept::none());
    Check::asking(move || answers(client.clone(), kept.clone())).component(DATASTORE)
}

async fn answers(client: Client, kept: Kept<MultiplexedConnection>) -> RedisResult<()> {
    let ping = cmd("PING");
    if let Some(mut connection) = kept.take()
        && ping.exec_async(&mut connection).await.is_ok()
    {
        kept.keep(connection);
        return Ok(());
    }
    let mut connection = client.get_multiplexed_async_connection().await?;
    ping.exec_async(&mut connection).await?;
    kept.keep(connection);
    Ok(())
}
