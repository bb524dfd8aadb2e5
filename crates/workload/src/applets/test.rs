//! `test`, `[`, and busybox' `[[`.

use super::regex::Regex;
use crate::shell::Dialect;
use crate::shell::pattern;
use crate::sys::{Stat, Sys};
use alloc::format;
use alloc::string::{String, ToString};

const BINARY: [&str; 16] =
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=~", "\\<"];

/// What only a shell knows: whether a variable is set (`-v`), an option on (`-o`).
pub(crate) type Knows<'a> = &'a dyn Fn(char, &str) -> bool;

/// The verdict on a list of arguments (without the closing bracket), or what is wrong with them. `double` is for
/// the arguments of `[[`, where `=` matches patterns.
pub(crate) fn test(
    sys: &Sys<'_>,
    knows: Knows<'_>,
    args: &[String],
    double: bool,
    dialect: Dialect,
) -> Result<bool, String> {
    let mut t = Tester { sys, knows, args, at: 0, double, dialect, depth: 0 };
    // POSIX decides by the number of arguments first, so that `[ -n ]` and `[ ! = x ]` mean what they should.
    match args {
        [] => return Ok(false),
        [one] => return Ok(!one.is_empty()),
        [not, one] if not == "!" => return Ok(one.is_empty()),
        [left, op, right] if is_binary(op) => return t.binary(left, op, right),
        [not, rest @ ..] if not == "!" && rest.len() <= 3 => {
            return test(sys, knows, rest, double, dialect).map(|yes| !yes);
        }
        [open, one, close] if open == "(" && close == ")" => return Ok(!one.is_empty()),
        _ => {}
    }
    let verdict = t.or()?;
    match args.get(t.at) {
        None => Ok(verdict),
        Some(extra) if dialect == Dialect::Bash => {
            let _ = extra;
            Err("too many arguments".to_string())
        }
        Some(extra) => Err(match dialect {
            Dialect::Dash => format!("{extra}: unexpected operator"),
            _ => format!("{extra}: unknown operand"),
        }),
    }
}

fn is_binary(op: &str) -> bool {
    BINARY.contains(&op)
}

struct Tester<'a, 'k> {
    sys: &'a Sys<'k>,
    knows: Knows<'a>,
    args: &'a [String],
    at: usize,
    double: bool,
    dialect: Dialect,
    depth: u32,
}

