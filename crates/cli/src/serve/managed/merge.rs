//! Merging a configuration into an object, and taking out what its applier gave up
//! (`structured-merge-diff/{typed/merge.go,merge/update.go}`).

use super::paths::{Path, Paths, Step};
use super::schema::{List, Shape, step_to};
use serde_json::{Map, Value};

/// Merges a configuration into a value.
pub fn merge(live: &mut Value, config: &Value, shape: Shape) {
    match config {
        Value::Object(members) if !shape.is_atomic() => {
            if !live.is_object() {
                *live = Value::Object(Map::new());
            }
            for (name, member) in members {
                merge(&mut live[name], member, shape.member(name));
            }
        }
        Value::Array(elements) => match shape.list() {
            List::Atomic => live.clone_from(config),
            list => *live = Value::Array(merged(live, elements, &list, shape.element())),
        },
        _ => live.clone_from(config),
    }
}

/// The elements of a configuration in their order, each behind the live ones that stood before it.
fn merged(live: &mut Value, elements: &[Value], list: &List, shape: Shape) -> Vec<Value> {
    let mut left: Vec<Value> = match live.take() {
        Value::Array(live) => live,
        _ => Vec::new(),
    };
    let wanted: Vec<Step> = elements.iter().map(|e| step_to(e, list)).collect();
    let mut result = Vec::new();
    for (element, step) in elements.iter().zip(&wanted) {
        let mut value = Value::Null;
        if let Some(at) = left.iter().position(|e| step_to(e, list) == *step) {
            let mut before: Vec<Value> = left.drain(..=at).collect();
            value = before.pop().unwrap_or_default();
            // Those that the configuration names later wait for their turn.
            let (later, own): (Vec<Value>, Vec<Value>) =
                before.into_iter().partition(|e| wanted.contains(&step_to(e, list)));
            result.extend(own);
            left.splice(..0, later);
        }
        merge(&mut value, element, shape);
        result.push(value);
    }
    result.extend(left);
    result
}

/// Takes out what an applier owned and owns no more, and nobody else does. What the server added inside of a struct or
/// an element goes with it.
pub fn prune(value: &mut Value, last: &Paths, owned: &Paths, shape: Shape) {
    let keep = |path: &Path| owned.iter().any(|p| p.starts_with(path));
    let given_up: Vec<&Path> = last.iter().filter(|path| !keep(path)).collect();
    if !given_up.is_empty() {
        remove(value, &mut Vec::new(), &given_up, &keep, shape);
    }
}

fn remove(value: &mut Value, path: &mut Path, gone: &[&Path], keep: &impl Fn(&Path) -> bool, shape: Shape) {
    let is_gone = |path: &Path, shape: Shape| {
        // Above a field that was given up, a struct is as well when nobody owns anything in it.
        let whole = shape.is_named() && shape.is_struct() && path.len() > 1;
        gone.iter().any(|g| *g == path || whole && g.starts_with(path)) && !keep(path)
    };
    match value {
        Value::Object(members) if !shape.is_atomic() => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                let inner = shape.member(&name);
                path.push(Step::Field(name.clone()));
                if is_gone(path, inner) {
                    members.remove(&name);
                } else if let Some(member) = members.get_mut(&name) {
                    remove(member, path, gone, keep, inner);
                }
                path.pop();
            }
        }
        Value::Array(elements) => {
            let list = shape.list();
            if matches!(list, List::Atomic) {
                return;
            }
            elements.retain_mut(|element| {
                path.push(step_to(element, &list));
                let gone_now = is_gone(path, shape.element());
                if !gone_now {
                    remove(element, path, gone, keep, shape.element());
                }
                path.pop();
                !gone_now
            });
        }
        _ => {}
    }
}
