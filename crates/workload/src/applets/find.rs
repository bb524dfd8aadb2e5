//! `find`.

use super::files::join;
use super::{Cx, State, run};
use crate::fs::Kind;
use crate::shell::pattern::matches;
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Every regular file at or under a path.
pub(crate) fn files_under(sys: &Sys<'_>, start: &str) -> Vec<String> {
    let mut out = Vec::new();
    walk(sys, start, 0, &mut out);
    out.into_iter().filter(|(p, _)| sys.stat(p, false).is_ok_and(|s| s.is_file())).map(|(p, _)| p).collect()
}

/// Every path at or under a start, with its depth.
fn walk(sys: &Sys<'_>, path: &str, depth: usize, out: &mut Vec<(String, usize)>) {
    out.push((path.to_string(), depth));
    if depth < 100 && sys.stat(path, false).is_ok_and(|s| s.is_dir()) {
        for name in sys.list(path).unwrap_or_default() {
            walk(sys, &join(path, &name), depth + 1, out);
        }
    }
}

#[derive(Clone, Debug)]
enum Test {
    Name(String, bool),
    Path(String),
    Kind(char),
    Size(char, u64, u64),
    Older(char, i64, i64),
    Newer(i64),
    Empty,
    /// Depths are looked at apart.
    Depth,
    Not,
    Or,
    Print,
    Print0,
    Delete,
    Exec(Vec<String>, bool),
}

pub(crate) fn find(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let split = args.iter().position(|a| a.starts_with(['-', '!', '('])).unwrap_or(args.len());
    let mut starts = args[..split].to_vec();
    if starts.is_empty() {
        starts.push(".".to_string());
    }
    let mut tests: Vec<Test> = Vec::new();
    let mut depth = (0, usize::MAX);
    let mut words = args[split..].iter();
    while let Some(word) = words.next() {
        let mut argument = || words.next().cloned().unwrap_or_default();
        let test = match word.as_str() {
            "-name" => Test::Name(argument(), false),
            "-iname" => Test::Name(argument().to_lowercase(), true),
            "-path" | "-wholename" => Test::Path(argument()),
            "-type" => Test::Kind(argument().chars().next().unwrap_or('f')),
            "-size" => {
                let text = argument();
                let sign = text.chars().next().filter(|c| "+-".contains(*c)).unwrap_or('=');
                let body = text.trim_start_matches(['+', '-']);
                let unit = match body.chars().last() {
                    Some('c') => 1,
                    Some('k') => 1024,
                    Some('M') => 1 << 20,
                    Some('G') => 1 << 30,
                    _ => 512,
                };
                let n = body.trim_end_matches(|c: char| c.is_alphabetic()).parse().unwrap_or(0);
                Test::Size(sign, n, unit)
            }
            "-mtime" | "-mmin" => {
                let text = argument();
                let sign = text.chars().next().filter(|c| "+-".contains(*c)).unwrap_or('=');
                let unit = if word == "-mtime" { 86_400_000_000 } else { 60_000_000 };
                Test::Older(sign, text.trim_start_matches(['+', '-']).parse().unwrap_or(0), unit)
            }
            "-newer" => {
                let reference = argument();
                Test::Newer(cx.sys.stat(&reference, true).map_or(0, |s| s.node.mtime))
            }
            "-empty" => Test::Empty,
            "-maxdepth" => {
                depth.1 = argument().parse().unwrap_or(usize::MAX);
                Test::Depth
            }
            "-mindepth" => {
                depth.0 = argument().parse().unwrap_or(0);
                Test::Depth
            }
            "!" | "-not" => Test::Not,
            "-o" | "-or" => Test::Or,
            "-a" | "-and" | "-depth" | "-xdev" | "-mount" | "(" | ")" => continue,
            "-print" => Test::Print,
            "-print0" => Test::Print0,
            "-delete" => Test::Delete,
            "-exec" => {
                let mut command = Vec::new();
                let mut many = false;
                for word in words.by_ref() {
                    if word == ";" {
                        break;
                    }
                    if word == "+" && command.last().is_some_and(|w: &String| w == "{}") {
                        many = true;
                        command.pop();
                        break;
                    }
                    command.push(word.clone());
                }
                Test::Exec(command, many)
            }
            other => {
                cx.complain(&if cx.gnu {
                    format!("unknown predicate '{other}'")
                } else {
                    format!("unrecognized: {other}")
                });
                return State::End(1);
            }
        };
        tests.push(test);
    }
    let acts = tests.iter().any(|t| matches!(t, Test::Print | Test::Print0 | Test::Delete | Test::Exec(..)));
    let deletes = tests.iter().any(|t| matches!(t, Test::Delete));
    let mut status = 0;
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut gathered: Option<(Vec<String>, Vec<String>)> = None;
    for start in &starts {
        if let Err(errno) = cx.sys.stat(start, false) {
            let name = if cx.gnu { format!("'{start}'") } else { start.clone() };
            cx.complain(&format!("{name}: {}", errno.message()));
            status = 1;
            continue;
        }
        let mut found = Vec::new();
        walk(cx.sys, start, 0, &mut found);
        if deletes {
            found.reverse();
        }
        for (path, at) in found {
            if at > depth.1 || at < depth.0 {
                continue;
            }
            for part in tests.split(|t| matches!(t, Test::Or)) {
                if !part_matches(cx, part, &path) {
                    continue;
                }
                if !acts {
                    cx.line(&path);
                }
                for test in part {
                    match test {
                        Test::Print => cx.line(&path),
                        Test::Print0 => cx.print(format!("{path}\0")),
                        Test::Delete => {
                            let removed = if cx.sys.stat(&path, false).is_ok_and(|s| s.is_dir()) {
                                cx.sys.rmdir(&path)
                            } else {
                                cx.sys.unlink(&path)
                            };
                            if let Err(errno) = removed {
                                cx.complain(&format!("{path}: {}", errno.message()));
                                status = 1;
                            }
                        }
                        Test::Exec(command, false) => {
                            commands.push(command.iter().map(|w| w.replace("{}", &path)).collect())
                        }
                        Test::Exec(command, true) => {
                            gathered.get_or_insert_with(|| (command.clone(), Vec::new())).1.push(path.clone())
                        }
                        _ => {}
                    }
                }
                break;
            }
        }
    }
    if let Some((command, paths)) = gathered {
        commands.push(command.into_iter().chain(paths).collect());
    }
    if commands.is_empty() { State::End(status) } else { run::each(commands) }
}

