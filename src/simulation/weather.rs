//! Which fault strikes when: drawn from the seed, or planned one after another.

use super::clock::VirtualClock;
use super::fault::{FAULTS, Fault, Moment, Op, Place, Row};
use super::locked;
use super::rng::Rng;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long after the last planned fault its consequences may be felt: a name is taken for a minute.
const AFTERMATH: Duration = Duration::from_secs(90);

/// Where a planned fault waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// At the nth (from 0) call of this kind from when the fault before it has struck.
    Call(Op, usize),
    /// At the next such moment.
    Moment(Moment),
}

/// A fault and where it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// Which.
    pub fault: Fault,
    /// Where.
    pub at: At,
}

/// How faults are chosen.
#[derive(Debug, Clone)]
pub enum Forecast {
    /// Each of these kinds so many times in a thousand chances.
    Drawn(BTreeMap<Fault, u64>),
    /// These, each only after the one before.
    Planned(VecDeque<Planned>),
}

/// See the module.
#[derive(Debug)]
pub struct Weather {
    clock: Arc<VirtualClock>,
    state: Mutex<State>,
    calm: CancellationToken,
}

#[derive(Debug)]
struct State {
    forecast: Forecast,
    rng: Rng,
    calm: bool,
    struck: BTreeMap<Fault, u64>,
    /// Calls that the first planned fault has let pass.
    passed: usize,
    /// Planned faults that have struck.
    hit: Vec<Planned>,
    last_strike: Duration,
}

impl Weather {
    /// Weather by `forecast`, with chance from `rng`.
    pub fn new(clock: Arc<VirtualClock>, forecast: Forecast, rng: Rng) -> Self {
        let state = State {
            forecast,
            rng,
            calm: false,
            struck: BTreeMap::new(),
            passed: 0,
            hit: Vec::new(),
            last_strike: Duration::ZERO,
        };
        Self { clock, state: Mutex::new(state), calm: CancellationToken::new() }
    }

    /// From now on nothing strikes.
    pub fn calm(&self) {
        locked(&self.state).calm = true;
        self.calm.cancel();
    }

    /// Returns once nothing strikes any more.
    pub async fn calmed(&self) {
        self.calm.cancelled().await;
    }

    /// Whether nothing strikes any more.
    pub fn is_calm(&self) -> bool {
        locked(&self.state).calm
    }

    /// Whether nothing strikes any more, or all that was planned has struck a while ago.
    pub fn is_quiet(&self) -> bool {
        let state = locked(&self.state);
        let is_past = self.clock.elapsed().saturating_sub(state.last_strike) > AFTERMATH;
        state.calm || matches!(&state.forecast, Forecast::Planned(left) if left.is_empty() && is_past)
    }

    /// When the last fault has struck.
    pub fn last_strike(&self) -> Duration {
        locked(&self.state).last_strike
    }

    /// The fault that strikes this call.
    pub fn at_call(&self, op: Op) -> Option<Fault> {
        let fits = |row: &Row| matches!(row.2, Place::Calls(ops) if ops.contains(&op));
        let here = |at: &At| matches!(at, At::Call(planned, _) if *planned == op);
        locked(&self.state).strike(self.clock.elapsed(), here, fits)
    }

    /// The fault of the host that strikes at this moment.
    pub fn in_host(&self, moment: Moment, fault: Fault) -> bool {
        let mut state = locked(&self.state);
        let here = |at: &At| *at == At::Moment(moment);
        if let Forecast::Planned(planned) = &state.forecast
            && planned.front().is_none_or(|next| next.fault != fault)
        {
            return false;
        }
        state.strike(self.clock.elapsed(), here, |row| row.0 == fault).is_some()
    }

    /// The fault of the world that strikes at this moment.
    pub fn in_world(&self, moment: Moment) -> Option<Fault> {
        let mut state = locked(&self.state);
        if let Forecast::Planned(planned) = &state.forecast
            && planned.front().is_none_or(|next| next.fault.place() != Place::World)
        {
            return None;
        }
        let here = |at: &At| *at == At::Moment(moment);
        state.strike(self.clock.elapsed(), here, |row| row.2 == Place::World)
    }

    /// Whether faults are planned, not drawn.
    pub fn is_planned(&self) -> bool {
        matches!(locked(&self.state).forecast, Forecast::Planned(_))
    }

    /// The planned faults that have struck.
    pub fn hit(&self) -> Vec<Planned> {
        locked(&self.state).hit.clone()
    }

    /// What has struck, and how often.
    pub fn struck(&self) -> BTreeMap<Fault, u64> {
        locked(&self.state).struck.clone()
    }

    /// A fault of the world that strikes out of the blue, by the rates.
    pub fn out_of_the_blue(&self) -> Option<Fault> {
        let mut state = locked(&self.state);
        if let Forecast::Planned(_) = &state.forecast {
            return None;
        }
        state.strike(self.clock.elapsed(), |_| false, |row| row.2 == Place::World)
    }

    /// Chance for whoever carries a fault out.
    pub fn draw(&self) -> Rng {
        locked(&self.state).rng.fork()
    }
}

impl State {
    fn strike(
        &mut self,
        now: Duration,
        here: impl Fn(&At) -> bool,
        fits: impl Fn(&Row) -> bool,
    ) -> Option<Fault> {
        if self.calm {
            return None;
        }
        let fault = match &mut self.forecast {
            Forecast::Planned(planned) => {
                let next = next_planned(planned, &mut self.passed, here)?;
                self.hit.push(next);
                next.fault
            }
            Forecast::Drawn(rates) => drawn(rates, &mut self.rng, fits)?,
        };
        self.last_strike = now;
        *self.struck.entry(fault).or_default() += 1;
        Some(fault)
    }
}

/// The first planned fault, if it waits here and for no later call.
fn next_planned(
    planned: &mut VecDeque<Planned>,
    passed: &mut usize,
    here: impl Fn(&At) -> bool,
) -> Option<Planned> {
    let next = planned.front().filter(|next| here(&next.at))?;
    if matches!(next.at, At::Call(_, nth) if *passed < nth) {
        *passed += 1;
        return None;
    }
    *passed = 0;
    planned.pop_front()
}

fn drawn(rates: &BTreeMap<Fault, u64>, rng: &mut Rng, fits: impl Fn(&Row) -> bool) -> Option<Fault> {
    let mut candidates = FAULTS.iter().filter(|row| fits(row));
    candidates.find(|row| rates.get(&row.0).is_some_and(|rate| rng.permille(*rate))).map(|row| row.0)
}

/// All ways in which one fault can wait: each kind at each kind of place.
pub fn injections() -> Vec<Planned> {
    let moments = |fault, moments: &'static [Moment]| {
        moments.iter().map(move |moment| Planned { fault, at: At::Moment(*moment) }).collect::<Vec<_>>()
    };
    let of_row = |Row(fault, _, place, _): &Row| match place {
        Place::Calls(ops) => ops.iter().map(|op| Planned { fault: *fault, at: At::Call(*op, 0) }).collect(),
        Place::World => moments(*fault, super::fault::MOMENTS),
        Place::Host(at) => moments(*fault, at),
    };
    FAULTS.iter().flat_map(of_row).collect()
}
