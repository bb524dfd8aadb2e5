//! Images: what is known of them, and the files they bring.

mod catalogue;
mod root;
pub(crate) mod server;

use crate::config::SandboxConfig;
use crate::fs::Tree;
use crate::signal::Signal;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
pub use catalogue::{Base, CATALOGUE, Entry};
pub(crate) use root::TERMINATION_LOG;

/// What a container gets from its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The full reference: registry, repository, tag or digest.
    pub name: String,
    /// It is in the catalogue. For others a well-behaved server is assumed.
    pub known: bool,
    /// Bytes to pull, compressed.
    pub size_bytes: u64,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub cmd: Vec<String>,
    /// `ENV`.
    pub env: Vec<(String, String)>,
    /// `WORKDIR`; empty is `/`.
    pub working_dir: String,
    /// The user that `USER` names, as a number.
    pub uid: u32,
    /// `EXPOSE`.
    pub ports: Vec<u16>,
    /// Its tools are GNU's and its `sh` is dash, as in Debian.
    pub gnu: bool,
    /// `STOPSIGNAL`: what the runtime sends first, unless the container says otherwise.
    pub stop_signal: Signal,
    /// What files it is made of.
    pub base: Base,
    /// Programs that it has beyond its base.
    pub binaries: Vec<&'static str>,
}

/// The parts of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `docker.io`, `registry.k8s.io`, `localhost:5000`.
    pub registry: String,
    /// `library/nginx`.
    pub repository: String,
    /// The tag; `latest` when neither tag nor digest is given.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// The full reference of a short one: `nginx` is `docker.io/library/nginx:latest`.
    ///
    /// As `ParseNormalizedNamed` of github.com/distribution/reference does; a broken reference is taken as it is.
    pub fn parse(text: &str) -> Reference {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_string())),
            None => (text, None),
        };
        let (rest, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_string())),
            _ => (rest, None),
        };
        let (registry, repository) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (if host == "index.docker.io" { "docker.io" } else { host }, path.to_string())
            }
            _ => ("docker.io", rest.to_string()),
        };
        let repository = if registry == "docker.io" && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository
        };
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_string()));
        Reference { registry: registry.to_string(), repository, tag, digest }
    }

    /// Registry and repository.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl core::fmt::Display for Reference {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// An image whose files are at hand.
#[derive(Clone, Debug)]
pub struct Unpacked {
    pub(crate) image: Arc<Image>,
    root: Tree,
}

impl Unpacked {
    /// Unpacks the image of that reference, which was made at `made` (microseconds since 1970).
    pub(crate) fn new(reference: &str, made: i64) -> Self {
        let image = lookup(reference);
        Unpacked { root: root::root(&image, made), image: Arc::new(image) }
    }

    /// The file system of a container that starts at `wall`.
    pub(crate) fn layer(&self, config: &SandboxConfig, wall: i64) -> Tree {
        root::layer(&self.root, config, wall)
    }
}

/// Images that were unpacked once: their containers share what they do not write to.
#[derive(Clone, Debug, Default)]
pub struct ImageStore(BTreeMap<String, Arc<Unpacked>>);

impl ImageStore {
    /// The image of that reference. `epoch_micros` is when it was made, in microseconds since 1970.
    pub fn unpack(&mut self, reference: &str, epoch_micros: i64) -> Arc<Unpacked> {
        if let Some(known) = self.0.get(reference) {
            return known.clone();
        }
        let unpacked = Arc::new(Unpacked::new(reference, epoch_micros));
        self.0.insert(reference.to_string(), unpacked.clone());
        unpacked
    }
}

/// What is known of an image, by its reference as a manifest writes it.
///
/// Whether a tag really exists is not known here: every pull succeeds unless a scenario says otherwise.
pub fn lookup(reference: &str) -> Image {
    let parsed = Reference::parse(reference);
    let name = parsed.name();
    let short = name.strip_prefix("docker.io/library/").or(name.strip_prefix("docker.io/")).unwrap_or(&name);
    let tag = parsed.tag.as_deref().unwrap_or("");
    let found = CATALOGUE.iter().find(|entry| entry.names.contains(&short));
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let Some(entry) = found else {
        return Image {
            name: parsed.to_string(),
            known: false,
            size_bytes: 50 << 20,
            entrypoint: words(&["/app"]),
            cmd: Vec::new(),
            env: path_env(),
            working_dir: String::new(),
            uid: 0,
            ports: Vec::new(),
            gnu: true,
            stop_signal: Signal::TERM,
            base: Base::Debian,
            binaries: Vec::from(["app"]),
        };
    };
    let (base, size_mib) = if tag.contains("alpine") && entry.base == Base::Debian {
        (Base::Alpine, (entry.size_mib * 2 / 5).max(3))
    } else {
        (entry.base, entry.size_mib)
    };
    let mut env = path_env();
    for (name, value) in entry.env {
        env.push((name.to_string(), value.to_string()));
    }
    Image {
        name: parsed.to_string(),
        known: true,
        size_bytes: u64::from(size_mib) << 20,
        entrypoint: words(entry.entrypoint),
        cmd: words(entry.cmd),
        env,
        working_dir: entry.working_dir.to_string(),
        uid: entry.uid,
        ports: entry.ports.to_vec(),
        gnu: base == Base::Debian,
        stop_signal: entry.stop_signal,
        base,
        binaries: entry.binaries.to_vec(),
    }
}

fn path_env() -> Vec<(String, String)> {
    Vec::from([("PATH".to_string(), crate::exec::DEFAULT_PATH.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_made_full() {
        let full = |text: &str| Reference::parse(text).to_string();
        assert_eq!(full("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(full("docker.io/library/nginx:1.25"), "docker.io/library/nginx:1.25");
        assert_eq!(full("grafana/grafana"), "docker.io/grafana/grafana:latest");
        assert_eq!(full("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(full("registry.k8s.io/pause:3.10"), "registry.k8s.io/pause:3.10");
        assert_eq!(full("busybox@sha256:abc"), "docker.io/library/busybox@sha256:abc");
    }

    #[test]
    fn every_spelling_finds_the_same_entry() {
        for name in
            ["nginx", "nginx:1.25", "library/nginx", "docker.io/library/nginx:1.25", "docker.io/nginx"]
        {
            assert!(lookup(name).known, "{name}");
        }
        assert!(!lookup("example.com/nginx").known);
        assert!(lookup("registry.k8s.io/e2e-test-images/agnhost:2.53").known);
    }

    #[test]
    fn catalogue_names_are_unique_and_programs_exist() {
        let mut names: Vec<&str> = CATALOGUE.iter().flat_map(|e| e.names.iter().copied()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(CATALOGUE.len() >= 40, "{}", CATALOGUE.len());
        for binary in CATALOGUE.iter().flat_map(|e| e.binaries.iter()) {
            let known = crate::applets::known(binary).is_some()
                || *binary == "bash"
                || server::Server::by_name(binary, &[]).is_some();
            assert!(known, "{binary}");
        }
    }
}
