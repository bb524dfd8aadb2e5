//! `head`.

use super::filter::{Filter, Line, More, Work};
use super::options::count;
use super::options::has;
use super::options::obsolete_count;
use super::options::options;
use super::options::value;
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Debug)]
pub(crate) struct Head {
    left: u64,
    count: u64,
    pub bytes: bool,
    names: bool,
    first: bool,
    /// `-n -3`: all but the last three.
    but: Option<usize>,
    held: Vec<(String, bool)>,
}

pub(crate) fn head(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(&obsolete_count(args), "nc");
    let bytes = has(&flags, 'c');
    let text = value(&flags, if bytes { 'c' } else { 'n' }).unwrap_or("10").to_string();
    let (text, but) = match text.strip_prefix('-') {
        Some(rest) => (rest.to_string(), true),
        None => (text, false),
    };
    let Some(n) = count(&text) else {
        cx.complain(&format!("invalid number '{text}'"));
        return State::End(1);
    };
    let names = files.len() > 1 && !has(&flags, 'q') || has(&flags, 'v');
    let head = Head {
        left: n,
        count: n,
        bytes,
        names,
        first: true,
        but: but.then_some(n as usize),
        held: Vec::new(),
    };
    if n == 0 && !but && files.len() < 2 {
        return State::End(0);
    }
    Filter::over(&files, Work::Head(head))
}

impl Head {
    pub fn begin(&mut self, cx: &mut Cx<'_, '_>, name: &str) {
        self.left = self.count;
        self.held.clear();
        if self.names {
            let gap = if self.first { "" } else { "\n" };
            let shown = if name == "-" { "standard input" } else { name };
            cx.print(format!("{gap}==> {shown} <==\n"));
        }
        self.first = false;
    }

    pub(crate) fn next(&self) -> More {
        if self.left > 0 {
            More::Yes
        } else if self.names {
            More::NextInput
        } else {
            More::No
        }
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        if let Some(but) = self.but {
            self.held.push((line.text.to_string(), line.ended));
            if self.held.len() > but {
                let (text, ended) = self.held.remove(0);
                cx.print(text);
                cx.print(if ended { "\n" } else { "" });
            }
            return More::Yes;
        }
        if self.left > 0 {
            self.left -= 1;
            cx.print(line.text);
            cx.print(if line.ended { "\n" } else { "" });
        }
        self.next()
    }

    pub fn take_bytes(&mut self, cx: &mut Cx<'_, '_>, data: &[u8]) -> More {
        let n = (self.left as usize).min(data.len());
        cx.print(&data[..n]);
        self.left -= n as u64;
        self.next()
    }
}
