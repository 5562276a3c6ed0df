use std::error::Error;

use deadpool::managed::{Manager, Object, Pool};

use super::DATASTORE;
use crate::Check;

/// That a pool of deadpool can be filled: its manager makes an object anew in each run, which for most is to connect and to log in,
/// and lets go of it. Nothing is taken from the pool. A pool that was closed is down.
pub fn deadpool<M, W>(pool: &Pool<M, W>) -> Check
where
    M: Manager<Error: Error + Send + Sync + 'static> + 'static,
    W: From<Object<M>> + 'static,
{
    let pool = pool.clone();
    let create = move || {
        let pool = pool.clone();
        async move {
            if pool.is_closed() {
                return Err("the pool is closed".into());
            }
            let created = pool.manager().create().await;
            created
                .map(drop)
                .map_err(Box::<dyn Error + Send + Sync>::from)
        }
    };
    Check::asking(create).component(DATASTORE)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        time::Duration,
    };

    use ::deadpool::managed::{Metrics, RecycleResult};
    use futures_executor::block_on;

    use crate::Health;

    use super::*;

    /// Connects as long as it is told to.
    #[derive(Debug)]
    struct Connects(Arc<AtomicBool>);

    impl Manager for Connects {
        type Type = ();
        type Error = io::Error;

        async fn create(&self) -> Result<(), io::Error> {
            let connects = self.0.load(SeqCst).then_some(());
            connects.ok_or(io::ErrorKind::ConnectionRefused.into())
        }

        async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<io::Error> {
            Ok(())
        }
    }

    #[test]
    fn a_pool_is_up_while_its_manager_connects_however_much_of_it_is_used() {
        let connects = Arc::new(AtomicBool::new(true));
        let pool: Pool<Connects> = Pool::builder(Connects(connects.clone()))
            .max_size(1)
            .build()
            .unwrap_or_else(|error| panic!("{error}"));
        let check = deadpool(&pool).cache(Duration::ZERO);
        let health = Health::builder().check("pool", check).start().unwrap();
        let used = block_on(pool.get()).map_err(|error| error.to_string());
        assert!(used.is_ok());
        assert!(block_on(health.is_ready()), "the pool is used to its limit");
        connects.store(false, SeqCst);
        assert!(!block_on(health.is_ready()));
        connects.store(true, SeqCst);
        assert!(block_on(health.is_ready()));
        pool.close();
        assert!(!block_on(health.is_ready()));
    }
}
