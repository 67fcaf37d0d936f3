//! StartTask on Podman 1 against the bare varlink calls, in turn.

use super::{IDLE, both, ms, start_through};
use crate::args::Args;
use crate::board::Board;
use crate::session::Session;
use crate::turns::Turns;
use crate::varlink::{self, Sweep, Varlink};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

/// Nothing without a Podman 1 (`PODMAN_V1_SOCKET`, see docs/podman1.md).
pub async fn all(args: &Args, board: &Board) {
    let Ok(socket) = std::env::var("PODMAN_V1_SOCKET") else {
        return board.skip("StartTask on Podman 1: PODMAN_V1_SOCKET is not set".to_owned());
    };
    let image = std::env::var("PODMAN_V1_IMAGE").unwrap_or_else(|_| "localhost/busybox:latest".to_owned());
    let path = socket.trim_start_matches("varlink:").trim_start_matches("unix:").to_owned();
    let turns = Turns::of("start on Podman 1").rounds(args.many(40, 6)).after_warm_up();
    turns
        .run(board, async |session, number| one_start(session, number, Path::new(&path), &image).await)
        .await;
}

async fn one_start(session: &Session, number: usize, socket: &Path, image: &str) {
    let _sweep = Sweep::new(socket, session.mark());
    let agent = session.agent_with(json!({ "socket_path": format!("unix://{}", socket.display()) })).await;
    let task = || session.silent_task(IDLE).with(json!({ "image": image }));
    let config = agent.config_of(&task()).await;
    let create = json!({ "create": varlink::create(agent.config_of(&task()).await) });
    let through_driver = Box::pin(start_through(&agent, config));
    let bare = async {
        let mut podman = Varlink::connect(socket).unwrap();
        podman.call("GetVersion", &json!({})).unwrap();
        let before = Instant::now();
        let created = podman.call("CreateContainer", &create).unwrap();
        podman.call("StartContainer", &json!({ "name": created["container"] })).unwrap();
        let elapsed = ms(before);
        podman.remove(&created["container"]).unwrap();
        elapsed
    };
    let (ours, theirs) = both(number, through_driver, bare).await;
    session.note("start.v1", ours);
    session.note("start.v1.bare", theirs);
}
