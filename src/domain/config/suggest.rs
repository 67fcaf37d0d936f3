//! What somebody may have meant who wrote a name that does not exist.

use super::row::OptionRow;

/// The nearest of `known`, unless all are too far away to have been meant.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // A third of the letters wrong is a typing mistake, half of them another word.
    let limit = (name.chars().count() / 3).max(1);
    let near = known.into_iter().map(|known| (distance(name, known), known));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The option of `table` that does what the Docker driver's option `name` does.
pub fn of_docker<'t>(table: &'t [OptionRow], name: &str) -> Option<&'t str> {
    table.iter().find(|row| row.docker.split(" or ").any(|docker| docker == name)).map(|row| row.name)
}

/// Options that only Nomad's Docker driver has, and what to do instead.
const DOCKER_ONLY: &[(&str, &str)] = &[
    ("advertise_ipv6_address", "Nomad advertises the address of the group's network"),
    ("container_exists_attempts", "leave it out: a container of the same name is replaced"),
    ("cpuset_cpus", "reserve cores with cores in the resources block"),
    ("credential_spec", "Podman runs no Windows containers"),
    ("interactive", "leave it out: nomad alloc exec has an interactive mode"),
    ("isolation", "Podman runs no Windows containers"),
    ("load", "name the file in image, as docker-archive:PATH or oci-archive:PATH"),
    ("network", "use network_mode"),
    ("windows_allow_insecure_container_admin", "Podman runs no Windows containers"),
];

/// What to do instead of an option that only the Docker driver has.
pub fn instead_of_docker(name: &str) -> Option<&'static str> {
    DOCKER_ONLY.iter().find(|(docker, _)| *docker == name).map(|(_, instead)| *instead)
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
        assert_eq!(of_docker(TASK_OPTIONS, "work_dir"), Some("working_dir"));
        assert_eq!(of_docker(TASK_OPTIONS, "mounts"), Some("mount"));
    }

    #[test]
    fn nothing_is_said_to_be_dockers_alone_that_is_here_too() {
        for (name, _) in DOCKER_ONLY {
            assert!(TASK_OPTIONS.iter().all(|row| row.name != *name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_zero_for_the_same(a in "\\PC{0,12}", b in "\\PC{0,12}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
