//! The storage classes that a text takes for granted: manifests are mostly written for a cluster whose volumes are made
//! for whoever asks.

use crate::pods::described;
use lifepod_api::admission::is_default_storage_class;
use lifepod_api::{Object, PersistentVolumeClaimSpec};
use lifepod_engine::Scenario;
use lifepod_manifest::Document;

/// The default class, by the name that it has in most clusters that are made for trying things out.
pub(crate) const DEFAULT: &str = "standard";

/// The cluster has the classes that its Scenario lists. Without a list it has those that are taken for granted.
pub(crate) fn grant(documents: &[Document], scenario: &mut Scenario) {
    let classes = &mut scenario.config.storage_classes;
    if let Some(listed) = listed(documents) {
        classes.clone_from(listed);
        return;
    }
    let mut granted: Vec<&str> = granted(documents).map(|granted| granted.class).collect();
    // The first of the list is the default.
    granted.sort_by_key(|class| *class != DEFAULT);
    for class in granted {
        if !classes.iter().any(|known| known == class) {
            classes.push(class.to_string());
        }
    }
}

/// The classes that a Scenario document lists, if one does: an empty list is one too.
fn listed(documents: &[Document]) -> Option<&Vec<String>> {
    documents.iter().find_map(|document| {
        document.value.get("spec")?.get("cluster")?.get("storageClasses")?;
        Some(&document.scenario.as_ref()?.spec.cluster.storage_classes)
    })
}

/// A class that is taken for granted, and the claim that asks for it.
pub(crate) struct Granted<'d> {
    pub(crate) class: &'d str,
    /// The document of the claim, by its index.
    pub(crate) document: usize,
    /// The field that asks, or the claim where none does.
    pub(crate) path: String,
}

/// What the text's claims take for granted, one after the other.
pub(crate) fn granted(documents: &[Document]) -> impl Iterator<Item = Granted<'_>> {
    let takes = listed(documents).is_none();
    let all = documents.iter().enumerate().filter(move |_| takes);
    all.flat_map(move |(index, document)| {
        let claims = document.object.as_ref().map_or_else(Vec::new, claims);
        claims.into_iter().filter_map(move |(path, claim)| {
            let (class, field) = match claim.storage_class_name.as_deref() {
                // Such a claim wants none.
                Some("") => return None,
                Some(class) => (class, ".storageClassName"),
                None => (DEFAULT, ""),
            };
            let asks = claim.storage_class_name.is_some();
            let made = documents.iter().filter_map(|it| it.object.as_ref()).any(|it| serves(it, class, asks));
            (!made).then(|| Granted { class, document: index, path: format!("{path}{field}") })
        })
    })
}

/// Whether an object of the text is meant for claims that ask for this class, or for none.
fn serves(object: &Object, class: &str, asks: bool) -> bool {
    match object {
        Object::StorageClass(made) if asks => made.metadata.name == class,
        Object::StorageClass(made) => is_default_storage_class(made),
        Object::PersistentVolume(made) => made.spec.storage_class_name == if asks { class } else { "" },
        _ => false,
    }
}

/// The claims that an object is or makes, each with its path.
fn claims(object: &Object) -> Vec<(String, &PersistentVolumeClaimSpec)> {
    let mut claims: Vec<(String, &PersistentVolumeClaimSpec)> = Vec::new();
    match object {
        Object::PersistentVolumeClaim(claim) => claims.push(("spec".to_string(), &claim.spec)),
        Object::StatefulSet(set) => {
            let templates = set.spec.volume_claim_templates.iter().enumerate();
            claims.extend(templates.map(|(i, t)| (format!("spec.volumeClaimTemplates[{i}].spec"), &*t.spec)));
        }
        _ => {}
    }
    if let Some(pod) = described(object) {
        claims.extend(pod.spec.volumes.iter().enumerate().filter_map(|(i, volume)| {
            let template = volume.ephemeral.as_ref()?.volume_claim_template.as_ref()?;
            Some((
                format!("{}spec.volumes[{i}].ephemeral.volumeClaimTemplate.spec", pod.path),
                &template.spec,
            ))
        }));
    }
    claims
}
