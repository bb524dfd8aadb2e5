//! `dd`: blocks from here to there.

use super::filter::Filter;
use super::options::count;
use super::{Cx, State};
use crate::fs::{Device, Errno, Kind};
use crate::kernel::Target;
use crate::sys::How;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The most that is made of an endless device for a pipe.
const MAX_MADE: u64 = 32 << 20;

const OPERANDS: [&str; 13] =
    ["bs", "cbs", "conv", "count", "ibs", "if", "iflag", "obs", "of", "oflag", "seek", "skip", "status"];

/// The last value of an operand.
fn operand<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    args.iter().rev().find_map(|a| a.strip_prefix(name)?.strip_prefix('='))
}

/// A count of blocks, or 0.
fn number(args: &[String], name: &str) -> u64 {
    operand(args, name).and_then(count).unwrap_or(0)
}

pub(crate) fn dd(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let bad = args.iter().find(|a| a.split_once('=').is_none_or(|(name, _)| !OPERANDS.contains(&name)));
    if let Some(bad) = bad {
        if cx.gnu {
            cx.complain(&format!("unrecognized operand '{bad}'"));
            return State::End(1);
        }
        return cx.usage();
    }
    if args
        .iter()
        .any(|a| a.split_once('=').is_some_and(|(n, v)| ["bs", "count"].contains(&n) && count(v).is_none()))
    {
        cx.complain("invalid number");
        return State::End(1);
    }
    let Some(input) = operand(args, "if") else { return Filter::collect(&[], args.to_vec(), copy_read) };
    let found = cx.sys.walk(input, true).and_then(|walk| walk.node.ok_or(Errno::ENOENT));
    let node = match found {
        Ok(node) => node,
        Err(errno) => return State::End(cx.path_error("failed to open", "can't open", input, errno)),
    };
    match cx.sys.node(node).kind {
        Kind::Device(device @ (Device::Zero | Device::Full | Device::Random)) => endless(cx, args, device),
        // Read as a whole, whatever it is; a block size only cuts it up.
        _ => Filter::collect(&[input.to_string()], args.to_vec(), copy_read),
    }
}

fn block(args: &[String]) -> u64 {
    operand(args, "bs").or(operand(args, "ibs")).and_then(count).unwrap_or(512).max(1)
}

/// Input that was read: cut, converted and written.
fn copy_read(cx: &mut Cx<'_, '_>, args: &[String], data: Vec<(String, Vec<u8>)>) -> State {
    let Some((_, mut bytes)) = data.into_iter().next() else { return State::End(1) };
    let block = block(args);
    bytes.drain(..bytes.len().min(number(args, "skip").saturating_mul(block) as usize));
    if let Some(blocks) = operand(args, "count").and_then(count) {
        bytes.truncate(blocks.saturating_mul(block).min(1 << 40) as usize);
    }
    let read = bytes.len() as u64;
    for conversion in operand(args, "conv").unwrap_or("").split(',') {
        match conversion {
            "ucase" => bytes.make_ascii_uppercase(),
            "lcase" => bytes.make_ascii_lowercase(),
            _ => {}
        }
    }
    let Some(output) = operand(args, "of") else {
        cx.print(bytes);
        return end(cx, args, read);
    };
    let target = match open(cx, args, output) {
        Ok(target) => target,
        Err(state) => return state,
    };
    if let Target::Node(n) = target {
        let wall = cx.sys.kernel.wall();
        let at = number(args, "seek").saturating_mul(block);
        if let Err(errno) = cx.sys.kernel.trees[n.tree as usize].write(n.ino, at, &bytes, wall) {
            return State::End(cx.path_error("error writing", "error writing", output, errno));
        }
        cx.sys.kernel.charge(cx.sys.me, n.tree);
    }
    end(cx, args, read)
}

/// Input without an end. Zeros cost nothing to hold in a file, and random bytes count as such there.
fn endless(cx: &mut Cx<'_, '_>, args: &[String], device: Device) -> State {
    let block = block(args);
    let total = operand(args, "count").and_then(count).map(|blocks| blocks.saturating_mul(block));
    let Some(output) = operand(args, "of") else {
        let Some(total) = total else { return State::Yes(vec![0; block.min(1 << 16) as usize]) };
        let n = total.min(MAX_MADE) as usize;
        let mut bytes = vec![0; n];
        if device == Device::Random {
            bytes.iter_mut().for_each(|b| *b = cx.sys.kernel.random() as u8);
        }
        cx.print(bytes);
        return end(cx, args, total);
    };
    let target = match open(cx, args, output) {
        Ok(target) => target,
        Err(state) => return state,
    };
    let Target::Node(n) = target else {
        // Into nothing, for ever: it burns a CPU until somebody ends it.
        return match total {
            Some(total) => end(cx, args, total),
            None => State::Forever,
        };
    };
    let wall = cx.sys.kernel.wall();
    let seek = number(args, "seek").saturating_mul(block);
    let tree = &mut cx.sys.kernel.trees[n.tree as usize];
    let room = tree.capacity.saturating_sub(tree.used);
    let done = total.unwrap_or(u64::MAX).min(room);
    let fits = tree.truncate(n.ino, seek + done, wall);
    cx.sys.kernel.charge(cx.sys.me, n.tree);
    if let Err(errno) = if Some(done) == total { fits } else { Err(Errno::ENOSPC) } {
        return State::End(cx.path_error("error writing", "error writing", output, errno));
    }
    end(cx, args, done)
}

fn open(cx: &mut Cx<'_, '_>, args: &[String], output: &str) -> Result<Target, State> {
    let keeps = operand(args, "conv").is_some_and(|c| c.split(',').any(|c| c == "notrunc"));
    match cx.sys.open(output, if keeps { How::BOTH } else { How::WRITE }) {
        Ok(file) => {
            let target = cx.sys.kernel.files[&file].target.clone();
            cx.sys.kernel.release(file);
            Ok(target)
        }
        Err(errno) => Err(State::End(cx.path_error("failed to open", "can't open", output, errno))),
    }
}

/// The counts on standard error. How fast it was is not told: it takes no time here.
fn end(cx: &mut Cx<'_, '_>, args: &[String], bytes: u64) -> State {
    if operand(args, "status") != Some("none") {
        let block = block(args);
        let (whole, part) = (bytes / block, u64::from(!bytes.is_multiple_of(block)));
        cx.error(&format!("{whole}+{part} records in\n{whole}+{part} records out"));
    }
    State::End(0)
}
