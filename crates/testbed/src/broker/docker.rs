//! Kafka in a container of the run's own.

use std::mem::ManuallyDrop;
use std::time::Duration;

use report::variables;
use testcontainers::bollard::Docker;
use testcontainers::core::Mount;
use testcontainers::core::client::docker_client_instance;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, ImageExt, TestcontainersError};
use testcontainers_modules::kafka::apache;

use super::error_text::with_causes;
use super::image::KafkaImage;
use super::internals;

/// Pulling the image is not part of it.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(90);

/// A start that takes longer than this says what it is doing.
const SLOW_START: Duration = Duration::from_secs(1);

/// A daemon that does not answer a ping for this long is not there.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The broker's settings, beyond those of testcontainers' module: one broker alone, which its controller does not take for dead
/// (nine seconds unless told) when the machine is busy, and groups that form at once.
const BROKER_SETTINGS: [(&str, &str); 9] = [
    ("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false"),
    ("KAFKA_BROKER_SESSION_TIMEOUT_MS", "60000"),
    ("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"),
    ("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "500"),
    ("KAFKA_HEAP_OPTS", "-Xms256m -Xmx512m"),
    ("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "1"),
    ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
    ("KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS", "1"),
    ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
];

/// A Docker daemon that answers, and the image to start there.
pub struct Daemon {
    image: KafkaImage,
    /// Whether the image is there, so that it need not be pulled.
    is_pulled: bool,
}

/// A running container.
pub struct DockerKafka {
    /// Never dropped: the cleanup process removes the container, also after a run that is killed.
    container: ManuallyDrop<ContainerAsync<apache::Kafka>>,
    bootstrap_servers: String,
    image: String,
}

impl Daemon {
    /// Looks whether Docker can be used.
    ///
    /// # Errors
    /// A paragraph for the learner: what is wrong and what to do next.
    pub async fn reach() -> Result<Self, String> {
        let docker = ping().await?;
        let image = KafkaImage::chosen();
        let is_pulled = docker.inspect_image(&image.reference()).await.is_ok();
        Ok(Self { image, is_pulled })
    }

    /// Starts a container with these labels.
    ///
    /// # Errors
    /// A paragraph for the learner: what is wrong and what to do next.
    pub async fn start(
        self,
        labels: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<DockerKafka, String> {
        let start = request(&self.image).with_labels(labels).start();
        let container = self
            .tell_when_slow(start)
            .await
            .map_err(|error| self.start_failed(&error))?;
        let port = container
            .get_host_port_ipv4(apache::KAFKA_PORT)
            .await
            .map_err(|error| self.start_failed(&error))?;
        Ok(DockerKafka {
            container: ManuallyDrop::new(container),
            bootstrap_servers: format!("{}:{port}", internals::ADVERTISED_HOST),
            image: self.image.reference(),
        })
    }

    async fn tell_when_slow<T>(&self, start: impl Future<Output = T>) -> T {
        let image = self.image.reference();
        let telling = async {
            tokio::time::sleep(SLOW_START).await;
            if self.is_pulled {
                eprintln!("starting Kafka in Docker ({image}) ...");
            } else {
                eprintln!("pulling {image}, once, then starting Kafka in Docker ...");
            }
            std::future::pending::<T>().await
        };
        tokio::select! {
            started = start => started,
            never = telling => never,
        }
    }

    fn start_failed(&self, error: &TestcontainersError) -> String {
        let reference = self.image.reference();
        let (variable, program) = (variables::IMAGE, internals::IMAGE_PROGRAM);
        let reason = with_causes(error);
        if self.is_pulled {
            return format!(
                "Docker could not start Kafka from {reference} ({reason}). Is it a Kafka image with {program}? \
                 {variable} names the image; `docker logs` of a container started by hand says more."
            );
        }
        format!(
            "Docker could not pull {reference} ({reason}). Try `docker pull {reference}`; where only a mirror can be \
             reached, set {variable} to the image's name there."
        )
    }
}

async fn ping() -> Result<Docker, String> {
    let docker = docker_client_instance()
        .await
        .map_err(|error| no_docker(&error.to_string()))?;
    match tokio::time::timeout(PING_TIMEOUT, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(no_docker(&with_causes(&error))),
        Err(_elapsed) => Err(no_docker("the daemon does not answer")),
    }
}

fn request(image: &KafkaImage) -> ContainerRequest<apache::Kafka> {
    let mut request = apache::Kafka::default()
        .with_jvm_image()
        .with_cmd(["-c", &internals::wait_for_the_script()])
        .with_name(&image.name)
        .with_tag(&image.tag)
        // In memory: a run writes a few megabytes, which nothing outlives, and the creation of a topic waits for the disk
        // several times.
        .with_mount(Mount::tmpfs_mount(internals::DATA))
        .with_startup_timeout(STARTUP_TIMEOUT);
    for (name, value) in BROKER_SETTINGS {
        request = request.with_env_var(name, value);
    }
    request
}

fn no_docker(reason: &str) -> String {
    let reason = reason.trim_end();
    if reason.to_lowercase().contains("permission denied") {
        return format!(
            "Docker is there, but this user may not use it ({reason}). On Linux: \
             `sudo usermod -aG docker $USER`, then log in again."
        );
    }
    format!(
        "no Docker can be reached ({reason}). Start it, for one with `sudo systemctl start docker` or Docker Desktop."
    )
}

impl DockerKafka {
    /// The address of its listener on this machine.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.container.id()
    }

    /// The image, with its tag.
    pub fn image(&self) -> &str {
        &self.image
    }
}
