//! A command run beside a task, inside its container.

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecSpec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// With a terminal: one merged stream, sizes matter.
    pub tty: bool,
    /// Standard input stays open for the caller.
    pub stdin: bool,
}

/// Size of a terminal, in characters. Zero means unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Rows.
    pub height: u16,
    /// Columns.
    pub width: u16,
}
