//! What the documentation's Job computes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// π with so many digits, as `bpi(n)` prints it, by the spigot of Rabinowitz and Wagon.
pub(super) fn pi(digits: usize) -> String {
    let n = digits + 2;
    let len = n * 10 / 3 + 1;
    let mut a = alloc::vec![2u32; len];
    let mut out: Vec<u8> = Vec::with_capacity(n + 2);
    let (mut nines, mut held) = (0usize, None::<u8>);
    for _ in 0..n {
        let mut carry = 0u64;
        for i in (0..len).rev() {
            let x = 10 * u64::from(a[i]) + carry * (i as u64 + 1);
            let base = 2 * i as u64 + 1;
            if i == 0 {
                a[0] = (x % 10) as u32;
                carry = x / 10;
            } else {
                a[i] = (x % base) as u32;
                carry = x / base;
            }
        }
        match carry {
            9 => nines += 1,
            10 => {
                out.extend(held.map(|h| h + 1));
                out.extend(core::iter::repeat_n(0, nines));
                (held, nines) = (Some(0), 0);
            }
            digit => {
                out.extend(held);
                out.extend(core::iter::repeat_n(9, nines));
                (held, nines) = (Some(digit as u8), 0);
            }
        }
    }
    let text: String = out.iter().take(digits).map(|d| char::from(b'0' + d)).collect();
    match text.split_at_checked(1) {
        Some((head, tail)) if !tail.is_empty() => format!("{head}.{tail}"),
        _ => text,
    }
}
