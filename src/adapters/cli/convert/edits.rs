//! Replacements of spans of one text.

use super::super::jobfile::Source;
use super::super::jobfile::source::Place;
use super::told::{Remark, Weight};
use hcl_edit::expr::Expression;
use std::ops::Range;
use std::sync::Arc;

/// What is to be changed in a file, and what is to be said of it.
pub(super) struct Edits {
    /// The file.
    pub source: Arc<Source>,
    replacements: Vec<(Range<usize>, String)>,
    /// In the order of their making.
    pub remarks: Vec<Remark>,
}

impl Edits {
    /// No changes.
    pub(super) fn of(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), replacements: vec![], remarks: vec![] }
    }

    /// The text of a span.
    pub(super) fn text(&self, span: &Range<usize>) -> &str {
        self.source.text.get(span.clone()).unwrap_or_default()
    }

    /// Puts `text` in the place of `span`.
    pub(super) fn replace(&mut self, span: Range<usize>, text: impl Into<String>) {
        self.replacements.push((span, text.into()));
    }

    /// Puts `text`, whatever is in it, as an HCL string in the place of `span`.
    pub(super) fn replace_by_string(&mut self, span: Range<usize>, text: &str) {
        self.replace(span, Expression::from(text).to_string());
    }

    /// Gives what is called so at `span` another name, and keeps the `=` signs of a list of attributes in their
    /// column where the space before them allows.
    pub(super) fn rename(&mut self, span: Range<usize>, name: &str) {
        let rest = &self.source.text[span.end..];
        let space = rest.len() - rest.trim_start_matches(' ').len();
        let column = span.len() + space;
        if space > 1 && rest[space..].starts_with('=') {
            let width = column.saturating_sub(1).max(name.len());
            self.replace(span.start..span.start + column, format!("{name:width$} "));
        } else {
            self.replace(span, name);
        }
    }

    /// A remark on `span`, to be added to.
    pub(super) fn remark(&self, weight: Weight, span: Range<usize>, reason: impl Into<String>) -> Remark {
        Remark::new(weight, Place { source: Arc::clone(&self.source), span }, reason)
    }

    /// Tells that something was changed and means the same.
    pub(super) fn changed(&mut self, span: Range<usize>, reason: impl Into<String>) {
        let remark = self.remark(Weight::Changed, span, reason);
        self.remarks.push(remark);
    }

    /// Tells what must hold.
    pub(super) fn check(&mut self, span: Range<usize>, reason: impl Into<String>) {
        let remark = self.remark(Weight::Check, span, reason);
        self.remarks.push(remark);
    }

    /// Tells what is left to a person.
    pub(super) fn left(&mut self, span: Range<usize>, reason: impl Into<String>, help: &str) {
        let remark = self.remark(Weight::Left, span, reason).with_help(help);
        self.remarks.push(remark);
    }

    /// Makes a comment of what stands at `span`: an attribute or a block. `alone` says that it has lines of its
    /// own, which the grammar promises of everything but the inside of a block on one line.
    pub(super) fn comment_out(&mut self, span: Range<usize>, alone: bool) {
        let commented = if alone { self.line_comments(&span) } else { self.inline_comment(&span) };
        self.replace(span, commented);
    }

    /// `# ` before each line, at the depth of the first one.
    fn line_comments(&self, span: &Range<usize>) -> String {
        let text = self.text(span);
        let after = &self.source.text[span.end..];
        let rest = after.split('\n').next().unwrap_or(after);
        // A comment that opens here and ends elsewhere would lose its beginning.
        if rest.rfind("/*") > rest.rfind("*/") {
            return String::new();
        }
        let indent = self.indent(span.start);
        let mut lines = text.split('\n');
        let first = format!("# {}", lines.next().unwrap_or_default());
        lines.fold(first, |out, line| {
            let (lead, line) =
                if let Some(line) = line.strip_prefix(indent) { (indent, line) } else { ("", line) };
            format!("{out}\n{lead}# {line}")
        })
    }

    fn inline_comment(&self, span: &Range<usize>) -> String {
        let text = self.text(span);
        if text.contains("*/") || text.contains('\n') { String::new() } else { format!("/* {text} */") }
    }

    /// The white space before `at` in its line, if there is nothing else.
    pub(super) fn indent(&self, at: usize) -> &str {
        let before = &self.source.text[..at];
        let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
        if line.trim().is_empty() { line } else { "" }
    }

    /// The lines of `span` with their end, if nothing else is on them.
    pub(super) fn whole_lines(&self, span: Range<usize>) -> Range<usize> {
        let text = &self.source.text;
        let start = span.start - self.indent(span.start).len();
        let rest = &text[span.end..];
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        if rest[..end].trim().is_empty() { start..span.end + end } else { span }
    }

    /// The changed text. Of two replacements that meet, the one that starts first counts.
    pub(super) fn apply(&mut self) -> String {
        self.replacements.sort_by_key(|(span, _)| (span.start, span.end));
        let (text, mut out, mut done) = (&self.source.text, String::new(), 0);
        for (span, replacement) in &self.replacements {
            if span.start >= done {
                out.push_str(&text[done..span.start]);
                out.push_str(replacement);
                done = span.end;
            }
        }
        out + &text[done..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(text: &str) -> Edits {
        Edits::of(&Source::new("x", text))
    }

    fn commented(text: &str, part: &str, alone: bool) -> String {
        let mut edits = edits(text);
        let start = text.find(part).unwrap();
        edits.comment_out(start..start + part.len(), alone);
        edits.apply()
    }

    #[test]
    fn what_is_not_replaced_keeps_its_bytes() {
        let mut edits = edits("a = 1\r\n\tb = 2 # ü\n");
        edits.replace(8..9, "c");
        edits.replace(0..1, "x");
        edits.replace(0..4, "never");
        assert_eq!(edits.apply(), "x = 1\r\n\tc = 2 # ü\n");
    }

    #[test]
    fn names_keep_the_column_of_the_sign_behind_them() {
        let renamed = |text: &str, name: &str| {
            let mut edits = edits(text);
            edits.rename(0..3, name);
            edits.apply()
        };
        assert_eq!(renamed("abc   = 1", "abcde"), "abcde = 1");
        assert_eq!(renamed("abc   = 1", "a"), "a     = 1");
        assert_eq!(renamed("abc   = 1", "abcdefgh"), "abcdefgh = 1");
        assert_eq!(renamed("abc = 1", "a"), "a = 1");
        assert_eq!(renamed("abc   {", "abcde"), "abcde   {");
    }

    #[test]
    fn comments_keep_the_depth_and_the_rest_of_the_line() {
        assert_eq!(commented("  a = 1 # why\n", "a = 1", true), "  # a = 1 # why\n");
        let block = "b {\n    c = 1\n  }";
        assert_eq!(commented(&format!("  {block}\n"), block, true), "  # b {\n  #   c = 1\n  # }\n");
        let heredoc = "a = <<E\nx\n  E";
        assert_eq!(commented(&format!("  {heredoc}\n"), heredoc, true), "  # a = <<E\n# x\n  # E\n");
    }

    #[test]
    fn comments_do_not_swallow_others() {
        assert_eq!(commented("a = 1 /* b\n*/\n", "a = 1", true), " /* b\n*/\n");
        assert_eq!(commented("/* b\n*/ a = 1\n", "a = 1", true), "/* b\n*/ # a = 1\n");
        assert_eq!(commented("x { a = 1 }\n", "a = 1", false), "x { /* a = 1 */ }\n");
        assert_eq!(commented("x { a = \"*/\" }\n", "a = \"*/\"", false), "x {  }\n");
    }
}
