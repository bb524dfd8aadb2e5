//! `--sort-by` (`kubectl/pkg/cmd/get/sorter.go`).

use crate::json::scalar;
use crate::kinds::Kind;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use serde_json::Value;

/// Sorts objects by the value at a path such as `.metadata.name` or `{.status.containerStatuses[0].restartCount}`.
///
/// Objects without the value come first and, a wonder of upstream's comparison, in reverse order where few enough
/// objects are sorted by insertion.
pub(crate) fn sort_by(rows: &mut [(&'static Kind, &Value)], path: &str) -> Result<(), String> {
    let path = path.trim_start_matches('{').trim_end_matches('}');
    let steps = steps(path).ok_or_else(|| {
        String::from(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
             '{.name1.name2}'",
        )
    })?;
    if !rows.is_empty() && rows.iter().all(|(_, o)| lookup(o, &steps).is_none()) {
        let dot = if path.starts_with('.') { "" } else { "." };
        return Err(format!("couldn't find any field with path \"{{{dot}{path}}}\" in the list of objects"));
    }
    /// Up to this many elements Go's `sort.Sort` sorts by insertion.
    const INSERTION: usize = 12;
    if rows.len() <= INSERTION {
        for i in 1..rows.len() {
            let mut j = i;
            while j > 0 && less(lookup(rows[j].1, &steps), lookup(rows[j - 1].1, &steps)) {
                rows.swap(j, j - 1);
                j -= 1;
            }
        }
    } else {
        rows.sort_by(|(_, a), (_, b)| match (lookup(a, &steps), lookup(b, &steps)) {
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
    }
    Ok(())
}

/// Upstream's comparison, which calls anything without a value smaller, also than another one without.
fn less(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => compare(a, b) == Ordering::Less,
    }
}

/// Numbers by value, texts that are both quantities as quantities, other texts by their bytes.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or(0.0).total_cmp(&b.as_f64().unwrap_or(0.0))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => {
            let (a, b) = (scalar(a), scalar(b));
            match (lifepod_api::Quantity::parse(&a), lifepod_api::Quantity::parse(&b)) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => a.cmp(&b),
            }
        }
    }
}

enum Step {
    Key(String),
    Index(usize),
}

/// The steps of a path; none when it cannot be read.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.trim_start_matches('.').split('.') {
        let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            steps.push(Step::Key(key.to_string()));
        }
        for index in indices.split('[').skip(1) {
            steps.push(Step::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

fn lookup<'a>(object: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let found = steps.iter().try_fold(object, |v, step| match step {
        Step::Key(key) => v.get(key),
        Step::Index(i) => v.get(i),
    })?;
    (!found.is_null()).then_some(found)
}
