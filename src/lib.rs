//! An Event Log System on Kafka: what a learner is given, and the place where the learner's code plugs in.
//!
//! # Layout
//!
//! - [`event`]: an event, and how it becomes a record's key, timestamp and value and back.
//! - [`topics`]: the two topics of the system, `events` and `orders`.
//! - [`settings`]: client settings that every program starts from.
//! - [`admin`]: creating topics, and saying so where one exists with another shape.
//! - [`delivery`]: what the broker said of records sent (phase 2).
//! - [`consuming`]: how a consumer is told to work and what it reports (phase 3).
//! - [`errors`]: which of Kafka's errors pass by themselves and which never will.
//! - [`group`]: a worker of a consumer group, and a rebalance planned step by step (phase 4).
//! - [`experiments`]: what is set up and what can be predicted (phase 5).
//! - [`timeline`]: who owned which partition when, as data and as a picture.
//! - [`cli`]: what the programs in `src/bin` share.
//! - [`phase2_producer`], [`phase3_consumer`], [`phase4_consumer_group`], [`phase5_reflection`]: the exercises. They are
//!   compiled from `exercises/`, or from `solutions/` with `--features solutions`.
#![warn(missing_docs)]
// The checks' program contains this crate: unsafe code could run before the judge, or speak in a worker's name.
#![forbid(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod consuming;
pub mod delivery;
pub mod errors;
pub mod event;
pub mod experiments;
pub mod group;
pub mod settings;
pub mod timeline;
pub mod topics;

#[cfg_attr(not(feature = "solutions"), path = "../exercises/phase2_producer.rs")]
#[cfg_attr(feature = "solutions", path = "../solutions/phase2_producer.rs")]
pub mod phase2_producer;

#[cfg_attr(not(feature = "solutions"), path = "../exercises/phase3_consumer.rs")]
#[cfg_attr(feature = "solutions", path = "../solutions/phase3_consumer.rs")]
pub mod phase3_consumer;

#[cfg_attr(
    not(feature = "solutions"),
    path = "../exercises/phase4_consumer_group.rs"
)]
#[cfg_attr(feature = "solutions", path = "../solutions/phase4_consumer_group.rs")]
pub mod phase4_consumer_group;

#[cfg_attr(not(feature = "solutions"), path = "../exercises/phase5_reflection.rs")]
#[cfg_attr(feature = "solutions", path = "../solutions/phase5_reflection.rs")]
pub mod phase5_reflection;
