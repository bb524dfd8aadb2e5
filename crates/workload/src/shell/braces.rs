//! Bash's brace expansion: `{a,b}`, `{1..5}`, `{a..e..2}`.

use super::ast::{Part, Word};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// More words than this are not made.
const MAX_WORDS: usize = 100_000;

/// Whether a word may hold a brace expression.
pub(crate) fn has_braces(word: &Word) -> bool {
    word.iter().any(|p| matches!(p, Part::Literal(t) if t.contains('{')))
}

/// A character of unquoted text, or a part that is left alone.
#[derive(Clone, Debug)]
enum Piece {
    Char(char),
    Part(Part),
}

/// The words that a word's braces make.
pub(crate) fn expand(word: &Word) -> Vec<Word> {
    let mut pieces = Vec::new();
    for part in word {
        match part {
            Part::Literal(text) => pieces.extend(text.chars().map(Piece::Char)),
            other => pieces.push(Piece::Part(other.clone())),
        }
    }
    expand_pieces(&pieces, 0).into_iter().map(join).collect()
}

fn join(pieces: Vec<Piece>) -> Word {
    let mut out: Word = Vec::new();
    for piece in pieces {
        match (piece, out.last_mut()) {
            (Piece::Char(c), Some(Part::Literal(text))) => text.push(c),
            (Piece::Char(c), _) => out.push(Part::Literal(c.to_string())),
            (Piece::Part(part), _) => out.push(part),
        }
    }
    out
}

fn expand_pieces(pieces: &[Piece], depth: u32) -> Vec<Vec<Piece>> {
    for (open, piece) in pieces.iter().enumerate() {
        if !matches!(piece, Piece::Char('{')) || depth > 20 {
            continue;
        }
        let Some((close, commas)) = group(&pieces[open..]) else { continue };
        let close = open + close;
        let inside = &pieces[open + 1..close];
        let choices: Vec<Vec<Piece>> = if commas.is_empty() {
            match range(inside) {
                Some(words) => words.into_iter().map(|w| w.chars().map(Piece::Char).collect()).collect(),
                None => continue,
            }
        } else {
            let mut bounds = vec![open];
            bounds.extend(commas.iter().map(|c| open + c));
            bounds.push(close);
            bounds.windows(2).flat_map(|w| expand_pieces(&pieces[w[0] + 1..w[1]], depth + 1)).collect()
        };
        let tails = expand_pieces(&pieces[close + 1..], depth + 1);
        let mut out = Vec::new();
        for choice in &choices {
            for tail in &tails {
                if out.len() >= MAX_WORDS {
                    return out;
                }
                let mut whole = pieces[..open].to_vec();
                whole.extend(choice.iter().cloned());
                whole.extend(tail.iter().cloned());
                out.push(whole);
            }
        }
        return out;
    }
    vec![pieces.to_vec()]
}

/// Where the brace that `pieces` begins with is closed, and the commas on its own level.
fn group(pieces: &[Piece]) -> Option<(usize, Vec<usize>)> {
    let mut depth = 0;
    let mut commas = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Char('{') => depth += 1,
            Piece::Char('}') => {
                depth -= 1;
                if depth == 0 {
                    return Some((i, commas));
                }
            }
            Piece::Char(',') if depth == 1 => commas.push(i),
            _ => {}
        }
    }
    None
}

/// The words of `1..5`, `a..e`, `01..10..3`.
fn range(inside: &[Piece]) -> Option<Vec<String>> {
    let mut text = String::new();
    for piece in inside {
        match piece {
            Piece::Char(c) => text.push(*c),
            Piece::Part(_) => return None,
        }
    }
    let mut parts = text.split("..");
    let (from, to, step) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let step: i64 = step.map_or(Some(1), |s| s.parse().ok())?;
    let step = if step == 0 { 1 } else { step.saturating_abs() };
    if let (Ok(a), Ok(b)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let padded = [from, to].iter().any(|t| {
            let digits = t.trim_start_matches('-');
            digits.len() > 1 && digits.starts_with('0')
        });
        let width = if padded { from.len().max(to.len()) } else { 0 };
        return Some(steps(a, b, step).into_iter().map(|n| format!("{n:0width$}")).collect());
    }
    let (mut a, mut b) = (from.chars(), to.chars());
    let (first, last) = (a.next()?, b.next()?);
    if a.next().is_some() || b.next().is_some() || !first.is_ascii_alphabetic() || !last.is_ascii_alphabetic()
    {
        return None;
    }
    let codes = steps(i64::from(u32::from(first)), i64::from(u32::from(last)), step);
    Some(codes.into_iter().filter_map(|n| char::from_u32(n as u32)).map(String::from).collect())
}

fn steps(a: i64, b: i64, step: i64) -> Vec<i64> {
    let mut out = Vec::new();
    let mut n = a;
    while (a <= b && n <= b) || (a > b && n >= b) {
        out.push(n);
        if out.len() >= MAX_WORDS {
            break;
        }
        n = if a <= b { n.saturating_add(step) } else { n.saturating_sub(step) };
    }
    out
}
