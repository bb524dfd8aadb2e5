//! `cmp` and `diff`.

use super::filter::Filter;
use super::options::{has, options};
use super::text::lines_of;
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

pub(crate) fn cmp(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "n");
    if files.is_empty() {
        return cx.usage();
    }
    let quiet = if has(&flags, 's') { "s" } else { "" };
    let mut files = files;
    if files.len() == 1 {
        files.push("-".to_string());
    }
    Filter::with_failure_collect(&files, vec![quiet.to_string()], 2, |cx, args, data| {
        let [(a, x), (b, y)] = &data[..] else { return State::End(2) };
        if x == y {
            return State::End(0);
        }
        if args[0].is_empty() {
            match x.iter().zip(y).position(|(p, q)| p != q) {
                Some(at) => {
                    let line = x[..at].iter().filter(|c| **c == b'\n').count() + 1;
                    let unit = if cx.gnu { "byte" } else { "char" };
                    cx.line(&format!("{a} {b} differ: {unit} {}, line {line}", at + 1));
                }
                None => {
                    let short = if x.len() < y.len() { a } else { b };
                    cx.error(&format!("cmp: EOF on {short}"));
                }
            }
        }
        State::End(1)
    })
}

pub(crate) fn diff(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "U");
    if files.len() != 2 {
        return cx.usage();
    }
    let letters: String = flags.iter().map(|(l, _)| *l).collect();
    Filter::with_failure_collect(&files, vec![letters], 2, |cx, args, data| {
        let [(a, x), (b, y)] = &data[..] else { return State::End(2) };
        if x == y {
            return State::End(0);
        }
        if args[0].contains('q') {
            cx.line(&format!("Files {a} and {b} differ"));
            return State::End(1);
        }
        let unified = args[0].contains('u') || args[0].contains('U') || !cx.gnu;
        let out = difference(&lines_of(x), &lines_of(y), unified, a, b);
        cx.print(out);
        State::End(1)
    })
}

/// The hunks of `diff -u`: what changed with three lines around it; changes that are close share a hunk.
pub(crate) fn unified_hunks(ops: &[(char, usize, usize)], x: &[String], y: &[String]) -> String {
    const CONTEXT: usize = 3;
    let mut out = String::new();
    let mut at = 0;
    while let Some(first) = (at..ops.len()).find(|k| ops[*k].0 != ' ') {
        let start = first.saturating_sub(CONTEXT).max(at);
        let mut last = first;
        while let Some(next) = (last + 1..ops.len().min(last + 2 + 2 * CONTEXT)).find(|k| ops[*k].0 != ' ') {
            last = next;
        }
        let end = ops.len().min(last + 1 + CONTEXT);
        let hunk = &ops[start..end];
        let range = |from: usize, without: char| {
            let n = hunk.iter().filter(|o| o.0 != without).count();
            let line = if n == 0 { from } else { from + 1 };
            if n == 1 { line.to_string() } else { format!("{line},{n}") }
        };
        let (old, new) = (range(hunk[0].1, '+'), range(hunk[0].2, '-'));
        out.push_str(&format!("@@ -{old} +{new} @@\n"));
        for (op, i, j) in hunk {
            out.push_str(&format!("{op}{}\n", if *op == '+' { &y[*j] } else { &x[*i] }));
        }
        at = end;
    }
    out
}

/// The lines that differ: in hunks with context for `-u`, without otherwise.
pub(crate) fn difference(x: &[String], y: &[String], unified: bool, a: &str, b: &str) -> String {
    // The longest common subsequence; inputs beyond this size are shown as replaced.
    let small = x.len() * y.len() <= 1_000_000;
    let mut table = vec![vec![0u32; y.len() + 1]; if small { x.len() + 1 } else { 0 }];
    if small {
        for i in (0..x.len()).rev() {
            for j in (0..y.len()).rev() {
                table[i][j] =
                    if x[i] == y[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
            }
        }
    }
    let mut ops: Vec<(char, usize, usize)> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < x.len() || j < y.len() {
        if small && i < x.len() && j < y.len() && x[i] == y[j] {
            ops.push((' ', i, j));
            i += 1;
            j += 1;
        } else if i < x.len() && (j == y.len() || !small || table[i + 1][j] >= table[i][j + 1]) {
            ops.push(('-', i, j));
            i += 1;
        } else {
            ops.push(('+', i, j));
            j += 1;
        }
    }
    let mut out = String::new();
    if unified {
        return format!("--- {a}\n+++ {b}\n{}", unified_hunks(&ops, x, y));
    }
    let mut at = 0;
    while at < ops.len() {
        if ops[at].0 == ' ' {
            at += 1;
            continue;
        }
        let end = (at..ops.len()).find(|k| ops[*k].0 == ' ').unwrap_or(ops.len());
        let hunk = &ops[at..end];
        let (i, j) = (hunk[0].1, hunk[0].2);
        let gone = hunk.iter().filter(|o| o.0 == '-').count();
        let new = hunk.len() - gone;
        let range = |from: usize, n: usize| {
            if n > 1 { format!("{},{}", from + 1, from + n) } else { (from + 1).to_string() }
        };
        let header = match (gone, new) {
            (0, n) => format!("{i}a{}", range(j, n)),
            (n, 0) => format!("{}d{j}", range(i, n)),
            (n, m) => format!("{}c{}", range(i, n), range(j, m)),
        };
        out.push_str(&header);
        out.push('\n');
        for k in 0..gone {
            out.push_str(&format!("< {}\n", x[i + k]));
        }
        if gone > 0 && new > 0 {
            out.push_str("---\n");
        }
        for k in 0..new {
            out.push_str(&format!("> {}\n", y[j + k]));
        }
        at = end;
    }
    out
}
