//! `intstr.IntOrString` and base64 [`Bytes`].

use crate::schema::{Type, Typed};
use crate::wire::{Decoder, Wire, scalar};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde_json::Value;

/// A number or a string: a port by number or name, a count or a percentage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A string.
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        IntOrString::Int(0)
    }
}

impl IntOrString {
    /// The number, or the percentage of `total`, rounded up or down; none when the string is no percentage
    /// (`apimachinery/pkg/util/intstr/intstr.go GetScaledValueFromIntOrPercent`).
    pub fn scaled(&self, total: i32, round_up: bool) -> Option<i32> {
        match self {
            IntOrString::Int(n) => Some(*n),
            IntOrString::String(s) => {
                let percent: i64 = s.strip_suffix('%')?.parse().ok()?;
                let hundredths = percent.checked_mul(total.into())?;
                let whole = if round_up { hundredths + 99 } else { hundredths }.div_euclid(100);
                i32::try_from(whole).ok()
            }
        }
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(n) => n.fmt(f),
            IntOrString::String(s) => f.write_str(s),
        }
    }
}

scalar!(
    IntOrString,
    IntOrString,
    |target, value, cx| match value {
        Value::String(s) => *target = IntOrString::String(s.clone()),
        Value::Number(n) => match n.as_i64().and_then(|n| i32::try_from(n).ok()) {
            Some(n) => *target = IntOrString::Int(n),
            None =>
                cx.refuse(alloc::format!("json: cannot unmarshal number {n} into Go value of type int32")),
        },
        other => cx.refuse(alloc::format!(
            "json: cannot unmarshal {} into Go value of type int32",
            crate::wire::kind_name(other)
        )),
    },
    |v| match v {
        IntOrString::Int(n) => Value::from(*n),
        IntOrString::String(s) => Value::String(s.clone()),
    },
    |_| false
);

/// A byte string, base64 on the wire (`[]byte`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Bytes {
    /// Standard base64 with padding.
    pub fn to_base64(&self) -> String {
        let mut out = String::new();
        for chunk in self.0.chunks(3) {
            let n = (0..3).fold(0u32, |n, i| n << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
            for i in 0..4 {
                out.push(if i <= chunk.len() {
                    ALPHABET[(n >> (18 - 6 * i)) as usize & 63] as char
                } else {
                    '='
                });
            }
        }
        out
    }

    /// Reads standard base64; line ends are passed over. The error is the offset of the first bad byte.
    pub fn from_base64(text: &str) -> Result<Self, usize> {
        let digits: Vec<(usize, u8)> =
            text.bytes().enumerate().filter(|(_, b)| *b != b'\n' && *b != b'\r').collect();
        let mut out = Vec::new();
        for (quad_index, quad) in digits.chunks(4).enumerate() {
            let last = (quad_index + 1) * 4 >= digits.len();
            let padding = quad.iter().rev().take_while(|(_, b)| *b == b'=').count();
            if quad.len() < 4 || padding > 2 || (padding > 0 && !last) {
                return Err(quad.iter().find(|(_, b)| *b == b'=').map_or(text.len(), |(at, _)| *at));
            }
            let mut n = 0u32;
            for (at, byte) in &quad[..4 - padding] {
                let digit = ALPHABET.iter().position(|a| a == byte).ok_or(*at)?;
                n = n << 6 | digit as u32;
            }
            n <<= 6 * padding;
            out.extend_from_slice(&n.to_be_bytes()[1..4 - padding]);
        }
        Ok(Bytes(out))
    }
}

scalar!(
    Bytes,
    Bytes,
    |target, value, cx| match value {
        Value::String(s) => match Bytes::from_base64(s) {
            Ok(bytes) => *target = bytes,
            Err(at) => cx.refuse(alloc::format!("illegal base64 data at input byte {at}")),
        },
        other => cx.mismatch(other),
    },
    |b| Value::String(b.to_base64()),
    |b| b.0.is_empty()
);
