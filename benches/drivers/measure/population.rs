//! A hundred tasks, or a thousand: how fast they come, what they cost while they are there, how fast they are found
//! again.

use super::{IDLE, INTERVAL, settle_long, watch};
use crate::agent::Agent;
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::session::Session;
use crate::turns::Turns;
use futures_util::{StreamExt, stream};
use nomad_driver_podman::adapters::nomad::proto::driver::{TaskConfig, TaskHandle};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A round with a thousand tasks takes a quarter of an hour with some drivers.
const LONG: Duration = Duration::from_secs(1800);

/// Names of what is seen of a population.
struct Size {
    rss: &'static str,
    cpu: &'static str,
}

const ONE: Size = Size { rss: "one.rss", cpu: "one.cpu" };
const FEW: Size = Size { rss: "few.rss", cpu: "few.cpu" };
const MANY: Size = Size { rss: "many.rss", cpu: "many.cpu" };
const THOUSAND: Size = Size { rss: "thousand.rss", cpu: "thousand.cpu" };

pub async fn all(args: &Args, board: &Board) {
    // Tasks, by the number of callers at once.
    let [one, four, sixteen] = if args.quick { [4, 5, 10] } else { [9, 30, 60] };
    let seconds = args.many(10, 3);
    let turns = Turns::of("population").rounds(args.many(3, 1)).fresh().within(LONG);
    let round = async |session: &Session, _| {
        let mut handles = Vec::new();
        start(session, 1, 1, &mut handles).await;
        look(session, &ONE, handles.len(), seconds).await;
        session.note("rate.1", start(session, 1, one, &mut handles).await);
        // By now the driver has touched what it will need.
        let few = look(session, &FEW, handles.len(), seconds).await;
        session.note("rate.4", start(session, 4, four, &mut handles).await);
        session.note("rate.16", start(session, 16, sixteen, &mut handles).await);
        let many = look(session, &MANY, handles.len(), seconds).await;
        session.note("many.each", (many - few) / (four + sixteen) as f64);
        session.note("recover", recover(session, &handles).await);
        end(session, &handles).await;
        settle_long().await;
        session.note("gone.rss", machine::memory(&session.pids()).rss / 1024.0);
    };
    turns.run(board, async |session, number| Box::pin(round(session, number)).await).await;
}

/// A thousand containers.
pub async fn thousand(args: &Args, board: &Board) {
    let turns = Turns::of("thousand").within(LONG);
    let round = async |session: &Session, _| {
        let mut handles = Vec::new();
        session.note("thousand.rate", start(session, 16, 1000, &mut handles).await);
        look(session, &THOUSAND, handles.len(), args.many(10, 3)).await;
        session.note("thousand.recover", recover(session, &handles).await);
        end(session, &handles).await;
    };
    turns.run(board, async |session, number| Box::pin(round(session, number)).await).await;
}

/// Memory and processor time; returns the anonymous KiB.
async fn look(session: &Session, size: &Size, tasks: usize, seconds: usize) -> f64 {
    settle_long().await;
    let memory = machine::memory(&session.pids());
    session.note(size.rss, memory.rss / 1024.0);
    let used = session.meters().over(INTERVAL * u32::try_from(seconds).unwrap()).await;
    session.note(size.cpu, (used.driver + used.podman).as_secs_f64() * 1e3 / (tasks * seconds) as f64);
    memory.anonymous
}

/// Tasks a second.
async fn start(session: &Session, callers: usize, tasks: usize, handles: &mut Vec<TaskHandle>) -> f64 {
    let agent = session.agent().await;
    let mut configs = Vec::new();
    for _ in 0..tasks {
        configs.push(agent.config_of(&session.silent_task(IDLE)).await);
    }
    let before = Instant::now();
    let starting = stream::iter(configs).map(|config| start_one(&agent, config)).buffer_unordered(callers);
    handles.extend(starting.collect::<Vec<_>>().await);
    tasks as f64 / before.elapsed().as_secs_f64()
}

/// Starts a task and watches it from then on, as an agent does.
async fn start_one(agent: &Rc<Agent>, config: TaskConfig) -> TaskHandle {
    let handle = agent.start_config(config).await.unwrap();
    watch(agent, id_of(&handle), Some(INTERVAL));
    handle
}

/// Kills the plugin and gives the next one all handles, one after the other as an agent does that was restarted.
async fn recover(session: &Session, handles: &[TaskHandle]) -> f64 {
    session.kill_plugin().await;
    let agent = session.agent().await;
    let before = Instant::now();
    for handle in handles {
        agent.recover(handle).await.unwrap();
    }
    let elapsed = super::ms(before);
    for handle in handles {
        watch(&agent, id_of(handle), Some(INTERVAL));
    }
    elapsed
}

async fn end(session: &Session, handles: &[TaskHandle]) {
    let agent = session.agent().await;
    let ending = stream::iter(handles).map(|handle| super::end(&agent, id_of(handle))).buffer_unordered(4);
    ending.for_each(async |()| {}).await;
}

fn id_of(handle: &TaskHandle) -> &str {
    &handle.config.as_ref().unwrap().id
}
