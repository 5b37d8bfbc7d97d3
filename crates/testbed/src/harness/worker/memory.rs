//! How much memory and computing time this process has used.

use std::thread;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::super::protocol::Body;
use super::channel::Channel;

/// How often the memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// `getrusage` counts memory in kilobytes on Linux, in bytes on macOS.
const BYTES_PER_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

/// Tells the judge when this process uses more than `limit` bytes. Then this process waits to be ended.
pub fn watch(channel: &Channel, limit: u64) {
    let channel = channel.clone();
    let watching = thread::Builder::new()
        .name("memory".to_owned())
        .spawn(move || {
            loop {
                let used = peak();
                if used > limit {
                    return channel.last(Body::OutOfMemory(used));
                }
                thread::sleep(LOOK_EVERY);
            }
        });
    if let Err(error) = watching {
        eprintln!("a worker cannot watch its memory: {error}");
    }
}

/// The most memory that this process has had in use, in bytes.
fn peak() -> u64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    let units = usage.map_or(0, |usage| usage.max_rss());
    u64::try_from(units).unwrap_or(0) * BYTES_PER_UNIT
}

/// How long this process has computed, over all its threads.
pub fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    let time = usage.map_or(0, |usage| {
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
    });
    Duration::from_micros(u64::try_from(time).unwrap_or(0))
}
