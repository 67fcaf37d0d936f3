//! What somebody may have meant who wrote a name that does not exist.

/// The nearest of `known`, unless all are too far away to have been meant.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // A third of the letters wrong is a typing mistake, half of them another word.
    let limit = (name.chars().count() / 3).max(1);
    let near = known.into_iter().map(|known| (distance(name, known), known));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Names of a task that people look for in its `config` block, because other tools have them there.
const OF_THE_TASK: &[&str] =
    &["constraint", "env", "kill_signal", "kill_timeout", "resources", "template", "user"];

/// Whether `name` stands in the task, beside its `config` block.
pub fn is_of_the_task(name: &str) -> bool {
    OF_THE_TASK.contains(&name)
}

/// How many letters must be changed, put in, taken out or swapped with the next to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let changed = last[j] + usize::from(a[i] != b[j]);
            let mut best = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::task_options::TASK_OPTIONS;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_typing_mistake_is_near_and_another_word_is_not() {
        let known = || TASK_OPTIONS.iter().map(|row| row.name);
        for (name, meant) in [("imgae", Some("image")), ("volume", Some("volumes")), ("wat", None)] {
            assert_eq!(nearest(name, known()), meant, "{name}");
        }
        assert!(known().all(|name| !is_of_the_task(name)));
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_zero_for_the_same(a in "\\PC{0,12}", b in "\\PC{0,12}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
