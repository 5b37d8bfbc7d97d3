//! However a run ends, nothing is left of it, and it says what it could not remove.
//!
//! The program starts itself as a run, with `--run`: it opens the Kafka that the environment names, prints how to reach it, and
//! obeys a command a line. Without Docker the checks that need it are ignored, each with the reason.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libtest_mimic::{Arguments, Completion, Trial};
use pretty_assertions::assert_eq;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use report::variables;
use serde::{Deserialize, Serialize};
use testbed::broker::docker::Daemon;
use testbed::broker::image::KafkaImage;
use testbed::broker::{background, labels};
use testbed::cleanup::{Cleanup, Task};
use testbed::cluster::ANSWER_TIMEOUT;
use testbed::process_id::ProcessId;
use testbed::session::{self, Connection, Session};
use testbed::{Cluster, context};
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::ContainerCreateBody;
use testcontainers::bollard::query_parameters::RemoveContainerOptionsBuilder;
use testcontainers::core::client::docker_client_instance;

/// The argument that makes this program a run.
const RUN: &str = "--run";

/// Cleaning up may take this long: the grace for late containers, and some more on a busy machine.
const LIMIT: Duration = Duration::from_secs(40);

fn main() -> ExitCode {
    if let Some(task) = Task::of_this_process() {
        return task.run();
    }
    if std::env::args().nth(1).as_deref() == Some(RUN) {
        return obey();
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let no_docker = background::block_on(Daemon::reach()).err();
    let no_starts = ProcessId::current()
        .is_none()
        .then(|| "this system does not say when a process started".to_owned());
    let no_starts = no_docker.clone().or(no_starts);
    vec![
        check(
            "a_killed_run_leaves_no_container",
            no_docker.clone(),
            a_killed_run_leaves_no_container,
        ),
        check(
            "a_run_killed_in_an_outage_leaves_no_container",
            no_docker.clone(),
            a_run_killed_in_an_outage_leaves_no_container,
        ),
        check(
            "a_run_that_ends_leaves_no_container",
            no_docker.clone(),
            a_run_that_ends_leaves_no_container,
        ),
        check(
            "a_run_removes_what_a_dead_one_left",
            no_starts.clone(),
            a_run_removes_what_a_dead_one_left,
        ),
        check(
            "a_run_leaves_what_may_belong_to_a_live_one",
            no_starts,
            a_run_leaves_what_may_belong_to_a_live_one,
        ),
        check(
            "restoring_unpauses_the_broker",
            no_docker.clone(),
            restoring_unpauses_the_broker,
        ),
        check(
            "restoring_stops_the_second_broker",
            no_docker.clone(),
            restoring_stops_the_second_broker,
        ),
        check(
            "on_a_cluster_that_stays_only_topics_go",
            no_docker,
            on_a_cluster_that_stays_only_topics_go,
        ),
        check(
            "a_broker_that_does_not_answer_is_reported",
            None,
            a_broker_that_does_not_answer_is_reported,
        ),
        check(
            "a_broker_that_does_not_answer_opens_no_session",
            None,
            a_broker_that_does_not_answer_opens_no_session,
        ),
    ]
}

/// A check that is ignored for a reason, or runs while no other does: one container at a time is enough for the machine.
fn check(name: &str, reason: Option<String>, check: fn()) -> Trial {
    static TURN: Mutex<()> = Mutex::new(());
    Trial::ignorable_test(name, move || {
        if let Some(reason) = reason {
            return Ok(Completion::ignored_with(format!("not graded: {reason}")));
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        check();
        Ok(Completion::Completed)
    })
}

fn a_killed_run_leaves_no_container() {
    let run = Run::start(&[(variables::KAFKA, "docker")]);
    let container = run.container();
    assert!(exists(&container));
    run.kill();
    eventually("the container to go", || !exists(&container));
}

fn a_run_killed_in_an_outage_leaves_no_container() {
    let run = Run::start(&[(variables::KAFKA, "docker")]);
    let container = run.container();
    pause(&container);
    run.kill();
    eventually("the container to go", || !exists(&container));
}

fn a_run_that_ends_leaves_no_container() {
    let run = Run::start(&[(variables::KAFKA, "docker")]);
    let container = run.container();
    assert_eq!(run.release(), Vec::<String>::new());
    assert!(!exists(&container));
}

/// Its cleanup process was killed as well.
fn a_run_removes_what_a_dead_one_left() {
    let dead = Run::start(&[(variables::KAFKA, "docker")]);
    let container = dead.container();
    let [_judge, cleanup] = processes(&container)[..] else {
        panic!("two processes, not {:?}", processes(&container));
    };
    kill(cleanup);
    dead.kill();
    assert!(exists(&container));

    let next = Run::start(&[(variables::KAFKA, "docker")]);
    eventually("the dead run's container to go", || !exists(&container));
    assert_eq!(next.release(), Vec::<String>::new());
}

fn a_run_leaves_what_may_belong_to_a_live_one() {
    let alive = ProcessId::current().expect("it was asked before");
    let dead = dead_process();
    let abandoned = Created::belonging_to(&[dead.clone(), dead.clone()]);
    let kept = [
        Created::belonging_to(&[alive.clone(), dead.clone()]),
        // Its cleanup process is still at work.
        Created::belonging_to(&[dead, alive]),
        Created::belonging_to(&[]),
    ];

    let run = Run::start(&[(variables::KAFKA, "docker")]);
    eventually("the abandoned container to go", || !exists(&abandoned.id));
    assert_eq!(run.release(), Vec::<String>::new());
    for kept in kept {
        assert!(exists(&kept.id));
    }
}

fn restoring_unpauses_the_broker() {
    let mut run = Run::start(&[(variables::KAFKA, "docker")]);
    let container = run.container();
    assert_eq!(run.command("restore"), Vec::<String>::new());
    pause(&container);
    assert!(is_paused(&container));
    assert_eq!(run.command("restore"), Vec::<String>::new());
    assert!(!is_paused(&container));
    assert_eq!(run.release(), Vec::<String>::new());
}

/// What this process does is what a worker would have done before it died.
fn restoring_stops_the_second_broker() {
    let mut run = Run::start(&[(variables::KAFKA, "docker")]);
    let container = run.container();
    session::connect(run.opened.connection.clone());
    let second = background::block_on(async { Cluster::shared()?.second_broker().await });
    std::mem::forget(second.expect("it starts"));
    eventually("the second broker to start", || {
        has_second_broker(&container)
    });
    assert_eq!(run.command("restore"), Vec::<String>::new());
    assert!(!has_second_broker(&container));
    assert_eq!(run.release(), Vec::<String>::new());
}

fn on_a_cluster_that_stays_only_topics_go() {
    let kafka = Run::start(&[(variables::KAFKA, "docker")]);
    let address = kafka.bootstrap_servers();
    let external = [
        (variables::KAFKA, "external"),
        (variables::BOOTSTRAP_SERVERS, address.as_str()),
    ];
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is past 1970");
    let hours_ago = |hours: u32| {
        let then = now.saturating_sub(Duration::from_hours(1) * hours);
        format!("kafkalings.1-{:x}.check.topic-0", then.as_millis())
    };
    let (old, young, own) = (hours_ago(25), hours_ago(23), "events".to_owned());
    let stays = [young, own];
    create_topics(&address, &[old.clone(), stays[0].clone(), stays[1].clone()]);

    let run = Run::start(&external);
    let of_the_run = format!("{}check.topic-0", run.opened.prefix);
    create_topics(&address, std::slice::from_ref(&of_the_run));
    eventually("the topic of a run of yesterday to go", || {
        !topics(&address).contains(&old)
    });
    run.kill();
    eventually("the topic of the killed run to go", || {
        !topics(&address).contains(&of_the_run)
    });
    for topic in &stays {
        assert!(topics(&address).contains(topic), "{topic}");
    }

    let run = Run::start(&external);
    create_topics(&address, &[format!("{}check.topic-1", run.opened.prefix)]);
    assert_eq!(run.release(), Vec::<String>::new());
    let mut left = topics(&address);
    left.retain(|topic| !topic.starts_with("__"));
    left.sort_unstable();
    let mut expected = stays.to_vec();
    expected.sort_unstable();
    assert_eq!(left, expected);
    assert_eq!(kafka.release(), Vec::<String>::new());
}

/// Nothing listens there, as after the broker of a cluster has stopped during the run.
fn a_broker_that_does_not_answer_is_reported() {
    let cleanup = Cleanup::start(Task::Topics {
        prefix: context::name_prefix(),
        bootstrap_servers: "127.0.0.1:1".to_owned(),
    });
    let left = cleanup.release();
    assert!(!left.is_empty(), "success would be a lie");
}

fn a_broker_that_does_not_answer_opens_no_session() {
    let run = Command::new(this_program())
        .arg(RUN)
        .env(variables::KAFKA, "external")
        .env(variables::BOOTSTRAP_SERVERS, "127.0.0.1:1")
        .output()
        .expect("this program can be started again");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success());
    assert!(
        said.contains("no Kafka answers at KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1"),
        "{said}"
    );
}

// A run, as this program is when it was started with `--run`.

/// What a run prints when it has opened its Kafka.
#[derive(Debug, Serialize, Deserialize)]
struct Opened {
    connection: Connection,
    /// What the names of the run's topics begin with.
    prefix: String,
    notice: Option<String>,
}

/// Opens the Kafka, and obeys until standard input ends: `restore` and `release`, each answered by what went wrong.
fn obey() -> ExitCode {
    let session = match Session::open() {
        Ok(session) => session,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    answer(&Opened {
        connection: session.connection(),
        prefix: context::name_prefix(),
        notice: session.notice(),
    });
    let mut session = Some(session);
    for command in io::stdin().lines().map_while(Result::ok) {
        let wrong: Vec<String> = match (command.as_str(), &session) {
            ("restore", Some(session)) => session.restore().err().into_iter().collect(),
            ("release", Some(_)) => session.take().map(Session::release).unwrap_or_default(),
            _ => vec![format!("{command}, after the session")],
        };
        answer(&wrong);
    }
    ExitCode::SUCCESS
}

fn answer(value: &impl Serialize) {
    let line = serde_json::to_string(value).expect("it is plain data");
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("the parent reads");
}

/// Another process that has a session.
struct Run {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    opened: Opened,
}

impl Run {
    fn start(environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(this_program())
            .arg(RUN)
            .env_remove(variables::BOOTSTRAP_SERVERS)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let commands = process.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let opened: Opened = read(&mut answers);
        assert_eq!(opened.notice, None);
        Self {
            process,
            commands,
            answers,
            opened,
        }
    }

    fn container(&self) -> String {
        match &self.opened.connection {
            Connection::Docker { container, .. } => container.clone(),
            other => panic!("a container was asked for, not {other:?}"),
        }
    }

    fn bootstrap_servers(&self) -> String {
        match &self.opened.connection {
            Connection::Docker {
                bootstrap_servers, ..
            }
            | Connection::External {
                bootstrap_servers, ..
            } => bootstrap_servers.clone(),
            Connection::Mock => panic!("a broker was asked for"),
        }
    }

    /// Returns what went wrong.
    fn command(&mut self, command: &str) -> Vec<String> {
        writeln!(self.commands, "{command}").expect("it reads");
        read(&mut self.answers)
    }

    /// Ends it as it should. Returns what is left.
    fn release(mut self) -> Vec<String> {
        self.command("release")
    }

    /// Ends it with `kill -9`.
    fn kill(mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
    }
}

impl Drop for Run {
    /// A check that fails leaves no run behind, and the run's cleanup process no container.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read<T: for<'a> Deserialize<'a>>(answers: &mut impl BufRead) -> T {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the run writes text");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

fn this_program() -> std::path::PathBuf {
    std::env::current_exe().expect("the system knows the program")
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {LIMIT:?} for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

// Containers.

/// A container that was created and never started. It is removed when this is dropped.
struct Created {
    id: String,
}

impl Created {
    fn belonging_to(processes: &[ProcessId]) -> Self {
        let processes = serde_json::to_string(processes).expect("it is plain data");
        let labels = HashMap::from([
            (labels::RUN.to_owned(), "of-a-test".to_owned()),
            (labels::PROCESSES.to_owned(), processes),
        ]);
        let body = ContainerCreateBody {
            image: Some(KafkaImage::chosen().reference()),
            labels: Some(labels),
            ..ContainerCreateBody::default()
        };
        let created = background::block_on(async {
            let docker = docker().await;
            docker.create_container(None, body).await
        });
        Self {
            id: created.expect("the image is there").id,
        }
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        // It may be gone already.
        let _ = background::block_on(async {
            let docker = docker().await;
            docker.remove_container(&self.id, Some(options)).await
        });
    }
}

async fn docker() -> Docker {
    docker_client_instance().await.expect("Docker was reached")
}

fn exists(container: &str) -> bool {
    background::block_on(async {
        let docker = docker().await;
        docker.inspect_container(container, None).await.is_ok()
    })
}

/// The ids of the processes that a container belongs to.
fn processes(container: &str) -> Vec<u64> {
    let inspected = background::block_on(async {
        let docker = docker().await;
        docker.inspect_container(container, None).await
    });
    let config = inspected.expect("it exists").config.expect("it has one");
    let label = &config.labels.expect("it has labels")[labels::PROCESSES];
    let processes: Vec<serde_json::Value> = serde_json::from_str(label).expect("a list");
    let ids = processes.iter().map(|process| process["pid"].as_u64());
    ids.map(|id| id.expect("a number")).collect()
}

fn kill(process: u64) {
    let killed = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status();
    assert!(killed.expect("kill is there").success());
}

fn pause(container: &str) {
    let paused = background::block_on(async {
        let docker = docker().await;
        docker.pause_container(container).await
    });
    paused.expect("it runs");
}

fn is_paused(container: &str) -> bool {
    let inspected = background::block_on(async {
        let docker = docker().await;
        docker.inspect_container(container, None).await
    });
    let state = inspected.expect("it exists").state.expect("it has a state");
    state.paused == Some(true)
}

fn has_second_broker(container: &str) -> bool {
    let top = background::block_on(async {
        let docker = docker().await;
        docker.top_processes(container, None).await
    });
    let processes = top.expect("it runs").processes.unwrap_or_default();
    processes
        .concat()
        .iter()
        .any(|word| word.contains("kafkalings-second/server.properties"))
}

fn dead_process() -> ProcessId {
    let mut process = Command::new("true").spawn().expect("true is there");
    let id = ProcessId::of(process.id()).expect("it is not reaped yet");
    process.wait().expect("it is ours");
    id
}

// Topics.

fn admin(bootstrap_servers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .create()
        .expect("librdkafka makes a client")
}

fn create_topics(bootstrap_servers: &str, names: &[String]) {
    let topics: Vec<NewTopic> = names
        .iter()
        .map(|name| NewTopic::new(name, 1, TopicReplication::Fixed(1)))
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(ANSWER_TIMEOUT));
    let admin = admin(bootstrap_servers);
    let results = background::block_on(admin.create_topics(&topics, &options));
    for result in results.expect("the broker answers") {
        result.expect("the broker creates it");
    }
    eventually("the topics to be listed", || {
        let listed = topics_of(&admin);
        names.iter().all(|name| listed.contains(name))
    });
}

fn topics(bootstrap_servers: &str) -> Vec<String> {
    topics_of(&admin(bootstrap_servers))
}

fn topics_of(admin: &AdminClient<DefaultClientContext>) -> Vec<String> {
    let metadata = admin.inner().fetch_metadata(None, ANSWER_TIMEOUT);
    let metadata = metadata.expect("the broker answers");
    let names = metadata
        .topics()
        .iter()
        .map(|topic| topic.name().to_owned());
    names.collect()
}
