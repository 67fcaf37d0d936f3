//! What is decided of a world before it begins.

use super::fault::{FAULTS, Fault, Moment, Op};
use super::rng::Rng;
use super::task::SimTask;
use super::weather::{At, Forecast, Planned};
use crate::domain::config::PluginConfig;
use crate::domain::config::gc::Gc;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Most tasks of a drawn world.
const TASKS_MAX: u64 = 4;

/// How long a drawn world goes wrong.
const TROUBLED_LEAST: Duration = Duration::from_secs(10 * 60);
const TROUBLED_MOST: Duration = Duration::from_secs(90 * 60);

/// How long faults may be waited for in a planned world.
const PLANNED_TROUBLE: Duration = Duration::from_secs(40 * 60);

/// A world to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides everything that is drawn on the way.
    pub seed: u64,
    /// Which faults.
    pub forecast: Forecast,
    /// What runs.
    pub tasks: Vec<SimTask>,
    /// What the operator has decided.
    pub config: PluginConfig,
    /// When faults stop.
    pub calm_at: Duration,
}

impl Plan {
    /// The world of a seed: a swarm, in which each one has its own kinds of faults, and only `allowed` ones.
    pub fn of_seed(seed: u64, allowed: Option<&[Fault]>) -> Self {
        let mut rng = Rng::new(seed);
        let calm_at = rng.between(TROUBLED_LEAST, TROUBLED_MOST);
        let count = usize::try_from(1 + rng.below(TASKS_MAX)).unwrap_or(1);
        let tasks =
            (0..count).map(|number| SimTask::drawn(number, calm_at + 10 * MINUTE, &mut rng)).collect();
        let config = PluginConfig {
            recover_stopped: rng.permille(300),
            remove_containers: !rng.permille(100),
            gc: Gc { image: rng.permille(300), ..Gc::default() },
            ..PluginConfig::default()
        };
        Self { seed, forecast: Forecast::Drawn(rates(allowed, &mut rng)), tasks, config, calm_at }
    }

    /// The world of one task in which these faults strike one after another.
    pub fn of_faults(faults: &[Planned], ends_by_itself: bool) -> Self {
        let mut rng = Rng::new(1);
        // Some calls are made for images that are collected only.
        let collects =
            faults.iter().any(|planned| matches!(planned.at, At::Call(Op::ImageId | Op::RemoveImage, _)));
        let mut task = SimTask::planned(ends_by_itself, &mut rng);
        if collects {
            task.always_pulls();
        }
        let gc = Gc { image: collects, image_delay: Duration::from_secs(1), ..Gc::default() };
        let config = PluginConfig { recover_stopped: false, gc, ..PluginConfig::default() };
        Self {
            seed: 1,
            forecast: Forecast::Planned(with_recoveries(faults)),
            tasks: vec![task],
            config,
            calm_at: PLANNED_TROUBLE,
        }
    }

    /// The same world with other tasks, each of which the host stops at a time that the seed decides.
    #[must_use]
    pub fn with_tasks(mut self, tasks: &[SimTask]) -> Self {
        let mut rng = Rng::new(self.seed ^ 0x9d8a_7f3c_51e2_b604);
        let mut when = || rng.between(MINUTE, self.calm_at + 10 * MINUTE);
        self.tasks = tasks.iter().map(|task| SimTask { stop_at: when(), ..task.clone() }).collect();
        self
    }
}

/// What happens at a recovery can strike only after the plugin was killed.
fn with_recoveries(faults: &[Planned]) -> VecDeque<Planned> {
    let killed = Planned { fault: Fault::PluginKilled, at: At::Moment(Moment::Running) };
    let kills = |fault| {
        matches!(fault, Fault::PluginKilled | Fault::KilledBefore | Fault::KilledAfter | Fault::Reboot)
    };
    let mut planned: VecDeque<Planned> = VecDeque::new();
    for fault in faults {
        let dies = planned.back().is_some_and(|before| kills(before.fault));
        if fault.at == At::Moment(Moment::Recovering) && !dies {
            planned.push_back(killed);
        }
        planned.push_back(*fault);
    }
    planned
}

/// About every third kind is on, each at its own rate: a world in which everything goes wrong all the time shows less
/// than one in which two things meet.
fn rates(allowed: Option<&[Fault]>, rng: &mut Rng) -> BTreeMap<Fault, u64> {
    let mut rates = BTreeMap::new();
    for row in FAULTS {
        let (on, rate) = (rng.permille(330), *rng.pick(&[5, 20, 60, 150]).unwrap_or(&20));
        let asked_for = allowed.map(|allowed| allowed.contains(&row.0));
        if asked_for.unwrap_or(on) {
            rates.insert(row.0, rate);
        }
    }
    rates
}
