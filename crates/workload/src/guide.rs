//! The guide's tables name exactly the builtins and tools that there are.

use crate::applets::TOOLS;
use crate::shell::builtin_names;
use alloc::collections::BTreeSet;

const GUIDE: &str = include_str!("../../../docs/shell.md");

/// The names in the first column of the table under a heading.
fn named(heading: &str) -> BTreeSet<&'static str> {
    let section = GUIDE.split("\n## ").find(|s| s.starts_with(heading)).expect("the guide has the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.flat_map(|(names, _)| names.split("` `")).collect()
}

#[test]
fn every_builtin_is_in_the_guide() {
    assert_eq!(named("Builtins"), builtin_names().collect());
}

#[test]
fn every_tool_is_in_the_guide() {
    assert_eq!(named("Tools"), TOOLS.iter().map(|(name, _)| *name).collect());
}
