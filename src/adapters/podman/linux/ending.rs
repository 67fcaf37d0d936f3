//! Ends a program inside a container with all that it has started: Podman has no call for that, and a shell that dies
//! alone leaves its commands behind.
//!
//! A process is the program's if it is its descendant or in the session that it leads; who left both, as a daemon does,
//! is not found. Nobody is ended before everybody is stopped: a process that has lost its parent can no longer be told
//! from the container's own, and one that is stopped makes no new ones.

use super::pidfd::Pidfd;
use super::process::{self, Family};
use crate::domain::mapped::Mapped;
use crate::ports::ErrorKind;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::iter;
use std::path::Path;

/// Looks for more, each of which stops what the one before has found. A program that makes processes faster than that
/// keeps some.
const LOOKS: u32 = 16;

/// Why a program was not ended.
#[derive(Debug, thiserror::Error)]
pub enum Unkillable {
    /// It runs in another pid namespace, or the kernel has no pidfds.
    #[error("cannot end the program: its process is not visible from here")]
    Unseen,
    /// What has its pid is not known to be of the container.
    #[error("cannot end the program: its process cannot be told from others")]
    Doubtful,
    /// The kernel refused.
    #[error("cannot end the program: {0}")]
    Refused(#[from] io::Error),
}

impl Unkillable {
    /// For the port.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unseen | Self::Doubtful => ErrorKind::Unsupported,
            Self::Refused(_) => ErrorKind::Internal,
        }
    }
}

/// Ends process `leader` of container `id` with its family; that it has ended already is as good. Processes are looked
/// for below `root`, which is `/` but for tests.
///
/// # Errors
/// See [`Unkillable`]; nobody is left stopped.
pub fn end(root: &Path, leader: u32, id: &str) -> Result<(), Unkillable> {
    let held = Pidfd::open(leader).map_err(|_| Unkillable::Unseen)?;
    // After the hold, so that a recycled pid is never ended.
    if !process::belongs_to(root, leader, id) {
        return if held.has_ended() { Ok(()) } else { Err(Unkillable::Doubtful) };
    }
    let mut members = iter::once((leader, held)).mapped();
    for _ in 0..LOOKS {
        // One that has ended needs no stop, and one that cannot be stopped is ended all the same.
        members.values().for_each(|member| drop(member.stop()));
        let found = others(root, leader, &members);
        if found.is_empty() {
            break;
        }
        members.extend(found);
    }
    members.values().map(end_one).fold(Ok(()), Result::and).map_err(Unkillable::Refused)
}

fn end_one(member: &Pidfd) -> io::Result<()> {
    member.kill().or_else(|error| if member.has_ended() { Ok(()) } else { Err(error) })
}

/// Members that are not known yet, held.
fn others(root: &Path, leader: u32, members: &BTreeMap<u32, Pidfd>) -> BTreeMap<u32, Pidfd> {
    let leads = process::family(root, leader).is_some_and(|family| family.session == leader);
    let is_ours =
        |family: Family| members.contains_key(&family.parent) || (leads && family.session == leader);
    let is_member = |pid: u32| process::family(root, pid).is_some_and(is_ours);
    let unknown = pids(root).into_iter().filter(|pid| !members.contains_key(pid) && is_member(*pid));
    // Again after the hold: the pid may be another's by then.
    let held = |pid: u32| Pidfd::open(pid).ok().filter(|_| is_member(pid));
    unknown.filter_map(|pid| Some((pid, held(pid)?))).mapped()
}

fn pids(root: &Path) -> Vec<u32> {
    let entries = fs::read_dir(root.join("proc")).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    const ID: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

    /// A shell with a command of its own, and a command of that, which print their pids before they sleep.
    fn shell(name: &str) -> (Child, Vec<u32>) {
        let script = "sh -c 'sleep 100 & echo $!; echo $$; wait' & wait";
        let mut command = Command::new("sh");
        command.args(["-c", script, name]).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut said = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut said, &mut line).unwrap();
            line.trim().parse().unwrap()
        };
        let below = vec![line(), line()];
        (child, below)
    }

    fn is_alive(pid: u32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z") && !rest.starts_with(" X"))
    }

    #[tokio::test]
    async fn a_program_ends_with_its_commands_and_nobody_else() {
        // Its name makes it a process of the container.
        let (mut ours, below) = shell(ID);
        let (mut other, others) = shell("other");
        end(Path::new("/"), ours.id(), ID).unwrap();
        ours.wait().unwrap();
        for pid in below {
            let gone = Pidfd::open(pid);
            if let Ok(pidfd) = gone {
                pidfd.ended().await.unwrap();
            }
            assert!(!is_alive(pid), "{pid} lives on");
        }
        assert!(others.iter().all(|pid| is_alive(*pid)), "a stranger was ended");
        assert!(end(Path::new("/"), ours.id(), ID).is_err_and(|error| matches!(error, Unkillable::Unseen)));
        assert!(
            end(Path::new("/"), other.id(), ID).is_err_and(|error| matches!(error, Unkillable::Doubtful))
        );
        others.iter().chain([&other.id()]).for_each(|pid| drop(Pidfd::open(*pid).map(|pidfd| pidfd.kill())));
        other.wait().unwrap();
    }
}