impl<'a> Tester<'a, '_> {
    fn peek(&self) -> Option<&'a str> {
        self.args.get(self.at).map(String::as_str)
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut left = self.and()?;
        while self.peek().is_some_and(|a| a == "-o" || (self.double && a == "||")) {
            self.at += 1;
            let right = self.and()?;
            left |= right;
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut left = self.not()?;
        while self.peek().is_some_and(|a| a == "-a" || (self.double && a == "&&")) {
            self.at += 1;
            let right = self.not()?;
            left &= right;
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > 500 {
            return Err("too many arguments".to_string());
        }
        let followed =
            self.args.get(self.at + 1).is_some_and(|a| is_binary(a)) && self.args.len() > self.at + 2;
        if self.peek() == Some("!") && self.args.len() > self.at + 1 && !followed {
            self.at += 1;
            return self.not().map(|yes| !yes);
        }
        self.primary()
    }

    /// An operand that is not there: dash takes it for false, where it may stand alone.
    fn missing(&self) -> Result<bool, String> {
        match self.dialect {
            Dialect::Dash if self.at == self.args.len() => Ok(false),
            _ => Err("argument expected".to_string()),
        }
    }

    fn primary(&mut self) -> Result<bool, String> {
        let args = self.args;
        let Some(first) = args.get(self.at) else { return self.missing() };
        if first == "(" && args.len() > self.at + 1 && !args.get(self.at + 1).is_some_and(|a| is_binary(a)) {
            self.at += 1;
            let inner = self.or()?;
            if self.peek() != Some(")") {
                return Err(match self.dialect {
                    Dialect::Bash => "`)' expected".to_string(),
                    _ => "closing paren expected".to_string(),
                });
            }
            self.at += 1;
            return Ok(inner);
        }
        if let (Some(op), Some(right)) = (args.get(self.at + 1), args.get(self.at + 2))
            && is_binary(op)
        {
            self.at += 3;
            return self.binary(first, op, right);
        }
        let letters =
            if self.dialect == Dialect::Bash { "bcdefghknoprstuvwxzLSOGN" } else { "bcdefghknprstuwxzLSOGN" };
        if first.len() == 2 && first.starts_with('-') && letters.contains(&first[1..]) {
            if let Some(operand) = args.get(self.at + 1) {
                self.at += 2;
                return self.unary(&first[1..], operand);
            }
            if args.len() > 1 {
                return self.missing();
            }
        }
        // Two arguments where the first is no operator: an operand too many.
        if args.len() == 2 && self.at == 0 {
            return Err(match self.dialect {
                Dialect::Ash => format!("{first}: unknown operand"),
                Dialect::Dash => format!("{first}: unexpected operator"),
                Dialect::Bash => format!("{first}: unary operator expected"),
            });
        }
        self.at += 1;
        Ok(!first.is_empty())
    }

    fn number(&self, text: &str) -> Result<i64, String> {
        text.trim().parse().map_err(|_| match self.dialect {
            Dialect::Ash if text.is_empty() => "bad number".to_string(),
            Dialect::Ash => format!("{text}: bad number"),
            Dialect::Dash => format!("Illegal number: {text}"),
            Dialect::Bash => format!("{text}: integer expression expected"),
        })
    }

    fn binary(&self, left: &str, op: &str, right: &str) -> Result<bool, String> {
        Ok(match op {
            "=" | "==" | "!=" => {
                let same = if self.double { pattern::matches(right, left) } else { left == right };
                if op == "==" && self.dialect == Dialect::Dash {
                    return Err(format!("{left}: unexpected operator"));
                }
                same == (op != "!=")
            }
            "<" | "\\<" => left < right,
            ">" => left > right,
            "=~" => match Regex::new(right, true, false) {
                Ok(regex) => regex.is_match(left),
                Err(_) => return Err(format!("{right}: bad regular expression")),
            },
            "-nt" | "-ot" | "-ef" => {
                let stat = |path: &str| self.sys.stat(path, true).ok();
                let (a, b) = (stat(left), stat(right));
                let time = |s: &Option<Stat>| s.as_ref().map(|s| s.node.mtime);
                // For bash a file is newer than one that is not there; for the others both must be.
                let comparable = self.dialect == Dialect::Bash || (a.is_some() && b.is_some());
                match op {
                    "-nt" | "-ot" if !comparable => false,
                    "-nt" => time(&a) > time(&b),
                    "-ot" => time(&a) < time(&b),
                    _ => a.is_some() && a.map(|s| s.id) == b.map(|s| s.id),
                }
            }
            _ => {
                let (a, b) = (self.number(left)?, self.number(right)?);
                match op {
                    "-eq" => a == b,
                    "-ne" => a != b,
                    "-lt" => a < b,
                    "-le" => a <= b,
                    "-gt" => a > b,
                    _ => a >= b,
                }
            }
        })
    }

    fn unary(&self, op: &str, operand: &str) -> Result<bool, String> {
        let stat = |follow: bool| self.sys.stat(operand, follow).ok();
        let mode = |bit: u16| stat(true).is_some_and(|s| s.node.mode & bit != 0);
        Ok(match op {
            "n" => !operand.is_empty(),
            "z" => operand.is_empty(),
            "e" => stat(true).is_some(),
            "f" => stat(true).is_some_and(|s| s.is_file()),
            "d" => stat(true).is_some_and(|s| s.is_dir()),
            "s" => stat(true).is_some_and(|s| s.node.size() > 0),
            "L" | "h" => stat(false).is_some_and(|s| s.is_link()),
            "p" => stat(true).is_some_and(|s| matches!(s.node.kind, crate::fs::Kind::Fifo(_))),
            "c" => stat(true).is_some_and(|s| s.is_device()),
            "b" | "S" => false,
            "r" => self.sys.access(operand, 4),
            "w" => self.sys.access(operand, 2),
            "x" => self.sys.access(operand, 1),
            "u" => mode(0o4000),
            "g" => mode(0o2000),
            "k" => mode(0o1000),
            "O" => stat(true).is_some_and(|s| s.node.uid == self.sys.process().uid),
            "G" => stat(true).is_some_and(|s| s.node.gid == self.sys.process().gid),
            "N" => stat(true).is_some(),
            "o" | "v" => (self.knows)(char::from(op.as_bytes()[0]), operand),
            "t" if self.dialect == Dialect::Bash => false,
            "t" => {
                self.number(operand)?;
                false
            }
            _ => return Err(format!("-{op}: unary operator expected")),
        })
    }
}
