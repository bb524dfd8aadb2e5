//! The namespaces that a text takes for granted: manifests are mostly written for a cluster that has theirs already.

use lifepod_api::Object;
use lifepod_engine::{Command, Scenario};
use lifepod_manifest::Document;
use std::collections::BTreeSet;

/// Those of every cluster.
const OF_EVERY_CLUSTER: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The cluster has the namespaces of the text's objects that neither this text nor one before it makes.
pub(crate) fn grant(documents: &[Document], scenario: &mut Scenario) {
    let objects = || documents.iter().filter_map(|document| document.object.as_ref());
    let before = scenario.commands.iter().filter_map(|(_, command)| made(command));
    let made: BTreeSet<&str> = objects().filter_map(namespace).chain(before).collect();
    let meant: BTreeSet<&str> = objects().map(|object| object.meta().namespace.as_str()).collect();
    let known = &mut scenario.config.namespaces;
    for name in meant.difference(&made).filter(|name| !name.is_empty() && !OF_EVERY_CLUSTER.contains(name)) {
        if !known.iter().any(|known| known == name) {
            known.push((*name).to_string());
        }
    }
}

fn made(command: &Command) -> Option<&str> {
    match command {
        Command::Create(object) => namespace(object),
        _ => None,
    }
}

/// The name of a namespace.
fn namespace(object: &Object) -> Option<&str> {
    matches!(object, Object::Namespace(_)).then(|| object.meta().name.as_str())
}
