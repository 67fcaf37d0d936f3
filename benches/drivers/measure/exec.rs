//! ExecTask of a command that does nothing, against the bare calls, in turn.

use super::{IDLE, ms};
use crate::args::Args;
use crate::bare::Bare;
use crate::board::Board;
use crate::task::Task;
use crate::turns::in_turn;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub async fn all(args: &Args, board: &Board) {
    let tasks: RefCell<BTreeMap<_, Task>> = RefCell::default();
    in_turn(board, "exec", args.many(21, 6), "podman", async |session, round| {
        let agent = session.agent().await;
        if round == 0 {
            let task = session.silent_task(IDLE);
            agent.start(&task).await.unwrap();
            tasks.borrow_mut().insert(session.lab.dir().to_owned(), task);
        }
        let id = tasks.borrow()[session.lab.dir()].id().to_owned();
        let container = session.lab.containers_of(&tasks.borrow()[session.lab.dir()]).remove(0);
        let mut bare = Bare::connect();
        let before = Instant::now();
        bare.exec(&container, &["true"]);
        let theirs = ms(before);
        let before = Instant::now();
        let answer = agent.exec(&id, vec!["true".to_owned()], Duration::from_secs(10)).await.unwrap();
        let elapsed = ms(before);
        assert_eq!(answer.result.unwrap().exit_code, 0);
        vec![("exec", elapsed), ("exec.bare", theirs)]
    })
    .await;
}