fn part_matches(cx: &Cx<'_, '_>, tests: &[Test], path: &str) -> bool {
    let mut negate = false;
    for test in tests {
        if matches!(test, Test::Not) {
            negate = !negate;
            continue;
        }
        if one_matches(cx, test, path) == negate {
            return false;
        }
        negate = false;
    }
    true
}

fn one_matches(cx: &Cx<'_, '_>, test: &Test, path: &str) -> bool {
    let Ok(stat) = cx.sys.stat(path, false) else { return false };
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let compare = |sign: char, value: i64, n: i64| match sign {
        '+' => value > n,
        '-' => value < n,
        _ => value == n,
    };
    match test {
        Test::Name(pattern, fold) => {
            matches(pattern, &if *fold { name.to_lowercase() } else { name.to_string() })
        }
        Test::Path(pattern) => matches(pattern, path),
        Test::Kind(kind) => match kind {
            'd' => stat.is_dir(),
            'l' => stat.is_link(),
            'p' => matches!(stat.node.kind, Kind::Fifo(_)),
            _ => stat.is_file(),
        },
        Test::Size(sign, n, unit) => compare(*sign, stat.node.size().div_ceil(*unit) as i64, *n as i64),
        Test::Older(sign, n, unit) => compare(*sign, (cx.sys.kernel.wall() - stat.node.mtime) / unit, *n),
        Test::Newer(time) => stat.node.mtime > *time,
        Test::Empty => match &stat.node.kind {
            Kind::Dir(entries) => entries.is_empty(),
            _ => stat.node.size() == 0,
        },
        _ => true,
    }
}
