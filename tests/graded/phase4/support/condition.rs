//! A condition to wait for, and what is seen instead.

/// `Ok`, or what is seen instead.
pub fn expect(holds: bool, seen: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(seen()) }
}
