//! The inside of bash's `[[ ]]`.

use super::Dialect;
use super::ast::{Cond, Part, Word};
use super::expand::{Expander, ShellScope, Stop};
use super::pattern::Matcher;
use super::{arith, vars::Data};
use crate::applets::regex::Regex;
use crate::applets::test;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

impl Expander<'_, '_> {
    /// 0 for true, 1 for false, 2 for nonsense.
    pub fn condition(&mut self, cond: &Cond) -> Result<i32, Stop> {
        Ok(match cond {
            Cond::Word(word) => i32::from(self.text(word)?.is_empty()),
            Cond::Not(inner) => match self.condition(inner)? {
                0 => 1,
                1 => 0,
                other => other,
            },
            Cond::And(a, b) => match self.condition(a)? {
                0 => self.condition(b)?,
                other => other,
            },
            Cond::Or(a, b) => match self.condition(a)? {
                0 => 0,
                _ => self.condition(b)?,
            },
            Cond::Unary(op, word) => {
                let operand = self.text(word)?;
                let args = [op.clone(), operand];
                test::test(self.sys, &|kind, name| self.shell.knows(kind, name), &args, true, Dialect::Bash)
                    .map_or(2, |yes| i32::from(!yes))
            }
            Cond::Binary(left, op, right) => self.binary(left, op, right)?,
        })
    }

    fn binary(&mut self, left: &Word, op: &str, right: &Word) -> Result<i32, Stop> {
        let a = self.text(left)?;
        let yes = match op {
            "=" | "==" | "!=" => {
                let pattern = self.pattern(right)?;
                Matcher::new(&pattern).matches(&a) == (op != "!=")
            }
            "=~" => return self.regex_match(&a, right),
            "<" => a < self.text(right)?,
            ">" => a > self.text(right)?,
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let b = self.text(right)?;
                let mut scope = ShellScope { shell: self.shell, sys: self.sys };
                let (Ok(x), Ok(y)) = (arith::evaluate(&a, &mut scope), arith::evaluate(&b, &mut scope))
                else {
                    return Ok(1);
                };
                match op {
                    "-eq" => x == y,
                    "-ne" => x != y,
                    "-lt" => x < y,
                    "-le" => x <= y,
                    "-gt" => x > y,
                    _ => x >= y,
                }
            }
            _ => {
                let b = self.text(right)?;
                let args = vec![a, op.to_string(), b];
                return Ok(test::test(
                    self.sys,
                    &|kind, name| self.shell.knows(kind, name),
                    &args,
                    true,
                    Dialect::Bash,
                )
                .map_or(2, |yes| i32::from(!yes)));
            }
        };
        Ok(i32::from(!yes))
    }

    /// Quoted parts of the right side match as themselves.
    fn regex_match(&mut self, text: &str, right: &Word) -> Result<i32, Stop> {
        let mut source = String::new();
        for part in right {
            match part {
                Part::Literal(t) => source.push_str(t),
                Part::Parameter(_) | Part::Command(_) | Part::Arith(_) => {
                    source.push_str(&self.text(&vec![part.clone()])?);
                }
                quoted => {
                    for c in self.text(&vec![quoted.clone()])?.chars() {
                        if !c.is_alphanumeric() && c.is_ascii() {
                            source.push('\\');
                        }
                        source.push(c);
                    }
                }
            }
        }
        let Ok(regex) = Regex::new(&source, true, false) else { return Ok(2) };
        let chars: Vec<char> = text.chars().collect();
        let groups = regex.find(&chars, 0);
        let values = match &groups {
            Some(groups) => groups
                .iter()
                .map(|g| g.map_or(String::new(), |(a, b)| chars[a..b].iter().collect()))
                .collect(),
            None => Vec::new(),
        };
        self.shell.vars.entry("BASH_REMATCH").data = Data::List((0..).zip::<Vec<String>>(values).collect());
        Ok(i32::from(groups.is_none()))
    }
}
