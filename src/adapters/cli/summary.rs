//! How a run went: the table at its end, and the exit status.

use crate::domain::task::ExitOutcome;
use std::fmt::Write as _;
use std::time::Duration;

/// How one task went.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its name in the timeline.
    pub name: String,
    /// How often it was started.
    pub attempts: u32,
    /// How it ended last.
    pub exit: Option<ExitOutcome>,
    /// From its first start to its end.
    pub duration: Duration,
    /// What that amounts to.
    pub verdict: Verdict,
}

/// What the end of a task amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it was to do.
    Succeeded,
    /// It ran until it was told to stop.
    Stopped,
    /// Its turn never came.
    NotStarted,
    /// It failed.
    Failed,
}

impl Verdict {
    /// Whether it lets the run succeed. A task whose turn never came is as good as what kept it from running.
    pub fn is_good(self) -> bool {
        match self {
            Self::Succeeded | Self::Stopped | Self::NotStarted => true,
            Self::Failed => false,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Stopped => "stopped",
            Self::NotStarted => "not started",
            Self::Failed => "failed",
        }
    }
}

impl Report {
    /// A task that has not run.
    pub fn new(name: String) -> Self {
        Self { name, attempts: 0, exit: None, duration: Duration::ZERO, verdict: Verdict::NotStarted }
    }
}

/// All tasks of a run.
#[derive(Debug, Clone)]
pub struct Summary(pub Vec<Report>);

impl Summary {
    /// 0 only if every task succeeded or was stopped on request.
    pub fn exit_status(&self) -> u8 {
        u8::from(!self.0.iter().all(|report| report.verdict.is_good()))
    }

    /// A table, one task a line.
    pub fn table(&self) -> String {
        let header = ["task", "result", "exit", "starts", "time"].map(str::to_owned);
        let rows: Vec<[String; 5]> = std::iter::once(header).chain(self.0.iter().map(row)).collect();
        let mut widths = [0; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut table = String::new();
        for row in rows {
            let line: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            // Writing to a string does not fail.
            let _ = writeln!(table, "{}", line.join("  ").trim_end());
        }
        table
    }
}

fn row(report: &Report) -> [String; 5] {
    let exit = match &report.exit {
        None => "-".to_owned(),
        Some(ExitOutcome::Unknown(_)) => "unknown".to_owned(),
        Some(ExitOutcome::Known(record)) if record.oom_killed => format!("{}, OOM", record.code),
        Some(ExitOutcome::Known(record)) => record.code.to_string(),
    };
    let time = format!("{:.1}s", report.duration.as_secs_f64());
    [report.name.clone(), report.verdict.word().to_owned(), exit, report.attempts.to_string(), time]
}

/// An end in words.
pub fn exit_text(outcome: &ExitOutcome) -> String {
    match outcome {
        ExitOutcome::Known(record) if record.oom_killed => {
            format!("Ended with exit code {}: killed for want of memory", record.code)
        }
        ExitOutcome::Known(record) => format!("Ended with exit code {}", record.code),
        ExitOutcome::Unknown(reason) => format!("Ended, nobody knows how: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::ExitRecord;

    #[test]
    fn the_table_is_aligned_and_the_status_follows_the_verdicts() {
        let record = ExitRecord { code: 137, oom_killed: true, finished_at: None };
        let failed = Report {
            name: "web[1]".to_owned(),
            attempts: 3,
            exit: Some(ExitOutcome::Known(record)),
            duration: Duration::from_millis(1250),
            verdict: Verdict::Failed,
        };
        let mut summary = Summary(vec![Report::new("db".to_owned()), failed]);
        assert_eq!(
            summary.table(),
            "task    result       exit      starts  time\n\
             db      not started  -         0       0.0s\n\
             web[1]  failed       137, OOM  3       1.2s\n"
        );
        assert_eq!(summary.exit_status(), 1);
        summary.0.pop();
        assert_eq!(summary.exit_status(), 0);
    }
}
