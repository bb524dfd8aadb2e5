//! Completion indexes: sets of them in the short form of a Job's status, and what a pod says of its own
//! (`pkg/controller/job/indexed_job_utils.go`).

use super::failure_policy::{self, Verdict};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use lifepod_api::{Job, JobSpec, Pod};

/// Which index a pod works on; an annotation and a label (`batch.JobCompletionIndexAnnotation`).
pub(super) const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How often its index failed before (`batch.JobIndexFailureCountAnnotation`).
pub(super) const FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
/// How often its index failed without counting (`batch.JobIndexIgnoredFailureCountAnnotation`).
pub(super) const IGNORED_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// Indexes in ascending intervals that do not touch, both ends included: `1,3-5,7`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes(Vec<(i32, i32)>);

impl Indexes {
    /// Reads the short form, as far as it lies below `completions`; what is no interval is passed over
    /// (`parseIndexesFromString`).
    pub(super) fn parse(text: &str, completions: i32) -> Self {
        let mut intervals = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(last)) = (first.parse::<i32>(), last.parse::<i32>()) else { continue };
            if first >= completions {
                break;
            }
            intervals.push((first, last.min(completions - 1)));
        }
        Indexes::of(intervals)
    }

    /// Intervals in any order, joined where they touch (`orderedIntervals.merge`).
    fn of(mut intervals: Vec<(i32, i32)>) -> Self {
        intervals.sort_unstable();
        let mut joined: Vec<(i32, i32)> = Vec::new();
        for (first, last) in intervals {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        Indexes(joined)
    }

    /// These indexes and those.
    pub(super) fn with(&self, more: &BTreeSet<i32>) -> Self {
        Indexes::of(self.0.iter().copied().chain(more.iter().map(|index| (*index, *index))).collect())
    }

    /// These indexes and those.
    pub(super) fn merge(&self, other: &Indexes) -> Self {
        Indexes::of(self.0.iter().chain(&other.0).copied().collect())
    }

    /// How many there are.
    pub(super) fn total(&self) -> i32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, index: i32) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < index);
        self.0.get(at).is_some_and(|(first, _)| *first <= index)
    }

    /// How many are in both.
    pub(super) fn overlap(&self, other: &Indexes) -> i32 {
        let (mut count, mut a, mut b) = (0, 0, 0);
        while let (Some(mine), Some(theirs)) = (self.0.get(a), other.0.get(b)) {
            count += (mine.1.min(theirs.1) - mine.0.max(theirs.0) + 1).max(0);
            if mine.1 <= theirs.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        count
    }

    /// The lowest `count` indexes below `completions` that are not among these.
    pub(super) fn lowest_missing(&self, count: usize, completions: i32) -> Vec<i32> {
        let mut missing = Vec::new();
        let mut candidate = 0;
        for (first, last) in self.0.iter().copied().chain([(completions, completions)]) {
            let room = count - missing.len();
            missing.extend((candidate..first.min(completions)).take(room));
            candidate = candidate.max(last.saturating_add(1));
        }
        missing
    }
}

impl fmt::Display for Indexes {
    /// `1,3-5,7`; two neighbours are written `1,2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// Whether each pod of the Job works on an index of its own.
pub(super) fn is_indexed(spec: &JobSpec) -> bool {
    spec.completion_mode.as_deref() == Some("Indexed")
}

/// The index that a pod works on.
pub(super) fn completion_index(pod: &Pod) -> Option<i32> {
    pod.metadata.annotations.get(COMPLETION_INDEX)?.parse().ok().filter(|index| *index >= 0)
}

/// As [`completion_index`], if the Job (still) has it.
pub(super) fn valid_index(job: &Job, pod: &Pod) -> Option<i32> {
    completion_index(pod).filter(|index| *index < job.spec.completions.unwrap_or(0))
}

/// The indexes of some pods (`getIndexes`).
pub(super) fn indexes_of<'a>(pods: impl IntoIterator<Item = &'a Pod>) -> BTreeSet<i32> {
    pods.into_iter().filter_map(completion_index).collect()
}

