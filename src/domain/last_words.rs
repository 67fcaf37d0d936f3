//! The last lines of a task that died young, fit to be shown to whoever looks at it.

use super::secret::{Env, Secret};

/// Bytes at the end of standard error that are looked at: a panic's message, or the tail of a trace.
pub const LAST_WORDS_BYTES: usize = 4096;

/// Lines shown: an event is one line on a screen, and the log has the rest.
const LINES: usize = 5;

/// Characters of each line that are shown.
const LINE_CHARS: usize = 200;

/// Shortest line of a value of the environment that is taken for a secret. A shorter one is part of ordinary words, and
/// hide it would tell it.
const SECRET_BYTES: usize = 4;

/// Stands where a value of the environment stood.
const HIDDEN: &str = "***";

/// What of a task's environment must not be shown: no more of it is needed while the task runs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Private(Box<[Secret<Box<str>>]>);

impl Private {
    /// Longer texts first, so that one that is part of another leaves nothing of that. Line by line: a value of several
    /// is printed with others between them, or one by one.
    pub fn of(env: &Env) -> Self {
        let values = env.reveal_all().filter(|(name, _)| is_private(name)).map(|(_, value)| value);
        let mut lines: Vec<&str> =
            values.flat_map(str::lines).filter(|line| line.len() >= SECRET_BYTES).collect();
        lines.sort_unstable_by_key(|line| (std::cmp::Reverse(line.len()), *line));
        lines.dedup();
        Self(lines.into_iter().map(|line| Secret::new(line.into())).collect())
    }

    fn hide(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| text.replace(&**secret.reveal(), HIDDEN))
    }
}

/// The last lines of `bytes` that are not empty, the oldest first, without control characters and without anything
/// `private`: a program that fails likes to print what it was given.
pub fn last_lines(bytes: &[u8], private: &Private) -> Vec<String> {
    let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LAST_WORDS_BYTES)..]);
    let text = private.hide(text.into_owned());
    let lines = text.lines().map(shown).filter(|line| !line.is_empty());
    let mut last: Vec<String> = lines.rev().take(LINES).collect();
    last.reverse();
    last
}

/// What the host itself sets is on display anyway, save for the task's own token.
fn is_private(name: &str) -> bool {
    name == "NOMAD_TOKEN" || !name.starts_with("NOMAD_")
}

fn shown(line: &str) -> String {
    let line = line.trim_end();
    let mut shown: String = line.chars().filter(|c| !c.is_control()).take(LINE_CHARS).collect();
    if line.chars().count() > LINE_CHARS {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], env: &[(&str, &str)]) -> Vec<String> {
        last_lines(text, &Private::of(&env.iter().copied().collect()))
    }

    #[test]
    fn the_last_lines_are_kept_in_order_and_empty_ones_are_not() {
        assert_eq!(lines(b"1\n2\n\n3\n4\n5\r\n6 ", &[]), ["2", "3", "4", "5", "6"]);
        assert_eq!(lines(b"", &[]), [""; 0]);
        assert_eq!(lines(b"\n\n", &[]), [""; 0]);
    }

    #[test]
    fn long_lines_are_cut_and_what_a_terminal_would_obey_is_left_out() {
        let long = lines(&[b'x'; 3000], &[]);
        assert_eq!(long[0].chars().count(), LINE_CHARS + 1);
        assert_eq!(lines(b"\x1b[31mred\x07 \xff", &[]), ["[31mred \u{fffd}"]);
    }

    #[test]
    fn values_of_the_environment_are_hidden_whatever_their_order() {
        let env = [("A", "canary"), ("B", "canary-7"), ("C", "abc"), ("D", "one\ntwo-and")];
        assert_eq!(lines(b"got canary-7, canary, abc, two-and\n", &env), ["got ***, ***, abc, ***"]);
    }

    #[test]
    fn a_line_that_is_part_of_another_value_leaves_nothing_of_that() {
        let env = [("A", "canary\nlonger-than-the-other"), ("B", "canary-7")];
        assert_eq!(lines(b"got canary-7 and canary", &env), ["got *** and ***"]);
    }

    #[test]
    fn what_the_host_sets_is_shown_but_its_token_is_not() {
        let env = [("NOMAD_TASK_DIR", "/local"), ("NOMAD_TOKEN", "s3cret-id")];
        assert_eq!(lines(b"no /local/x for s3cret-id", &env), ["no /local/x for ***"]);
    }
}
