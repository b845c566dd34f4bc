//! The allocator, which can be told never to answer again: the host's next argument then finds no end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

struct Moody;

#[global_allocator]
static MOODY: Moody = Moody;

static ENDLESS: AtomicBool = AtomicBool::new(false);

/// From the next call on nothing is allocated any more.
pub fn turn_endless() {
    ENDLESS.store(true, Ordering::Relaxed);
}

// SAFETY: everything is left to the system's allocator, apart from not answering at all.
unsafe impl GlobalAlloc for Moody {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        while ENDLESS.load(Ordering::Relaxed) {}
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: what is freed came from `alloc`.
        unsafe { System.dealloc(at, layout) }
    }
}
