//! Patterns of operators: `*` stands for any number of characters, everything else for itself.

/// Whether `pattern` covers the whole of `text`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "x"),
            ("job_*", "job_id"),
            ("*_name", "task_name"),
            ("a*b*c", "a-b-b-c"),
            ("*a*", "a"),
            ("x", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("x", "xy"), ("a*a", "a"), ("*_id", "id"), ("a*b*c", "a-c")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn never_panics() {
        use proptest::prelude::*;
        proptest!(|(pattern in "[a*µ]{0,9}", text in "[aµ]{0,9}")| { let _ = matches(&pattern, &text); });
    }
}
