//! What was measured so far, by driver.

use crate::rows::{Row, Verdict};
use crate::table::ROWS;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A driver under test.
#[derive(Clone)]
pub struct Side {
    pub name: String,
    pub binary: PathBuf,
}

/// Named samples of one driver.
pub type Samples = BTreeMap<&'static str, Vec<f64>>;

/// A measurement that a driver did not survive.
pub struct Failure {
    pub measurement: &'static str,
    pub reason: String,
}

/// One column.
#[derive(Default)]
pub struct Column {
    pub samples: Samples,
    pub failures: Vec<Failure>,
    /// What the plugin calls itself; `None` if it was never asked.
    pub version: Option<String>,
}

/// See the module.
pub struct Board {
    pub sides: Vec<Side>,
    columns: RefCell<Vec<Column>>,
    skipped: RefCell<Vec<String>>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No goal that could be judged is missed.
    Met,
    Missed,
    /// A driver did not survive a measurement, whatever the others did.
    Failed,
}

impl Column {
    /// Whether a measurement is not whole.
    pub fn failed(&self, measurement: &str) -> bool {
        self.failures.iter().any(|failure| failure.measurement == measurement)
    }
}

impl Board {
    pub fn new(sides: Vec<Side>) -> Self {
        let columns = sides.iter().map(|_| Column::default()).collect();
        Self { sides, columns: RefCell::new(columns), skipped: RefCell::default() }
    }

    pub fn add(&self, side: usize, samples: Vec<(&'static str, f64)>) {
        let column = &mut self.columns.borrow_mut()[side];
        for (key, value) in samples {
            column.samples.entry(key).or_default().push(value);
        }
    }

    pub fn fail(&self, side: usize, measurement: &'static str, reason: String) {
        eprintln!("{}: {measurement}: {reason}", self.sides[side].name);
        self.columns.borrow_mut()[side].failures.push(Failure { measurement, reason });
    }

    /// What the driver calls itself.
    pub fn is_version(&self, side: usize, version: String) {
        self.columns.borrow_mut()[side].version = Some(version);
    }

    /// What another board has of one driver, in however many columns.
    pub fn take_over(&self, side: usize, other: Self) {
        let column = &mut self.columns.borrow_mut()[side];
        for other in other.columns.into_inner() {
            for (key, mut samples) in other.samples {
                column.samples.entry(key).or_default().append(&mut samples);
            }
            column.failures.extend(other.failures);
        }
        self.skipped.borrow_mut().extend(other.skipped.into_inner());
    }

    /// Something that cannot be measured here.
    pub fn skip(&self, what: String) {
        eprintln!("*** SKIPPED: {what} ***");
        self.skipped.borrow_mut().push(what);
    }

    /// The figure of a row for each driver, where there is one.
    pub fn figures(&self, row: &Row) -> Vec<Option<f64>> {
        self.columns.borrow().iter().map(|column| row.figure.of(&column.samples)).collect()
    }

    /// Looks at the columns.
    pub fn with_columns<T>(&self, look: impl FnOnce(&[Column], &[String]) -> T) -> T {
        look(&self.columns.borrow(), &self.skipped.borrow())
    }

    pub fn outcome(&self) -> Outcome {
        let failed = self.columns.borrow().iter().any(|column| !column.failures.is_empty());
        let missed = ROWS.iter().any(|row| row.verdict(&self.figures(row)) == Verdict::Missed);
        match (failed, missed) {
            (true, _) => Outcome::Failed,
            (false, true) => Outcome::Missed,
            (false, false) => Outcome::Met,
        }
    }
}
