//! `md5sum` and its like, `base64`, `hexdump`, `od`.

use super::filter::Filter;
use super::options::{has, options, value};
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use sha2::Digest;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn digest(name: &str, bytes: &[u8]) -> String {
    match name {
        "md5sum" => hex(&md5::Md5::digest(bytes)),
        "sha1sum" => hex(&sha1::Sha1::digest(bytes)),
        "sha512sum" => hex(&sha2::Sha512::digest(bytes)),
        _ => hex(&sha2::Sha256::digest(bytes)),
    }
}

pub(crate) fn sum(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "");
    let check = if has(&flags, 'c') { "c" } else { "" };
    Filter::collect(&files, vec![check.to_string()], |cx, args, data| {
        let mut status = 0;
        for (name, bytes) in &data {
            if args[0].is_empty() {
                let sum = digest(cx.name, bytes);
                cx.line(&format!("{sum}  {name}"));
                continue;
            }
            for line in String::from_utf8_lossy(bytes).lines() {
                let Some((sum, file)) = line.split_once(' ') else { continue };
                let file = file.trim_start_matches([' ', '*']);
                let right = cx.sys.read_file(file).is_ok_and(|b| digest(cx.name, &b) == sum);
                cx.line(&format!("{file}: {}", if right { "OK" } else { "FAILED" }));
                status |= i32::from(!right);
            }
        }
        State::End(status)
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn base64(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "w");
    let decode = if has(&flags, 'd') || has(&flags, 'D') { "d" } else { "" };
    let width = value(&flags, 'w').unwrap_or("76").to_string();
    Filter::collect(&files, vec![decode.to_string(), width], |cx, args, data| {
        let bytes = data.first().map_or(&[][..], |(_, b)| b);
        if args[0].is_empty() {
            let text = encode(bytes);
            let width: usize = args[1].parse().unwrap_or(76);
            if width == 0 {
                cx.print(text);
                return State::End(0);
            }
            let chars: Vec<char> = text.chars().collect();
            for line in chars.chunks(width) {
                cx.line(&line.iter().collect::<String>());
            }
            return State::End(0);
        }
        match decode_text(bytes, cx.gnu) {
            Some(out) => {
                cx.print(out);
                State::End(0)
            }
            None => {
                cx.complain("invalid input");
                State::End(1)
            }
        }
    })
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let six = (n >> (18 - 6 * i) & 63) as usize;
            out.push(if i <= chunk.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    out
}

/// The bytes that a text stands for. What is no digit is passed over by busybox, and an error of GNU's (`strict`).
fn decode_text(bytes: &[u8], strict: bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut n, mut bits) = (0u32, 0);
    for b in bytes.iter().filter(|b| !b.is_ascii_whitespace() && **b != b'=') {
        let six = match ALPHABET.iter().position(|a| a == b) {
            Some(six) => six,
            None if strict => return None,
            None => continue,
        };
        n = n << 6 | six as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
            n &= (1 << bits) - 1;
        }
    }
    Some(out)
}

pub(crate) fn hexdump(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "tAnNjsweg");
    let letters: String = flags.iter().map(|(l, v)| format!("{l}{v}")).collect();
    Filter::collect(&files, vec![letters], |cx, args, data| {
        let bytes: Vec<u8> = data.into_iter().flat_map(|(_, b)| b).collect();
        let letters = args[0].as_str();
        let octal_dump = cx.name == "od";
        let characters = octal_dump && letters.contains('c');
        let canonical = !octal_dump && letters.contains('C');
        let plain = octal_dump && letters.contains("An");
        for (i, row) in bytes.chunks(16).enumerate() {
            let address = if octal_dump {
                format!("{:07o}", i * 16)
            } else if canonical {
                format!("{:08x}", i * 16)
            } else {
                format!("{:07x}", i * 16)
            };
            let mut line = if plain { String::new() } else { address };
            if characters {
                for b in row {
                    let shown = match b {
                        0 => "\\0".to_string(),
                        7..=13 => format!("\\{}", char::from(b"abtnvfr"[usize::from(*b) - 7])),
                        b' '..=b'~' => char::from(*b).to_string(),
                        other => format!("{other:03o}"),
                    };
                    line.push_str(&format!("{shown:>4}"));
                }
            } else if canonical {
                line.push(' ');
                for (k, b) in row.iter().enumerate() {
                    line.push_str(&format!("{} {b:02x}", if k == 8 { " " } else { "" }));
                }
                let text: String =
                    row.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '.' }).collect();
                line = format!("{line:<60}|{text}|");
            } else if octal_dump && letters.contains("x1") {
                row.iter().for_each(|b| line.push_str(&format!(" {b:02x}")));
            } else if octal_dump && (letters.contains("u1") || letters.contains("d1")) {
                row.iter().for_each(|b| line.push_str(&format!(" {b:3}")));
            } else {
                for pair in row.chunks(2) {
                    let n = u16::from(pair[0]) | u16::from(pair.get(1).copied().unwrap_or(0)) << 8;
                    line.push_str(&if octal_dump && !letters.contains('x') {
                        format!(" {n:06o}")
                    } else {
                        format!(" {n:04x}")
                    });
                }
            }
            cx.line(&line);
        }
        if !plain && !bytes.is_empty() {
            let end = bytes.len();
            cx.line(&if octal_dump {
                format!("{end:07o}")
            } else if canonical {
                format!("{end:08x}")
            } else {
                format!("{end:07x}")
            });
        }
        State::End(0)
    })
}
