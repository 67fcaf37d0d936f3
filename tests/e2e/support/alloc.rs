//! One run of a job: what the agent tells about it and what a person does to it.

use super::agent::Agent;
use super::exec::{self, Done};
use super::http::Server;
use super::job::Job;
use super::podman::{self, Container};
use super::wait;
use serde_json::{Value, json};
use std::path::PathBuf;

/// An allocation on its agent.
pub struct Alloc<'a> {
    /// Where it runs.
    pub agent: &'a Agent,
    /// Its id.
    pub id: String,
    /// Its job's id.
    pub job: String,
}

/// How a task ended.
#[derive(Debug)]
pub struct End {
    /// `complete` or `failed`.
    pub status: String,
    /// How often the task was started again.
    pub restarts: u64,
    /// Type and message of each event of the task.
    pub events: Vec<(String, String)>,
}

impl End {
    /// The messages of one type of event.
    pub fn messages(&self, kind: &str) -> Vec<&str> {
        self.events.iter().filter(|(k, _)| k == kind).map(|(_, message)| message.as_str()).collect()
    }
}

impl Alloc<'_> {
    fn look(&self) -> Result<Value, String> {
        self.agent.api.json("GET", &format!("/v1/allocation/{}", self.id), "")
    }

    /// Waits until the task runs.
    pub fn running(&self) -> &Self {
        self.task("running task", |task| task["State"] == "running");
        self
    }

    /// Waits until the task's state is as wanted.
    pub fn task(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait::until(&format!("{}: {what}", self.job), || {
            let task = self.look()?["TaskStates"][Job::TASK].clone();
            if wanted(&task) { Ok(task) } else { Err(task.to_string()) }
        })
    }

    /// Waits for the end of the task.
    pub fn ended(&self) -> End {
        wait::until(&format!("end of {}", self.job), || {
            let alloc = self.look()?;
            let status = alloc["ClientStatus"].as_str().unwrap_or_default().to_owned();
            if matches!(status.as_str(), "complete" | "failed" | "lost") {
                Ok(end(status, &alloc["TaskStates"][Job::TASK]))
            } else {
                Err(alloc["TaskStates"].to_string())
            }
        })
    }

    /// All of one stream of the task so far.
    pub fn log(&self, stream: &str) -> Result<String, String> {
        let path = format!(
            "/v1/client/fs/logs/{}?task={}&type={stream}&plain=true&origin=start",
            self.id,
            Job::TASK
        );
        self.agent.api.call("GET", &path, "").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until a stream is exactly this.
    pub fn log_is(&self, stream: &str, text: &str) {
        wait::until(&format!("{}: {stream} to be {text:?}", self.job), || {
            let log = self.log(stream)?;
            if log == text { Ok(()) } else { Err(format!("{log:?}")) }
        });
    }

    /// Waits until standard output has this line.
    pub fn says(&self, line: &str) -> &Self {
        wait::until(&format!("{} to say {line:?}", self.job), || {
            let log = self.log("stdout")?;
            if log.lines().any(|one| one == line) { Ok(()) } else { Err(format!("{log:?}")) }
        });
        self
    }

    /// `nomad alloc signal`.
    pub fn signal(&self, signal: &str) -> Result<(), String> {
        let body = json!({ "Signal": signal, "Task": Job::TASK }).to_string();
        let path = format!("/v1/client/allocation/{}/signal", self.id);
        self.agent.api.call("PUT", &path, &body).map(drop)
    }

    /// `nomad alloc restart`.
    pub fn restart(&self) {
        let body = json!({ "TaskName": Job::TASK }).to_string();
        let path = format!("/v1/client/allocation/{}/restart", self.id);
        self.agent.api.call("PUT", &path, &body).unwrap();
    }

    /// `nomad job stop -purge`.
    pub fn stop(&self) {
        self.agent.api.call("DELETE", &format!("/v1/job/{}?purge=true", self.job), "").unwrap();
    }

    /// `nomad alloc exec` with something on its standard input.
    pub fn exec(&self, command: &[&str], stdin: &[u8]) -> Done {
        let Server::Loopback(port) = self.agent.api else { panic!("agents are on the loopback") };
        exec::exec(port, &self.id, Job::TASK, command, stdin).unwrap()
    }

    /// The task's container, once it runs.
    pub fn container(&self) -> Container {
        wait::until(&format!("{}: running container", self.job), || {
            let found = podman::containers(&self.agent.setup.podman(), &self.id)?;
            match found.as_slice() {
                [one] if one.state == "running" => Ok(one.clone()),
                other => Err(format!("{other:?}")),
            }
        })
    }

    /// Waits until Podman has no container of the task.
    pub fn container_gone(&self) {
        wait::until(&format!("{}: container to be removed", self.job), || {
            let left = podman::containers(&self.agent.setup.podman(), &self.id)?;
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        });
    }

    /// A path of the allocation's directory, to be opened from here.
    pub fn path(&self, path: &str) -> PathBuf {
        self.agent.data(&format!("alloc/{}/{path}", self.id))
    }
}

fn end(status: String, task: &Value) -> End {
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let events = task["Events"].as_array().into_iter().flatten();
    End {
        status,
        restarts: task["Restarts"].as_u64().unwrap_or_default(),
        events: events.map(|event| (text(event, "Type"), text(event, "DisplayMessage"))).collect(),
    }
}
