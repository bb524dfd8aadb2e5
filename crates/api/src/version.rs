//! A Kubernetes version, as far as behaviour depends on it.

/// Major and minor version; patches change nothing that shows here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 1, so far.
    pub major: u32,
    /// 36 in `1.36`.
    pub minor: u32,
}

impl Version {
    /// The version whose rules are simulated.
    pub const CURRENT: Version = Version { major: 1, minor: 36 };

    /// Reads `1.36`, `v1.36` or `v1.36.2`.
    pub fn parse(text: &str) -> Option<Version> {
        let (major, rest) = text.strip_prefix('v').unwrap_or(text).split_once('.')?;
        let (minor, patch) = rest.split_once('.').unwrap_or((rest, "0"));
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
        number(patch)?;
        Some(Version { major: number(major)?, minor: number(minor)? })
    }

    /// Whether the API server knows `settings.k8s.io/v1alpha1`'s PodPreset, which 1.20 removed.
    pub fn has_pod_presets(self) -> bool {
        self < Version { major: 1, minor: 20 }
    }
}

impl Default for Version {
    fn default() -> Self {
        Version::CURRENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_and_a_leading_v_are_taken() {
        let old = Version { major: 1, minor: 9 };
        assert_eq!(Version::parse("v1.36.2"), Some(Version::CURRENT));
        assert_eq!(Version::parse("1.9"), Some(old));
        assert!(old.has_pod_presets() && !Version::CURRENT.has_pod_presets());
        assert!(
            ["", "1", "1.", "one.two", "1.36.x", "1.+3"].into_iter().all(|t| Version::parse(t).is_none())
        );
    }
}
