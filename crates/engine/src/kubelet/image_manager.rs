//! Images on the node: whether to pull, how long it takes, and when to try again
//! (`pkg/kubelet/images/image_manager.go`).

use crate::backoff::Backoff;
use crate::config::{Config, ImageRule, glob};
use crate::events::EventType;
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::kubelet::{Kubelet, PodUid, SharedPod};
use crate::trace::{Call, Decision};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::duration::go_string;
use lifepod_api::image::ImageName;
use lifepod_api::{Container, SimTime};
use lifepod_workload::images;

/// How an attempt to have an image ended, or that it goes on.
pub(crate) enum EnsureImage {
    Present { image_id: String },
    Pulling { began: SimTime, until: SimTime, image: String },
    Failed { reason: &'static str, message: String },
}

/// One node's images and pulls.
#[derive(Clone, Debug)]
pub(crate) struct ImageManager {
    /// The images on the disk, with their sizes in bytes.
    present: BTreeMap<String, u64>,
    back_off: Backoff,
    /// The last pull error by pod and image, for the message while backing off.
    last_errors: BTreeMap<String, String>,
    /// Pulls of each image so far, on this node.
    attempts: BTreeMap<String, u32>,
    /// When the pull that is last in the queue ends, where pulls are serial.
    busy_until: SimTime,
}

impl ImageManager {
    pub(crate) fn new(config: &Config) -> Self {
        let present = config.images.iter().filter(|rule| rule.present);
        let present = present.map(|rule| (normalized(&rule.image), image_size(Some(rule), &rule.image)));
        ImageManager {
            present: present.collect(),
            back_off: Backoff::image_pull(),
            last_errors: BTreeMap::new(),
            attempts: BTreeMap::new(),
            busy_until: SimTime::ZERO,
        }
    }

    /// Back-offs and pulls under way are a process's own: the next kubelet knows only what images there are.
    pub(crate) fn forget_back_offs(&mut self) {
        self.back_off = Backoff::image_pull();
        self.last_errors.clear();
        self.busy_until = SimTime::ZERO;
    }

    /// Bytes of disk that all images take.
    pub(crate) fn bytes(&self) -> u64 {
        self.present.values().sum()
    }

    fn is_present(&self, rules: &[ImageRule], image: &str) -> bool {
        self.present.contains_key(&normalized(image))
            || rules.iter().any(|rule| rule.present && rule.image.contains('*') && glob(&rule.image, image))
    }
}

/// The name under which the runtime knows an image: with registry, and with tag or digest.
fn normalized(image: &str) -> String {
    let Some(name) = ImageName::parse(image) else { return image.to_string() };
    let domain = if name.domain.is_empty() { "docker.io" } else { name.domain };
    let library = if domain == "docker.io" && !name.path.contains('/') { "library/" } else { "" };
    let suffix = match (name.tag, name.digest) {
        (_, digest) if !digest.is_empty() => format!("@{digest}"),
        (tag, _) => format!(":{tag}"),
    };
    format!("{domain}/{library}{}{suffix}", name.path)
}

impl Kubelet {
    /// Removes the images that no container of the node was made from (`images/image_gc_manager.go DeleteUnusedImages`).
    pub(crate) fn remove_unused_images(&mut self) {
        let containers = self.runtime.pods.values().flat_map(|pod| &pod.containers);
        let used: BTreeSet<String> = containers.map(|container| normalized(&container.image)).collect();
        self.images.present.retain(|image, _| used.contains(image));
    }

    /// Has the container's image ready, or begins to pull it (`EnsureImageExists`).
    pub(crate) fn ensure_image(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
    ) -> EnsureImage {
        let image = &container.image;
        if ImageName::parse(image).is_none() {
            let message = format!(
                "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {}",
                malformed(image)
            );
            self.container_event(kernel, pod, &container.name, EventType::Warning, "InspectFailed", &message);
            return EnsureImage::Failed { reason: "InvalidImageName", message };
        }
        let present = self.images.is_present(&kernel.config.images, image);
        match container.image_pull_policy.as_str() {
            "Never" if !present => {
                let message = format!("Container image \"{image}\" is not present with pull policy of Never");
                let reason = "ErrImageNeverPull";
                self.container_event(kernel, pod, &container.name, EventType::Warning, reason, &message);
                EnsureImage::Failed { reason, message }
            }
            "Always" => self.begin_pull(kernel, uid, pod, container),
            _ if present => {
                let message = format!(
                    "Container image \"{image}\" already present on machine and can be accessed by the pod"
                );
                self.container_event(kernel, pod, &container.name, EventType::Normal, "Pulled", &message);
                EnsureImage::Present { image_id: image_id(image) }
            }
            _ => self.begin_pull(kernel, uid, pod, container),
        }
    }

    fn begin_pull(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
    ) -> EnsureImage {
        let (name, image) = (&container.name, &container.image);
        let key = format!("{uid}_{image}");
        let now = kernel.now;
        if self.images.back_off.is_in_back_off_since_update(&key, now) {
            kernel.decide(Decision::ImagePullBackOff {
                pod: pod.to_ref(),
                container: name.clone(),
                image: image.clone(),
                back_off: self.images.back_off.get(&key),
                until: self.images.back_off.ends_since_update(&key).unwrap_or(now),
            });
            let text = format!("Back-off pulling image \"{image}\"");
            self.container_event(kernel, pod, name, EventType::Normal, "BackOff", &text);
            let message = match self.images.last_errors.get(&key) {
                Some(error) => format!("{text}: {error}"),
                None => text,
            };
            return EnsureImage::Failed { reason: "ImagePullBackOff", message };
        }
        self.images.last_errors.remove(&key);
        let text = format!("Pulling image \"{image}\"");
        self.container_event(kernel, pod, name, EventType::Normal, "Pulling", &text);
        self.call(kernel, pod, Some(name), Call::PullImage { image: image.clone() });
        let queued = if kernel.config.kubelet.serialize_image_pulls { self.images.busy_until } else { now };
        let began = now.max(queued);
        let until = began + self.pull_duration(kernel, image);
        self.images.busy_until = self.images.busy_until.max(until);
        EnsureImage::Pulling { began, until, image: image.clone() }
    }

