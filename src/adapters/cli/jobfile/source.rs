//! Text of a file, places in it, and what is wrong there.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A file that was read, for as long as anything may point into it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As the user named it.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

impl Source {
    /// A file of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// Line and column of a byte, both from 1. Columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..floor(&self.text, offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The text of a line, counted from 1.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
    }
}

/// The last start of a character up to `offset`.
pub fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Its bytes.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column of its first character, both from 1.
    pub fn position(&self) -> (usize, usize) {
        self.source.position(self.span.start)
    }

    /// How many characters to underline: what of the place lies in its first line.
    fn underline(&self) -> usize {
        let end = floor(&self.source.text, self.span.end);
        let start = floor(&self.source.text, self.span.start).min(end);
        let text = &self.source.text[start..end];
        text.lines().next().map_or(1, |line| line.chars().count()).max(1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

/// Something to say about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where; `None` for what was given on the command line or in the environment.
    pub place: Option<Place>,
    /// What, and what would be better.
    pub reason: String,
    /// What would be better, where that is a line of its own.
    pub help: Vec<String>,
    /// The kind of finding.
    pub rule: Rule,
}

/// Kinds of findings, by which tools tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// The text is no HCL, or cannot be evaluated, or is no job.
    #[default]
    Job,
    /// There is no option of this name.
    UnknownOption,
    /// The value of an option.
    Option,
    /// A part of the job that does not matter here.
    NotPlayed,
    /// A value that is not known before Nomad reads the job.
    Unknown,
    /// Options that do nothing, beside others.
    NoEffect,
    /// What the operator forbids.
    Policy,
    /// The plugin block of the agent.
    Agent,
    /// What the Podman of the node is too old for.
    Podman,
}

impl Finding {
    /// Something about the job.
    pub fn new(place: Option<Place>, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into(), help: vec![], rule: Rule::Job }
    }

    /// The same of another kind.
    pub fn of(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    /// The same with what would be better.
    pub fn with_help(mut self, help: impl IntoIterator<Item = String>) -> Self {
        self.help.extend(help);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else { return f.write_str(&self.reason) };
        let (line, column) = place.position();
        // A tab before the place must be as wide in the second line as in the first.
        let text = place.source.line(line);
        let indent: String =
            text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let gutter = " ".repeat(line.to_string().len());
        writeln!(f, "{place}: {}", self.reason)?;
        writeln!(f, " {line} | {text}")?;
        write!(f, " {gutter} | {indent}{}", "^".repeat(place.underline()))?;
        self.help.iter().try_for_each(|help| write!(f, "\n {gutter} = {help}"))
    }
}

/// All findings of one reading, in the order of the file; never empty when returned as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl std::error::Error for Findings {}

impl Findings {
    /// `value` if nothing was found, else all that was.
    ///
    /// # Errors
    /// The findings.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self.sorted()) }
    }

    /// In the order of the file, each once.
    pub fn sorted(mut self) -> Self {
        let place = |finding: &Finding| finding.place.as_ref().map(|place| place.span.start);
        self.0.sort_by(|a, b| (place(a), &a.reason).cmp(&(place(b), &b.reason)));
        // What is repeated, by allocations or by dynamic blocks, is wrong once.
        self.0.dedup();
        self
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, finding) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> Place {
        Place { source: Source::new("job.hcl", text), span }
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        assert_eq!(place("ab\ncd", 0..1).position(), (1, 1));
        assert_eq!(place("ab\ncd", 4..5).position(), (2, 2));
        assert_eq!(place("ü=x", 3..4).position(), (1, 3));
        assert_eq!(place("ab", 99..100).position(), (1, 3));
    }

    #[test]
    fn a_finding_shows_its_line_and_points_at_the_place() {
        let finding = Finding::new(Some(place("a = 1\n\tb = 22\n", 11..13)), "too large");
        assert_eq!(finding.to_string(), "job.hcl:2:6: too large\n 2 | \tb = 22\n   | \t    ^^");
    }

    #[test]
    fn findings_come_in_the_order_of_the_file() {
        let at = |span| Finding::new(Some(place("0123456789", span)), "");
        let sorted = Findings(vec![at(5..6), at(1..2)]).or(()).unwrap_err();
        assert_eq!(sorted.0[0].place.as_ref().unwrap().span, 1..2);
    }
}
