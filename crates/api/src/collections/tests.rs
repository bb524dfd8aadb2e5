//! Held against the real B-tree, operation by operation.

use super::{BTreeMap, BTreeSet};
use alloc::collections as real;
use alloc::vec::Vec;

/// Numbers in no order, the same on each run.
fn numbers() -> impl Iterator<Item = u32> {
    let mut state = 0x2545_f491_u32;
    core::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    })
}

fn same(ours: &BTreeMap<u32, u32>, theirs: &real::BTreeMap<u32, u32>) {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().eq(theirs.iter()));
    assert!(ours.iter().rev().eq(theirs.iter().rev()));
    assert_eq!(ours.first_key_value(), theirs.first_key_value());
    assert_eq!(ours.last_key_value(), theirs.last_key_value());
}

#[test]
fn is_what_the_real_map_is_after_any_operations() {
    // Few keys keep it small and hit often; many make chunks split and empty.
    for keys in [4, 100, 2000] {
        let (mut ours, mut theirs) = (BTreeMap::new(), real::BTreeMap::new());
        let mut numbers = numbers();
        let mut next = |below: u32| numbers.next().unwrap() % below;
        for round in 0..6000 {
            // It grows, then shrinks.
            let grows = round < 4000;
            let (key, value) = (next(keys), next(1000));
            match (next(8), grows) {
                (0..=3, true) | (0, false) => assert_eq!(ours.insert(key, value), theirs.insert(key, value)),
                (4, _) => {
                    *ours.entry(key).and_modify(|v| *v += 1).or_insert(value) += 1;
                    *theirs.entry(key).and_modify(|v| *v += 1).or_insert(value) += 1;
                }
                (5, _) => assert_eq!(ours.get(&key), theirs.get(&key)),
                (6, true) | (1..=3, false) => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                (6, false) => assert_eq!(ours.pop_first(), theirs.pop_first()),
                _ => assert_eq!(ours.get_mut(&key), theirs.get_mut(&key)),
            }
            if round % 100 == 0 {
                same(&ours, &theirs);
                let (from, to) = (next(keys), next(keys));
                assert!(ours.range(from..).eq(theirs.range(from..)));
                assert!(ours.range(..=to).rev().eq(theirs.range(..=to).rev()));
                if from <= to {
                    assert!(ours.range(from..to).eq(theirs.range(from..to)));
                }
            }
        }
        ours.retain(|key, value| (*key + *value) % 3 == 0);
        theirs.retain(|key, value| (*key + *value) % 3 == 0);
        same(&ours, &theirs);
        ours.values_mut().for_each(|value| *value += 1);
        theirs.values_mut().for_each(|value| *value += 1);
        assert!(ours.clone().into_iter().eq(theirs.clone()));
        assert_eq!(ours, theirs.into_iter().rev().collect());
    }
}

#[test]
fn a_range_may_be_empty_or_cross_chunks() {
    let map: BTreeMap<u32, ()> = (0..500).map(|n| (n * 2, ())).collect();
    let keys = |from, to| map.range(from..to).map(|(key, ())| *key).collect::<Vec<_>>();
    assert!(keys(3, 4).is_empty());
    assert_eq!(keys(3, 9), [4, 6, 8]);
    assert_eq!(keys(120, 700).len(), 290);
    assert!(keys(2000, 3000).is_empty());
    assert_eq!(BTreeMap::<u32, ()>::new().range(1..).count(), 0);
}

#[test]
fn going_through_from_both_ends_meets_in_the_middle() {
    let set: BTreeSet<u32> = (0..200).collect();
    let mut all = set.iter();
    let (mut up, mut down) = (Vec::new(), Vec::new());
    while let Some(low) = all.next() {
        up.push(*low);
        down.extend(all.next_back().copied());
    }
    assert!(up.into_iter().chain(down.into_iter().rev()).eq(0..200));
}
