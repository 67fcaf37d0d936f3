//! The shape of the option tables.

use super::value::Value;

/// The type of an option, as a job author sees it.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A string.
    Text,
    /// A bool.
    Bool,
    /// A whole number.
    Number,
    /// A list of strings.
    TextList,
    /// A map of strings; blocks, objects and lists of them are merged, the last one wins.
    TextMap,
    /// A map of whole numbers, merged like [`Kind::TextMap`].
    NumberMap,
    /// A block with options of its own.
    Block(&'static [OptionRow]),
}

/// What an option is when nobody sets it.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// Unset; the doc says what that means.
    Unset,
    /// A bool.
    Bool(bool),
    /// The task cannot start without it.
    Required,
}

/// One option: the single source of the host's schema, the decoder, the messages and the reference page.
#[derive(Debug, Clone, Copy)]
pub struct OptionRow {
    /// As written in a job or agent file.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// When unset.
    pub default: Default,
    /// What values are accepted, for a person; empty if the type says all.
    pub constraint: &'static str,
    /// Checks one value (one element for lists) against the constraint; `Err` is the reason.
    pub check: fn(&Value) -> Result<(), String>,
    /// HCL that is accepted.
    pub example: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// First release of the Go driver that has it; empty if it has not.
    pub since: &'static str,
    /// Name in Nomad's Docker driver if it is another; empty if the same or none.
    pub docker: &'static str,
}

/// Accepts every value of the row's type.
pub fn any(_: &Value) -> Result<(), String> {
    Ok(())
}

impl OptionRow {
    /// A row with no constraint; tables override the fields they need.
    pub const fn new(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            default: Default::Unset,
            constraint: "",
            check: any,
            example,
            doc,
            since: "0.0.1",
            docker: "",
        }
    }

    /// Sets the default.
    pub const fn default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// Sets the first release of the Go driver with this option.
    pub const fn since(mut self, release: &'static str) -> Self {
        self.since = release;
        self
    }

    /// Sets the constraint and its check.
    pub const fn checked(
        mut self,
        constraint: &'static str,
        check: fn(&Value) -> Result<(), String>,
    ) -> Self {
        self.constraint = constraint;
        self.check = check;
        self
    }
}

/// The row called `name`.
pub fn find<'t>(table: &'t [OptionRow], name: &str) -> Option<&'t OptionRow> {
    table.iter().find(|row| row.name == name)
}
