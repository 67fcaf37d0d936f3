//! Start, inspect, list, signal, remove.

use super::client::{Ask, Podman, Reply};
use super::facts::listed;
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::inspect::{self, Inspect};
use crate::adapters::podman::observe::Seen;
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{DRIVER, DRIVER_LABEL};
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::Change;
use crate::ports::{ErrorKind, RuntimeError};
use hyper::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a path segment or a query value as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Before this version a forced removal waits ten seconds for the program to end.
const REMOVES_AT_ONCE: u32 = 4;

/// `text` for a path or query.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// `/containers/ID`.
pub fn path(id: impl AsRef<str>) -> String {
    format!("/containers/{}", escape(id.as_ref()))
}

impl Podman {
    /// `POST /containers/{n}/start`: 204, or 304 if it runs.
    pub async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let call = Call::new("start container", id);
        let reply = self.ask(&call, &Ask::post(format!("{}/start", path(id.as_str())))).await?;
        changed(&call, &reply, refusal::of_start)
    }

    /// `GET /containers/{n}/json`, by id or name: 1.4 ms (4.3).
    pub async fn inspect(&self, id: &str) -> Result<Seen, RuntimeError> {
        let call = Call::new("inspect container", id);
        let reply = self.ask(&call, &Ask::get(format!("{}/json", path(id)))).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(&call, &reply, refusal::by_cause));
        }
        let inspect: Inspect = reply.json(&call)?;
        if inspect.id.is_empty() {
            return Err(call.error(ErrorKind::Malformed, "Podman's reply names no container"));
        }
        Ok(inspect::seen(inspect))
    }

    /// `GET /containers/json` by label. Costs the service 0.4 ms per container it has.
    pub async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        let call = Call::new("list containers", "");
        let filter = escape(&format!(r#"{{"label":["{DRIVER_LABEL}={DRIVER}"]}}"#));
        let reply = self.ask(&call, &Ask::get(format!("/containers/json?all=true&filters={filter}"))).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(&call, &reply, refusal::by_cause));
        }
        let entries: Option<Vec<wire::Listed>> = reply.json(&call)?;
        Ok(entries.unwrap_or_default().into_iter().map(listed).collect())
    }

    /// `POST /containers/{n}/kill`.
    pub async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        let call = Call::new("signal container", id);
        let ask = Ask::post(format!("{}/kill?signal={}", path(id.as_str()), signal.number()));
        let reply = self.ask(&call, &ask).await?;
        changed(&call, &reply, refusal::by_cause).map(|_| ())
    }

    /// `DELETE /containers/{n}`. `v` is what 2.x reads and `volumes` what later ones do.
    pub async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let call = Call::new("remove container", id);
        if self.major(&call).await? < REMOVES_AT_ONCE {
            // Whether it runs is no matter; whether the service answers, the removal will tell.
            let _ = self.signal(id, Signal::KILL).await;
        }
        let query = "force=true&timeout=0&volumes=true&v=true";
        let reply = self.ask(&call, &Ask::delete(format!("{}?{query}", path(id.as_str())))).await;
        let reply = reply.map_err(|error| unknown_if_lost(&call, error))?;
        if reply.status.is_success() {
            return removed(&call, &reply);
        }
        match refusal::error(&call, &reply, refusal::by_cause) {
            error if error.is(ErrorKind::NotFound) => Ok(Change::Identity),
            error => Err(error),
        }
    }
}

/// A second try came too late to tell as well: it may be gone.
fn unknown_if_lost(call: &Call, error: RuntimeError) -> RuntimeError {
    let refused = error.is(ErrorKind::Unavailable) && error.message.contains(" went away: ");
    if refused { call.error(ErrorKind::OutcomeUnknown, error.message) } else { error }
}

/// 4.0 and later answer 200 with a report that may hold an error.
fn removed(call: &Call, reply: &Reply) -> Result<Change, RuntimeError> {
    let report: Vec<wire::Removed> = serde_json::from_slice(&reply.body).unwrap_or_default();
    match report.into_iter().find_map(|entry| entry.err) {
        Some(serde_json::Value::String(error)) => Err(call.error(ErrorKind::Internal, error)),
        Some(error) if !error.is_null() => Err(call.error(ErrorKind::Internal, error)),
        _ => Ok(Change::Changed),
    }
}

fn changed(
    call: &Call,
    reply: &Reply,
    kind: fn(&refusal::Refusal) -> ErrorKind,
) -> Result<Change, RuntimeError> {
    match reply.status {
        StatusCode::NOT_MODIFIED => Ok(Change::Identity),
        status if status.is_success() => Ok(Change::Changed),
        _ => Err(refusal::error(call, reply, kind)),
    }
}
