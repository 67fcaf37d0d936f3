//! How long a person waits for a verdict on a large job file.

use super::ms;
use crate::args::Args;
use crate::board::Board;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const GROUPS: usize = 100;
const TASKS_OF_A_GROUP: usize = 10;

/// The driver of this repository only: no other has such a command.
pub fn all(args: &Args, board: &Board) {
    eprintln!("validate ...");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("large.nomad.hcl");
    std::fs::write(&file, job()).unwrap();
    for _ in 0..args.many(15, 2) {
        match run(&board.sides[0].binary, &file) {
            Ok(elapsed) => board.add(0, vec![("validate", elapsed)]),
            Err(reason) => return board.fail(0, "validate", reason),
        }
    }
}

/// From exec to the end of the process: what a person waits for.
fn run(binary: &Path, file: &Path) -> Result<f64, String> {
    let mut command = Command::new(binary);
    command.arg("validate").arg(file).stdin(Stdio::null());
    let before = Instant::now();
    let output = command.output().map_err(|error| error.to_string())?;
    let elapsed = ms(before);
    match output.status.success() {
        true => Ok(elapsed),
        false => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

fn job() -> String {
    let mut job = "job \"large\" {\n  datacenters = [\"dc1\"]\n".to_owned();
    for group in 0..GROUPS {
        job += &format!("  group \"group{group}\" {{\n    network {{\n      port \"http\" {{}}\n    }}\n");
        (0..TASKS_OF_A_GROUP).for_each(|number| job += &task(number));
        job += "  }\n";
    }
    job + "}\n"
}

fn task(number: usize) -> String {
    format!(
        "    task \"task{number}\" {{
      driver = \"podman\"
      config {{
        image   = \"docker://redis:7\"
        command = \"redis-server\"
        args    = [\"--port\", \"${{NOMAD_PORT_http}}\"]
        ports   = [\"http\"]
        volumes = [\"local/conf:/etc/redis\"]
        labels {{
          team = \"storage\"
        }}
      }}
      env {{
        NUMBER = \"{number}\"
      }}
      resources {{
        cpu    = 100
        memory = 64
      }}
    }}\n"
    )
}
