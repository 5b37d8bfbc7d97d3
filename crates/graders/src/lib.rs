//! Assesses the kit itself: what it promises to learners is proved here.
//!
//! # Layout
//!
//! - [`bank`]: wrong and right answers, and what the failures of the wrong ones say.
//! - [`docs`]: links, contents, excerpts and settings of the documents.
//! - [`engine`]: compiles answers in place of the reference and runs the checks on them.
//! - [`flakes`]: whether verdicts flip when the machine is busy.
//! - [`assess`]: whether the wrong answers were caught and the right ones passed.
//! - [`repo`]: the repository's files.
//! - [`diagnosis`]: how often the failure that is shown first names the misconception.
//! - [`mutants`]: small changes of the reference that nobody thought up.
//! - [`figures`]: all that was measured.
//! - [`page`]: the figures as a page of `docs/`.
//! - [`public_api`]: what a source file offers to others, to lay two files side by side.
//! - [`stubs`]: the `todo!()` that a stub ends in.
//! - [`slugs`]: the anchors that GitHub gives to the headings of a document.
//! - [`image`]: the Kafka image, which `.env` names.
//! - [`run`]: runs the graded checks and reads their reports.
//! - [`stub_proof`]: the proof that an untouched stub fails by its own `todo!()` and by nothing else.
//! - [`summary`]: graded runs as a table of points, in Markdown.
//!
//! What needs nothing but the files is in `tests/`; what needs Kafka is a command of the program.

pub mod assess;
pub mod bank;
pub mod diagnosis;
pub mod docs;
pub mod engine;
pub mod figures;
pub mod flakes;
pub mod image;
pub mod mutants;
pub mod page;
pub mod public_api;
pub mod repo;
pub mod run;
pub mod slugs;
pub mod stub_proof;
pub mod stubs;
pub mod summary;
