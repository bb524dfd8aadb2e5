//! `cut`.

use super::filter::{Filter, Line, More, Work};
use super::options::has;
use super::options::options;
use super::options::value;
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Debug)]
pub(crate) struct Cut {
    ranges: Vec<(usize, usize)>,
    delimiter: Option<char>,
    only_delimited: bool,
    output: Option<String>,
}

pub(crate) fn cut(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut output = None;
    let args: Vec<String> = args
        .iter()
        .filter(|a| match a.strip_prefix("--output-delimiter=") {
            Some(text) => {
                output = Some(text.to_string());
                false
            }
            None => true,
        })
        .cloned()
        .collect();
    let (flags, files) = options(&args, "dfcbO");
    let fields = has(&flags, 'f');
    let Some(list) = value(&flags, 'f').or(value(&flags, 'c')).or(value(&flags, 'b')) else {
        return cx.usage();
    };
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let range = match part.split_once('-') {
            Some((a, b)) => {
                let from = if a.is_empty() { Ok(1) } else { a.parse() };
                let to = if b.is_empty() { Ok(usize::MAX) } else { b.parse() };
                from.ok().zip(to.ok())
            }
            None => part.parse().ok().map(|n| (n, n)),
        };
        match range.filter(|(a, b)| *a > 0 && b >= a) {
            Some(range) => ranges.push(range),
            None => {
                cx.complain(&format!("invalid range '{part}'"));
                return State::End(1);
            }
        }
    }
    let delimiter = fields.then(|| value(&flags, 'd').and_then(|d| d.chars().next()).unwrap_or('\t'));
    let cut = Cut { ranges, delimiter, only_delimited: has(&flags, 's'), output };
    Filter::over(&files, Work::Cut(cut))
}

impl Cut {
    pub(crate) fn takes(&self, n: usize) -> bool {
        self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&n))
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        let out = match self.delimiter {
            None => line
                .text
                .chars()
                .enumerate()
                .filter(|(i, _)| self.takes(i + 1))
                .map(|(_, c)| c)
                .collect::<String>(),
            Some(d) if !line.text.contains(d) => {
                if self.only_delimited {
                    return More::Yes;
                }
                line.text.to_string()
            }
            Some(d) => {
                let kept: Vec<&str> = line
                    .text
                    .split(d)
                    .enumerate()
                    .filter(|(i, _)| self.takes(i + 1))
                    .map(|(_, f)| f)
                    .collect();
                kept.join(&self.output.clone().unwrap_or_else(|| d.to_string()))
            }
        };
        cx.line(&out);
        More::Yes
    }
}
