//! What a person who looks at a task is told: every task event of the driver, and its words.
//!
//! One line each, about what somebody may want to act on. The host keeps the last ten per task, so nothing is told
//! often. Must not live here: when a thing happens. No event holds an account or a value of the environment.

use super::Shared;
use crate::domain::container::ContainerFacts;
use crate::domain::image::progress::Progress;
use crate::domain::image::{Image, ImageRef};
use crate::domain::limits::LOG_DRAIN_TIMEOUT;
use crate::domain::mapped::Mapped;
use crate::domain::task::TaskNames;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::ports::{Clock, NomadHost, TaskEvent};
use std::time::Duration;

/// Tells about one task.
#[derive(Clone, Copy)]
pub struct Events<'a> {
    pub host: &'a dyn NomadHost,
    pub clock: &'a dyn Clock,
    pub task: TaskNames<'a>,
}

impl Shared {
    /// See the module.
    pub fn events<'a>(&'a self, task: impl Into<TaskNames<'a>>) -> Events<'a> {
        Events { host: &*self.host, clock: &*self.clock, task: task.into() }
    }
}

impl Events<'_> {
    fn tell(&self, message: impl Into<String>, annotations: &[(&str, &str)]) {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.host.emit(TaskEvent {
            task_id: self.task.id.clone(),
            alloc_id: self.task.alloc_id.clone(),
            task_name: self.task.task_name.to_owned(),
            at: self.clock.now(),
            message: message.into(),
            annotations: annotations.iter().map(own).mapped(),
        });
    }

    pub fn getting(&self, image: &Image) {
        let (doing, image) = (words(image).0, image.to_string());
        self.tell(format!("{doing} image {image}"), &[("image", &image)]);
    }

    pub fn still_getting(&self, image: &Image, after: Duration, progress: &Progress) {
        let (doing, image, after) = (words(image).0.to_lowercase(), image.to_string(), seconds(after));
        self.tell(format!("Still {doing} image {image} after {after}: {progress}"), &[("image", &image)]);
    }

    pub fn got(&self, image: &Image, id: &str, took: Duration) {
        let (done, image, took) = (words(image).1, image.to_string(), seconds(took));
        self.tell(format!("{done} image {image} in {took}"), &[("image", &image), ("id", id)]);
    }

    pub fn without_account(&self, image: &ImageRef, reason: &str) {
        let image = image.to_string();
        self.tell("Pulling without an account (auth_soft_fail)", &[("image", &image), ("reason", reason)]);
    }

    pub fn created(&self, name: &ContainerName, id: &ContainerId) {
        self.tell(format!("Created container {name}"), &[("container", id.as_str())]);
    }

    pub fn warned(&self, warning: &str) {
        self.tell(format!("Podman warns: {warning}"), &[]);
    }

    pub fn noted(&self, note: &str) {
        self.tell(note, &[]);
    }

    pub fn started_again(&self) {
        self.tell("Started the stopped container again (recover_stopped)", &[]);
    }

    pub fn not_started_again(&self, reason: &str) {
        self.tell("Could not start the stopped container again", &[("reason", reason)]);
    }

    pub fn log_dropped(&self, bytes: u64) {
        let bytes = bytes.to_string();
        let message = format!("Dropped {bytes} bytes of the task's log: its collector is too slow or away");
        self.tell(message, &[("dropped_bytes", &bytes)]);
    }

    pub fn log_cut(&self, bytes: Option<u64>) {
        let bytes = bytes.map(|bytes| bytes.to_string());
        let size = bytes.as_ref().map_or("size unknown".to_owned(), |bytes| format!("{bytes} bytes"));
        let after = seconds(LOG_DRAIN_TIMEOUT);
        let message = format!(
            "Dropped the end of the task's log ({size}): its collector had not taken it {after} after the task's end"
        );
        self.tell(message, &[("dropped_bytes", bytes.as_deref().unwrap_or("unknown"))]);
    }

    pub fn log_gone(&self, reason: &str) {
        let message = "Dropped the rest of the task's log (size unknown): it cannot be read any more";
        self.tell(message, &[("dropped_bytes", "unknown"), ("reason", reason)]);
    }

    pub fn out_of_memory(&self, facts: &ContainerFacts) {
        let memory = facts.memory_at_end.unwrap_or_default();
        let told = [("limit", memory.limit), ("peak", memory.peak)];
        let told = told.map(|(name, bytes)| bytes.map(|bytes| (name, mebibytes(bytes))));
        let told: Vec<(&str, String)> = told.into_iter().flatten().collect();
        let numbers: Vec<String> = told.iter().map(|(name, bytes)| format!("{name} {bytes}")).collect();
        let numbers = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
        let annotations: Vec<(&str, &str)> =
            told.iter().map(|(name, bytes)| (*name, bytes.as_str())).collect();
        self.tell(format!("Killed by the kernel: out of memory{numbers}"), &annotations);
    }

    /// Only with words: Nomad tells the code itself, and keeps ten events of a task.
    pub fn died_young(&self, code: Option<i32>, lived: Duration, last_lines: &[String]) {
        if last_lines.is_empty() {
            return;
        }
        let how = code.map_or("Ended".to_owned(), |code| format!("Exited with code {code}"));
        let (lived, words) = (seconds(lived), last_lines.join(" | "));
        self.tell(format!("{how} after {lived}; last lines of its standard error: {words}"), &[]);
    }
}

/// Doing and done.
fn words(image: &Image) -> (&'static str, &'static str) {
    match image {
        Image::Named(_) => ("Pulling", "Pulled"),
        Image::Archive(_) => ("Loading", "Loaded"),
    }
}

/// As exact as a person cares for.
fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} s", duration.as_secs())
    }
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} MiB"),
        (whole, tenth) => format!("{whole}.{tenth} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_exact_as_a_person_cares_for() {
        assert_eq!(seconds(Duration::from_millis(449)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(75_900)), "75 s");
        assert_eq!([mebibytes(64 << 20), mebibytes(67_000_000)], ["64 MiB", "63.8 MiB"]);
    }
}
