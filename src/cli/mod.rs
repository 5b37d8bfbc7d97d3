//! What the programs in `src/bin` share: arguments, a look before the leap, errors and exit codes.
//!
//! - [`args`]: the address of the cluster and librdkafka's settings on the command line.
//! - [`mod@run`]: runs a program, and turns whatever ends it into one line and an exit code.
//! - [`error`]: what can end a program, and the exit codes.
//! - [`unwritten`]: tells an exercise that is not written yet from a program that broke.
//! - [`signals`]: Ctrl-C and SIGTERM as a token that is cancelled.
//! - [`output`]: writing to stdout.
//! - [`preflight`]: is a broker there, is the topic there.
//! - [`progress`]: how far a group has come, read back with a client of its own.
//! - [`auto_commit`]: consuming with `enable.auto.commit`, to set beside phase 3's way.

pub mod args;
pub mod auto_commit;
pub mod error;
pub mod output;
pub mod preflight;
pub mod progress;
pub mod run;
pub mod signals;
pub mod unwritten;

pub use args::ClusterArgs;
pub use error::{CliError, EXIT_CODES, after_help};
pub use output::say;
pub use run::run;
