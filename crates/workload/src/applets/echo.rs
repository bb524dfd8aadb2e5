//! `echo`.

use super::{Cx, State};
use crate::shell::Dialect;
use crate::shell::escapes::unescape_as;
use alloc::string::String;
use alloc::vec::Vec;

/// What `echo` prints. In dash escapes always work, and there are no options but `-n`.
pub(crate) fn echo(args: &[String], dialect: Dialect) -> Vec<u8> {
    let expands = dialect == Dialect::Dash;
    let mut newline = true;
    let mut escapes = expands;
    let mut words = args;
    while let Some(flag) = words.first() {
        let known = if expands {
            flag == "-n"
        } else {
            flag.len() > 1 && flag.starts_with('-') && flag[1..].chars().all(|c| "neE".contains(c))
        };
        if !known {
            break;
        }
        for letter in flag[1..].chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        words = &words[1..];
        if expands {
            break;
        }
    }
    let text = words.join(" ");
    let (mut out, stop) =
        if escapes { unescape_as(&text, false, dialect) } else { (text.into_bytes(), false) };
    if newline && !stop {
        out.push(b'\n');
    }
    out
}

pub(crate) fn tool(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let dialect = if cx.gnu { Dialect::Bash } else { Dialect::Ash };
    cx.print(echo(args, dialect));
    State::End(0)
}
