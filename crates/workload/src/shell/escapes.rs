//! Backslash escapes, of `echo -e`, `printf` and `$'…'`.

use super::Dialect;
use alloc::string::String;
use alloc::vec::Vec;

/// The bytes that a text with escapes stands for, and whether `\c` said to stop all output. With `ansi` the rules
/// are those of `$'…'` and of printf's format: octal needs no leading zero there, and `\c` means nothing.
pub(crate) fn unescape(text: &str, ansi: bool) -> (Vec<u8>, bool) {
    unescape_as(text, ansi, Dialect::Bash)
}

/// As [`unescape`], with the codes that a shell knows: `\e` all, `\x41` not dash, `\E` and `\u00e4` only bash.
pub(crate) fn unescape_as(text: &str, ansi: bool, dialect: Dialect) -> (Vec<u8>, bool) {
    let (hex, all) = (dialect != Dialect::Dash, dialect == Dialect::Bash);
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let b = bytes[i];
        i += 1;
        if b != b'\\' || i == bytes.len() {
            out.push(b);
            continue;
        }
        let c = bytes[i];
        i += 1;
        match c {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' => out.push(27),
            b'E' if all => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'c' if !ansi => return (out, true),
            b'0'..=b'7' => {
                // `\0nnn` for echo, `\nnn` for the others; both are accepted by real shells.
                let max = if c == b'0' && !ansi { 3 } else { 2 };
                let mut value = u32::from(c - b'0');
                let mut n = 0;
                while n < max && i < bytes.len() && (b'0'..=b'7').contains(&bytes[i]) {
                    value = value * 8 + u32::from(bytes[i] - b'0');
                    i += 1;
                    n += 1;
                }
                out.push(value as u8);
            }
            b'x' if hex => match number(bytes, &mut i, 2) {
                Some(value) => out.push(value as u8),
                None => out.extend_from_slice(b"\\x"),
            },
            b'u' | b'U' if all => {
                let digits = if c == b'u' { 4 } else { 8 };
                match number(bytes, &mut i, digits).and_then(char::from_u32) {
                    Some(ch) => out.extend_from_slice(String::from(ch).as_bytes()),
                    None => out.extend_from_slice(&[b'\\', c]),
                }
            }
            _ => out.extend_from_slice(&[b'\\', c]),
        }
    }
    (out, false)
}

/// Up to `max` hexadecimal digits.
fn number(bytes: &[u8], i: &mut usize, max: usize) -> Option<u32> {
    let start = *i;
    let mut value = 0;
    while *i < bytes.len() && *i - start < max {
        let Some(digit) = char::from(bytes[*i]).to_digit(16) else { break };
        value = value * 16 + digit;
        *i += 1;
    }
    (*i > start).then_some(value)
}
