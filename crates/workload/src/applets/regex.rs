//! POSIX regular expressions, basic and extended, by backtracking with a bound on its steps.

use crate::shell::pattern::bracket;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Steps after which a search is given up; a sane expression on a line of text takes a few thousand.
const MAX_STEPS: u32 = 2_000_000;
/// How deep groups may nest.
const MAX_DEPTH: u32 = 50;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    node: Node,
    groups: usize,
    ignore_case: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Empty,
    Char(char),
    Any,
    /// A bracket expression, kept as written.
    Set(Vec<char>),
    Start,
    End,
    WordStart,
    WordEnd,
    /// `\b`; `false` is `\B`.
    Boundary(bool),
    /// `\w`, `\s`; `false` is the opposite.
    Class(&'static str, bool),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Group(usize, Box<Node>),
    Repeat(Box<Node>, u32, u32),
    Back(usize),
}

/// What was matched: the whole, then each group.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

struct Compiler<'a> {
    text: &'a [char],
    at: usize,
    extended: bool,
    groups: usize,
    depth: u32,
}

impl Regex {
    /// Compile an expression; the error says what is wrong with it.
    pub fn new(text: &str, extended: bool, ignore_case: bool) -> Result<Regex, &'static str> {
        let chars: Vec<char> = text.chars().collect();
        let mut c = Compiler { text: &chars, at: 0, extended, groups: 0, depth: 0 };
        let node = c.choice()?;
        if c.at < chars.len() {
            return Err("Unmatched ) or \\)");
        }
        Ok(Regex { node, groups: c.groups, ignore_case })
    }

    /// An expression that matches a text as it is.
    pub fn literal(text: &str, ignore_case: bool) -> Regex {
        Regex { node: Node::Sequence(text.chars().map(Node::Char).collect()), groups: 0, ignore_case }
    }

    /// The first match at or after `from`.
    pub fn find(&self, text: &[char], from: usize) -> Option<Groups> {
        let mut m = Matcher { text, steps: 0, fold: self.ignore_case };
        for start in from..=text.len() {
            let mut groups: Groups = vec![None; self.groups + 1];
            let mut end = None;
            m.run(&self.node, start, &mut groups, &mut |at, groups| {
                // Among several ways to match, POSIX wants the longest.
                if end.as_ref().is_none_or(|(best, _): &(usize, Groups)| at > *best) {
                    end = Some((at, groups.clone()));
                }
                at == text.len()
            });
            if let Some((end, mut groups)) = end {
                groups[0] = Some((start, end));
                return Some(groups);
            }
            if m.steps > MAX_STEPS {
                return None;
            }
        }
        None
    }

    pub fn is_match(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.find(&chars, 0).is_some()
    }
}

