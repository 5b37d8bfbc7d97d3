//! The socket to the judge.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, dup2_stdin};

use super::super::protocol::{Body, Job, Message};

/// The worker's end of the socket. Clones share it.
#[derive(Debug, Clone)]
pub struct Channel {
    token: String,
    /// Gone once the last message is sent.
    socket: Arc<Mutex<Option<UnixStream>>>,
    reader: Arc<UnixStream>,
}

impl Channel {
    /// Takes the socket from standard input, which is `/dev/null` afterwards, and reads the job.
    ///
    /// # Errors
    /// When standard input is no socket, or no job comes.
    pub fn from_stdin() -> io::Result<(Job, Self)> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        dup2_stdin(File::open("/dev/null")?)?;
        let mut line = String::new();
        BufReader::new(socket.try_clone()?).read_line(&mut line)?;
        let job: Job = serde_json::from_str(&line)?;
        let channel = Self {
            token: job.token.clone(),
            reader: Arc::new(socket.try_clone()?),
            socket: Arc::new(Mutex::new(Some(socket))),
        };
        Ok((job, channel))
    }

    /// Sends a message.
    pub fn send(&self, body: Body) {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut socket) = socket.as_ref() {
            // A judge that is gone ends this process.
            let _ = self.write(&mut socket, body);
        }
    }

    /// Sends the last message. Later ones are not sent.
    pub fn last(&self, body: Body) {
        // What was printed without a newline belongs to the check.
        let _ = io::stdout().flush();
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut socket) = socket.take() {
            let _ = self.write(&mut socket, body);
        }
    }

    fn write(&self, socket: &mut impl Write, body: Body) -> io::Result<()> {
        let message = Message {
            token: self.token.clone(),
            body,
        };
        let mut line = serde_json::to_vec(&message)?;
        line.push(b'\n');
        socket.write_all(&line)
    }

    /// From now on the end of the judge, however it comes, ends this process and all others of its group.
    pub fn die_with_the_judge(&self) {
        let reader = Arc::clone(&self.reader);
        let waiting = thread::Builder::new()
            .name("judge".to_owned())
            .spawn(move || {
                // The judge sends nothing more, so this returns when it is gone.
                let _ = (&*reader).read(&mut [0]);
                let _ = kill(Pid::from_raw(0), Signal::SIGKILL);
            });
        if let Err(error) = waiting {
            eprintln!("a worker cannot watch its judge: {error}");
        }
    }
}
