//! Label selectors: which objects a controller, Service or budget means.

use crate::{LabelSelector, LabelSelectorRequirement, Map};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Labels of an object.
pub type Labels = Map<String>;

impl LabelSelector {
    /// Whether an object with these labels is meant. An empty selector means every object; an operator that
    /// does not exist means none (`metav1.LabelSelectorAsSelector` refuses it, and callers then select nothing).
    pub fn matches(&self, labels: &Labels) -> bool {
        matches_all(&self.match_labels, labels) && self.match_expressions.iter().all(|r| r.matches(labels))
    }

    /// Whether the selector asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

impl fmt::Display for LabelSelector {
    /// As the API and kubectl write it: `app=web,tier in (a,b),!canary`, by the keys' order
    /// (`labels.Requirements.String` of `metav1.LabelSelectorAsSelector`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<(&str, String)> =
            self.match_labels.iter().map(|(key, value)| (key.as_str(), format!("{key}={value}"))).collect();
        parts.extend(self.match_expressions.iter().map(|r| (r.key.as_str(), r.to_string())));
        parts.sort_by_key(|(key, _)| *key);
        let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
        f.write_str(&parts.join(","))
    }
}

impl fmt::Display for LabelSelectorRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let mut values = self.values.clone();
        values.sort_unstable();
        let values = values.join(",");
        match self.operator.as_str() {
            "In" => write!(f, "{key} in ({values})"),
            "NotIn" => write!(f, "{key} notin ({values})"),
            "DoesNotExist" => write!(f, "!{key}"),
            _ => f.write_str(key),
        }
    }
}

impl LabelSelectorRequirement {
    /// Whether these labels satisfy the requirement (`labels.Requirement.Matches`).
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// Whether every wanted label is there with its value (`labels.SelectorFromSet`): the selectors of Services and
/// ReplicationControllers.
pub fn matches_all(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}
