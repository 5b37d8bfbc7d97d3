//! Each promise.
