//! ExecTask of a command that does nothing, against the bare calls, in turn.

use super::{IDLE, both, ms};
use crate::agent::Agent;
use crate::args::Args;
use crate::bare::Bare;
use crate::board::Board;
use crate::turns::Turns;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A task, and its container.
type Place = (String, String);

pub async fn all(args: &Args, board: &Board) {
    let places: RefCell<BTreeMap<String, Place>> = RefCell::default();
    let turns = Turns::of("exec").rounds(args.many(30, 5)).after_warm_up();
    let round = async |session: &crate::session::Session, number| {
        let agent = session.agent().await;
        if number == 0 {
            let task = session.silent_task(IDLE);
            agent.start(&task).await.unwrap();
            let place = (task.id().to_owned(), session.lab.containers_of(&task).remove(0));
            places.borrow_mut().insert(session.mark().to_owned(), place);
        }
        let (task, container) = places.borrow()[session.mark()].clone();
        let bare = async {
            let mut bare = Bare::warm();
            let before = Instant::now();
            bare.exec(&container, &["true"]);
            ms(before)
        };
        let (ours, theirs) = both(number, through_driver(&agent, &task), bare).await;
        session.note("exec", ours);
        session.note("exec.bare", theirs);
    };
    turns.run(board, round).await;
}

async fn through_driver(agent: &Agent, task: &str) -> f64 {
    let before = Instant::now();
    let answer = agent.exec(task, vec!["true".to_owned()], Duration::from_secs(10)).await.unwrap();
    let elapsed = ms(before);
    assert_eq!(answer.result.unwrap().exit_code, 0);
    elapsed
}
