//! A list in order that is cheap to copy and to keep: a copy shares its blocks, a change afterwards copies one block of
//! pointers. For the live pages, which hold a copy of thousands of entries while few of them change.

use std::fmt;
use std::sync::Arc;

/// Entries of a block, at most: a copy touches each block once, a change after it each entry of one block.
const BLOCK_LEN_MAX: usize = 32;

/// What has one place in a list.
pub trait Keyed {
    /// Entries are in the order of their keys; no two have the same.
    type Key: Ord;

    fn key(&self) -> Self::Key;
}

/// Entries in the order of their keys.
pub struct Blocks<T> {
    /// None of them is empty.
    blocks: Vec<Arc<Vec<Arc<T>>>>,
}

impl<T> Blocks<T> {
    /// O(blocks).
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flat_map(|block| block.iter()).map(|entry| &**entry)
    }

    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.iter().next()
    }
}

impl<T: Keyed> Blocks<T> {
    /// O(log n).
    #[must_use]
    pub fn find(&self, key: &T::Key) -> Option<&T> {
        let block = self.blocks.get(self.block_of(key))?;
        let place = place_in(block, key).ok()?;
        block.get(place).map(|entry| &**entry)
    }

    /// Adds an entry, or puts it in the place of the one with its key.
    pub(crate) fn put(&mut self, entry: T) {
        let (key, entry) = (entry.key(), Arc::new(entry));
        let at = self.block_of(&key).min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(Arc::new(vec![entry]));
            return;
        };
        let block = Arc::make_mut(block);
        match place_in(block, &key) {
            Ok(place) => {
                if let Some(former) = block.get_mut(place) {
                    *former = entry;
                }
            }
            Err(place) => block.insert(place, entry),
        }
        if block.len() > BLOCK_LEN_MAX {
            let rest = block.split_off(BLOCK_LEN_MAX / 2);
            self.blocks.insert(at + 1, Arc::new(rest));
        }
    }

    pub(crate) fn remove(&mut self, key: &T::Key) {
        let at = self.block_of(key);
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Ok(place) = place_in(block, key) else { return };
        let block = Arc::make_mut(block);
        block.remove(place);
        if block.is_empty() {
            self.blocks.remove(at);
        }
    }

    /// The block in which a key is, or would be unless it is past the last one.
    fn block_of(&self, key: &T::Key) -> usize {
        self.blocks.partition_point(|block| block.last().is_some_and(|last| last.key() < *key))
    }
}

fn place_in<T: Keyed>(block: &[Arc<T>], key: &T::Key) -> Result<usize, usize> {
    block.binary_search_by(|entry| entry.key().cmp(key))
}

impl<T> Clone for Blocks<T> {
    fn clone(&self) -> Self {
        Self { blocks: self.blocks.clone() }
    }
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

/// However the entries are spread over blocks.
impl<T: PartialEq> PartialEq for Blocks<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Blocks<T> {}

impl<T: fmt::Debug> fmt::Debug for Blocks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Keyed for (u16, u32) {
        type Key = u16;

        fn key(&self) -> u16 {
            self.0
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_holds_what_a_map_holds_and_copies_stay_as_they_were(
            changes in prop::collection::vec((0..400_u16, any::<u32>(), 0..3_u8), 0..1_000), at in any::<prop::sample::Index>()
        ) {
            let (mut blocks, mut map) = (Blocks::default(), BTreeMap::new());
            let copied_at = at.index(changes.len() + 1);
            let mut copies = (Blocks::default(), BTreeMap::new());
            for (turn, (key, value, kind)) in changes.into_iter().enumerate() {
                if turn == copied_at {
                    copies = (blocks.clone(), map.clone());
                }
                if kind == 0 {
                    blocks.remove(&key);
                    map.remove(&key);
                } else {
                    blocks.put((key, value));
                    map.insert(key, value);
                }
                prop_assert_eq!(blocks.find(&key).map(|it| it.1), map.get(&key).copied());
            }
            for (blocks, map) in [(blocks, map), copies] {
                prop_assert_eq!((blocks.len(), blocks.is_empty()), (map.len(), map.is_empty()));
                let held: Vec<_> = blocks.iter().copied().collect();
                prop_assert_eq!(held, map.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
