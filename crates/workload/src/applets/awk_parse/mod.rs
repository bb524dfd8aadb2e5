//! awk's syntax, as far as one-liners go: no `getline` and no pipes.

mod tokens;

use super::regex::Regex;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use tokens::Token;
use tokens::tokenize;

#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Number(f64),
    Text(String),
    Regex(Regex),
    Var(String),
    Field(Box<Expr>),
    Index(String, Vec<Expr>),
    Assign(&'static str, Box<Expr>, Box<Expr>),
    Condition(Box<Expr>, Box<Expr>, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Unary(char, Box<Expr>),
    /// `++x`, `x--`: by how much, and whether the old value counts.
    Step(Box<Expr>, f64, bool),
    In(Vec<Expr>, String),
    Call(String, Vec<Expr>),
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Expr(Expr),
    Print { format: bool, args: Vec<Expr>, to: Option<(bool, Expr)> },
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    Do(Box<Statement>, Expr),
    For(Option<Box<Statement>>, Option<Expr>, Option<Box<Statement>>, Box<Statement>),
    ForIn(String, String, Box<Statement>),
    Block(Vec<Statement>),
    Delete(String, Option<Vec<Expr>>),
    Next,
    Return(Option<Expr>),
    Exit(Option<Expr>),
    Break,
    Continue,
}

#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Begin,
    End,
    Always,
    Expr(Expr),
    Range(Expr, Expr),
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub pattern: Pattern,
    pub action: Option<Statement>,
    /// A range pattern is inside its range.
    pub inside: bool,
}

/// A function of the program's own.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its parameters; those that a call does not give are its local variables.
    pub params: Vec<String>,
    pub body: Statement,
}

type Parsed<T> = Result<T, String>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    /// `>` redirects rather than compares, inside a bare print.
    no_greater: bool,
    no_in: bool,
}

/// The rules of a program, and its functions by name.
pub(crate) fn parse(text: &str) -> Parsed<(Vec<Rule>, BTreeMap<String, Function>)> {
    let mut p = Parser { tokens: tokenize(text)?, at: 0, depth: 0, no_greater: false, no_in: false };
    let mut rules = Vec::new();
    let mut functions = BTreeMap::new();
    loop {
        p.skip_ends();
        let Some(token) = p.tokens.get(p.at).cloned() else { return Ok((rules, functions)) };
        let pattern = match &token {
            Token::Name(n) if n == "BEGIN" => {
                p.at += 1;
                Pattern::Begin
            }
            Token::Name(n) if n == "END" => {
                p.at += 1;
                Pattern::End
            }
            Token::Name(n) if n == "function" || n == "func" => {
                p.at += 1;
                let (name, function) = p.function()?;
                functions.insert(name, function);
                continue;
            }
            Token::Op("{") => Pattern::Always,
            _ => {
                let first = p.expr()?;
                if p.eat(",") {
                    p.newlines();
                    Pattern::Range(first, p.expr()?)
                } else {
                    Pattern::Expr(first)
                }
            }
        };
        let action = if p.peek("{") { Some(p.statement()?) } else { None };
        rules.push(Rule { pattern, action, inside: false });
    }
}