fn count(pod: &Pod, annotation: &str) -> i32 {
    let text = pod.metadata.annotations.get(annotation);
    text.and_then(|text| text.parse().ok()).filter(|count| *count >= 0).unwrap_or(0)
}

/// How many failures of its index a pod knows of that count (`getIndexFailureCount`).
pub(super) fn failures(pod: &Pod) -> i32 {
    count(pod, FAILURE_COUNT)
}

/// How many failures of its index a pod knows of (`getIndexAbsoluteFailureCount`).
pub(super) fn absolute_failures(pod: &Pod) -> i32 {
    count(pod, FAILURE_COUNT).saturating_add(count(pod, IGNORED_FAILURE_COUNT))
}

/// The two counts of the pod that replaces `failed` (`getNewIndexFailureCounts`), as annotations.
pub(super) fn failure_annotations(job: &Job, failed: Option<&Pod>) -> Vec<(&'static str, String)> {
    let (mut counted, mut ignored) = (0, 0);
    if let Some(pod) = failed {
        (counted, ignored) = (failures(pod), count(pod, IGNORED_FAILURE_COUNT));
        match failure_policy::judge(&job.spec, pod) {
            Verdict::Ignore => ignored += 1,
            _ => counted += 1,
        }
    }
    let mut annotations = [(FAILURE_COUNT, counted.to_string())].to_vec();
    if ignored > 0 {
        annotations.push((IGNORED_FAILURE_COUNT, ignored.to_string()));
    }
    annotations
}

/// The prefix of the name of a pod that works on an index: the Job's name is cut, not the index
/// (`podGenerateNameWithIndex`).
pub(super) fn generate_name(job: &str, index: i32) -> String {
    const MAX_GENERATED_NAME_LENGTH: usize = 58;
    let end = format!("-{index}-");
    let mut cut = job.len().min(MAX_GENERATED_NAME_LENGTH - end.len());
    while !job.is_char_boundary(cut) {
        cut -= 1;
    }
    job[..cut].to_string() + &end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(indexes: &[i32]) -> BTreeSet<i32> {
        indexes.iter().copied().collect()
    }

    #[test]
    fn the_short_form_is_read_and_written() {
        for text in ["", "0", "1,3-5,7", "0,1", "0-2,4,5"] {
            assert_eq!(Indexes::parse(text, 10).to_string(), text);
        }
        assert_eq!(Indexes::parse("1,3-5,7", 5).to_string(), "1,3,4", "cut at the completions");
        assert_eq!(Indexes::parse("x,2,3,4-y", 9).to_string(), "2,3", "what is no number is passed over");
    }

    #[test]
    fn indexes_join_where_they_touch() {
        let indexes = Indexes::parse("1,5", 10).with(&set(&[2, 4, 9]));
        assert_eq!(indexes.to_string(), "1,2,4,5,9");
        assert_eq!(indexes.merge(&Indexes::parse("3", 10)).to_string(), "1-5,9");
        assert_eq!(indexes.total(), 5);
        assert!(indexes.has(4) && !indexes.has(3) && !indexes.has(10));
        assert_eq!(indexes.overlap(&Indexes::parse("0-4,9", 10)), 4);
    }

    #[test]
    fn the_lowest_missing_indexes_come_first() {
        let indexes = Indexes::parse("0,2-3,6", 10);
        assert_eq!(indexes.lowest_missing(3, 10), [1, 4, 5]);
        assert_eq!(indexes.lowest_missing(9, 8), [1, 4, 5, 7]);
        assert_eq!(Indexes::default().lowest_missing(2, 10), [0, 1]);
    }

    #[test]
    fn long_names_are_cut_before_the_index() {
        let name = "j".repeat(70);
        assert_eq!(generate_name(&name, 12).len(), 58);
        assert!(generate_name(&name, 12).ends_with("j-12-"));
    }
}
