//! The `run` subcommand from its arguments to its exit status.

use super::alloc::AllocRoot;
use super::args::{RunArgs, RuntimeChoice};
use super::host::CliHost;
use super::jobfile::{self, Findings};
use super::output::{self, Output};
use super::plan::{Plan, PlanError};
use super::run::Run;
use super::tasks::Tasks;
use crate::ports::Clock;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Why nothing was played. Exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A file, a directory, a signal handler.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The job file.
    #[error("{0}")]
    JobFile(#[from] Findings),
    /// The job on this machine.
    #[error("{0}")]
    Plan(#[from] PlanError),
}

/// A job that can be played.
pub struct Session {
    args: RunArgs,
    clock: Arc<dyn Clock>,
    output: Arc<Output>,
    plan: Plan,
    // Holds the allocation directories for as long as the job is played.
    _root: AllocRoot,
}

impl Session {
    /// Reads the job and prepares its allocations, with the environment and the standard output of this
    /// process. Nothing is started.
    ///
    /// # Errors
    /// All problems of the job file.
    pub fn prepare(args: RunArgs, clock: Arc<dyn Clock>) -> Result<Self, SessionError> {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let screen = output::stdout(args.no_color);
        Self::prepare_with(args, std::env::vars_os().filter_map(text), clock, screen)
    }

    /// As [`Session::prepare`], with all that comes from outside given.
    ///
    /// # Errors
    /// All problems of the job file.
    pub fn prepare_with(
        args: RunArgs,
        env: impl IntoIterator<Item = (String, String)>,
        clock: Arc<dyn Clock>,
        screen: Box<dyn Write + Send>,
    ) -> Result<Self, SessionError> {
        let file = jobfile::read(&args.source()?, &args.inputs(env)?)?;
        let root = AllocRoot::make(args.alloc_dir.as_deref(), &*clock)?;
        let plan = Plan::make(file.job, root.path(), &*clock)?;
        let output = Arc::new(Output::new(Arc::clone(&clock), plan.labels(), screen));
        for notice in &file.notices.0 {
            output.raw(&format!("Note: {notice}\n"));
        }
        for task in &plan.skipped {
            output.raw(&format!("Note: {task} is not played: this is the driver podman\n"));
        }
        Ok(Self { args, clock, output, plan, _root: root })
    }

    /// The host that the driver of this session tells its events and logs.
    pub fn host(&self) -> Arc<CliHost> {
        Arc::new(CliHost::new(Arc::clone(&self.output)))
    }

    /// Plays the job with `tasks`, and returns the exit status.
    ///
    /// # Errors
    /// Signals cannot be listened for.
    pub async fn play(self, tasks: Arc<dyn Tasks>) -> Result<u8, SessionError> {
        let interrupts = interrupts()?;
        self.output.raw(&self.opening());
        let run = Run {
            tasks,
            clock: Arc::clone(&self.clock),
            output: Arc::clone(&self.output),
            limit: self.args.stop_after(),
        };
        let summary = run.play(&self.plan, interrupts).await;
        self.output.raw(&format!("\n{}", summary.table()));
        Ok(summary.exit_status())
    }

    fn opening(&self) -> String {
        let tasks: usize = self.plan.allocs.iter().map(|alloc| alloc.tasks.len()).sum();
        let (job, allocs) = (&self.plan.job.name, self.plan.allocs.len());
        let end = match (self.args.stop_after(), self.args.limit, self.args.runtime()) {
            (Some(limit), None, RuntimeChoice::Memory) => format!(
                "Simulated in memory for {limit:?}: --for 1m takes longer, --for 0 lasts until Ctrl-C, \
                 --runtime podman is real."
            ),
            (Some(limit), _, _) => format!("Ends by itself after {limit:?}."),
            (None, _, _) => "Ctrl-C stops it.".to_owned(),
        };
        format!("Job {job}: allocations: {allocs}, tasks: {tasks}; times are UTC. {end}\n")
    }
}

/// An item for each Ctrl-C, and for each SIGTERM, which asks for the same.
fn interrupts() -> io::Result<mpsc::Receiver<()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let received = tokio::select! {
                received = interrupt.recv() => received,
                received = terminate.recv() => received,
            };
            if received.is_none() || sender.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::cli::args::{Cli, Command};
    use crate::adapters::cli::testing::{Act, Screen, Script, TestClock};
    use crate::domain::log::Stream;
    use crate::ports::NomadHost;
    use clap::Parser;
    use std::time::Duration;

    fn prepare(line: &[&str], screen: &Screen) -> Result<Session, SessionError> {
        let line = ["x", "run"].iter().chain(line);
        let Some(Command::Run(args)) = Cli::try_parse_from(line).unwrap().command else { panic!("no run") };
        Session::prepare_with(args, [], Arc::new(TestClock::default()), Box::new(screen.clone()))
    }

    fn example(name: &str) -> String {
        format!("{}/examples/{name}.nomad.hcl", env!("CARGO_MANIFEST_DIR"))
    }

    #[tokio::test(start_paused = true)]
    async fn the_redis_example_ends_by_itself_in_memory() {
        let screen = Screen::default();
        let session = prepare(&[&example("redis")], &screen).unwrap();
        let script = Script::new([("redis", vec![Act::Runs(Duration::from_secs(1))])]);
        assert_eq!(session.play(Arc::new(script)).await.unwrap(), 0);
        let text = screen.text();
        for part in
            ["Simulated in memory for 5s", "5s are over", "redis  exit", "redis  stopped  143   1       6.0s"]
        {
            assert!(text.contains(part), "{part} not in\n{text}");
        }
    }

    #[tokio::test]
    async fn logs_are_shown_by_line_and_the_rest_when_the_stream_ends() {
        let screen = Screen::default();
        let session = prepare(&[&example("redis")], &screen).unwrap();
        let mut sink =
            session.host().log_sink(&(&session.plan.allocs[0].tasks[0].request).into(), Stream::Stderr);
        sink.write(b"one\ntw").await.unwrap();
        assert!(screen.text().ends_with("redis  stderr   one\n"), "{}", screen.text());
        drop(sink);
        assert!(screen.text().ends_with("redis  stderr   tw\n"), "{}", screen.text());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let error = |line: &[&str]| prepare(line, &Screen::default()).err().unwrap().to_string();
        assert!(error(&["gone.hcl"]).starts_with("gone.hcl: "));
        assert!(error(&[&example("redis"), "--var", "a=1"]).starts_with("--var a: the job has no variable"));
    }
}
