//! Files of one volume in each other's way (`warningsForOverlappingVirtualPaths`).

use crate::{DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A file's path, without slashes at its end, and where its content comes from; empty where the volume has one source.
#[derive(Clone, PartialEq)]
struct File {
    path: String,
    source: String,
}

impl File {
    fn new(path: &str, source: &str) -> File {
        File { path: path.trim_end_matches('/').to_string(), source: source.to_string() }
    }

    fn shown(&self) -> String {
        match self.source.as_str() {
            "" => format!("{:?}", self.path),
            source => format!("{:?} ({source})", self.path),
        }
    }

    /// Whether they are the same file, or one is to lie in the other.
    fn meets(&self, other: &File) -> bool {
        let (a, b) = (format!("{}/", self.path), format!("{}/", other.path));
        !self.path.is_empty() && !other.path.is_empty() && (a.starts_with(&b) || b.starts_with(&a))
    }
}

fn of_keys(items: &[KeyToPath], source: &str) -> Vec<File> {
    items.iter().map(|item| File::new(&item.path, source)).collect()
}

fn of_fields(items: &[DownwardAPIVolumeFile], source: &str) -> Vec<File> {
    items.iter().map(|item| File::new(&item.path, source)).collect()
}

/// Warns of each pair of files that overlap.
pub fn overlapping(out: &mut Vec<String>, volumes: &[Volume]) {
    for volume in volumes {
        if let Some(s) = &volume.config_map {
            pairs(out, volume, &format!("ConfigMap {:?}", s.name), of_keys(&s.items, ""));
        }
        if let Some(s) = &volume.secret {
            pairs(out, volume, &format!("Secret {:?}", s.secret_name), of_keys(&s.items, ""));
        }
        if let Some(s) = &volume.downward_api {
            pairs(out, volume, "DownwardAPI", of_fields(&s.items, ""));
        }
        if let Some(s) = &volume.projected {
            let mut files = Vec::new();
            for source in &s.sources {
                if *source == VolumeProjection::default() {
                    out.push(format!("volume {:?} (Projected) has no sources provided", volume.name));
                }
                files.extend(of_projection(source));
            }
            pairs(out, volume, "Projected", files);
        }
    }
}

fn of_projection(source: &VolumeProjection) -> Vec<File> {
    if let Some(s) = source.config_map.as_ref().filter(|s| !s.items.is_empty()) {
        return of_keys(&s.items, &format!("ConfigMap {:?}", s.name));
    }
    if let Some(s) = source.secret.as_ref().filter(|s| !s.items.is_empty()) {
        return of_keys(&s.items, &format!("Secret {:?}", s.name));
    }
    if let Some(s) = source.downward_api.as_ref().filter(|s| !s.items.is_empty()) {
        return of_fields(&s.items, "DownwardAPI");
    }
    source.service_account_token.iter().map(|s| File::new(&s.path, "ServiceAccountToken")).collect()
}

fn pairs(out: &mut Vec<String>, volume: &Volume, what: &str, files: Vec<File>) {
    for (i, file) in files.iter().enumerate() {
        for other in files[..i].iter().filter(|other| other.meets(file)) {
            out.push(format!(
                "volume {:?} ({what}): overlapping paths: {} with {}",
                volume.name,
                file.shown(),
                other.shown()
            ));
        }
    }
}
