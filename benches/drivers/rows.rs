//! A line of the table: what its figure is made of, and whether that reaches its goal.

use crate::board::Samples;
use Goal::{AtLeast, AtMost, OfOther};

/// One line of the table.
pub struct Row {
    /// The measurement that it comes from, as `--only` and failures name it.
    pub of: &'static str,
    /// In the JSON file.
    pub key: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    pub figure: Figure,
    pub goal: Goal,
}

/// How samples become a figure.
pub enum Figure {
    Median(&'static str),
    /// The 99th of a hundred; of fewer samples the worst, since they have no other.
    Tail(&'static str),
    /// The median of what one is of the other, round by round: what slowed a round down slowed both.
    Paired(&'static str, &'static str),
    /// What grows with the number of tasks: the most that one size has of the size before it.
    Steps(&'static [&'static str]),
}

/// What the first driver is to reach.
pub enum Goal {
    None,
    AtMost(f64),
    AtLeast(f64),
    /// So many times the second driver's figure at most.
    OfOther(f64),
}

/// What became of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is none, or nothing to compare with.
    Open,
    Met,
    Missed,
}

/// So many samples have a 99th percentile.
const HUNDRED: usize = 100;

impl Figure {
    /// `None` without samples.
    pub fn of(&self, samples: &Samples) -> Option<f64> {
        let median = |key: &str| samples.get(key).map(|samples| percentile(samples, 50));
        match self {
            Self::Median(key) => median(key),
            Self::Tail(key) => samples.get(key).map(|samples| percentile(samples, 99)),
            Self::Paired(one, other) => {
                let rounds = samples.get(one)?.iter().zip(samples.get(other)?);
                Some(percentile(&rounds.map(|(one, other)| one / other).collect::<Vec<_>>(), 50))
            }
            Self::Steps(sizes) => {
                let medians: Vec<f64> = sizes.iter().filter_map(|key| median(key)).collect();
                medians.windows(2).map(|pair| pair[1] / pair[0]).max_by(f64::total_cmp)
            }
        }
    }

    /// What a tail is called, by what there is.
    fn tail(&self, samples: &Samples) -> Option<&'static str> {
        let Self::Tail(key) = self else { return None };
        let enough = samples.get(key).is_some_and(|samples| samples.len() >= HUNDRED);
        Some(if enough { "p99" } else { "worst" })
    }
}

/// Samples are never empty: a key comes with its first. By the nearest rank, so that the worst of a hundred is not
/// their 99th percentile.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match percent {
        // Of two in the middle, neither is it alone.
        50 => f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]),
        _ => sorted[(sorted.len() * percent).div_ceil(100) - 1],
    }
}

impl Row {
    /// The title, with the word for the tail of what was measured.
    pub fn title(&self, samples: &Samples) -> String {
        self.title.replace("{tail}", self.figure.tail(samples).unwrap_or_default())
    }

    /// Whether the first driver reaches the goal.
    pub fn verdict(&self, figures: &[Option<f64>]) -> Verdict {
        let Some(ours) = figures[0] else { return Verdict::Open };
        let met = match (&self.goal, figures.get(1).copied().flatten()) {
            (AtMost(limit), _) => ours <= *limit,
            (AtLeast(limit), _) => ours >= *limit,
            (OfOther(part), Some(other)) => ours <= other * part,
            (Goal::None, _) | (OfOther(_), None) => return Verdict::Open,
        };
        if met { Verdict::Met } else { Verdict::Missed }
    }

    /// The goal in words; empty without one.
    pub fn goal(&self) -> String {
        match self.goal {
            Goal::None => String::new(),
            AtMost(limit) => format!("<= {limit}"),
            AtLeast(limit) => format!(">= {limit}"),
            OfOther(part) => format!("<= 1/{:.0} of it", 1.0 / part),
        }
    }
}

impl Verdict {
    /// In the table and in the JSON file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Met => "met",
            Self::Missed => "NOT MET",
        }
    }
}
