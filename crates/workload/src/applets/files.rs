//! Tools that change files.

use alloc::string::String;

/// The mode that `chmod` text makes of an old one; `None` when it is no mode.
pub(crate) fn parse_mode(text: &str, old: u16, is_dir: bool) -> Option<u16> {
    if !text.is_empty() && text.chars().all(|c| c.is_digit(8)) {
        return u16::from_str_radix(text, 8).ok().map(|m| m & 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let mut mask = 0u16;
        for c in who.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        if who.is_empty() {
            mask = 0o7777;
        }
        let mut ops = rest.chars().peekable();
        while let Some(op) = ops.next() {
            let mut bits = 0u16;
            while let Some(c) = ops.next_if(|c| !"+-=".contains(*c)) {
                bits |= match c {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if is_dir || old & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => (old >> 6 & 7) * 0o111,
                    'g' => (old >> 3 & 7) * 0o111,
                    'o' => (old & 7) * 0o111,
                    _ => return None,
                };
            }
            match op {
                '+' => mode |= bits & mask,
                '-' => mode &= !(bits & mask),
                '=' => mode = mode & !(mask & 0o777) | bits & mask,
                _ => return None,
            }
        }
    }
    let _: String = String::new();
    Some(mode)
}
