//! What may stand on the command line.

pub use super::convert::args::ConvertArgs;
use super::jobfile::{Inputs, Purpose, Source};
pub use super::simulate::SimulateArgs;
pub use super::validate::args::ValidateArgs;
use crate::domain::config::PluginConfig;
use crate::domain::config::plugin::{DEFAULT_SOCKET, Endpoint, Socket, parse_endpoint};
use crate::domain::duration;
use crate::domain::mapped::Mapped;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A Nomad task driver for Podman.
#[derive(Debug, Parser)]
#[command(name = "nomad-driver-podman", version, about, arg_required_else_help = false)]
pub struct Cli {
    /// What to do; nothing when Nomad starts the plugin.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a job's Podman tasks on this machine, without Nomad
    Run(RunArgs),
    /// Check job files offline, as the driver would read them
    Validate(ValidateArgs),
    /// Let the driver meet every kind of fault in simulated worlds
    Simulate(SimulateArgs),
    /// Rewrite tasks of the Docker driver for Podman, and list what has no counterpart
    Convert(ConvertArgs),
    /// Print every option of tasks and of the plugin
    Schema(SchemaArgs),
}

/// `schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Markdown is docs/reference.md; JSON has one object for each option
    #[arg(long, value_enum, default_value_t = SchemaFormat::Markdown)]
    pub format: SchemaFormat,
}

/// The form of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// The reference page
    Markdown,
    /// For programs
    Json,
}

const RUN_EXAMPLES: &str = "\
Examples:
  nomad-driver-podman run examples/redis.nomad.hcl
      In memory: needs nothing installed, and shows what the driver would do.
  nomad-driver-podman run --runtime podman examples/redis.nomad.hcl
      With the Podman of this machine, until Ctrl-C.
  nomad-driver-podman run --for 30s --var tag=7.4 examples/variables.nomad.hcl
      For half a minute, with a job variable.

Ctrl-C stops the tasks as Nomad would, with their kill_signal and kill_timeout; a second one kills them.
The exit status is 0 if every task succeeded or was stopped on request, 1 if not, 2 if the job file or the
command line cannot be used.";

/// `run`.
#[derive(Debug, Clone, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// Job file, in HCL
    #[arg(value_name = "JOB")]
    pub job: PathBuf,

    /// What runs the containers [default: memory, or podman with --socket]
    #[arg(long, value_enum)]
    pub runtime: Option<RuntimeChoice>,

    /// Podman's socket, such as unix:///run/podman/podman.sock [default: the one of this user]
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub socket: Option<Endpoint>,

    /// Stop by itself after this time, such as 30s; 0 for never [default: never, or 5s in memory]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub limit: Option<Duration>,

    /// Set a job variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment)]
    pub vars: Vec<(String, String)>,

    /// Set job variables from a file
    #[arg(long = "var-file", value_name = "FILE")]
    pub var_files: Vec<PathBuf>,

    /// Make the allocation directories here, and keep them
    #[arg(long, value_name = "DIR")]
    pub alloc_dir: Option<PathBuf>,

    /// No colours; the same as NO_COLOR=1
    #[arg(long)]
    pub no_color: bool,
}

/// What runs the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuntimeChoice {
    /// Simulated, in memory
    Memory,
    /// The Podman of this machine
    Podman,
}

/// How long a job is shown in memory if nobody says otherwise: nothing there runs by itself, so it would only
/// ever be ended by hand.
pub const MEMORY_LIMIT: Duration = Duration::from_secs(5);

impl RunArgs {
    /// What runs the containers.
    pub fn runtime(&self) -> RuntimeChoice {
        let default = if self.socket.is_some() { RuntimeChoice::Podman } else { RuntimeChoice::Memory };
        self.runtime.unwrap_or(default)
    }

    /// When to stop by itself.
    pub fn stop_after(&self) -> Option<Duration> {
        let default = (self.runtime() == RuntimeChoice::Memory).then_some(MEMORY_LIMIT);
        self.limit.or(default).filter(|limit| !limit.is_zero())
    }

    /// The plugin configuration that the arguments amount to.
    pub fn plugin_config(&self) -> PluginConfig {
        let socket = Socket { name: DEFAULT_SOCKET.to_owned(), endpoint: self.socket.clone() };
        PluginConfig { sockets: vec![socket], ..PluginConfig::default() }
    }

    /// Reads the job file.
    ///
    /// # Errors
    /// The file, named.
    pub fn source(&self) -> io::Result<Arc<Source>> {
        read(&self.job)
    }

    /// Variables from the arguments, their files and `env`.
    ///
    /// # Errors
    /// A file that cannot be read, named.
    pub fn inputs(&self, env: impl IntoIterator<Item = (String, String)>) -> io::Result<Inputs> {
        inputs(&self.job, &self.vars, &self.var_files, env)
    }
}

/// What is given besides the job file `job`.
///
/// # Errors
/// A file that cannot be read, named.
pub(super) fn inputs(
    job: &Path,
    vars: &[(String, String)],
    files: &[PathBuf],
    env: impl IntoIterator<Item = (String, String)>,
) -> io::Result<Inputs> {
    Ok(Inputs {
        env: env.into_iter().mapped(),
        files: files.iter().map(|path| read(path)).collect::<io::Result<_>>()?,
        vars: vars.to_vec(),
        base_dir: job.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned(),
        purpose: Purpose::Play,
    })
}

/// A file as the user named it.
///
/// # Errors
/// The file, named.
pub fn read(path: &Path) -> io::Result<Arc<Source>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    parse_endpoint(text).map_err(|error| error.to_string())
}

/// `NAME=VALUE`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> RunArgs {
        match Cli::try_parse_from(line.split(' ')).unwrap().command {
            Some(Command::Run(args)) => args,
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_is_required_but_a_job() {
        let args = run("x run job.hcl");
        assert_eq!((args.runtime(), args.stop_after()), (RuntimeChoice::Memory, Some(MEMORY_LIMIT)));
        assert_eq!(args.plugin_config(), PluginConfig::default());
    }

    #[test]
    fn podman_runs_until_stopped_and_zero_means_for_ever() {
        assert_eq!(run("x run --runtime podman job.hcl").stop_after(), None);
        assert_eq!(run("x run --for 0 job.hcl").stop_after(), None);
        assert_eq!(
            run("x run --runtime podman --for 1m job.hcl").stop_after(),
            Some(Duration::from_secs(60))
        );
    }

    #[test]
    fn values_are_checked_on_the_line() {
        let args = run("x run --socket /run/p.sock --var a=b=c --var-file v.hcl job.hcl");
        assert_eq!(args.runtime(), RuntimeChoice::Podman);
        assert_eq!(args.vars, [("a".to_owned(), "b=c".to_owned())]);
        for line in ["x run", "x run --for 5 j", "x run --socket p.sock j", "x run --var a j", "x wat"] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
