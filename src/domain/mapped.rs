//! Maps of the few entries that a task has.

use std::collections::BTreeMap;

/// What an iterator of pairs brings, as a map.
pub trait Mapped<K, V> {
    /// The map; of pairs with one key the last one counts, as with `collect`.
    ///
    /// `collect` sorts the pairs first, and so does `BTreeMap::from`, by a stable sort that is compiled anew for each
    /// iterator there is, 5 KiB a time: some forty of them were 4 % of the plugin's code. Here the code of one kind of
    /// map is there once.
    fn mapped(self) -> BTreeMap<K, V>;
}

impl<K: Ord, V, I: Iterator<Item = (K, V)>> Mapped<K, V> for I {
    fn mapped(self) -> BTreeMap<K, V> {
        let mut map = BTreeMap::new();
        map.extend(self);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::Mapped;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_what_collect_brings(pairs: Vec<(u8, u8)>) {
            let map: BTreeMap<_, _> = pairs.iter().copied().collect();
            prop_assert_eq!(pairs.into_iter().mapped(), map);
        }
    }
}
