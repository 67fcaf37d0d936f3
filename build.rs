//! Generates the messages and services of the host's wire from `proto/`, without protoc, and says of a release build
//! which commit it is.

#[path = "build/commit.rs"]
mod commit;

use std::{env, error::Error, path::Path};

const PROTOS: [&str; 6] =
    ["base.proto", "driver.proto", "goplugin.proto", "hclspec.proto", "status.proto", "structs.proto"];

/// Messages that carry what an operator or a job keeps secret (registry passwords, environment values, what
/// passes through an exec), and those that contain them: without `Debug` they cannot reach a log by accident.
const WITHOUT_DEBUG: [&str; 11] = [
    ".hashicorp.nomad.plugins.base.proto.SetConfigRequest",
    ".hashicorp.nomad.plugins.drivers.proto.TaskConfig",
    ".hashicorp.nomad.plugins.drivers.proto.TaskHandle",
    ".hashicorp.nomad.plugins.drivers.proto.StartTaskRequest",
    ".hashicorp.nomad.plugins.drivers.proto.StartTaskResponse",
    ".hashicorp.nomad.plugins.drivers.proto.RecoverTaskRequest",
    ".hashicorp.nomad.plugins.drivers.proto.ExecTaskRequest",
    ".hashicorp.nomad.plugins.drivers.proto.ExecTaskResponse",
    ".hashicorp.nomad.plugins.drivers.proto.ExecTaskStreamingRequest",
    ".hashicorp.nomad.plugins.drivers.proto.ExecTaskStreamingResponse",
    ".hashicorp.nomad.plugins.drivers.proto.ExecTaskStreamingIOOperation",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=proto");
    name_commit();
    let root = Path::new("proto");
    let descriptors = protox::compile(PROTOS.map(|file| root.join(file)), [root])?;
    tonic_prost_build::configure()
        // The client serves the tests; it needs no channel of tonic's, any tower service will do.
        .build_client(true)
        .build_transport(false)
        // A method that the driver forgets must not compile.
        .generate_default_stubs(false)
        // Same message, same bytes: maps in order.
        .btree_map(".")
        // Exec output and msgpack are passed on, not copied.
        .bytes(".")
        // A call keeps its buffers while it lasts, and each task has calls that last as long as it runs.
        .codec_path("crate::adapters::nomad::codec::SmallBuffers")
        .skip_debug(WITHOUT_DEBUG)
        .compile_fds(descriptors)?;
    Ok(())
}

/// For [`option_env!`] in `simulation::command`. Other builds are not made anew for every commit, and would name an
/// old one.
fn name_commit() {
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if let Some(commit) = commit::commit(Path::new(".")).filter(|_| is_release) {
        println!("cargo::rustc-env=SOURCE_COMMIT={}", commit.name);
        for changes in [Path::new("src"), Path::new("Cargo.toml"), Path::new("Cargo.lock"), &commit.log] {
            println!("cargo::rerun-if-changed={}", changes.display());
        }
    }
}
