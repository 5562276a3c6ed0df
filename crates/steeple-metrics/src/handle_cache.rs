//! The handles that a thread has recorded through lately, so that it finds them without a lock or an allocation.

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, Hasher as _},
    sync::OnceLock,
    thread::{self, LocalKey},
};

use foldhash::fast::RandomState;
use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder};

use crate::{Registry, key_index::Hashed};

/// How many handles of a kind a thread keeps. Beyond it, it begins anew.
const MOST: usize = 2_000;

/// How many bytes the label values of a handle that is kept may have. Who sends long ones shall not fill the memory.
const LONGEST: usize = 256;

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// The registry that is the process's recorder. Handles into any other recorder are not kept: it may come and go, or drop
/// what is idle while we hold on to it.
static INSTALLED: OnceLock<Installed> = OnceLock::new();

struct Installed {
    registry: Registry,
    /// Where the recorder is that the facade hands out.
    address: usize,
}

/// Lets handles into `registry`, which has just become the process's recorder, be kept.
pub(crate) fn install(registry: &Registry) {
    // Asked for on a thread of its own, where nobody can have set another recorder. Without one nothing is kept.
    let asked = thread::Builder::new().spawn(|| metrics::with_recorder(address));
    if let Some(address) = asked.ok().and_then(|thread| thread.join().ok()) {
        INSTALLED.get_or_init(|| Installed {
            registry: registry.clone(),
            address,
        });
    }
}

/// A handle of the facade.
pub trait Instrument: Sized + 'static {
    #[doc(hidden)]
    fn register(recorder: &dyn Recorder, key: &Key) -> Self;
    #[doc(hidden)]
    fn cache() -> &'static LocalKey<RefCell<Cache<Self>>>;
}

/// Calls `record` with the handle for these label values at this call site, kept or made by `register`.
#[inline]
pub(crate) fn with<I: Instrument>(
    site: usize,
    values: &[&str],
    register: impl Fn() -> I,
    record: impl FnOnce(&I),
) {
    let mut record = Some(record);
    if let Some(installed) = in_charge() {
        let generation = installed.registry.generation();
        // Not there while the thread ends, nor where recording records.
        let _ = I::cache().try_with(|cache| {
            let mut cache = cache.try_borrow_mut().ok()?;
            let handle = cache.find(generation, site, values, &register)?;
            record.take()?(handle);
            Some(())
        });
    }
    if let Some(record) = record {
        record(&register());
    }
}

#[inline]
fn in_charge() -> Option<&'static Installed> {
    let installed = INSTALLED.get()?;
    (metrics::with_recorder(address) == installed.address).then_some(installed)
}

fn address(recorder: &dyn Recorder) -> usize {
    std::ptr::from_ref(recorder).addr()
}

/// Handles by the hash of what they are for; of two with one hash, the later stays.
#[doc(hidden)]
#[derive(Debug)]
pub struct Cache<I> {
    handles: HashMap<u64, Kept<I>, BuildHasherDefault<Hashed>>,
    hashes: RandomState,
    generation: u32,
}

#[derive(Debug)]
struct Kept<I> {
    site: usize,
    values: Box<[Box<str>]>,
    handle: I,
}

impl<I> Cache<I> {
    fn new() -> Self {
        Self {
            handles: HashMap::default(),
            hashes: RandomState::default(),
            generation: 0,
        }
    }

    /// The handle that is kept, or made and kept; `None` if it is not one to keep.
    #[inline]
    fn find(
        &mut self,
        generation: u32,
        site: usize,
        values: &[&str],
        register: impl Fn() -> I,
    ) -> Option<&I> {
        if generation != self.generation || self.handles.len() > MOST {
            self.begin(generation);
        }
        match self.handles.entry(self.hash(site, values)) {
            Entry::Occupied(entry) if entry.get().is_for(site, values) => {
                Some(&entry.into_mut().handle)
            }
            entry if is_short(values) => {
                let kept = Kept::new(site, values, register());
                Some(&entry.insert_entry(kept).into_mut().handle)
            }
            _ => None,
        }
    }

    /// Lets go of all handles, so that the registry can drop what is idle and the thread finds what has come in its place.
    #[cold]
    fn begin(&mut self, generation: u32) {
        self.handles.clear();
        self.generation = generation;
    }

    #[inline]
    fn hash(&self, site: usize, values: &[&str]) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        hasher.write_usize(site);
        for value in values {
            hasher.write(value.as_bytes());
            hasher.write_usize(value.len());
        }
        hasher.finish()
    }
}

impl<I> Kept<I> {
    #[cold]
    fn new(site: usize, values: &[&str], handle: I) -> Self {
        Self {
            site,
            values: values.iter().map(|value| Box::from(*value)).collect(),
            handle,
        }
    }

    #[inline]
    fn is_for(&self, site: usize, values: &[&str]) -> bool {
        let known = self.values.iter().map(|value| &**value);
        self.site == site && known.eq(values.iter().copied())
    }
}

fn is_short(values: &[&str]) -> bool {
    values.iter().map(|value| value.len()).sum::<usize>() <= LONGEST
}

impl Instrument for Counter {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_counter(key, &METADATA)
    }

    #[inline]
    fn cache() -> &'static LocalKey<RefCell<Cache<Self>>> {
        thread_local! {
            static CACHE: RefCell<Cache<Counter>> = RefCell::new(Cache::new());
        }
        &CACHE
    }
}

impl Instrument for Gauge {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_gauge(key, &METADATA)
    }

    #[inline]
    fn cache() -> &'static LocalKey<RefCell<Cache<Self>>> {
        thread_local! {
            static CACHE: RefCell<Cache<Gauge>> = RefCell::new(Cache::new());
        }
        &CACHE
    }
}

impl Instrument for Histogram {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_histogram(key, &METADATA)
    }

    #[inline]
    fn cache() -> &'static LocalKey<RefCell<Cache<Self>>> {
        thread_local! {
            static CACHE: RefCell<Cache<Histogram>> = RefCell::new(Cache::new());
        }
        &CACHE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_kept_for_short_values_only() {
        let mut cache = Cache::new();
        for length in [1, 10, 100, 1_000, 10_000] {
            let value = "v".repeat(length);
            cache.find(0, 1, &["", &value], Counter::noop);
        }
        assert_eq!(cache.handles.len(), 3);
    }
}
