//! `gzip`, `gunzip` and `zcat`: the format without compression (stored blocks), which every gunzip reads.
//!
//! What was really compressed elsewhere cannot be read here.

use super::filter::Filter;
use super::options::{has, options};
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// The longest stored block.
const LONGEST: usize = 0xffff;

pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The bytes as a gzip file.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    let mut blocks = bytes.chunks(LONGEST).peekable();
    if blocks.peek().is_none() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let len = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&crc32(bytes).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out
}

/// What a gzip file of stored blocks holds; `None` for any other.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    // A header with extra fields is somebody else's, whose blocks are compressed as well.
    if !is_packed(bytes) || bytes.get(3) != Some(&0) {
        return None;
    }
    let mut out = Vec::new();
    let mut at = 10;
    loop {
        let head = bytes.get(at..at + 5)?;
        if head[0] > 1 {
            return None;
        }
        let len = usize::from(u16::from_le_bytes([head[1], head[2]]));
        out.extend_from_slice(bytes.get(at + 5..at + 5 + len)?);
        at += 5 + len;
        if head[0] == 1 {
            return Some(out);
        }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

pub(crate) fn gzip(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "S");
    let unpacks = cx.name != "gzip" || has(&flags, 'd') || has(&flags, 't');
    let prints = cx.name == "zcat" || has(&flags, 'c');
    if files.is_empty() || files == ["-"] || (prints && !has(&flags, 't')) {
        let how = if unpacks { "unpack" } else { "pack" };
        return Filter::collect(&files, Vec::from([how.to_string()]), |cx, args, data| {
            let mut status = 0;
            for (name, bytes) in data {
                match if args[0] == "pack" { Some(pack(&bytes)) } else { unpack(&bytes) } {
                    Some(out) => cx.print(out),
                    None => status = not_gzip(cx, &name, &bytes),
                }
            }
            State::End(status)
        });
    }
    let mut status = 0;
    for name in &files {
        status = status.max(in_place(cx, name, unpacks, has(&flags, 't'), has(&flags, 'k')));
    }
    State::End(status)
}

fn not_gzip(cx: &mut Cx<'_, '_>, name: &str, bytes: &[u8]) -> i32 {
    if is_packed(bytes) {
        cx.sys.assume(name, "a file that is really compressed cannot be read");
    }
    let name = if name == "-" { "stdin" } else { name };
    cx.complain(&if cx.gnu { format!("{name}: not in gzip format") } else { "invalid magic".to_string() });
    1
}

/// A file becomes the other one, unless it is kept or only tested.
fn in_place(cx: &mut Cx<'_, '_>, name: &str, unpacks: bool, tests: bool, keeps: bool) -> i32 {
    let bytes = match cx.sys.read_file(name) {
        Ok(bytes) => bytes,
        Err(errno) => {
            cx.complain(&format!("{name}: {}", errno.message()));
            return 1;
        }
    };
    let target = match (unpacks, name.strip_suffix(".gz")) {
        (false, _) => format!("{name}.gz"),
        (true, Some(short)) => short.to_string(),
        (true, None) if tests => String::new(),
        (true, None) => {
            cx.complain(&format!(
                "{name}: unknown suffix{}",
                if cx.gnu { " -- ignored" } else { " - ignored" }
            ));
            return if cx.gnu { 2 } else { 1 };
        }
    };
    let out = match if unpacks { unpack(&bytes) } else { Some(pack(&bytes)) } {
        Some(out) => out,
        None => return not_gzip(cx, name, &bytes),
    };
    if tests {
        return 0;
    }
    if let Err(errno) = cx.sys.write_file(&target, &out) {
        cx.complain(&format!("{target}: {}", errno.message()));
        return 1;
    }
    if !keeps {
        let _ = cx.sys.unlink(name);
    }
    0
}
