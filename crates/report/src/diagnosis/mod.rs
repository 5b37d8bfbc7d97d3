//! Which failure a learner should read first.
//!
//! - [`patterns`]: which checks each wrong answer of the bank fails.
//! - [`symptom`]: one failure, as the patterns have it.
//! - [`score`]: how well each text of a run explains all its failures.
//! - [`finding`]: the failures of a run, gathered by text, the likeliest cause first.

pub mod finding;
pub mod patterns;
pub mod score;
pub mod symptom;

pub use finding::findings;
pub use patterns::{Pattern, Patterns};
pub use symptom::{Symptom, TextId};