    fn pull_duration(&mut self, kernel: &mut Kernel, image: &str) -> SimTime {
        let rule = kernel.config.images.iter().find(|rule| glob(&rule.image, image));
        if let Some(pull) = rule.and_then(|rule| rule.pull) {
            return pull;
        }
        let fails = rule.is_some_and(|rule| rule.error.is_some());
        let present = self.images.is_present(&kernel.config.images, image);
        let latency = &kernel.config.latency;
        let overhead = latency.pull_overhead;
        if fails || present {
            // The registry is asked for the manifest only.
            return overhead;
        }
        let bytes = image_size(rule, image);
        let transfer = bytes.saturating_mul(1_000_000) / latency.pull_bytes_per_second.max(1);
        // Registries and networks vary: up to a quarter more.
        let stretch = 1.0 + kernel.jitter.draw(Draw::Duration, kernel.now, SimTime(transfer)) * 0.25;
        overhead + SimTime((transfer as f64 * stretch) as u64)
    }

    /// A pull's time is over: it succeeded, or failed and backs off.
    pub(crate) fn finish_pull(
        &mut self,
        kernel: &mut Kernel,
        uid: &PodUid,
        pod: &SharedPod,
        container: &Container,
        image: &str,
        began: SimTime,
    ) -> EnsureImage {
        let name = &container.name;
        let now = kernel.now;
        let attempts = self.images.attempts.entry(image.to_string()).or_insert(0);
        *attempts += 1;
        let attempts = *attempts;
        let rule = kernel.config.images.iter().find(|rule| glob(&rule.image, image));
        let fails = rule.filter(|rule| rule.times.is_none_or(|times| attempts <= times));
        let size_bytes = image_size(rule, image);
        if let Some(error) = fails.and_then(|rule| rule.error.as_ref()).map(|error| pull_error(error, image))
        {
            self.call(
                kernel,
                pod,
                Some(name),
                Call::PullImageFailed { image: image.to_string(), error: error.clone() },
            );
            let key = format!("{uid}_{image}");
            self.images.back_off.next(&key, now, now);
            self.images.last_errors.insert(key, format!("ErrImagePull: {error}"));
            let text = format!("Failed to pull image \"{image}\": {error}");
            self.container_event(kernel, pod, name, EventType::Warning, "Failed", &text);
            return EnsureImage::Failed { reason: "ErrImagePull", message: error };
        }
        let took = now.since(began);
        let call = Call::PullImageDone { image: image.to_string(), took, size_bytes };
        self.call(kernel, pod, Some(name), call);
        self.images.present.insert(normalized(image), size_bytes);
        self.schedule_eviction(kernel);
        // Go prints the durations cut to milliseconds.
        let text = |time: SimTime| go_string((time.0 / 1000 * 1_000_000) as i64);
        let message = format!(
            "Successfully pulled image \"{image}\" in {} ({} including waiting). Image size: {size_bytes} bytes.",
            text(took),
            text(now.since(began)),
        );
        self.container_event(kernel, pod, name, EventType::Normal, "Pulled", &message);
        EnsureImage::Present { image_id: image_id(image) }
    }
}

/// The runtime's words for a pull that failed.
fn pull_error(error: &str, image: &str) -> String {
    if error != "not found" {
        return error.replace("{image}", image);
    }
    let name = normalized(image);
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": failed to resolve reference \
         \"{name}\": {name}: not found"
    )
}

/// What the reference parser says of a malformed name (`distribution/reference`).
fn malformed(image: &str) -> String {
    let (domain, remote) = match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first.to_lowercase() != first => (first, rest),
        _ => ("", image),
    };
    let path = remote.split([':', '@']).next().unwrap_or(remote);
    if path.to_lowercase() == path {
        return "invalid reference format".to_string();
    }
    let library = if domain.is_empty() && !path.contains('/') { "library/" } else { "" };
    format!("invalid reference format: repository name ({library}{path}) must be lowercase")
}

fn image_size(rule: Option<&ImageRule>, image: &str) -> u64 {
    rule.and_then(|rule| rule.size_bytes).unwrap_or_else(|| images::lookup(image).size_bytes)
}

/// `status.imageID`: the repository with the digest of the image. The digest is made from the name, as nothing
/// here knows the image's bytes.
fn image_id(image: &str) -> String {
    let name = normalized(image);
    let repository = name.split('@').next().unwrap_or(&name);
    let repository = match repository.rfind(':') {
        Some(at) if !repository[at..].contains('/') => &repository[..at],
        _ => repository,
    };
    // FNV-1a, four times over different starts: as long as a digest, and the same for the same name.
    let mut digest = String::new();
    for start in 0..4_u64 {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        digest.push_str(&format!("{hash:016x}"));
    }
    format!("{repository}@sha256:{digest}")
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn names_are_completed_as_the_runtime_does() {
        assert_eq!(normalized("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(normalized("bitnami/redis:7"), "docker.io/bitnami/redis:7");
        assert_eq!(normalized("registry.k8s.io/pause:3.10"), "registry.k8s.io/pause:3.10");
    }
}
