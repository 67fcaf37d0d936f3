//! Random sequences of calls on a few containers.

/// Containers of a sequence.
pub const SLOTS: usize = 3;

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Prints a line and ends with 3.
    Short,
    /// Prints a line, ends with 7 on SIGTERM.
    Polite,
    /// Prints a line, does not care for SIGTERM.
    Deaf,
    /// Has no program that could be run.
    Broken,
}

/// One call, on a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Create(Kind),
    Start,
    Inspect,
    InspectByName,
    Terminate,
    Kill,
    Wait,
    Logs,
    /// From the middle on, and from the end on.
    LogsFrom,
    Stats,
    ImageId,
    Exec,
    Pause,
    Unpause,
    Remove,
    List,
    RemoveImage,
}

/// See [`Verb`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    pub slot: usize,
    pub verb: Verb,
}

/// How often each comes, so that containers live long enough to be asked something.
const VERBS: [Verb; 30] = [
    Verb::Create(Kind::Short),
    Verb::Create(Kind::Polite),
    Verb::Create(Kind::Polite),
    Verb::Create(Kind::Deaf),
    Verb::Create(Kind::Broken),
    Verb::Start,
    Verb::Start,
    Verb::Start,
    Verb::Start,
    Verb::Start,
    Verb::Inspect,
    Verb::Inspect,
    Verb::InspectByName,
    Verb::Terminate,
    Verb::Terminate,
    Verb::Kill,
    Verb::Wait,
    Verb::Wait,
    Verb::Logs,
    Verb::LogsFrom,
    Verb::Stats,
    Verb::Stats,
    Verb::ImageId,
    Verb::Exec,
    Verb::Exec,
    Verb::Pause,
    Verb::Unpause,
    Verb::Remove,
    Verb::List,
    Verb::RemoveImage,
];

/// The sequence of a seed.
pub fn calls(seed: u64, length: usize) -> Vec<Call> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    (0..length).map(|_| Call { slot: below(SLOTS), verb: VERBS[below(VERBS.len())] }).collect()
}
