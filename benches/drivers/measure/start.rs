//! StartTask against the bare calls, in turn.

use super::{IDLE, end, ms};
use crate::args::Args;
use crate::bare::{self, Bare};
use crate::board::Board;
use crate::turns::in_turn;
use std::time::Instant;

pub async fn all(args: &Args, board: &Board) {
    in_turn(board, "start", args.many(40, 8), "podman", async |session, _| {
        let agent = session.agent().await;
        let body = bare::body(agent.config_of(&session.silent_task(IDLE)).await);
        let mut bare = Bare::connect();
        let before = Instant::now();
        let id = bare.create_and_start(&body);
        let theirs = ms(before);
        bare.remove(&id);

        let config = agent.config_of(&session.silent_task(IDLE)).await;
        let task_id = config.id.clone();
        let before = Instant::now();
        agent.start_config(config).await.unwrap();
        let ours = ms(before);
        end(&agent, &task_id).await;
        vec![("start", ours), ("start.bare", theirs)]
    })
    .await;
}
