//! What the kit knows about the inside of the container, of testcontainers' Kafka module and of Kafka's image. All of it may
//! change with a new version of either, so it stands here and nowhere else.

use testcontainers::Image;
use testcontainers_modules::kafka::apache;

/// The script that the module writes into the container as soon as it knows the port. It starts the broker.
const START_SCRIPT: &str = "/opt/kafka/testcontainers_start.sh";

/// The image's own program, which formats the log directory and becomes the broker. The script's last line runs it.
pub const IMAGE_PROGRAM: &str = "/etc/kafka/docker/run";

/// The program of the image that starts a Java class of Kafka, and the class of the broker.
const RUN_CLASS: &str = "/opt/kafka/bin/kafka-run-class.sh kafka.Kafka";

/// The folder above the broker's log directory.
pub const DATA: &str = "/tmp";

/// The host in the address that the module makes the broker advertise.
pub const ADVERTISED_HOST: &str = "127.0.0.1";

/// Another name of the same host.
const OTHER_HOST: &str = "localhost";

/// What the container runs in place of the module's command: that one runs the script as soon as the file exists, and the
/// container ends if it is still being written ("Text file busy"), as once in 200 starts on a busy machine. This one waits
/// for the script's last line.
pub fn wait_for_the_script() -> String {
    format!(
        "script={START_SCRIPT}; until grep -qs {IMAGE_PROGRAM} $script; do sleep 0.1; done; bash $script"
    )
}

/// The environment of `second_broker.sh`. The first broker's cluster has this id, and clients reach it at this address.
pub fn second_broker(cluster_id: &str, bootstrap_servers: &str) -> Vec<String> {
    let setting = |name: &str| module_setting(name).unwrap_or_default();
    let variables = [
        // Clients take two brokers with one address for one.
        (
            "ADVERTISED_ADDRESS",
            bootstrap_servers.replace(ADVERTISED_HOST, OTHER_HOST),
        ),
        ("CLUSTER", cluster_id.to_owned()),
        (
            "CONTROLLER_LISTENER",
            setting("KAFKA_CONTROLLER_LISTENER_NAMES"),
        ),
        (
            "INTER_BROKER_LISTENER",
            setting("KAFKA_INTER_BROKER_LISTENER_NAME"),
        ),
        ("CLIENT_LISTENER", "PLAINTEXT".to_owned()),
        (
            "SECURITY_PROTOCOLS",
            setting("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"),
        ),
        ("VOTERS", setting("KAFKA_CONTROLLER_QUORUM_VOTERS")),
        ("RUN_CLASS", RUN_CLASS.to_owned()),
    ];
    let assignments = variables.map(|(name, value)| format!("{name}={value}"));
    assignments.into()
}

/// A setting that the module gives the first broker.
fn module_setting(name: &str) -> Option<String> {
    let module = apache::Kafka::default();
    let variables = module.env_vars().into_iter();
    variables
        .map(|(name, value)| (name.into(), value.into().into_owned()))
        .find(|(each, _): &(std::borrow::Cow<'_, str>, String)| each == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_own_command_runs_the_same_script() {
        let command: Vec<String> = apache::Kafka::default()
            .cmd()
            .into_iter()
            .map(|word| word.into().into_owned())
            .collect();
        assert!(
            command.concat().contains(START_SCRIPT),
            "expected {START_SCRIPT} in {command:?}"
        );
    }

    #[test]
    fn the_module_has_every_setting_that_the_second_broker_takes_over() {
        for assignment in second_broker("id", "127.0.0.1:1") {
            assert!(!assignment.ends_with('='), "empty: {assignment}");
        }
        assert!(
            second_broker("id", "127.0.0.1:1")
                .contains(&"ADVERTISED_ADDRESS=localhost:1".to_owned())
        );
    }
}
