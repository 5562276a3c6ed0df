//! Allocations and bytes a request, counted by the global allocator on the thread that serves.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use crate::Subject;

/// The system's allocator, counting per thread, so that counting adds no contention.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

thread_local! {
    static COUNTED: Cell<Allocations<u64>> = const { Cell::new(Allocations { count: 0, bytes: 0 }) };
}

/// How often memory was asked for, and how much: a reallocation counts once, with its growth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocations<T = f64> {
    /// Calls of the allocator.
    pub count: T,
    /// Bytes asked for.
    pub bytes: T,
}

fn count(bytes: usize) {
    let counted = COUNTED.get();
    COUNTED.set(Allocations {
        count: counted.count + 1,
        bytes: counted.bytes + bytes as u64,
    });
}

#[expect(
    unsafe_code,
    reason = "counting what the global allocator does means being it"
)]
// SAFETY: every call is handed to `System` unchanged; the counters neither allocate nor unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

impl Allocations {
    /// Allocations a request of `subject` in the steady state.
    ///
    /// Needs [`CountingAllocator`] as the program's global allocator; reads 0 without it.
    #[must_use]
    pub fn per_request(subject: Subject) -> Self {
        const REQUESTS: u32 = 10_000;
        let observed = subject.observe();
        let mut server = (observed.server)();
        let mut serve = || {
            for _ in 0..REQUESTS {
                std::hint::black_box(server());
            }
        };
        serve();
        let before = COUNTED.get();
        serve();
        let after = COUNTED.get();
        Self {
            count: (after.count - before.count) as f64 / f64::from(REQUESTS),
            bytes: (after.bytes - before.bytes) as f64 / f64::from(REQUESTS),
        }
    }
}