impl Parser {
    fn peek(&self, op: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Op(o)) if *o == op)
    }

    fn eat(&mut self, op: &str) -> bool {
        let found = self.peek(op);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Parsed<()> {
        if self.eat(op) { Ok(()) } else { Err("syntax error".to_string()) }
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Name(n) | Token::Func(n)) if n == name)
    }

    /// `name(a, b) { … }`, after the word `function`.
    fn function(&mut self) -> Parsed<(String, Function)> {
        let Some(Token::Name(name) | Token::Func(name)) = self.tokens.get(self.at).cloned() else {
            return Err("syntax error".to_string());
        };
        self.at += 1;
        self.expect("(")?;
        let mut params = Vec::new();
        while let Some(Token::Name(param)) = self.tokens.get(self.at).cloned() {
            params.push(param);
            self.at += 1;
            if !self.eat(",") {
                break;
            }
            self.newlines();
        }
        self.expect(")")?;
        self.newlines();
        if !self.peek("{") {
            return Err("syntax error".to_string());
        }
        Ok((name, Function { params, body: self.statement()? }))
    }

    fn newlines(&mut self) {
        while self.tokens.get(self.at) == Some(&Token::Newline) {
            self.at += 1;
        }
    }

    fn skip_ends(&mut self) {
        while matches!(self.tokens.get(self.at), Some(Token::Newline | Token::Op(";"))) {
            self.at += 1;
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > 200 { Err("nested too deeply".to_string()) } else { Ok(()) }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper()?;
        let statement = self.statement_inner()?;
        self.depth -= 1;
        Ok(statement)
    }

    fn simple_end(&mut self) {
        if matches!(self.tokens.get(self.at), Some(Token::Newline | Token::Op(";"))) {
            self.at += 1;
        }
    }

    fn statement_inner(&mut self) -> Parsed<Statement> {
        self.newlines();
        if self.eat("{") {
            let mut list = Vec::new();
            loop {
                self.skip_ends();
                if self.eat("}") {
                    return Ok(Statement::Block(list));
                }
                if self.at >= self.tokens.len() {
                    return Err("syntax error at end of input".to_string());
                }
                list.push(self.statement()?);
            }
        }
        if self.eat(";") {
            return Ok(Statement::Block(Vec::new()));
        }
        if self.is_name("if") {
            self.at += 1;
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            let yes = self.statement()?;
            let back = self.at;
            self.skip_ends();
            if self.is_name("else") {
                self.at += 1;
                return Ok(Statement::If(condition, Box::new(yes), Some(Box::new(self.statement()?))));
            }
            self.at = back;
            return Ok(Statement::If(condition, Box::new(yes), None));
        }
        if self.is_name("while") {
            self.at += 1;
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            return Ok(Statement::While(condition, Box::new(self.statement()?)));
        }
        if self.is_name("do") {
            self.at += 1;
            let body = self.statement()?;
            self.skip_ends();
            if !self.is_name("while") {
                return Err("syntax error".to_string());
            }
            self.at += 1;
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            return Ok(Statement::Do(Box::new(body), condition));
        }
        if self.is_name("for") {
            return self.for_statement();
        }
        let statement = self.plain()?;
        self.simple_end();
        Ok(statement)
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        self.at += 1;
        self.expect("(")?;
        if let (Some(Token::Name(name)), Some(Token::Name(word)), Some(Token::Name(array))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1), self.tokens.get(self.at + 2))
            && word == "in"
            && self.tokens.get(self.at + 3) == Some(&Token::Op(")"))
        {
            let (name, array) = (name.clone(), array.clone());
            self.at += 4;
            return Ok(Statement::ForIn(name, array, Box::new(self.statement()?)));
        }
        let init = if self.peek(";") { None } else { Some(Box::new(self.plain()?)) };
        self.expect(";")?;
        let condition = if self.peek(";") { None } else { Some(self.expr()?) };
        self.expect(";")?;
        let step = if self.peek(")") { None } else { Some(Box::new(self.plain()?)) };
        self.expect(")")?;
        Ok(Statement::For(init, condition, step, Box::new(self.statement()?)))
    }

    fn plain(&mut self) -> Parsed<Statement> {
        let word = match self.tokens.get(self.at) {
            Some(Token::Name(n) | Token::Func(n)) => n.clone(),
            _ => String::new(),
        };
        match word.as_str() {
            "print" | "printf" => {
                self.at += 1;
                let mut args = Vec::new();
                let ends = |p: &Parser| {
                    p.at >= p.tokens.len()
                        || matches!(
                            p.tokens.get(p.at),
                            Some(Token::Newline | Token::Op(";" | "}" | ">" | ">>" | "|"))
                        )
                };
                self.no_greater = true;
                if !ends(self) {
                    let grouped = self.peek("(") && self.group_is_whole();
                    if grouped {
                        self.at += 1;
                        self.no_greater = false;
                    }
                    loop {
                        args.push(self.expr()?);
                        if !self.eat(",") {
                            break;
                        }
                        self.newlines();
                    }
                    if grouped {
                        self.expect(")")?;
                    }
                }
                self.no_greater = false;
                let append = self.peek(">>");
                let to = if append || self.peek(">") {
                    self.at += 1;
                    Some((append, self.level(4)?))
                } else {
                    None
                };
                Ok(Statement::Print { format: word == "printf", args, to })
            }
            "next" | "nextfile" => {
                self.at += 1;
                Ok(Statement::Next)
            }
            "break" => {
                self.at += 1;
                Ok(Statement::Break)
            }
            "continue" => {
                self.at += 1;
                Ok(Statement::Continue)
            }
            "exit" | "return" => {
                self.at += 1;
                let bare = self.at >= self.tokens.len()
                    || matches!(self.tokens.get(self.at), Some(Token::Newline | Token::Op(";" | "}")));
                let value = if bare { None } else { Some(self.expr()?) };
                Ok(if word == "exit" { Statement::Exit(value) } else { Statement::Return(value) })
            }
            "delete" => {
                self.at += 1;
                let Some(Token::Name(name)) = self.tokens.get(self.at).cloned() else {
                    return Err("syntax error".to_string());
                };
                self.at += 1;
                let index = if self.eat("[") { Some(self.list("]")?) } else { None };
                Ok(Statement::Delete(name, index))
            }
            _ => self.expr().map(Statement::Expr),
        }
    }

    /// Whether the parenthesis here closes right before the end of the statement.
    fn group_is_whole(&self) -> bool {
        let mut depth = 0;
        for (i, token) in self.tokens[self.at..].iter().enumerate() {
            match token {
                Token::Op("(") => depth += 1,
                Token::Op(")") => {
                    depth -= 1;
                    if depth == 0 {
                        return matches!(
                            self.tokens.get(self.at + i + 1),
                            None | Some(Token::Newline | Token::Op(";" | "}" | ">" | ">>" | "|"))
                        );
                    }
                }
                _ => {}
            }
        }
        false
    }

    fn list(&mut self, end: &str) -> Parsed<Vec<Expr>> {
        let (greater, no_in) = (core::mem::take(&mut self.no_greater), core::mem::take(&mut self.no_in));
        let mut out = Vec::new();
        while !self.eat(end) {
            out.push(self.expr()?);
            self.newlines();
            if !self.eat(",") && !self.peek(end) {
                return Err("syntax error".to_string());
            }
            self.newlines();
        }
        (self.no_greater, self.no_in) = (greater, no_in);
        Ok(out)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let left = self.level(0)?;
        let mut out = left;
        if self.eat("?") {
            let yes = self.expr()?;
            self.expect(":")?;
            out = Expr::Condition(Box::new(out), Box::new(yes), Box::new(self.expr()?));
        } else if matches!(out, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            let op = ["=", "+=", "-=", "*=", "/=", "%=", "^="].into_iter().find(|op| self.peek(op));
            if let Some(op) = op {
                self.at += 1;
                self.newlines();
                out = Expr::Assign(op, Box::new(out), Box::new(self.expr()?));
            }
        }
        self.depth -= 1;
        Ok(out)
    }

    /// Binary operators by precedence: `||`, `&&`, `in`, match, comparison, concatenation, sum, product.
    fn level(&mut self, level: u8) -> Parsed<Expr> {
        match level {
            0 | 1 => {
                let op = if level == 0 { "||" } else { "&&" };
                let mut left = self.level(level + 1)?;
                while self.eat(op) {
                    self.newlines();
                    left = Expr::Binary(op, Box::new(left), Box::new(self.level(level + 1)?));
                }
                Ok(left)
            }
            2 => {
                let mut left = self.level(3)?;
                loop {
                    if !self.no_in && self.is_name("in") {
                        self.at += 1;
                        let Some(Token::Name(array)) = self.tokens.get(self.at).cloned() else {
                            return Err("syntax error".to_string());
                        };
                        self.at += 1;
                        left = Expr::In(vec![left], array);
                    } else if let Some(op) = ["~", "!~"].into_iter().find(|op| self.peek(op)) {
                        self.at += 1;
                        left = Expr::Binary(op, Box::new(left), Box::new(self.level(3)?));
                    } else {
                        return Ok(left);
                    }
                }
            }
            3 => {
                let left = self.level(4)?;
                let op = ["==", "!=", "<=", ">=", "<", ">"]
                    .into_iter()
                    .find(|op| self.peek(op) && !(*op == ">" && self.no_greater));
                match op {
                    Some(op) => {
                        self.at += 1;
                        Ok(Expr::Binary(op, Box::new(left), Box::new(self.level(4)?)))
                    }
                    None => Ok(left),
                }
            }
            4 => {
                let mut left = self.level(5)?;
                while self.value_follows() {
                    left = Expr::Binary(" ", Box::new(left), Box::new(self.level(5)?));
                }
                Ok(left)
            }
            5 | 6 => {
                let ops: &[&'static str] = if level == 5 { &["+", "-"] } else { &["*", "/", "%"] };
                let mut left = if level == 5 { self.level(6)? } else { self.unary()? };
                while let Some(op) = ops.iter().find(|op| self.peek(op)) {
                    self.at += 1;
                    let right = if level == 5 { self.level(6)? } else { self.unary()? };
                    left = Expr::Binary(op, Box::new(left), Box::new(right));
                }
                Ok(left)
            }
            _ => self.unary(),
        }
    }

    fn value_follows(&self) -> bool {
        match self.tokens.get(self.at) {
            Some(Token::Number(_) | Token::Text(_) | Token::Func(_)) => true,
            Some(Token::Name(n)) => n != "in",
            Some(Token::Op(op)) => ["(", "$", "!", "-", "++", "--"].contains(op) && *op != "-" && *op != "!",
            _ => false,
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let out = if self.eat("!") {
            Expr::Unary('!', Box::new(self.unary()?))
        } else if self.eat("-") {
            Expr::Unary('-', Box::new(self.unary()?))
        } else if self.eat("+") {
            Expr::Unary('+', Box::new(self.unary()?))
        } else {
            let base = self.postfix()?;
            if self.eat("^") || self.eat("**") {
                Expr::Binary("^", Box::new(base), Box::new(self.unary()?))
            } else {
                base
            }
        };
        self.depth -= 1;
        Ok(out)
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        for (op, by) in [("++", 1.0), ("--", -1.0)] {
            if self.eat(op) {
                return Ok(Expr::Step(Box::new(self.primary()?), by, false));
            }
        }
        let base = self.primary()?;
        if matches!(base, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            for (op, by) in [("++", 1.0), ("--", -1.0)] {
                if self.eat(op) {
                    return Ok(Expr::Step(Box::new(base), by, true));
                }
            }
        }
        Ok(base)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err("syntax error at end of input".to_string());
        };
        self.at += 1;
        Ok(match token {
            Token::Number(n) => Expr::Number(n),
            Token::Text(t) => Expr::Text(t),
            Token::Regex(r) => Expr::Regex(Regex::new(&r, true, false)?),
            Token::Op("$") => Expr::Field(Box::new(self.field_operand()?)),
            Token::Op("(") => {
                let mut inner = self.list(")")?;
                if self.is_name("in") {
                    self.at += 1;
                    let Some(Token::Name(array)) = self.tokens.get(self.at).cloned() else {
                        return Err("syntax error".to_string());
                    };
                    self.at += 1;
                    return Ok(Expr::In(inner, array));
                }
                if inner.len() != 1 {
                    return Err("syntax error".to_string());
                }
                // Grouping: `+` keeps the value as it is and hides that it was a place.
                Expr::Unary('(', Box::new(inner.remove(0)))
            }
            Token::Func(name) => {
                self.at += 1;
                Expr::Call(name, self.list(")")?)
            }
            Token::Name(name) if name == "getline" => return Err("getline is not known here".to_string()),
            Token::Name(name) => {
                if self.eat("[") {
                    return Ok(Expr::Index(name, self.list("]")?));
                }
                if name == "length" { Expr::Call(name, Vec::new()) } else { Expr::Var(name) }
            }
            _ => return Err("syntax error".to_string()),
        })
    }

    fn field_operand(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let out = if self.eat("-") {
            Expr::Unary('-', Box::new(self.field_operand()?))
        } else if self.eat("++") {
            Expr::Step(Box::new(self.primary()?), 1.0, false)
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(out)
    }
}
