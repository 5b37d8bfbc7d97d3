//! Keeps the machine busy.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Threads that compute for nothing until this is dropped.
pub struct Load {
    enough: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts as many.
    pub fn of(threads: usize) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let spawn = |_| {
            let enough = Arc::clone(&enough);
            thread::spawn(move || {
                let mut number: u64 = 1;
                while !enough.load(Ordering::Relaxed) {
                    number = hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005));
                }
            })
        };
        Self {
            threads: (0..threads).map(spawn).collect(),
            enough,
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
