//! `tr`.

use super::filter::{Filter, Work};
use super::options::has;
use super::options::options;
use super::{Cx, State};
use crate::shell::escapes::unescape;
use crate::shell::pattern::class;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

#[derive(Clone, Debug)]
pub(crate) struct Tr {
    map: Vec<u16>,
    /// Bytes to be squeezed.
    squeeze: Vec<bool>,
    last: Option<u8>,
}

/// For a byte of `Tr::map`: leave it out.
pub(crate) const DELETE: u16 = 256;

pub(crate) fn tr_set(text: &str) -> Vec<u8> {
    let (bytes, _) = unescape(text, true);
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i..].starts_with(b"[:")
            && let Some(end) = bytes[i..].windows(2).position(|w| w == b":]")
        {
            let name = String::from_utf8_lossy(&bytes[i + 2..i + end]).into_owned();
            out.extend((0..=127u8).filter(|b| class(&name, char::from(*b))));
            i += end + 2;
            continue;
        }
        if i + 2 < bytes.len() && bytes[i + 1] == b'-' {
            out.extend(bytes[i]..=bytes[i + 2]);
            i += 3;
            continue;
        }
        out.push(bytes[i]);
        i += 1;
    }
    out
}

pub(crate) fn tr(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, sets) = options(args, "");
    let Some(first) = sets.first() else { return cx.usage() };
    let mut from = tr_set(first);
    if has(&flags, 'c') || has(&flags, 'C') {
        from = (0..=255u8).filter(|b| !from.contains(b)).collect();
    }
    let to = sets.get(1).map(|s| tr_set(s));
    let mut tr = Tr { map: (0..256).collect(), squeeze: vec![false; 256], last: None };
    let (delete, squeeze) = (has(&flags, 'd'), has(&flags, 's'));
    if delete {
        from.iter().for_each(|b| tr.map[usize::from(*b)] = DELETE);
        if squeeze {
            to.iter().flatten().for_each(|b| tr.squeeze[usize::from(*b)] = true);
        }
    } else if let Some(to) = to {
        let Some(last) = to.last().copied() else {
            cx.complain("when not truncating set1, string2 must be non-empty");
            return State::End(1);
        };
        for (i, b) in from.iter().enumerate() {
            tr.map[usize::from(*b)] = u16::from(to.get(i).copied().unwrap_or(last));
        }
        if squeeze {
            to.iter().for_each(|b| tr.squeeze[usize::from(*b)] = true);
        }
    } else if squeeze {
        from.iter().for_each(|b| tr.squeeze[usize::from(*b)] = true);
    } else {
        return cx.usage();
    }
    Filter::over(&[], Work::Tr(tr))
}

impl Tr {
    pub fn data(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len());
        for b in data {
            let Ok(b) = u8::try_from(self.map[usize::from(*b)]) else { continue };
            if self.squeeze[usize::from(b)] && self.last == Some(b) {
                continue;
            }
            self.last = Some(b);
            out.push(b);
        }
        out
    }
}
