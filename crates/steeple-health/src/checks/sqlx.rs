use sqlx::{Connection, Database, Error, Executor, Pool};

use super::{DATASTORE, kept::Kept};
use crate::Check;

/// That a database answers `SELECT 1`: PostgreSQL, MySQL, MariaDB, or what else there is a pool of sqlx for. Of SQLite, which answers
/// that without a look at its file, it is that the file can be read.
///
/// It has one connection of its own, made as those of the pool are and kept; one that broke is replaced at once. A pool that was
/// closed is down.
///
/// ```
/// use sqlx::{Database, Executor, Pool};
/// use steeple_health::{Health, HealthBuilder, checks};
///
/// fn checked<DB>(pool: &Pool<DB>) -> HealthBuilder
/// where
///     DB: Database,
///     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
/// {
///     Health::builder().check("database", checks::sqlx(pool))
/// }
/// ```
pub fn sqlx<DB>(pool: &Pool<DB>) -> Check
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let (pool, kept) = (pool.clone(), Kept::none());
    Check::asking(move || answers(pool.clone(), kept.clone())).component(DATASTORE)
}

async fn answers<DB>(pool: Pool<DB>, kept: Kept<DB::Connection>) -> Result<(), Error>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let query = query::<DB>();
    if pool.is_closed() {
        return Err(Error::PoolClosed);
    }
    if let Some(mut connection) = kept.take()
        && connection.execute(query).await.is_ok()
    {
        kept.keep(connection);
        return Ok(());
    }
    let options = pool.connect_options();
    let mut connection = DB::Connection::connect_with(&options).await?;
    connection.execute(query).await?;
    kept.keep(connection);
    Ok(())
}

fn query<DB: Database>() -> &'static str {
    match DB::NAME {
        // It is in the file.
        "SQLite" => "PRAGMA schema_version",
        _ => "SELECT 1",
    }
}
