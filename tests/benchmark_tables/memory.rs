//! An allocator that knows how much memory measured work uses, on all of its threads. What other tests
//! of this program allocate meanwhile is not counted: tables that were published are large.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

thread_local! {
    /// Whether this thread does measured work.
    static IS_MEASURED: Cell<bool> = const { Cell::new(false) };
}

static IN_USE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    if !IS_MEASURED.try_with(Cell::get).unwrap_or(false) {
        return;
    }
    let now = IN_USE.fetch_add(bytes, SeqCst) + bytes;
    PEAK.fetch_max(now, SeqCst);
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: `pointer` came from `alloc` above with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The threads of measured work; what readers do on several threads, they do on these.
static THREADS: Mutex<Option<ThreadPool>> = Mutex::new(None);

/// The most memory in use while `work` ran beyond what was in use before.
pub fn peak<T: Send>(work: impl FnOnce() -> T + Send) -> (T, usize) {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let threads = threads.get_or_insert_with(|| {
        let measured = |_| IS_MEASURED.set(true);
        ThreadPoolBuilder::new().start_handler(measured).build().unwrap()
    });
    let before = IN_USE.load(SeqCst);
    PEAK.store(before, SeqCst);
    let result = threads.install(work);
    (result, (PEAK.load(SeqCst) - before).max(0) as usize)
}

#[test]
fn memory_counts_on_all_threads_of_the_work_and_on_no_other() {
    const BYTES: usize = 8 << 20;
    let ((), used) = peak(|| {
        rayon::join(|| drop(vec![1_u8; BYTES]), || ());
        let other = std::thread::spawn(|| vec![1_u8; 10 * BYTES]);
        drop(other.join().unwrap());
    });
    assert!((BYTES..2 * BYTES).contains(&used), "{used} bytes");
    let ((), used) = peak(|| {
        rayon::broadcast(|_| drop(vec![1_u8; BYTES]));
    });
    assert!(used >= BYTES, "{used} bytes");
}
