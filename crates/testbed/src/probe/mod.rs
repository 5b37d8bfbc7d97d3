//! A client of the check's own that reads back what really is on the broker.
//!
//! Every function blocks inside librdkafka, so each runs where blocking is allowed.

pub mod control;
pub mod group;
pub mod reader;
pub mod records;
pub mod requests;
pub mod seed;

pub use control::ControlProducer;
pub use group::{GroupMember, GroupProbe};
pub use reader::{GroupReader, Polled};
pub use records::StoredRecord;
pub use requests::RequestCount;
pub use seed::Seed;
