//! What was measured so far, by driver.

use crate::rows::{ROWS, Row, Verdict};
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
}

/// See the module.
pub struct Board {
    pub sides: Vec<Side>,
    columns: RefCell<Vec<Column>>,
    skipped: RefCell<Vec<String>>,
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

    /// The samples of another board's only column.
    pub fn take_over(&self, side: usize, other: Self) {
        let column = &mut self.columns.borrow_mut()[side];
        for other in other.columns.into_inner() {
            column.samples.extend(other.samples);
            column.failures.extend(other.failures);
        }
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

    /// No goal is missed, and the first driver survived everything.
    pub fn all_met(&self) -> bool {
        let missed = ROWS.iter().any(|row| row.verdict(&self.figures(row)) == Verdict::Missed);
        !missed && self.columns.borrow()[0].failures.is_empty()
    }
}
