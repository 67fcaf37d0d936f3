//! Where conmon keeps what belongs to a command inside a container: its log, and the socket of its input.
//!
//! Each has a directory of its own beside the files of its container, named by the session's id, which Podman 1 tells
//! nobody. So the directory is looked for: one that was not there before, whose session has our mark. Its log must be
//! open before the command has ended, because Podman removes the directory then.

use super::client::{Ask, Podman, decode_text};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Looks for the directory, and the pauses between them: some 20 ms after the call it is there, on a busy node later;
/// 20 s in all.
const LOOKS: u32 = 200;
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How often a session that is not on record is looked for again when there is a directory: it may be another's, and
/// ours not made yet.
const MISSES: u32 = 5;

/// One command's.
#[derive(Debug)]
pub struct Place {
    pub dir: PathBuf,
    /// conmon's log of it, until somebody takes it.
    log: Mutex<Option<File>>,
    /// It is known by its mark; else only by being the one that was new.
    pub sure: bool,
}

/// How far a session has come: what has said something has its directory, or had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Silent,
    Spoke,
    Over,
}

/// What is looked for.
pub struct Search {
    container: ContainerId,
    mark: String,
    /// Of the container, below which its commands have theirs.
    dir: PathBuf,
    /// Logs that were there before, by session.
    before: Vec<String>,
}

impl Search {
    /// Begins before the command does. `None` where the container's files cannot be seen.
    pub async fn begin(podman: &Podman, call: &Call, container: &ContainerId, mark: &str) -> Option<Self> {
        let state = podman.sessions(call, container).await.ok()?;
        let dir = podman.here(Path::new(&state.config_path).parent().filter(|dir| dir.is_absolute())?);
        let before = names(&dir)?;
        Some(Self { container: container.clone(), mark: mark.to_owned(), dir, before })
    }

    /// Looks until it is found, or one last time once the session has said something or is over.
    pub async fn find(self, podman: &Podman, call: &Call, mut life: watch::Receiver<Life>) -> Option<Place> {
        let (mut logs, mut misses, mut pause) = (BTreeMap::new(), 0, FIRST_PAUSE);
        for _ in 0..LOOKS {
            let last = *life.borrow_and_update() != Life::Silent;
            self.open_new(&mut logs);
            if !logs.is_empty() {
                // The service answers once the program runs.
                match podman.session(call, &self.container, &self.mark).await.ok()? {
                    Some((id, _)) => return Some(self.place(id, &mut logs, true)),
                    None if misses == MISSES => break,
                    None => misses += 1,
                }
            }
            if last {
                break;
            }
            tokio::select! {
                biased;
                // A session that nobody listens to may still want its input ended.
                Ok(()) = life.changed() => {}
                () = podman.clock().sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        // Over already. If no other command was begun at the time, the log is ours.
        let only = logs.keys().next().cloned().filter(|_| logs.len() == 1)?;
        Some(self.place(only, &mut logs, false))
    }

    fn place(&self, id: String, logs: &mut BTreeMap<String, File>, sure: bool) -> Place {
        self.open_new(logs);
        Place { dir: self.dir.join(&id), log: Mutex::new(logs.remove(&id)), sure }
    }

    fn open_new(&self, logs: &mut BTreeMap<String, File>) {
        let names = names(&self.dir).unwrap_or_default().into_iter();
        for id in names.filter(|id| !self.before.contains(id)) {
            if !logs.contains_key(&id)
                && let Ok(log) = File::open(self.dir.join(&id).join("exec_log"))
            {
                logs.insert(id, log);
            }
        }
    }
}

/// Ids of sessions that have a directory.
fn names(dir: &Path) -> Option<Vec<String>> {
    let entries = std::fs::read_dir(dir).ok()?.flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    Some(names.filter(|name| name.len() == 64).collect())
}

impl Place {
    pub fn take_log(&self) -> Option<File> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Podman {
    /// What is on record about the commands in a container.
    async fn sessions(&self, call: &Call, container: &ContainerId) -> Result<wire::Sessions, RuntimeError> {
        let ask = Ask::query("ContainerStateData", serde_json::json!({ "name": container.as_str() }));
        let described: wire::Described = self.ask(call, &ask, refusal::usual).await?;
        decode_text(call, &described.config)
    }

    /// The session that has `mark`, by its id; `None` if it is over, or has not begun.
    pub(super) async fn session(
        &self,
        call: &Call,
        container: &ContainerId,
        mark: &str,
    ) -> Result<Option<(String, wire::Session)>, RuntimeError> {
        let state = self.sessions(call, container).await?;
        Ok(state.sessions.into_iter().find(|(_, session)| session.config.detach_keys == mark))
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{Passing, staying};
    use super::*;

    fn search(dir: &Path) -> Search {
        let (container, mark) = (ContainerId::new("c"), "m".to_owned());
        Search { container, mark, dir: dir.to_owned(), before: vec![] }
    }

    /// Of a session with this life, among these directories, while no pause ends.
    async fn found(life: Life, dirs: &[&str]) -> Option<(String, bool)> {
        let dir = tempfile::tempdir().unwrap();
        for name in dirs {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            File::create(dir.path().join(name).join("exec_log")).unwrap();
        }
        let nobody = b"{\"parameters\":{\"config\":\"{}\"}}\0".to_vec();
        let fake = staying(vec![nobody], Passing::new(FIRST_PAUSE));
        let (tell, lives) = watch::channel(Life::Silent);
        let call = Call::new("exec in container", "c");
        let finding = search(dir.path()).find(&fake.podman, &call, lives);
        let (place, _) = tokio::join!(finding, async { tell.send_replace(life) });
        place.map(|place| (place.dir.file_name().unwrap().to_str().unwrap().to_owned(), place.sure))
    }

    #[tokio::test]
    async fn one_more_look_is_enough_once_it_has_spoken() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        for life in [Life::Spoke, Life::Over] {
            assert_eq!(found(life, &[]).await, None, "its directory came and went");
            assert_eq!(found(life, &[&a]).await, Some((a.clone(), false)), "the only one that is new");
            assert_eq!(found(life, &[&a, &b]).await, None, "nobody can tell which");
        }
    }
}