impl Compiler<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn looking_at(&self, s: &str) -> bool {
        s.chars().enumerate().all(|(i, c)| self.text.get(self.at + i) == Some(&c))
    }

    fn eat(&mut self, s: &str) -> bool {
        let found = self.looking_at(s);
        if found {
            self.at += s.chars().count();
        }
        found
    }

    fn bar(&self) -> &'static str {
        if self.extended { "|" } else { "\\|" }
    }

    fn close(&self) -> &'static str {
        if self.extended { ")" } else { "\\)" }
    }

    fn choice(&mut self) -> Result<Node, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Regular expression too big");
        }
        let mut options = vec![self.sequence()?];
        while self.eat(self.bar()) {
            options.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if options.len() == 1 { options.remove(0) } else { Node::Choice(options) })
    }

    fn sequence(&mut self) -> Result<Node, &'static str> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(c) = self.peek() {
            if self.looking_at(self.bar()) || (self.looking_at(self.close()) && self.depth > 1) {
                break;
            }
            let first = nodes.is_empty() || matches!(nodes[..], [Node::Start]);
            let star = c == '*' && (self.extended || !first);
            let extended_repeat = self.extended && (c == '+' || c == '?' || (c == '{' && self.is_bound()));
            let basic_repeat = !self.extended
                && (self.looking_at("\\+") || self.looking_at("\\?") || self.looking_at("\\{"));
            if star || extended_repeat || (basic_repeat && !first) {
                let (min, max) = self.repeat()?;
                let last = nodes.pop().unwrap_or(Node::Empty);
                nodes.push(Node::Repeat(Box::new(last), min, max));
                continue;
            }
            let node = self.atom(first)?;
            nodes.push(node);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Sequence(nodes) })
    }

    fn is_bound(&self) -> bool {
        self.text.get(self.at + 1).is_some_and(|c| c.is_ascii_digit() || *c == ',')
    }

    fn repeat(&mut self) -> Result<(u32, u32), &'static str> {
        if self.eat("*") {
            return Ok((0, u32::MAX));
        }
        self.eat("\\");
        match self.peek() {
            Some('+') => {
                self.at += 1;
                Ok((1, u32::MAX))
            }
            Some('?') => {
                self.at += 1;
                Ok((0, 1))
            }
            _ => {
                self.at += 1;
                let min = self.number().unwrap_or(0);
                let max = if self.eat(",") { self.number().unwrap_or(u32::MAX) } else { min };
                let closed = if self.extended { self.eat("}") } else { self.eat("\\}") };
                if !closed || min > max || (max != u32::MAX && max > 1_000) {
                    return Err("Invalid content of \\{\\}");
                }
                Ok((min, max))
            }
        }
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        let mut n = 0u32;
        while let Some(d) = self.peek().and_then(|c| c.to_digit(10)) {
            n = n.saturating_mul(10).saturating_add(d);
            self.at += 1;
        }
        (self.at > start).then_some(n)
    }

    fn atom(&mut self, first: bool) -> Result<Node, &'static str> {
        let open = if self.extended { "(" } else { "\\(" };
        if self.eat(open) {
            self.groups += 1;
            let number = self.groups;
            let inner = self.choice()?;
            if !self.eat(self.close()) {
                return Err("Unmatched ( or \\(");
            }
            return Ok(Node::Group(number, Box::new(inner)));
        }
        let Some(c) = self.peek() else { return Ok(Node::Empty) };
        self.at += 1;
        Ok(match c {
            '.' => Node::Any,
            '^' if self.extended || first => Node::Start,
            '$' if self.extended
                || self.at == self.text.len()
                || self.looking_at("\\)")
                || self.looking_at("\\|") =>
            {
                Node::End
            }
            '[' => {
                let rest = &self.text[self.at - 1..];
                let Some((_, len)) = bracket(rest, 'a') else { return Err("Unmatched [, [^, [:, [., or [=") };
                let set = escape_brackets(&rest[..len]);
                self.at += len - 1;
                Node::Set(set)
            }
            '\\' => {
                let Some(c) = self.peek() else { return Err("Trailing backslash") };
                self.at += 1;
                match c {
                    '<' => Node::WordStart,
                    '>' => Node::WordEnd,
                    'b' => Node::Boundary(true),
                    'B' => Node::Boundary(false),
                    'w' => Node::Class("word", true),
                    'W' => Node::Class("word", false),
                    's' => Node::Class("space", true),
                    'S' => Node::Class("space", false),
                    'n' => Node::Char('\n'),
                    't' => Node::Char('\t'),
                    '1'..='9' => Node::Back(c as usize - '0' as usize),
                    c => Node::Char(c),
                }
            }
            c => Node::Char(c),
        })
    }
}

/// In a bracket expression of a regular expression a backslash is itself; in a shell pattern it quotes.
fn escape_brackets(set: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(set.len());
    for c in set {
        if *c == '\\' {
            out.push('\\');
        }
        out.push(*c);
    }
    out
}

struct Matcher<'a> {
    text: &'a [char],
    steps: u32,
    fold: bool,
}

/// What to do with an end of a match: `true` stops the search.
type Then<'t> = &'t mut dyn FnMut(usize, &mut Groups) -> bool;

