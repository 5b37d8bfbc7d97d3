//! The arguments that every program takes: where the cluster is, and librdkafka's settings.

use std::str::FromStr;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use thiserror::Error;

use crate::settings::{self, DEFAULT_BOOTSTRAP_SERVERS};

/// Where the cluster is, and how to talk to it.
#[derive(Debug, Clone, Args)]
pub struct ClusterArgs {
    /// Brokers to ask first, as host:port, separated by commas; they name the others
    #[arg(
        long,
        value_name = "HOST:PORT",
        env = "KAFKA_BOOTSTRAP_SERVERS",
        default_value = DEFAULT_BOOTSTRAP_SERVERS,
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub bootstrap_servers: String,

    /// A librdkafka setting, as in its CONFIGURATION.md; may be repeated. It wins over the program's own
    /// settings, but not over those that an exercise's code makes, such as acks=all
    #[arg(short = 'X', value_name = "KEY=VALUE")]
    pub settings: Vec<Setting>,
}

impl ClusterArgs {
    /// The settings of a client: those that every program starts from, then `defaults` of this program, then what
    /// was asked for with `-X`.
    pub fn client(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut config = settings::client(&self.bootstrap_servers);
        for (key, value) in defaults {
            config.set(*key, *value);
        }
        for setting in &self.settings {
            config.set(&setting.key, &setting.value);
        }
        config
    }
}

/// One `-X key=value`. It parses only if librdkafka knows the key and takes the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The setting's name.
    pub key: String,
    /// Its value. It may hold further `=` signs, as SASL's settings do.
    pub value: String,
}

/// Why a `-X` was not taken.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum SettingError {
    /// It is not of the form `key=value`.
    #[error("expected KEY=VALUE, as in -X linger.ms=50")]
    Form,
    /// No such setting.
    #[error("librdkafka has no setting `{0}`; its CONFIGURATION.md lists all")]
    Unknown(String),
    /// The setting exists, the value does not fit.
    #[error("librdkafka refuses this value: {0}")]
    Value(String),
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (key, value) = text.split_once('=').ok_or(SettingError::Form)?;
        let key = key.trim();
        if key.is_empty() {
            return Err(SettingError::Form);
        }
        // Only librdkafka knows which settings it was built with, so it is asked.
        match ClientConfig::new().set(key, value).create_native_config() {
            Ok(_) => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
                Err(SettingError::Unknown(key.to_owned()))
            }
            Err(KafkaError::ClientConfig(_, reason, ..)) => Err(SettingError::Value(reason)),
            Err(other) => Err(SettingError::Value(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_split_at_the_first_equals_sign() {
        let setting: Setting = "sasl.password=a=b".parse().expect("a known setting");
        assert_eq!(
            (setting.key.as_str(), setting.value.as_str()),
            ("sasl.password", "a=b")
        );
    }

    #[test]
    fn what_is_no_key_and_value_is_refused() {
        for text in ["", "linger.ms", "=5", " =5"] {
            assert_eq!(
                text.parse::<Setting>(),
                Err(SettingError::Form),
                "for {text:?}"
            );
        }
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = "lingr.ms=5".parse::<Setting>();
        assert_eq!(error, Err(SettingError::Unknown("lingr.ms".to_owned())));
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_with_librdkafkas_reason() {
        let error = "linger.ms=soon".parse::<Setting>();
        assert!(
            matches!(&error, Err(SettingError::Value(reason)) if reason.contains("Invalid value")),
            "got {error:?}"
        );
    }

    #[test]
    fn the_command_line_wins_over_the_programs_own_settings() {
        let args = ClusterArgs {
            bootstrap_servers: "one:1".to_owned(),
            settings: vec!["linger.ms=7".parse().expect("a known setting")],
        };
        let config = args.client(&[("linger.ms", "1"), ("acks", "all")]);
        assert_eq!(config.get("bootstrap.servers"), Some("one:1"));
        assert_eq!(config.get("linger.ms"), Some("7"));
        assert_eq!(config.get("acks"), Some("all"));
    }
}
