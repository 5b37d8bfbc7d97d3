//! Phase 1: the environment, and what the admin makes. Passes as given.

mod admin;
mod environment;
