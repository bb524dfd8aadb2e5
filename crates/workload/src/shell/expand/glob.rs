//! Patterns that name files.

use super::Expander;
use crate::shell::Dialect;
use crate::shell::pattern::{self, Matcher};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

impl Expander<'_, '_> {
    /// The files that a pattern names, sorted; empty when there are none.
    pub(super) fn glob(&self, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![if absolute { "/".to_string() } else { String::new() }];
        let components: Vec<&str> = pattern.split('/').filter(|c| !c.is_empty()).collect();
        for (i, component) in components.iter().enumerate() {
            let last = i + 1 == components.len();
            let mut next = Vec::new();
            if !pattern::is_glob(component) {
                let name = pattern::unquote(component);
                for base in found {
                    let path = format!("{base}{name}");
                    if last && self.sys.stat(&path, false).is_err() {
                        continue;
                    }
                    next.push(if last { path } else { path + "/" });
                }
            } else {
                let matcher = Matcher::new(component);
                for base in found {
                    let dir = if base.is_empty() { "." } else { &base };
                    let Ok(names) = self.sys.list(dir) else { continue };
                    let own = [".".to_string(), "..".to_string()];
                    // bash leaves them out since 5.2 (`globskipdots`).
                    let dots = self.shell.dialect != Dialect::Bash;
                    let own = own.into_iter().filter(|_| dots && component.starts_with('.') && last);
                    for name in own.chain(names) {
                        if (name.starts_with('.') && !component.starts_with('.')) || !matcher.matches(&name) {
                            continue;
                        }
                        let path = format!("{base}{name}");
                        if last {
                            next.push(path);
                        } else if self.sys.is_dir(&path) {
                            next.push(path + "/");
                        }
                    }
                }
            }
            found = next;
        }
        if pattern.ends_with('/') && !components.is_empty() {
            found.retain(|p| self.sys.is_dir(p));
            found.iter_mut().for_each(|p| p.push('/'));
        }
        found.sort();
        found
    }
}
