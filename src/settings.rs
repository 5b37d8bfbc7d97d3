//! Client settings that every program starts from.
//!
//! librdkafka takes its settings as text, name by name; the full list is librdkafka's CONFIGURATION.md.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// Where docker-compose.yml publishes the broker.
pub const DEFAULT_BOOTSTRAP_SERVERS: &str = "localhost:9092";

/// Settings for any client of the cluster at `bootstrap_servers`, a comma-separated list of `host:port`.
pub fn client(bootstrap_servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap_servers)
        .set("client.id", "kafkalings")
        // librdkafka's own log lines would drown what the programs have to say; errors reach them as values.
        .set_log_level(RDKafkaLogLevel::Emerg);
    config
}
