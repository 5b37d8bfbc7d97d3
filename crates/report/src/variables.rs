//! The environment variables that the kit's programs share. Each name stands here and nowhere else.

/// Forces one of `external`, `docker` and `mock`.
pub const KAFKA: &str = "KAFKALINGS_KAFKA";

/// The address of the cluster to use, `host:port`, several separated by commas.
pub const BOOTSTRAP_SERVERS: &str = "KAFKA_BOOTSTRAP_SERVERS";

/// The Kafka image for Docker.
pub const IMAGE: &str = "KAFKALINGS_KAFKA_IMAGE";

/// Where the judge writes the report of the run. Unset: no report.
pub const REPORT: &str = "KAFKALINGS_REPORT";

/// Set to anything but 0: slow checks run, as with `--include-ignored`.
pub const SLOW: &str = "KAFKALINGS_SLOW";

/// The former name of [`SLOW`], which stays valid.
pub const PATIENT: &str = "KAFKALINGS_PATIENT";

/// Set to anything: the checks' program starts a Kafka, prints the variables that lead to it, and keeps it until its standard
/// input is closed.
pub const HOLD: &str = "KAFKALINGS_HOLD";

/// The variable's value, unless it is empty or unset.
pub fn value_of(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the variable is set to anything but 0.
pub fn is_on(name: &str) -> bool {
    value_of(name).is_some_and(|value| value != "0")
}
