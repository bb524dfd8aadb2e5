//! What differs between two specs, as the API server tells it when it refuses a change
//! (`apimachinery/pkg/util/diff`): a unified diff of the internal types' JSON.

use super::field::Shown;
use crate::PodSpec;
use crate::schema::Typed;
use crate::wire::Wire;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// The difference between two pod specs.
pub fn of_pods(old: &PodSpec, new: &PodSpec) -> String {
    of_lines(&pod_lines(old), &pod_lines(new))
}

/// The difference between two values of any other type.
pub fn of<T: Wire + Typed>(old: &T, new: &T) -> String {
    of_lines(&lines(Shown::internal(old).as_str()), &lines(Shown::internal(new).as_str()))
}

/// A pod spec's lines: the internal type keeps what concerns the host in its security context.
fn pod_lines(spec: &PodSpec) -> Vec<String> {
    let mut rest = spec.clone();
    rest.security_context.get_or_insert_default();
    for flag in [&mut rest.host_network, &mut rest.host_pid, &mut rest.host_ipc] {
        *flag = false;
    }
    (rest.share_process_namespace, rest.host_users) = (None, None);
    let of_host = [
        ("HostNetwork", Some(spec.host_network)),
        ("HostPID", Some(spec.host_pid)),
        ("HostIPC", Some(spec.host_ipc)),
        ("ShareProcessNamespace", spec.share_process_namespace),
        ("HostUsers", spec.host_users),
    ];
    let mut out = Vec::new();
    for line in lines(Shown::internal(&rest).as_str()) {
        let field = line.strip_prefix(" \"").and_then(|l| l.split_once('"')).map_or("", |(name, _)| name);
        if of_host.iter().any(|(name, _)| *name == field) {
            continue;
        }
        let begins = field == "SecurityContext";
        out.push(line);
        if begins {
            out.extend(
                of_host.iter().map(|(name, value)| format!("  \"{name}\": {},\n", Value::from(*value))),
            );
        }
    }
    out
}

/// Compact JSON in lines, indented by one blank a level (`json.MarshalIndent`).
fn lines(json: &str) -> Vec<String> {
    let mut text = String::new();
    let mut depth = 0;
    let mut quoted = false;
    let mut chars = json.chars().peekable();
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(core::iter::repeat_n(' ', depth));
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                text.push(c);
                text.extend(chars.next());
                continue;
            }
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' if chars.peek().is_some_and(|next| *next != '}' && *next != ']') => {
                depth += 1;
                text.push(c);
                line(&mut text, depth);
                continue;
            }
            '{' | '[' => {
                text.push(c);
                text.extend(chars.next());
                continue;
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut text, depth);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
                continue;
            }
            ':' => {
                text.push_str(": ");
                continue;
            }
            _ => {}
        }
        text.push(c);
    }
    text.push('\n');
    text.split_inclusive('\n').map(ToString::to_string).collect()
}

/// Equal lines: where in the old, where in the new, how many.
type Block = (usize, usize, usize);

/// A unified diff with three lines of context, without a header (`go-difflib`).
fn of_lines(old: &[String], new: &[String]) -> String {
    const CONTEXT: usize = 3;
    let mut out = String::new();
    for hunk in hunks(&blocks(old, new), CONTEXT) {
        let (first, last) = (hunk[0], hunk[hunk.len() - 1]);
        out += &format!("@@ -{} +{} @@\n", span(first.0, last.0 + last.2), span(first.1, last.1 + last.2));
        let (mut i, mut j) = (first.0, first.1);
        for (a, b, size) in hunk {
            for (sign, lines) in [('-', &old[i..a]), ('+', &new[j..b]), (' ', &old[a..a + size])] {
                for line in lines {
                    out.push(sign);
                    out.push_str(line);
                }
            }
            (i, j) = (a + size, b + size);
        }
    }
    out
}

/// A range of lines in a hunk's head.
fn span(start: usize, stop: usize) -> String {
    match stop - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// Groups what differs: each hunk is a run of equal blocks, the first and last cut to the context, with the
/// differences between them.
fn hunks(blocks: &[Block], context: usize) -> Vec<Vec<Block>> {
    let mut out = Vec::new();
    let mut hunk: Vec<Block> = Vec::new();
    for (at, &(a, b, size)) in blocks.iter().enumerate() {
        let (is_first, is_last) = (at == 0, at + 1 == blocks.len());
        if is_first {
            let skipped = size.saturating_sub(context);
            hunk.push((a + skipped, b + skipped, size - skipped));
        } else if is_last {
            hunk.push((a, b, size.min(context)));
        } else if size > 2 * context {
            hunk.push((a, b, context));
            out.push(core::mem::take(&mut hunk));
            let skipped = size - context;
            hunk.push((a + skipped, b + skipped, context));
        } else {
            hunk.push((a, b, size));
        }
    }
    out.extend(Some(hunk).filter(|h| h.len() > 1));
    out
}

/// The blocks of equal lines, an empty one at either end where the texts begin or end differently.
fn blocks(old: &[String], new: &[String]) -> Vec<Block> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, line) in new.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    // In long texts, lines that are everywhere say nothing.
    let popular = new.len() / 100 + 1;
    if new.len() >= 200 {
        places.retain(|_, at| at.len() <= popular);
    }
    let mut found = Vec::new();
    let mut left = alloc::vec![(0, old.len(), 0, new.len())];
    while let Some((alo, ahi, blo, bhi)) = left.pop() {
        let (i, j, size) = longest(old, new, &places, (alo, ahi, blo, bhi));
        if size == 0 {
            continue;
        }
        found.push((i, j, size));
        if alo < i && blo < j {
            left.push((alo, i, blo, j));
        }
        if i + size < ahi && j + size < bhi {
            left.push((i + size, ahi, j + size, bhi));
        }
    }
    found.sort_unstable();
    let mut out: Vec<Block> = Vec::new();
    for (a, b, size) in found {
        match out.last_mut() {
            Some(last) if last.0 + last.2 == a && last.1 + last.2 == b => last.2 += size,
            _ => out.push((a, b, size)),
        }
    }
    if out.first().is_none_or(|first| (first.0, first.1) != (0, 0)) {
        out.insert(0, (0, 0, 0));
    }
    let end = (old.len(), new.len());
    if out.last().is_none_or(|last| (last.0 + last.2, last.1 + last.2) != end) {
        out.push((end.0, end.1, 0));
    }
    out
}

/// The longest block of equal lines within the bounds; of several the first.
fn longest(
    old: &[String],
    new: &[String],
    places: &BTreeMap<&str, Vec<usize>>,
    (alo, ahi, blo, bhi): (usize, usize, usize, usize),
) -> Block {
    let (mut besti, mut bestj, mut best) = (alo, blo, 0);
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, line) in old.iter().enumerate().take(ahi).skip(alo) {
        let mut next = BTreeMap::new();
        for &j in places.get(line.as_str()).into_iter().flatten().filter(|j| (blo..bhi).contains(*j)) {
            let length = 1 + j.checked_sub(1).and_then(|before| lengths.get(&before)).copied().unwrap_or(0);
            next.insert(j, length);
            if length > best {
                (besti, bestj, best) = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    // Popular lines around it belong to it all the same.
    while besti > alo && bestj > blo && old[besti - 1] == new[bestj - 1] {
        (besti, bestj, best) = (besti - 1, bestj - 1, best + 1);
    }
    while besti + best < ahi && bestj + best < bhi && old[besti + best] == new[bestj + best] {
        best += 1;
    }
    (besti, bestj, best)
}
