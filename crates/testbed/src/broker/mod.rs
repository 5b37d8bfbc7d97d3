//! The processes behind a Kafka: containers, and mock clusters in this process. It knows no topics.

pub mod background;
pub mod choice;
pub mod docker;
pub mod error_text;
pub mod image;
pub mod internals;
pub mod labels;
pub mod mock;
mod mock_binding;
pub mod pause;
pub mod second;
