//! What a request asks for: its path and its query (`apiserver/pkg/endpoints/request/requestinfo.go`).

use lifepod_kubectl::facade::Selection;
use lifepod_kubectl::{KINDS, Kind};
use std::collections::BTreeMap;

/// The parameters of a request's query; of a parameter given twice the last value counts.
#[derive(Clone, Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Query(pairs.collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// `true` or `1`.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "1" | "True" | "TRUE" | "t" | "T")
    }

    /// The number of that name; none when it is missing or none.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// The selectors of objects of a kind.
    pub fn selection(&self, kind: &Kind) -> Result<Selection, String> {
        Selection::parse(kind, self.get("labelSelector"), self.get("fieldSelector"))
    }
}

/// Percent-decoding, a plus sign being a space; what is not UTF-8 is replaced.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', ..) => out.push(b' '),
            (other, ..) => out.push(other),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A resource path.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: &'static Kind,
    /// Empty for all namespaces, and for kinds without.
    pub namespace: String,
    /// Empty for the collection.
    pub name: String,
    /// A subresource such as `status`, `scale`, `eviction` or `log`, or nothing.
    pub sub: String,
}

impl Target {
    /// Reads a path such as `/apis/apps/v1/namespaces/default/deployments/web/scale`.
    pub fn parse(path: &str) -> Option<Target> {
        let parts: Vec<String> = path.split('/').filter(|p| !p.is_empty()).map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let find = |plural: &str| {
            KINDS.iter().find(|k| k.plural == plural && k.group == group && k.version == version)
        };
        let target = |kind: &'static Kind, namespace: &str, rest: &[&str]| {
            let (name, sub) = match rest {
                [] => ("", ""),
                [name] => (*name, ""),
                [name, sub] => (*name, *sub),
                _ => return None,
            };
            Some(Target { kind, namespace: namespace.into(), name: name.into(), sub: sub.into() })
        };
        match rest {
            // What follows a namespace is a resource in it, but for the namespace's own subresources.
            ["namespaces", namespace, plural, rest @ ..] if !matches!(*plural, "status" | "finalize") => {
                target(find(plural).filter(|k| k.namespaced)?, namespace, rest)
            }
            [plural, rest @ ..] => {
                let kind = find(plural)?;
                match kind.namespaced && !rest.is_empty() {
                    true => None,
                    false => target(kind, "", rest),
                }
            }
            [] => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources() {
        let parts = |path: &str| {
            Target::parse(path).map(|t| format!("{} {} {} {}", t.kind.kind, t.namespace, t.name, t.sub))
        };
        assert_eq!(parts("/api/v1/pods").unwrap(), "Pod   ");
        assert_eq!(parts("/api/v1/namespaces/a/pods/b/log").unwrap(), "Pod a b log");
        assert_eq!(parts("/apis/apps/v1/namespaces/a/deployments").unwrap(), "Deployment a  ");
        assert_eq!(parts("/api/v1/namespaces/a").unwrap(), "Namespace  a ");
        assert_eq!(parts("/api/v1/namespaces/a/status").unwrap(), "Namespace  a status");
        assert_eq!(parts("/api/v1/nodes/n%31").unwrap(), "Node  n1 ");
        assert!(parts("/api/v1/wobbles").is_none());
        assert!(parts("/api/v1/pods/web").is_none());
        assert!(parts("/apis/apps/v2/deployments").is_none());
    }

    #[test]
    fn queries_are_decoded() {
        let query = Query::parse("labelSelector=app%3Dweb&watch=1&limit=5&x=a+b%zz");
        assert_eq!(query.get("labelSelector"), "app=web");
        assert!(query.is_set("watch") && query.number("limit") == Some(5));
        assert_eq!(query.get("x"), "a b%zz");
    }
}
