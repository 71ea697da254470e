//! The index against an ordered map, with identifiers that collide, come and go, and are of any shape.

use std::collections::BTreeMap;

use engine::index::IdIndex;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::compare::config;
use crate::counts::count;

/// What the values name: an identifier, and a name that tells apart those that share one.
type Key = (u64, u8);

#[derive(Clone, Debug)]
enum Step {
    Insert(Key),
    Remove(Key),
    Find(Key),
}

fn keys() -> impl Strategy<Value = Key> {
    let ids = prop_oneof![
        0_u64..40,
        (0_u64..40).prop_map(|id| id << 58),
        (0_u64..40).prop_map(|id| id.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        Just(u64::MAX),
    ];
    (ids, 0_u8..3)
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![4 => keys().prop_map(Step::Insert), 3 => keys().prop_map(Step::Remove), 2 => keys().prop_map(Step::Find)]
}

/// What each step answers, by the index and by the map, which must agree.
fn answers(seed: u64, steps: &[Step]) -> Vec<Option<u32>> {
    let (mut index, mut map) = (IdIndex::new(seed), BTreeMap::<Key, u32>::new());
    let mut names: Vec<Key> = Vec::new();
    let mut answers = Vec::new();
    for step in steps {
        let (Step::Insert(key) | Step::Remove(key) | Step::Find(key)) = step;
        let found = index.find(key.0, |value| names[value as usize] == *key);
        assert_eq!(found, map.get(key).copied());
        match (step, found) {
            (Step::Insert(_), None) => {
                let value = u32::try_from(names.len()).unwrap();
                names.push(*key);
                index.insert(key.0, value);
                map.insert(*key, value);
            }
            (Step::Remove(_), Some(value)) => {
                assert!(index.remove(key.0, value));
                assert!(!index.remove(key.0, value));
                map.remove(key);
            }
            _ => {}
        }
        assert_eq!((index.len(), index.is_empty()), (map.len(), map.is_empty()));
        answers.push(found);
    }
    answers
}

#[test]
fn the_index_does_what_a_map_does_under_any_seed() {
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let done = std::cell::Cell::new(0);
    let result = runner.run(&(any::<u64>(), vec(steps(), 1..800)), |(seed, steps)| {
        prop_assert_eq!(answers(seed, &steps), answers(!seed, &steps));
        done.set(done.get() + 2 * steps.len());
        Ok(())
    });
    result.unwrap();
    count(done.get(), "index steps compared");
}

/// Many more entries come and go than are ever there at once: neither answers nor memory may suffer.
#[test]
fn an_index_does_not_wear_out() {
    const LIVE: u32 = 3_000;
    let id_of = |value: u32| u64::from(value).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mut index = IdIndex::with_capacity(5, 2 * LIVE as usize);
    let bytes = index.memory_bytes();
    for value in 0..100 * LIVE {
        index.insert(id_of(value), value);
        if let Some(gone) = value.checked_sub(LIVE) {
            assert!(index.remove(id_of(gone), gone));
            assert_eq!(index.find(id_of(gone), |found| found == gone), None);
        }
        let oldest = value.saturating_sub(LIVE - 1);
        assert_eq!(index.find(id_of(oldest), |found| found == oldest), Some(oldest));
    }
    assert_eq!((index.len(), index.memory_bytes()), (LIVE as usize, bytes));
    count(100 * LIVE as usize, "index entries used again");
}
