//! Checks whose code does to its process whatever it can. `tests/judge.rs` runs them and reads the report: each is a verdict on
//! that check alone.

use std::future::pending;
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use testbed::harness::{self, Course};
use testbed::{Failure, Verdict, judge, within};

/// Long enough for a busy machine, short enough to wait for.
const LIMIT: Duration = Duration::from_secs(2);

mod others {
    use super::{Failure, Verdict, judge};

    /// Nothing that the others do changes this one.
    #[testbed::test(mock)]
    async fn passes() -> Verdict {
        println!("what a check prints is not its verdict");
        Ok(())
    }

    /// A failure like any other.
    #[testbed::test(mock)]
    async fn fails() -> Verdict {
        print!("printed without a newline");
        judge(false, || Failure::new("one", "two", "three"))
    }
}

mod ending {
    use super::{Command, Duration, LIMIT, Verdict, Write, pending, thread, within};

    #[testbed::test(mock)]
    async fn exits_with_0() -> Verdict {
        println!("test ending::exits_with_0 ... ok\n\ntest result: ok. 99 passed; 0 failed");
        std::process::exit(0)
    }

    #[testbed::test(mock)]
    async fn aborts() -> Verdict {
        eprintln!("the last words");
        std::process::abort()
    }

    #[testbed::test(mock)]
    async fn exits_in_a_destructor() -> Verdict {
        struct Exits;
        impl Drop for Exits {
            fn drop(&mut self) {
                std::process::exit(7);
            }
        }
        let _exits = Exits;
        Ok(())
    }

    #[testbed::test(mock)]
    async fn overflows_the_stack() -> Verdict {
        fn deeper(depth: u64) -> u64 {
            if depth == u64::MAX {
                return 0;
            }
            std::hint::black_box(deeper(std::hint::black_box(depth + 1))) + 1
        }
        println!("{}", deeper(0));
        Ok(())
    }

    #[testbed::test(mock)]
    async fn aborts_in_a_panic_hook() -> Verdict {
        std::panic::set_hook(Box::new(|_| std::process::abort()));
        panic!("on purpose")
    }

    #[testbed::test(mock)]
    async fn panics_in_a_destructor_during_a_panic() -> Verdict {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("the second panic");
            }
        }
        let _panics = Panics;
        panic!("the first panic")
    }

    #[testbed::test(mock)]
    async fn is_killed() -> Verdict {
        let pid = std::process::id().to_string();
        let _ = Command::new("kill").args(["-KILL", &pid]).status();
        pending().await
    }

    #[testbed::test(mock, deadline = 4)]
    async fn loops_without_awaiting() -> Verdict {
        within(LIMIT, "the loop to end", "It has no end.", async {
            loop {
                std::hint::spin_loop();
            }
        })
        .await
    }

    #[testbed::test(mock, deadline = 4)]
    async fn sleeps_for_ever() -> Verdict {
        within(LIMIT, "the sleep to end", "It has no end.", async {
            loop {
                thread::sleep(Duration::from_hours(1));
            }
        })
        .await
    }

    #[testbed::test(mock, deadline = 30)]
    async fn eats_memory() -> Verdict {
        within(LIMIT * 10, "the memory to be full", "It never is.", async {
            let mut eaten = Vec::new();
            loop {
                eaten.push(vec![1_u8; 16 * 1024 * 1024]);
            }
        })
        .await
    }

    #[testbed::test(mock, deadline = 30)]
    async fn prints_without_end() -> Verdict {
        within(LIMIT * 10, "the output to end", "It never does.", async {
            let line = vec![b'.'; 1024 * 1024];
            loop {
                let _ = std::io::stdout().write_all(&line);
            }
        })
        .await
    }
}

mod leaving {
    use super::{Command, Duration, Failure, Stdio, Verdict, judge, thread};
    use std::io::Read;

    /// The process has ended when its end of the pipe is closed. Nothing asks the system for its exit code.
    #[testbed::test(mock)]
    async fn does_not_wait_for_a_process_that_has_ended() -> Verdict {
        let child = Command::new("true").stdout(Stdio::piped()).spawn();
        let stdout = child.ok().and_then(|child| child.stdout);
        let read = stdout.and_then(|mut stdout| stdout.read_to_string(&mut String::new()).ok());
        judge(read == Some(0), || {
            Failure::new(format!("{read:?}"), "`true` runs and ends", "")
        })
    }

    #[testbed::test(mock)]
    async fn leaves_a_process_running() -> Verdict {
        let _ = Command::new("sleep").arg("600").spawn();
        Ok(())
    }

    #[testbed::test(mock)]
    async fn leaves_a_process_running_in_another_session() -> Verdict {
        let _ = Command::new("setsid")
            .args(["--fork", "sleep", "600"])
            .stdout(Stdio::null())
            .status();
        Ok(())
    }

    #[testbed::test(mock)]
    async fn leaves_a_thread_that_prints() -> Verdict {
        thread::spawn(|| {
            loop {
                println!("test leaving::a_check_that_is_none ... ok");
                thread::sleep(Duration::from_millis(1));
            }
        });
        Ok(())
    }
}

fn main() -> ExitCode {
    harness::main(&Course::without_exercises(|check| check.to_owned()))
}
