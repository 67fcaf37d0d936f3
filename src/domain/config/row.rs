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
    /// A string, or a list of strings; which of them it is has a meaning.
    TextOrList,
    /// A block with options of its own, at most one.
    Block(&'static [OptionRow]),
    /// Any number of blocks, each with options of its own.
    BlockList(&'static [OptionRow]),
}

impl Kind {
    /// Its name, for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::TextList => "list of strings",
            Self::TextMap => "map of strings",
            Self::NumberMap => "map of numbers",
            Self::TextOrList => "string or list of strings",
            Self::Block(_) => "block",
            Self::BlockList(_) => "blocks",
        }
    }
}

/// What an option is when nobody sets it.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// Unset; the doc says what that means.
    Unset,
    /// A bool.
    Bool(bool),
    /// A string.
    Text(&'static str),
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
    /// HCL that is refused for its value; empty if only its type can be wrong, see [`OptionRow::refused`].
    pub refused: &'static str,
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

/// Row check of a text: what its parser says. Values of other types have been refused already.
pub fn parses<T, E: std::fmt::Display>(
    value: &Value,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<(), String> {
    match value {
        Value::Text(text) => parse(text).map(|_| ()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

/// Row check of a number: `lowest` to `highest`.
pub fn within(value: &Value, lowest: i64, highest: i64) -> Result<(), String> {
    match value {
        Value::Int(number) if !(lowest..=highest).contains(number) => {
            Err(format!("{number} is not within {lowest} to {highest}"))
        }
        _ => Ok(()),
    }
}

/// Row check of a text: one of `words`.
pub fn one_of(value: &Value, words: &[&str]) -> Result<(), String> {
    match value {
        Value::Text(text) if !words.contains(&text.as_str()) => {
            Err(format!("{text:?} is not one of {}", words.join(", ")))
        }
        _ => Ok(()),
    }
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
            refused: "",
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

    /// Marks an option that the Go driver does not have.
    pub const fn ours(mut self) -> Self {
        self.since = "";
        self
    }

    /// Sets the name of the option in Nomad's Docker driver.
    pub const fn docker(mut self, name: &'static str) -> Self {
        self.docker = name;
        self
    }

    /// Sets the constraint, its check, and HCL that the check refuses.
    pub const fn checked(
        mut self,
        constraint: &'static str,
        check: fn(&Value) -> Result<(), String>,
        refused: &'static str,
    ) -> Self {
        self.constraint = constraint;
        self.check = check;
        self.refused = refused;
        self
    }

    /// HCL that is refused: for its value where the row has a constraint, else for its type.
    pub fn refused(&self) -> String {
        match self.kind {
            _ if !self.refused.is_empty() => self.refused.to_owned(),
            Kind::Text | Kind::Bool | Kind::Number => format!("{} = [\"not\", \"one\"]", self.name),
            Kind::TextList | Kind::TextMap | Kind::NumberMap => {
                format!("{} = \"a single string\"", self.name)
            }
            Kind::Block(_) | Kind::BlockList(_) => format!("{} = \"no block\"", self.name),
            Kind::TextOrList => format!("{} = {{ a = \"map\" }}", self.name),
        }
    }
}

/// The row called `name`.
pub fn find<'t>(table: &'t [OptionRow], name: &str) -> Option<&'t OptionRow> {
    table.iter().find(|row| row.name == name)
}

/// The rows of several tables as one.
///
/// Evaluated while compiling; a wrong `N` does not compile.
pub const fn concat<const N: usize>(tables: &[&[OptionRow]]) -> [OptionRow; N] {
    let mut all = [OptionRow::new("", Kind::Text, "", ""); N];
    let (mut table, mut at) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    assert!(at == N);
    all
}