impl Matcher<'_> {
    fn run(&mut self, node: &Node, at: usize, groups: &mut Groups, then: Then<'_>) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return true;
        }
        let one = |hit: bool, groups: &mut Groups, then: Then<'_>| hit && then(at + 1, groups);
        let c = self.text.get(at).copied();
        match node {
            Node::Empty => then(at, groups),
            Node::Char(want) => one(c.is_some_and(|c| self.same(c, *want)), groups, then),
            Node::Any => one(c.is_some(), groups, then),
            Node::Set(set) => {
                let hit = |c: char| bracket(set, c).is_some_and(|(hit, _)| hit);
                let found = c.is_some_and(|c| {
                    hit(c) || (self.fold && (c.to_lowercase().any(hit) || c.to_uppercase().any(hit)))
                });
                one(found, groups, then)
            }
            Node::Class(name, want) => {
                let hit = c.is_some_and(|c| match *name {
                    "word" => c.is_alphanumeric() || c == '_',
                    _ => c.is_whitespace(),
                });
                one(c.is_some() && hit == *want, groups, then)
            }
            Node::Start => at == 0 && then(at, groups),
            Node::End => at == self.text.len() && then(at, groups),
            Node::WordStart => !self.word(at.wrapping_sub(1)) && self.word(at) && then(at, groups),
            Node::WordEnd => self.word(at.wrapping_sub(1)) && !self.word(at) && then(at, groups),
            Node::Boundary(want) => {
                (self.word(at.wrapping_sub(1)) != self.word(at)) == *want && then(at, groups)
            }
            Node::Sequence(nodes) => self.sequence(nodes, at, groups, then),
            Node::Choice(options) => options.iter().any(|o| self.run(o, at, groups, then)),
            Node::Group(n, inner) => {
                let old = groups[*n];
                let n = *n;
                let done = self.run(inner, at, groups, &mut |end, groups| {
                    let before = groups[n];
                    groups[n] = Some((at, end));
                    let done = then(end, groups);
                    if !done {
                        groups[n] = before;
                    }
                    done
                });
                if !done {
                    groups[n] = old;
                }
                done
            }
            Node::Repeat(inner, min, max) => self.repeat(inner, *min, *max, at, groups, then),
            Node::Back(n) => {
                let Some((a, b)) = groups.get(*n).copied().flatten() else { return false };
                let len = b - a;
                let same = at + len <= self.text.len()
                    && (0..len).all(|i| self.same(self.text[a + i], self.text[at + i]));
                same && then(at + len, groups)
            }
        }
    }

    fn sequence(&mut self, nodes: &[Node], at: usize, groups: &mut Groups, then: Then<'_>) -> bool {
        let Some((first, rest)) = nodes.split_first() else { return then(at, groups) };
        // Plain characters are walked without recursion.
        if let Node::Char(want) = first {
            self.steps += 1;
            return self.text.get(at).is_some_and(|c| self.same(*c, *want))
                && self.sequence(rest, at + 1, groups, then);
        }
        let text = self.text;
        let fold = self.fold;
        let mut steps = self.steps;
        let done = {
            let mut inner = Matcher { text, steps, fold };
            let mut outer_steps = 0u32;
            let done = inner.run(first, at, groups, &mut |end, groups| {
                let mut next = Matcher { text, steps: steps.saturating_add(outer_steps), fold };
                let done = next.sequence(rest, end, groups, then);
                outer_steps = next.steps.saturating_sub(steps);
                done
            });
            steps = inner.steps.saturating_add(outer_steps);
            done
        };
        self.steps = steps;
        done
    }

    fn repeat(
        &mut self,
        inner: &Node,
        min: u32,
        max: u32,
        at: usize,
        groups: &mut Groups,
        then: Then<'_>,
    ) -> bool {
        // One character at a time needs no recursion: take as many as there are, then give back.
        if matches!(inner, Node::Char(_) | Node::Any | Node::Set(_) | Node::Class(..)) {
            let mut count = 0u32;
            let mut end = at;
            while count < max {
                let mut hit = false;
                self.run(inner, end, groups, &mut |_, _| {
                    hit = true;
                    true
                });
                if !hit || self.steps > MAX_STEPS {
                    break;
                }
                count += 1;
                end += 1;
            }
            loop {
                if count < min {
                    return false;
                }
                self.steps += 1;
                if then(end, groups) || self.steps > MAX_STEPS {
                    return true;
                }
                if count == 0 {
                    return false;
                }
                count -= 1;
                end -= 1;
            }
        }
        self.repeat_group(inner, min, max, at, groups, then, 0)
    }

    #[allow(clippy::too_many_arguments)]
    fn repeat_group(
        &mut self,
        inner: &Node,
        min: u32,
        max: u32,
        at: usize,
        groups: &mut Groups,
        then: Then<'_>,
        done: u32,
    ) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS || done > 250 {
            return true;
        }
        if done < max {
            let (text, fold, steps) = (self.text, self.fold, self.steps);
            let mut used = steps;
            let hit = self.run(inner, at, groups, &mut |end, groups| {
                if end == at && done >= min {
                    return false;
                }
                let mut next = Matcher { text, steps: used, fold };
                let hit = next.repeat_group(inner, min, max, end, groups, then, done + 1);
                used = next.steps;
                hit
            });
            self.steps = self.steps.max(used);
            if hit {
                return true;
            }
        }
        done >= min && then(at, groups)
    }

    fn same(&self, a: char, b: char) -> bool {
        a == b || (self.fold && a.to_lowercase().eq(b.to_lowercase()))
    }

    fn word(&self, at: usize) -> bool {
        self.text.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_')
    }
}

/// The text of a group.
pub(crate) fn group_text(text: &[char], groups: &Groups, n: usize) -> String {
    groups.get(n).copied().flatten().map_or(String::new(), |(a, b)| text[a..b].iter().collect())
}
