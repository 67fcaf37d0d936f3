//! The methods, one function each.

use super::inspect::{data, find, word};
use super::log::lines_behind;
use super::service::{Double, No, Request, say};
use super::{create, events, images};
use nomad_driver_podman::domain::container::{ContainerSpec, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::runtime::Change;
use nomad_driver_podman::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::unix::OwnedWriteHalf;

pub type Reply = Result<Value, No>;

/// Whose clients may want more than one reply.
const STREAMS: [&str; 3] = ["io.podman.GetEvents", "io.podman.GetContainerLogs", "io.podman.PullImage"];

/// Answers a call but for the session of a command.
pub async fn call(double: &Arc<Double>, request: &Request, write: &mut OwnedWriteHalf) -> Reply {
    request.has_flags_of(STREAMS.contains(&request.method()), false)?;
    match request.method() {
        "org.varlink.service.GetInfo" => info(request),
        "io.podman.CreateContainer" => create(double, request).await,
        "io.podman.StartContainer" => start(double, request).await,
        "io.podman.KillContainer" => kill(double, request).await,
        "io.podman.UnpauseContainer" => unpause(double, request).await,
        "io.podman.GetEvents" => events::tell(double, request, write).await,
        "io.podman.RemoveContainer" => remove(double, request).await,
        "io.podman.ContainerInspectData" => inspect(double, request).await,
        "io.podman.ContainerStateData" => state(double, request).await,
        "io.podman.GetContainerStats" => stats(double, request).await,
        "io.podman.GetContainerLogs" => logs(double, request, write).await,
        "io.podman.Ps" => ps(double, request).await,
        "io.podman.GetContainersByContext" => by_context(double, request),
        "io.podman.InspectImage" => images::inspect_image(double, request).await,
        "io.podman.RemoveImage" => images::remove_image(double, request).await,
        "io.podman.LoadImage" => images::load(double, request).await,
        "io.podman.PullImage" => images::pull(double, request, write).await,
        "io.podman.VolumeCreate" => images::volume(double, request),
        method => {
            let name = method.rsplit('.').next().unwrap_or(method);
            Err(No("org.varlink.service.MethodNotFound".to_owned(), json!({ "method": name })))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub name: String,
}

fn info(request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let Nothing {} = request.input()?;
    Ok(json!({
        "vendor": "Atomic", "product": "podman", "version": "1.9.3", "url": "https://github.com/containers/libpod",
        "interfaces": ["org.varlink.service", "io.podman"],
    }))
}

pub fn occurred(error: RuntimeError) -> No {
    No::occurred(error.message)
}

fn container(id: &ContainerId) -> Reply {
    Ok(json!({ "container": id.as_str() }))
}

async fn create(double: &Double, request: &Request) -> Reply {
    let spec = request.input::<create::Input>()?.create.spec()?;
    let created = double.memory.create(&spec).await.map_err(|error| match error.kind {
        ErrorKind::ImageMissing => {
            No::occurred(format!("unable to find '{}' in local storage: no such image", spec.image))
        }
        _ => occurred(error),
    })?;
    double.specs.lock().unwrap().insert(created.id.to_string(), spec);
    container(&created.id)
}

async fn start(double: &Arc<Double>, request: &Request) -> Reply {
    let facts = find(double, &request.input::<Name>()?.name).await?;
    if matches!(facts.state, ContainerState::Running | ContainerState::Paused) {
        return Err(No::occurred("container is already running or paused"));
    }
    if facts.state == ContainerState::Exited && double.unmounting.lock().unwrap().remove(facts.id.as_str()) {
        return Err(No::occurred(UNMOUNTED));
    }
    match double.memory.start(&facts.id).await.map_err(occurred)? {
        Change::Changed => double.logs.follow(&double.memory, &facts.id).await,
        Change::Identity => return Err(No::occurred("container is already running or paused")),
    }
    double.unmounting.lock().unwrap().insert(facts.id.to_string());
    let id = facts.id.clone();
    events::expect(double, facts);
    container(&id)
}

/// What a start says that comes while the clean-up of the run before unmounts the root.
const UNMOUNTED: &str = "runc create failed: unable to start container process: exec: \"sh\": executable file not \
                         found in $PATH: OCI runtime command not found error";

async fn kill(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Kill {
        name: String,
        signal: i64,
    }
    let Kill { name, signal } = request.input()?;
    let facts = find(double, &name).await?;
    let improper = |state| {
        let id = &facts.id;
        let state = word(state);
        No::occurred(format!(
            "can only kill running containers. {id} is in state {state}: container state improper"
        ))
    };
    if facts.state != ContainerState::Running {
        return Err(improper(facts.state));
    }
    let signal = Signal::from_number(signal).unwrap();
    double.memory.signal(&facts.id, signal).await.map_err(|_| improper(ContainerState::Exited))?;
    container(&facts.id)
}

async fn unpause(double: &Double, request: &Request) -> Reply {
    let facts = find(double, &request.input::<Name>()?.name).await?;
    double
        .memory
        .unpause(&facts.id)
        .map_err(|_| No::occurred("it is not paused: container state improper"))?;
    container(&facts.id)
}

async fn remove(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Remove {
        name: String,
        force: bool,
        remove_volumes: bool,
    }
    let Remove { name, force, remove_volumes } = request.input()?;
    assert!(remove_volumes, "anonymous volumes go with their container");
    let facts = find(double, &name).await?;
    let id = &facts.id;
    match (facts.state, force) {
        (ContainerState::Running | ContainerState::Paused, false) => {
            let state = word(facts.state);
            let reason = format!(
                "cannot remove container {id} as it is {state} - running or paused containers \
                                  cannot be removed: container state improper"
            );
            return Err(No(
                "io.podman.InvalidState".to_owned(),
                json!({ "id": id.as_str(), "reason": reason }),
            ));
        }
        (ContainerState::Paused, true) => {
            return Err(No::occurred(format!("`runc resume {id}` failed: exit status 1")));
        }
        // The program is ended before anybody looks who else needs the container.
        (ContainerState::Running, true) => drop(double.memory.signal(id, Signal::KILL).await),
        _ => {}
    }
    let removed = double.memory.remove(id).await.map_err(|error| {
        let reason = format!(
            "container {id} has dependent containers which must be removed before it: {}",
            error.message
        );
        No::occurred(format!("{reason}: container already exists"))
    })?;
    double.logs.remove(id);
    double.specs.lock().unwrap().remove(id.as_str());
    match removed {
        Change::Changed => container(id),
        Change::Identity => Ok(json!({ "exists": 1 })),
    }
}

async fn inspect(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inspect {
        name: String,
        size: bool,
    }
    let Inspect { name, size } = request.input()?;
    assert!(!size, "sizes cost a walk over all files");
    let facts = find(double, &name).await?;
    Ok(json!({ "config": data(double, &facts).to_string() }))
}

async fn state(double: &Double, request: &Request) -> Reply {
    let facts = find(double, &request.input::<Name>()?.name).await?;
    let keys = double.sessions.lock().unwrap().get(facts.id.as_str()).cloned().unwrap_or_default();
    let session = |(id, keys): (String, String)| {
        let session = json!({ "id": id, "state": 2, "pid": facts.pid, "config": {
            "command": ["x"], "detachKeys": keys } });
        (id, session)
    };
    let sessions: serde_json::Map<String, Value> = keys.into_iter().map(session).collect();
    let config = double.userdata(facts.id.as_str()).join("config.json");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let state = json!({ "state": 3, "configPath": config, "newExecSessions": sessions });
    Ok(json!({ "config": state.to_string() }))
}

async fn stats(double: &Double, request: &Request) -> Reply {
    let facts = find(double, &request.input::<Name>()?.name).await?;
    if facts.state != ContainerState::Running {
        return Err(No("io.podman.NoContainerRunning".to_owned(), json!({})));
    }
    let sample = double.memory.stats(&facts.id).await.map_err(occurred)?;
    let usage = sample.memory.usage.or(sample.memory.rss).unwrap_or(0);
    Ok(json!({ "container": {
        "id": facts.id.as_str(), "name": facts.name.as_str(), "cpu": 1.5e-9, "cpu_nano": sample.cpu_total_ns,
        "system_nano": sample.at.unix_nanos(), "mem_usage": usage, "mem_limit": 1 << 30, "mem_perc": 0.1,
        "net_input": 0, "net_output": 0, "block_output": 0, "block_input": 0, "pids": 1,
    } }))
}

/// To who wants more, what is new once in a while; the last lines before the end are not told (the real one looks once
/// a second).
async fn logs(double: &Double, request: &Request, write: &mut OwnedWriteHalf) -> Reply {
    let facts = find(double, &request.input::<Name>()?.name).await?;
    if double.has_journal(&facts.id) {
        // Its handler fails before it has a reply.
        return Err(No::hangs_up());
    }
    let (mut at, mut first) = (0, true);
    loop {
        let (lines, end) = lines_behind(&double.logs.path(&facts.id), at);
        // A list without anything is there only once there was one.
        let lines = if lines.is_empty() && first { Value::Null } else { lines.into() };
        let lines = json!({ "container": lines });
        first = false;
        if !request.more {
            return Ok(lines);
        }
        at = end;
        let _ = say(write, &json!({ "parameters": lines, "continues": true })).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let state = double.memory.inspect(facts.id.as_str()).await.map_err(occurred)?.state;
        if !matches!(state, ContainerState::Running | ContainerState::Paused) {
            return Err(No::occurred(format!("{} is no longer running", facts.id)));
        }
    }
}

async fn ps(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Ps {
        opts: Opts,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Opts {
        all: bool,
        no_trunc: bool,
        filters: Vec<String>,
    }
    let Ps { opts } = request.input()?;
    assert!(opts.all && opts.no_trunc, "ids would be cut");
    let [filter] = opts.filters.as_slice() else { panic!("one filter") };
    let (key, value) = filter.strip_prefix("label=").and_then(|label| label.split_once('=')).unwrap();
    let has_label = |spec: &ContainerSpec| spec.labels.get(key).is_some_and(|found| found == value);
    let specs = double.specs.lock().unwrap().clone();
    let mut found = Vec::new();
    for (id, spec) in specs.into_iter().filter(|(_, spec)| has_label(spec)) {
        // One that is removed meanwhile is left out.
        let Ok(facts) = double.memory.inspect(&id).await else { continue };
        found.push(json!({ "id": id, "names": spec.name.as_str(), "state": word(facts.state) }));
    }
    Ok(json!({ "containers": if found.is_empty() { Value::Null } else { found.into() } }))
}

fn by_context(double: &Double, request: &Request) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Context {
        all: bool,
        latest: bool,
        args: Vec<String>,
    }
    let Context { all, latest, args } = request.input()?;
    assert!(all && !latest && args.is_empty());
    let ids: Vec<String> = double.specs.lock().unwrap().keys().cloned().collect();
    Ok(json!({ "containers": if ids.is_empty() { Value::Null } else { ids.into() } }))
}
