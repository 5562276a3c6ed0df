//! Allocations and bytes a request, counted by the global allocator on the thread that serves.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
};

use crate::Subject;

/// The system's allocator, counting per thread, so that counting adds no contention.
///
/// Each thread keeps what it frees for its next request of the same size, as the caches of allocators do. glibc's own is out of
/// step with the sizes asked for: as the heap happens to lie, it costs the same requests 1,500 instructions more or less.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

/// The largest block that is kept, in bytes.
const LARGEST: usize = 4_096;
/// Sizes are rounded up to this, and blocks aligned to it.
const STEP: usize = 16;

thread_local! {
    /// The block freed last, for each size; it holds the address of the one before it.
    static FREE: [Cell<*mut u8>; LARGEST / STEP + 1] =
        const { [const { Cell::new(ptr::null_mut()) }; LARGEST / STEP + 1] };
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

/// Which of the free lists blocks of that layout are in; `None` if they are not kept.
fn list(layout: Layout) -> Option<usize> {
    let kept = layout.size() <= LARGEST && layout.align() <= STEP;
    kept.then(|| layout.size().div_ceil(STEP))
}

#[expect(
    unsafe_code,
    reason = "counting what the global allocator does means being it"
)]
// SAFETY: blocks are `System`'s, given out to one owner at a time; neither the counters nor the lists allocate or unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        let Some(list) = list(layout) else {
            // SAFETY: the caller's contract is `System`'s.
            return unsafe { System.alloc(layout) };
        };
        FREE.with(|free| {
            let block = free[list].get();
            // SAFETY: a block in the list is at least a step long and holds an address; a new one is as its list needs it.
            unsafe {
                if block.is_null() {
                    return System.alloc(Layout::from_size_align_unchecked(list * STEP, STEP));
                }
                free[list].set(block.cast::<*mut u8>().read());
            }
            block
        })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let Some(list) = list(layout) else {
            // SAFETY: the caller's contract is `System`'s.
            return unsafe { System.dealloc(pointer, layout) };
        };
        FREE.with(|free| {
            // SAFETY: the block is nobody's any more, and at least a step long.
            unsafe { pointer.cast::<*mut u8>().write(free[list].get()) };
            free[list].set(pointer);
        });
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let counted = COUNTED.get();
        // SAFETY: the caller's contract; `size` is not zero and does not overflow when it is rounded up.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(pointer, new, layout.size().min(size));
                self.dealloc(pointer, layout);
            }
            COUNTED.set(counted);
            count(size.saturating_sub(layout.size()));
            new
        }
    }
}

impl Allocations<u64> {
    /// What `work` asks for on this thread.
    ///
    /// Needs [`CountingAllocator`] as the program's global allocator; reads 0 without it.
    pub(crate) fn of(work: impl FnOnce()) -> Self {
        let before = COUNTED.get();
        work();
        let after = COUNTED.get();
        Self {
            count: after.count - before.count,
            bytes: after.bytes - before.bytes,
        }
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
        let of_all = Allocations::of(serve);
        Self {
            count: of_all.count as f64 / f64::from(REQUESTS),
            bytes: of_all.bytes as f64 / f64::from(REQUESTS),
        }
    }
}
