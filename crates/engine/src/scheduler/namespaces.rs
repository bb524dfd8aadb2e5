//! The labels of namespaces, which affinity terms may select by.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use lifepod_api::labels::Labels;

/// What is known of namespaces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namespaces(BTreeMap<String, Labels>);

impl Namespaces {
    pub(crate) fn set(&mut self, name: &str, labels: &Labels) {
        self.0.insert(name.to_string(), labels.clone());
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Hands `ask` the labels of a namespace. One that was never made as an object has the label that every
    /// namespace has (`NamespaceDefaultLabelName`).
    pub(crate) fn with_labels<T>(&self, name: &str, ask: impl Fn(&Labels) -> T) -> T {
        match self.0.get(name) {
            Some(labels) => ask(labels),
            None => ask(&[("kubernetes.io/metadata.name".to_string(), name.to_string())].into()),
        }
    }
}
