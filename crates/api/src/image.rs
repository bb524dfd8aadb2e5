//! Image references, such as `registry.k8s.io/pause:3.10`.

/// An image reference taken apart (`distribution/reference`, as `pkg/util/parsers ParseImageName` uses it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// The registry, as written; empty for Docker Hub.
    pub domain: &'a str,
    /// The repository's path in the registry, as written.
    pub path: &'a str,
    /// The tag; `latest` when there is neither tag nor digest, empty when there is only a digest.
    pub tag: &'a str,
    /// The digest, such as `sha256:…`; empty when there is none.
    pub digest: &'a str,
}

impl<'a> ImageName<'a> {
    /// Takes a reference apart; none when it is malformed, which the kubelet reports as `InvalidImageName`.
    pub fn parse(image: &'a str) -> Option<ImageName<'a>> {
        // 64 hexadecimal digits would be an image's id, not its name.
        if image.len() == 64 && image.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let (rest, digest) = image.split_once('@').map_or((image, ""), |(name, digest)| (name, digest));
        if image.contains('@') && !is_digest(digest) {
            return None;
        }
        let (domain, remote) = match rest.split_once('/') {
            Some((first, after)) if is_registry(first) => (first, after),
            _ => ("", rest),
        };
        let (path, tag) = match remote.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (remote, None),
        };
        if tag.is_some_and(|t| !is_tag(t)) || (!domain.is_empty() && !is_domain(domain)) {
            return None;
        }
        if path.len() > 255 || !path.split('/').all(is_component) {
            return None;
        }
        let tag = tag.unwrap_or(if digest.is_empty() { "latest" } else { "" });
        Some(ImageName { domain, path, tag, digest })
    }
}

/// Whether what stands before the first slash names a registry rather than a part of the path.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_domain(domain: &str) -> bool {
    if let Some(rest) = domain.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_digits));
    }
    let (host, port) = domain.split_once(':').map_or((domain, None), |(host, port)| (host, Some(port)));
    port.is_none_or(is_digits)
        && host.split('.').all(|label| {
            let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
            edge(label.as_bytes().first())
                && edge(label.as_bytes().last())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn is_digits(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())
}

/// Lower-case letters and digits, joined by one dot, one or two underscores, or any number of hyphens.
fn is_component(component: &str) -> bool {
    let bytes = component.as_bytes();
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if !bytes.first().is_some_and(word) || !bytes.last().is_some_and(word) {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if word(&bytes[at]) {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|b| !word(b)).count();
        let joint = &bytes[at..at + run];
        if !(joint == b"." || joint == b"_" || joint == b"__" || joint.iter().all(|b| *b == b'-')) {
            return false;
        }
        at += run;
    }
    true
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let algorithm_parts = algorithm.split(['+', '.', '_', '-']).all(|part| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    let length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    algorithm_parts && length && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::ImageName;

    #[test]
    fn references_are_taken_apart() {
        for (image, domain, path, tag) in [
            ("nginx", "", "nginx", "latest"),
            ("nginx:1.27", "", "nginx", "1.27"),
            ("library/nginx", "", "library/nginx", "latest"),
            ("localhost/app:2", "localhost", "app", "2"),
            ("reg.example.com:5000/a/b", "reg.example.com:5000", "a/b", "latest"),
            (
                "registry.k8s.io/e2e-test-images/agnhost:2.53",
                "registry.k8s.io",
                "e2e-test-images/agnhost",
                "2.53",
            ),
        ] {
            let name = ImageName::parse(image).unwrap();
            assert_eq!((name.domain, name.path, name.tag), (domain, path, tag), "{image}");
        }
        for bad in
            ["", "Nginx", "nginx:", "nginx:-x", "a b", "nginx@sha256:12", "a//b", "-a", "a:b:c", "http://a/b"]
        {
            assert_eq!(ImageName::parse(bad), None, "{bad}");
        }
    }
}
