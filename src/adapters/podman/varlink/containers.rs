//! Start, inspect, list, signal, remove.

use super::client::{Ask, Failure, Podman, decode_text};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::inspect::{self, Inspect};
use crate::adapters::podman::observe::Seen;
use crate::domain::container::labels::{DRIVER, DRIVER_LABEL};
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::limits::RETRY_FIRST;
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::Change;
use crate::ports::{ErrorKind, RuntimeError};
use serde_json::json;

/// With the pauses between them 0.7 s: a clean-up has its container unmounted within 0.1 s of its end, on a busy node
/// later.
const START_TRIES: u32 = 4;

impl Podman {
    /// `StartContainer`, tried again when the program, its directory or its user is said not to be there: the
    /// clean-up of an earlier run, or of another container's, may have unmounted the root (1.9.3).
    pub async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let mut pause = RETRY_FIRST;
        for _ in 1..START_TRIES {
            match self.start_once(id).await {
                Err(error) if error.is(ErrorKind::Rejected) => {}
                other => return other,
            }
            self.clock().sleep(pause).await;
            pause *= 2;
        }
        self.start_once(id).await
    }

    /// It refuses what runs already.
    async fn start_once(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let call = Call::new("start container", id);
        let ask = Ask::change("StartContainer", json!({ "name": id.as_str() }));
        match self.ask_of(&call, &ask, id, refusal::of_start).await {
            Ok(()) => Ok(Change::Changed),
            Err(error) if error.is(ErrorKind::WrongState) => self.runs_already(id, error).await,
            Err(error) => Err(error),
        }
    }

    /// One sentence is said of a running and of a paused container.
    async fn runs_already(&self, id: &ContainerId, error: RuntimeError) -> Result<Change, RuntimeError> {
        match self.inspect(id.as_str()).await?.facts.state {
            ContainerState::Running => Ok(Change::Identity),
            _ => Err(error),
        }
    }

    /// `ContainerInspectData`, by id or name: without sizes, for which Podman would walk the container's files.
    pub async fn inspect(&self, id: &str) -> Result<Seen, RuntimeError> {
        let call = Call::new("inspect container", id);
        let ask = Ask::query("ContainerInspectData", json!({ "name": id, "size": false }));
        let described: wire::Described = self.ask(&call, &ask, refusal::usual).await?;
        let inspect: Inspect = decode_text(&call, &described.config)?;
        let asked = inspect.name.trim_start_matches('/') == id || inspect.id.starts_with(id);
        if inspect.id.is_empty() || !asked {
            let other = format!("Podman's reply is about another container: {:?}", inspect.id);
            return Err(call.error(ErrorKind::Malformed, other));
        }
        Ok(inspect::seen(inspect))
    }

    /// `Ps` by label, and an inspect of each: an entry has neither the id of its image nor an exit code.
    pub async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        let call = Call::new("list containers", "");
        let entries = self.entries(&call).await?;
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut seen = self.inspect(&entry.id).await;
            if seen.as_ref().is_err_and(|error| error.is(ErrorKind::Internal)) {
                // One that goes just then fails in many words, and is not found the next time.
                seen = self.inspect(&entry.id).await;
            }
            match seen {
                Ok(seen) => found.push(seen.facts),
                Err(error) if error.is(ErrorKind::NotFound) => {}
                Err(error) => return Err(call.error(error.kind, error.message)),
            }
        }
        Ok(found)
    }

    /// `Ps` by label.
    pub(super) async fn entries(&self, call: &Call) -> Result<Vec<wire::Entry>, RuntimeError> {
        let filter = format!("label={DRIVER_LABEL}={DRIVER}");
        let opts = json!({ "all": true, "noTrunc": true, "filters": [filter] });
        let listed: wire::Listed =
            self.ask(call, &Ask::query("Ps", json!({ "opts": opts })), refusal::usual).await?;
        Ok(listed.containers)
    }

    /// `KillContainer`, which does not take a paused one. One that shall die is woken for it.
    pub async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        match self.kill(id, signal).await {
            Err(error) if signal == Signal::KILL && error.message.contains("is in state paused") => {
                self.unpause(id).await?;
                self.kill(id, signal).await
            }
            other => other,
        }
    }

    async fn kill(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        let call = Call::new("signal container", id);
        let ask = Ask::change("KillContainer", json!({ "name": id.as_str(), "signal": signal.number() }));
        self.ask_of(&call, &ask, id, refusal::usual).await
    }

    async fn unpause(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let call = Call::new("signal container", id);
        let ask = Ask::change("UnpauseContainer", json!({ "name": id.as_str() }));
        self.ask_of(&call, &ask, id, refusal::usual).await
    }

    /// `RemoveContainer`: not forced at first, since a forced one ends the program before it finds that others use
    /// the container, and does not get on with a paused one on cgroup v1.
    pub async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let call = Call::new("remove container", id);
        match self.remove_once(&call, id, false).await {
            Err(error) if error.is(ErrorKind::WrongState) => {}
            other => return other,
        }
        if let Some(user) = self.user_of(&call, id).await? {
            let reason = format!("container {user} uses it and must be removed before it");
            return Err(call.error(ErrorKind::Internal, reason));
        }
        // Whether it still runs is no matter; whether the service answers, the removal will tell.
        let _ = self.signal(id, Signal::KILL).await;
        match self.remove_once(&call, id, true).await {
            // Forced, a removal has no wrong state: it is on its way.
            Err(error) if error.is(ErrorKind::WrongState) => {
                Err(call.error(ErrorKind::Internal, error.message))
            }
            other => other,
        }
    }

    /// Of a removal whose reply was lost, a look tells whether it has happened.
    async fn remove_once(&self, call: &Call, id: &ContainerId, force: bool) -> Result<Change, RuntimeError> {
        let parameters = json!({ "name": id.as_str(), "force": force, "removeVolumes": true });
        let ask = Ask::change("RemoveContainer", parameters);
        let removed = match self.ask::<wire::Removed>(call, &ask, refusal::usual).await {
            Ok(wire::Removed::Container(removed)) => {
                self.is_about(call, &ask, id, &removed.container).map(|()| Change::Changed)
            }
            Ok(wire::Removed::Exists(wire::Exists { exists: 1 })) => Ok(Change::Identity),
            Ok(wire::Removed::Exists(_)) => {
                let neither = Failure::Malformed("it is neither removed nor gone".to_owned());
                Err(self.failed(call, true, neither))
            }
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.is(ErrorKind::NotFound) => Ok(Change::Identity),
            Err(error) if error.effect_is_unknown() => self.removed_after_all(id, error).await,
            settled => settled,
        }
    }

    /// A container that has joined a namespace of this one. Podman 1 tells this of the one that joined only, so all
    /// are looked at: 1 ms each.
    async fn user_of(&self, call: &Call, id: &ContainerId) -> Result<Option<String>, RuntimeError> {
        let all = json!({ "all": true, "latest": false, "args": [] });
        let ask = Ask::query("GetContainersByContext", all);
        let ids: wire::Ids = self.ask(call, &ask, refusal::usual).await?;
        for other in ids.containers.into_iter().filter(|other| other != id.as_str()) {
            let ask = Ask::query("ContainerInspectData", json!({ "name": other, "size": false }));
            // One that is gone uses nothing.
            let described = self.ask::<wire::Described>(call, &ask, refusal::usual).await;
            let Ok(described) = described else { continue };
            let user: wire::Joined = decode_text(call, &described.config)?;
            if user.dependencies.iter().any(|used| used == id.as_str()) {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    async fn removed_after_all(&self, id: &ContainerId, error: RuntimeError) -> Result<Change, RuntimeError> {
        match self.inspect(id.as_str()).await {
            Err(look) if look.is(ErrorKind::NotFound) => Ok(Change::Changed),
            _ => Err(error),
        }
    }
}
