//! The reference page, written from the tables: what a job author looks up.

use super::docker::ONLY;
use super::plugin_options::PLUGIN_TOPICS;
use super::row::{Default, Kind, OptionRow};
use super::task_options::TASK_TOPICS;
use std::fmt::Write;

const DOCKER_HEAD: &str = "\
# From the Docker driver

<!-- Written from src/domain/config by `UPDATE_DOCS=1 cargo test --test options`. Change the tables, not this page. -->

`nomad-driver-podman convert --write JOB.nomad.hcl` rewrites the tasks of a job file that say `driver = \"docker\"`,
keeps everything else byte for byte, and tells at its line what has no counterpart. Options that this page does not
name are the same in both drivers.

## What is written otherwise

| Docker | Podman |
| --- | --- |
| `driver = \"docker\"` | `driver = \"podman\"` |
| `image = \"redis:7\"` | `image = \"docker.io/library/redis:7\"`; short names are looked up by the host's registries.conf |
| `image = var.image` | `image = \"docker://${var.image}\"`, which is completed as Docker does it |
| `load = \"redis.tar\"` | `image = \"docker-archive:local/redis.tar\"` |
| `devices { host_path = \"/dev/a\" … }` | `devices = [\"/dev/a:/dev/b:rw\"]` |
| `network_mode = \"default\"` | `network_mode = \"bridge\"` |
| `mount { tmpfs_options { mode = 511 } }` | `mode = \"777\"`: octal digits |
| `logging { type = \"json-file\" }` | nothing: Nomad collects the output |
";

const DOCKER_TAIL: &str = "
## What differs without being written

* Podman's default capabilities are never more, and mostly fewer: 5.4 leaves out `AUDIT_WRITE`, `MKNOD` and `NET_RAW`,
  Debian's 4.3 has them. A node says its own in `driver.podman.capabilities`; `cap_add` gives back what is missing.
* A task has 2048 processes at most unless `pids_limit` or containers.conf says otherwise.
* An image called `latest`, or without a tag, is asked for only if the node has none; `pull_policy = \"newer\"` asks
  each time.
* Named volumes are Podman's own: what Docker keeps in one of that name must be copied.
* Networks by name must be made with `podman network create` on each node.
* Constraints and texts that name `attr.driver.docker` want `attr.driver.podman`.
* The operator's `plugin \"docker\"` block has its counterpart in `plugin \"nomad-driver-podman\"`; `volumes.enabled` is
  true by default here and `allow_privileged` allows, see [hardening](hardening.md).
";

const HEAD: &str = "\
# Reference: every option

<!-- Written from src/domain/config by `UPDATE_DOCS=1 cargo test --test options`. Change the tables, not this page. -->

Each entry shows the option as it is written, its type, what it is when unset, and since which release the Go
driver (nomad-driver-podman by HashiCorp) has it; \"new\" are those that it has not. Where the two drivers mean
different things by one option, see [differences](differences.md). Maps may be written as blocks or as objects.
";

/// The page as Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    part(&mut page, "Task options", "In `config { … }` of a task with `driver = \"podman\"`.", TASK_TOPICS);
    let place = "In `plugin \"nomad-driver-podman\" { config { … } }` of the agent's configuration.";
    part(&mut page, "Plugin options", place, PLUGIN_TOPICS);
    page
}

/// The page for those who come from the Docker driver, as Markdown.
pub fn from_docker() -> String {
    let mut page = DOCKER_HEAD.to_owned();
    let topics = TASK_TOPICS.iter().flat_map(|(_, rows)| rows.iter());
    topics.for_each(|row| renamed(&mut page, row, "", ""));
    line(&mut page, format_args!("\n## What has no counterpart\n\n| Docker | Here |\n| --- | --- |"));
    for docker in ONLY.iter().filter(|docker| !docker.converted) {
        line(&mut page, format_args!("| `{}` | {} |", docker.path, docker.instead));
    }
    page + DOCKER_TAIL
}

/// The line of a row with another name in Docker, and those of the rows inside.
fn renamed(page: &mut String, row: &OptionRow, theirs: &str, ours: &str) {
    let names = row.docker.split(" or ").filter(|name| !name.is_empty() && *name != row.name);
    for docker in names {
        line(page, format_args!("| `{theirs}{docker}` | `{ours}{}` |", row.name));
    }
    if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
        let (theirs, ours) = (format!("{theirs}{}.", row.name), format!("{ours}{}.", row.name));
        rows.iter().for_each(|row| renamed(page, row, &theirs, &ours));
    }
}

fn part(page: &mut String, title: &str, place: &str, topics: &[(&str, &[OptionRow])]) {
    line(page, format_args!("\n## {title}\n\n{place}"));
    for (topic, rows) in topics {
        line(page, format_args!("\n### {topic}"));
        rows.iter().for_each(|row| entry(page, row, ""));
    }
}

fn entry(page: &mut String, row: &OptionRow, prefix: &str) {
    let path = format!("{prefix}{}", row.name);
    line(page, format_args!("\n**`{path}`** ({}){}\n", facts(row), docker(row)));
    line(page, format_args!("{}", row.doc));
    if !row.constraint.is_empty() {
        line(page, format_args!("\nAccepted: {}.", row.constraint));
    }
    line(page, format_args!("\n```hcl\n{}\n```", row.example));
    if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
        // The rules of a policy block are those of the node, which stand above.
        let own = rows.iter().filter(|row| row.name == "namespace" || !row.name.starts_with("allow_"));
        own.for_each(|row| entry(page, row, &format!("{path}.")));
    }
}

fn facts(row: &OptionRow) -> String {
    let unset = match row.default {
        Default::Unset => String::new(),
        Default::Bool(flag) => format!(", default {flag}"),
        Default::Text(text) => format!(", default \"{text}\""),
        Default::Required => ", required".to_owned(),
    };
    let since = if row.since.is_empty() { "new".to_owned() } else { format!("Go driver {}", row.since) };
    format!("{}{unset}; {since}", row.kind.name())
}

fn docker(row: &OptionRow) -> String {
    if row.docker.is_empty() { String::new() } else { format!(" In the Docker driver: `{}`.", row.docker) }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _cannot_fail = writeln!(page, "{text}");
}
