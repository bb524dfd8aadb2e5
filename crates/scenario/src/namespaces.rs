//! The namespaces that a text takes for granted: manifests are mostly written for a cluster that has theirs already.

use lifepod_api::{Namespace, Object, ObjectMeta, SimTime};
use lifepod_engine::Command;
use lifepod_manifest::Document;
use std::collections::BTreeSet;

/// Those of every cluster.
const OF_EVERY_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The namespaces of a text's objects that the text does not make itself. They are there before anything else is done.
pub fn granted(documents: &[Document]) -> BTreeSet<&str> {
    let objects = || documents.iter().filter_map(|document| document.object.as_ref());
    let made: BTreeSet<&str> = objects()
        .filter(|object| matches!(object, Object::Namespace(_)))
        .map(|object| object.meta().name.as_str())
        .collect();
    let meant = objects().map(|object| object.meta().namespace.as_str());
    meant
        .filter(|name| !name.is_empty() && !OF_EVERY_CLUSTER.contains(name) && !made.contains(name))
        .collect()
}

/// Makes them, but for those that are made already.
pub(crate) fn grant(documents: &[Document], commands: &mut Vec<(SimTime, Command)>) {
    for name in granted(documents) {
        let is_it = |(_, command): &(SimTime, Command)| match command {
            Command::Create(object) => {
                matches!(&**object, Object::Namespace(namespace) if namespace.metadata.name == name)
            }
            _ => false,
        };
        if !commands.iter().any(is_it) {
            let metadata = ObjectMeta { name: name.to_string(), ..ObjectMeta::default() };
            let namespace = Object::Namespace(Namespace { metadata, ..Namespace::default() });
            commands.push((SimTime::ZERO, Command::Create(Box::new(namespace))));
        }
    }
}
