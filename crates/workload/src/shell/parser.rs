//! From text to trees, one line of commands at a time, as a shell reads its script.

use super::Dialect;
use super::ast::*;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// How deep commands may nest; a real shell would run out of stack somewhere beyond.
const MAX_DEPTH: u32 = 120;

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// In the shell's own words, without its name.
    pub message: String,
    pub line: u32,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads commands from a text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    pub at: usize,
    pub line: u32,
    dialect: Dialect,
    depth: u32,
    /// Here-documents whose text begins after the next newline.
    heres: Vec<PendingHere>,
    /// Their texts, in order.
    here_texts: Vec<Word>,
    in_backquote: bool,
    /// What the shell says of a text that it takes all the same.
    pub warnings: Vec<String>,
}

struct PendingHere {
    end: String,
    quoted: bool,
    strip: bool,
}

const RESERVED: [&str; 16] = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while",
];

impl<'a> Parser<'a> {
    pub fn new(text: &'a str, at: usize, line: u32, dialect: Dialect) -> Self {
        Parser {
            text,
            at,
            line,
            dialect,
            depth: 0,
            heres: Vec::new(),
            here_texts: Vec::new(),
            in_backquote: false,
            warnings: Vec::new(),
        }
    }

    /// The next line's commands; `None` at the end of the text.
    pub fn next_commands(&mut self) -> Parsed<Option<Block>> {
        loop {
            self.blanks();
            match self.peek() {
                None => return Ok(None),
                Some('\n') => self.newline()?,
                _ => break,
            }
        }
        let items = self.list(true)?;
        self.blanks();
        match self.peek() {
            None => self.finish_heres()?,
            Some('\n') => self.newline()?,
            Some(_) => return Err(self.unexpected()),
        }
        Ok(Some(self.seal(items)))
    }

    /// All commands of a text.
    pub fn all(&mut self) -> Parsed<Block> {
        let mut items = Vec::new();
        while let Some(block) = self.next_commands()? {
            items.extend(block.iter().cloned());
        }
        Ok(Arc::new(items))
    }

    // ---- characters ----

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn eat(&mut self, s: &str) -> bool {
        let found = self.rest().starts_with(s);
        if found {
            self.at += s.len();
        }
        found
    }

    /// Skip spaces, comments and joined lines.
    fn blanks(&mut self) {
        loop {
            if self.eat(" ") || self.eat("\t") {
                continue;
            }
            if self.rest().starts_with("\\\n") {
                self.at += 2;
                self.line += 1;
                continue;
            }
            if self.peek() == Some('#') {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            return;
        }
    }

    fn newline(&mut self) -> Parsed<()> {
        self.bump();
        self.finish_heres()
    }

    /// Skip newlines and blanks.
    fn linebreak(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        Ok(())
    }

    // ---- errors ----

    fn error(&self, what: &str) -> SyntaxError {
        SyntaxError { message: format!("syntax error: {what}"), line: self.line }
    }

    /// The token that comes next, as an error shows it.
    fn token(&self) -> String {
        let rest = self.rest();
        for op in
            ["&&", "||", ";;", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">"]
        {
            if rest.starts_with(op) {
                return op.to_string();
            }
        }
        let end = rest.find(|c: char| " \t\n;&|()<>".contains(c)).unwrap_or(rest.len());
        rest[..end].to_string()
    }

    fn unexpected(&self) -> SyntaxError {
        self.unexpected_for(None)
    }

    fn unexpected_for(&self, expected: Option<&str>) -> SyntaxError {
        let expecting = expected.map(|e| format!(" (expecting \"{e}\")")).unwrap_or_default();
        let bash = self.dialect == Dialect::Bash;
        let what = match self.peek() {
            None if bash => "unexpected end of file".to_string(),
            None if self.dialect == Dialect::Dash => format!("end of file unexpected{expecting}"),
            None => format!("unexpected end of file{expecting}"),
            Some('\n') if bash => "near unexpected token `newline'".to_string(),
            Some('\n') if self.dialect == Dialect::Dash => format!("newline unexpected{expecting}"),
            Some('\n') => format!("unexpected newline{expecting}"),
            _ => {
                let token = self.token();
                let quiet_word = !RESERVED.contains(&token.as_str())
                    && token.starts_with(|c: char| !"&|;()<>".contains(c));
                match self.dialect {
                    Dialect::Bash => format!("near unexpected token `{token}'"),
                    Dialect::Dash if quiet_word => format!("word unexpected{expecting}"),
                    Dialect::Dash => format!("\"{token}\" unexpected{expecting}"),
                    Dialect::Ash if quiet_word => format!("unexpected word{expecting}"),
                    Dialect::Ash => format!("unexpected \"{token}\"{expecting}"),
                }
            }
        };
        self.error(&what)
    }

    fn unterminated(&self, what: &str, bash: char) -> SyntaxError {
        if self.dialect == Dialect::Bash {
            let message = format!("unexpected EOF while looking for matching `{bash}'");
            return SyntaxError { message, line: self.line };
        }
        self.error(&format!("unterminated {what}").replace("unterminated EOF", "EOF"))
    }

    // ---- lists ----

    /// Commands up to something that cannot start one. A line of a script ends at its newline (`one_line`), and
    /// the inside of a compound command goes on over newlines.
    fn list(&mut self, one_line: bool) -> Parsed<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            if !one_line {
                self.linebreak()?;
            }
            self.blanks();
            let (start, line) = (self.at, self.line);
            let Some(chain) = self.and_or()? else { break };
            self.blanks();
            let background = self.peek() == Some('&') && self.peek_second() != Some('&');
            let text =
                if background { self.text[start..self.at].trim_end().to_string() } else { String::new() };
            items.push(Item { chain: Arc::new(chain), background, text, line });
            let ends_arm = match self.peek_second() {
                Some(';') => true,
                Some('&') => self.dialect == Dialect::Bash,
                _ => false,
            };
            if background || (self.peek() == Some(';') && !ends_arm) {
                self.bump();
            } else if one_line || self.peek() != Some('\n') {
                break;
            }
        }
        Ok(items)
    }

    /// The list inside a compound command; at least one command, as all shells want.
    fn body(&mut self, end: &str) -> Parsed<Block> {
        self.deeper()?;
        let items = self.list(false)?;
        if items.is_empty() {
            return Err(self.unexpected_for(self.peek().is_none().then_some(end)));
        }
        self.depth -= 1;
        Ok(Arc::new(items))
    }

    fn and_or(&mut self) -> Parsed<Option<AndOr>> {
        let Some(first) = self.pipeline()? else { return Ok(None) };
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let and = self.eat("&&");
            if !and && !self.eat("||") {
                break;
            }
            self.linebreak()?;
            let next = self.pipeline()?.ok_or_else(|| self.unexpected())?;
            rest.push((and, Arc::new(next)));
        }
        Ok(Some(AndOr { first: Arc::new(first), rest }))
    }

    fn pipeline(&mut self) -> Parsed<Option<Pipeline>> {
        self.blanks();
        let mut negate = false;
        let mut timed = false;
        let start = self.at;
        loop {
            if self.word_is("!") {
                self.at += 1;
                negate = !negate;
                self.blanks();
            } else if self.dialect != Dialect::Dash && self.word_is("time") {
                self.at += 4;
                self.blanks();
                if self.word_is("-p") {
                    self.at += 2;
                    self.blanks();
                }
                timed = true;
            } else {
                break;
            }
        }
        let Some(first) = self.command()? else {
            if self.at != start && !timed {
                return Err(self.unexpected());
            }
            let nothing = Arc::new(Command::Simple(Simple::default()));
            return Ok(timed.then(|| Pipeline { negate, timed, commands: vec![nothing] }));
        };
        let mut commands = vec![Arc::new(first)];
        loop {
            self.blanks();
            if self.peek() != Some('|') || self.peek_second() == Some('|') {
                break;
            }
            self.bump();
            if self.dialect == Dialect::Bash && self.eat("&") {
                let both = Redirect {
                    fd: Some(2),
                    op: RedirectOp::DupWrite,
                    target: vec![Part::Literal("1".to_string())],
                };
                if let Some(last) = commands.last_mut() {
                    add_redirect(Arc::make_mut(last), both);
                }
            }
            self.linebreak()?;
            let next = self.command()?.ok_or_else(|| self.unexpected())?;
            commands.push(Arc::new(next));
        }
        Ok(Some(Pipeline { negate, timed, commands }))
    }

    // ---- commands ----

    /// Whether the next word is exactly this, unquoted.
    fn word_is(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|rest| match rest.chars().next() {
            None => true,
            Some(c) => " \t\n;&|()<>".contains(c),
        })
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        self.linebreak()?;
        if !self.word_is(word) {
            return Err(self.unexpected_for(Some(word)));
        }
        self.at += word.len();
        Ok(())
    }

    fn command(&mut self) -> Parsed<Option<Command>> {
        self.blanks();
        self.deeper()?;
        let command = self.command_inner()?;
        self.depth -= 1;
        let Some(command) = command else { return Ok(None) };
        Ok(Some(command))
    }

    fn command_inner(&mut self) -> Parsed<Option<Command>> {
        let compound = match self.peek() {
            None => return Ok(None),
            Some('(') => {
                if self.rest().starts_with("((") && self.dialect == Dialect::Bash {
                    let start = (self.at, self.line);
                    if let Some(word) = self.double_paren()? {
                        return self.with_redirects(Compound::Arith(word)).map(Some);
                    }
                    (self.at, self.line) = start;
                }
                self.bump();
                let body = self.body(")")?;
                self.linebreak()?;
                if !self.eat(")") {
                    return Err(self.unexpected_for(Some(")")));
                }
                Compound::Subshell(body)
            }
            Some('{') if self.word_is("{") => {
                self.bump();
                let body = self.body("}")?;
                self.expect("}")?;
                Compound::Brace(body)
            }
            Some(_) if self.word_is("if") => self.if_command()?,
            Some(_) if self.word_is("while") || self.word_is("until") => {
                let until = self.word_is("until");
                self.at += 5;
                let condition = self.body("do")?;
                let body = self.do_group()?;
                Compound::While { until, condition, body }
            }
            Some(_) if self.word_is("for") => self.for_command()?,
            Some(_) if self.word_is("case") => self.case_command()?,
            Some(_) if self.word_is("[[") && self.dialect == Dialect::Bash => {
                self.at += 2;
                let cond = self.cond_or()?;
                self.linebreak()?;
                if !self.word_is("]]") {
                    return Err(self.unexpected());
                }
                self.at += 2;
                Compound::Cond(cond)
            }
            Some(_) if self.word_is("function") && self.dialect != Dialect::Dash => {
                self.at += 8;
                self.blanks();
                let name = self.name_word();
                self.blanks();
                if self.eat("(") {
                    self.blanks();
                    self.eat(")");
                }
                self.linebreak()?;
                let body = self.command()?.ok_or_else(|| self.unexpected())?;
                return Ok(Some(Command::Function(name, Arc::new(body))));
            }
            Some(_) if RESERVED.iter().any(|w| *w != "in" && self.word_is(w)) => return Ok(None),
            Some(_) => return self.simple(),
        };
        self.with_redirects(compound).map(Some)
    }

    fn with_redirects(&mut self, compound: Compound) -> Parsed<Command> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(r) => redirects.push(r),
                None => return Ok(Command::Compound(compound, redirects)),
            }
        }
    }

    fn if_command(&mut self) -> Parsed<Compound> {
        self.at += 2;
        let mut arms = Vec::new();
        loop {
            let condition = self.body("then")?;
            self.expect("then")?;
            let body = self.body("fi")?;
            arms.push((Some(condition), body));
            self.linebreak()?;
            if self.word_is("elif") {
                self.at += 4;
                continue;
            }
            if self.word_is("else") {
                self.at += 4;
                arms.push((None, self.body("fi")?));
            }
            self.expect("fi")?;
            return Ok(Compound::If(arms));
        }
    }

    fn do_group(&mut self) -> Parsed<Block> {
        self.expect("do")?;
        let body = self.body("done")?;
        self.expect("done")?;
        Ok(body)
    }

    fn for_command(&mut self) -> Parsed<Compound> {
        self.at += 3;
        self.blanks();
        if self.rest().starts_with("((") && self.dialect == Dialect::Bash {
            return self.for_arith();
        }
        let name = self.name_word();
        if !is_name(&name) {
            return Err(if self.dialect == Dialect::Bash {
                SyntaxError { message: format!("`{name}': not a valid identifier"), line: self.line }
            } else {
                self.error("bad for loop variable").prefixed(self.dialect)
            });
        }
        self.linebreak()?;
        let mut words = None;
        if self.word_is("in") {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.blanks();
        if !self.eat(";") && self.peek() != Some('\n') && words.is_some() {
            return Err(self.unexpected_for(self.peek().is_none().then_some("do")));
        }
        self.linebreak()?;
        let body = if self.dialect == Dialect::Bash && self.word_is("{") {
            self.at += 1;
            let body = self.body("}")?;
            self.expect("}")?;
            body
        } else {
            self.do_group()?
        };
        Ok(Compound::For { name, words, body })
    }

    fn for_arith(&mut self) -> Parsed<Compound> {
        let line = self.line;
        let Some(raw) = self.double_paren_text()? else { return Err(self.unexpected()) };
        let parts: Vec<&str> = raw.splitn(3, ';').collect();
        let [init, condition, step] = parts[..] else { return Err(self.unexpected()) };
        let word = |text: &str| arith_word(text, line, self.dialect, self.depth);
        let (init, condition, step) = (word(init)?, word(condition)?, word(step)?);
        self.blanks();
        self.eat(";");
        self.linebreak()?;
        let body = self.do_group()?;
        Ok(Compound::ForArith { init, condition, step, body })
    }

    fn case_command(&mut self) -> Parsed<Compound> {
        self.at += 4;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.linebreak()?;
            if self.word_is("esac") {
                self.at += 4;
                return Ok(Compound::Case { word, arms });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected_for(None))?);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return Err(self.unexpected_for(Some(")")));
            }
            self.deeper()?;
            let body = Arc::new(self.list(false)?);
            self.depth -= 1;
            self.linebreak()?;
            let bash = self.dialect == Dialect::Bash;
            let end = if bash && self.eat(";;&") {
                ArmEnd::TestNext
            } else if self.eat(";;") {
                ArmEnd::Done
            } else if bash && self.eat(";&") {
                ArmEnd::FallThrough
            } else if self.word_is("esac") {
                ArmEnd::Done
            } else {
                return Err(self.unexpected_for(Some(";;")));
            };
            arms.push(Arm { patterns, body, end });
        }
    }

    fn simple(&mut self) -> Parsed<Option<Command>> {
        let mut simple = Simple { line: self.line, ..Simple::default() };
        loop {
            self.blanks();
            if let Some(r) = self.redirect()? {
                simple.redirects.push(r);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assign) = self.assignment()?
            {
                simple.assigns.push(assign);
                continue;
            }
            // `export a=(1 2)`, `declare -A m=(…)`: an array after a declaring word.
            if self.dialect == Dialect::Bash
                && simple.words.first().is_some_and(|w| {
                    matches!(&w[..], [Part::Literal(s)] if ["declare", "local", "export", "readonly", "typeset"].contains(&s.as_str()))
                })
                && let Some(assign) = self.array_assignment()?
            {
                simple.words.push(vec![Part::Literal(assign.name.clone())]);
                simple.assigns.push(assign);
                continue;
            }
            // Busybox' `[[` is a command in whose words `&&` and `||` stand for themselves.
            if self.dialect == Dialect::Ash && in_brackets(&simple.words) {
                let joint = ["&&", "||"].into_iter().find(|op| self.eat(op));
                if let Some(op) = joint {
                    simple.words.push(vec![Part::Quoted(op.to_string())]);
                    continue;
                }
            }
            let Some(word) = self.word()? else { break };
            let alone = simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty();
            simple.words.push(word);
            if alone && self.function_follows() {
                let Some(name) = plain(&simple.words[0]) else { return Err(self.unexpected()) };
                if self.dialect != Dialect::Bash && !is_name(&name) {
                    return Err(self.error("bad function name").prefixed(self.dialect));
                }
                self.linebreak()?;
                let body = self.command()?.ok_or_else(|| self.unexpected())?;
                return Ok(Some(Command::Function(name, Arc::new(body))));
            }
        }
        if simple.words.is_empty() && simple.assigns.is_empty() && simple.redirects.is_empty() {
            return Ok(None);
        }
        if self.peek() == Some('(') {
            return Err(self.unexpected());
        }
        Ok(Some(Command::Simple(simple)))
    }

    /// Eat `( )` after a function's name.
    fn function_follows(&mut self) -> bool {
        let start = (self.at, self.line);
        self.blanks();
        if self.eat("(") {
            self.blanks();
            if self.eat(")") {
                return true;
            }
        }
        (self.at, self.line) = start;
        false
    }

    fn name_word(&mut self) -> String {
        let end = self.rest().find(|c: char| " \t\n;&|()<>".contains(c)).unwrap_or(self.rest().len());
        let name = self.rest()[..end].to_string();
        self.at += end;
        name
    }

    fn assignment(&mut self) -> Parsed<Option<Assign>> {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
        let name = &rest[..len];
        if !is_name(name) {
            return Ok(None);
        }
        let start = (self.at, self.line);
        let name = name.to_string();
        self.at += len;
        let bash = self.dialect == Dialect::Bash;
        let mut index = None;
        if bash && self.peek() == Some('[') {
            let Some(text) = self.subscript_text() else {
                (self.at, self.line) = start;
                return Ok(None);
            };
            index = Some(arith_word(&text, self.line, self.dialect, self.depth)?);
        }
        let append = bash && self.eat("+=");
        if !append && !self.eat("=") {
            (self.at, self.line) = start;
            return Ok(None);
        }
        if self.peek() == Some('(') {
            if !bash {
                return Err(self.unexpected());
            }
            let value = self.array_value()?;
            return Ok(Some(Assign { name, index, append, value }));
        }
        let mut value = self.word()?.unwrap_or_default();
        tilde_after_colons(&mut value);
        Ok(Some(Assign { name, index, append, value: Value::Word(value) }))
    }

    fn array_assignment(&mut self) -> Parsed<Option<Assign>> {
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
        if is_name(&rest[..len]) && rest[len..].starts_with("=(") {
            return self.assignment();
        }
        Ok(None)
    }

    fn array_value(&mut self) -> Parsed<Value> {
        self.bump();
        let mut elements = Vec::new();
        loop {
            self.linebreak()?;
            if self.eat(")") {
                return Ok(Value::Array(elements));
            }
            let mut index = None;
            if self.peek() == Some('[') {
                let start = (self.at, self.line);
                match self.subscript_text() {
                    Some(text) if self.eat("=") => {
                        index = Some(arith_word(&text, self.line, self.dialect, self.depth)?);
                    }
                    _ => (self.at, self.line) = start,
                }
            }
            let word = match self.word()? {
                Some(word) => word,
                None if index.is_some() => Vec::new(),
                None => return Err(self.unexpected_for(Some(")"))),
            };
            elements.push((index, word));
        }
    }

    /// The text between `[` and its `]`.
    fn subscript_text(&mut self) -> Option<String> {
        let mut depth = 0;
        for (i, c) in self.rest().char_indices() {
            match c {
                '[' => depth += 1,
                ']' => {
                    depth -= 1;
                    if depth == 0 {
                        let text = self.rest()[1..i].to_string();
                        self.at += i + 1;
                        return Some(text);
                    }
                }
                '\n' => return None,
                _ => {}
            }
        }
        None
    }

    // ---- redirections ----

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.at;
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let fd = self.rest()[..digits].parse().ok();
        self.at += digits;
        let extended = self.dialect != Dialect::Dash;
        if extended && digits == 0 && self.rest().starts_with("&>") {
            self.at += 2;
            let op = if self.eat(">") { RedirectOp::BothAppend } else { RedirectOp::Both };
            return self.redirect_target(fd, op).map(Some);
        }
        let op = match self.peek() {
            Some('<') if self.rest().starts_with("<(") && digits == 0 && extended => None,
            Some('>') if self.rest().starts_with(">(") && digits == 0 && extended => None,
            Some('<' | '>') => {
                let ops = [
                    ("<<<", RedirectOp::HereString),
                    ("<<", RedirectOp::Here),
                    ("<&", RedirectOp::DupRead),
                    ("<>", RedirectOp::ReadWrite),
                    ("<", RedirectOp::Read),
                    (">>", RedirectOp::Append),
                    (">&", RedirectOp::DupWrite),
                    (">|", RedirectOp::Clobber),
                    (">", RedirectOp::Write),
                ];
                let bash = self.dialect == Dialect::Bash;
                ops.into_iter()
                    .find(|(text, op)| (bash || *op != RedirectOp::HereString) && self.eat(text))
                    .map(|(_, op)| op)
            }
            _ => None,
        };
        let Some(op) = op else {
            self.at = start;
            return Ok(None);
        };
        self.redirect_target(fd, op).map(Some)
    }

    fn redirect_target(&mut self, fd: Option<u32>, op: RedirectOp) -> Parsed<Redirect> {
        let strip = op == RedirectOp::Here && self.eat("-");
        self.blanks();
        let from = self.at;
        let target = self.word()?.ok_or_else(|| self.unexpected())?;
        if op != RedirectOp::Here {
            return Ok(Redirect { fd, op, target });
        }
        let raw = &self.text[from..self.at];
        let quoted = raw.contains(['\'', '"', '\\']);
        let end = if quoted { unquote(raw) } else { raw.to_string() };
        self.heres.push(PendingHere { end, quoted, strip });
        // Which text it is; the text itself comes after the newline.
        let number = self.here_texts.len() + self.heres.len() - 1;
        Ok(Redirect { fd, op, target: vec![Part::Tilde(format!("\0{number}"))] })
    }

    /// Read the texts of the here-documents that the line announced.
    fn finish_heres(&mut self) -> Parsed<()> {
        for here in core::mem::take(&mut self.heres) {
            let mut text = String::new();
            let first_line = self.line;
            loop {
                if self.at >= self.text.len() {
                    if self.dialect == Dialect::Bash {
                        // bash ends the last line for its writer, and says so.
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push('\n');
                        }
                        let from = first_line.saturating_sub(1);
                        let end = &here.end;
                        self.warnings.push(format!(
                            "warning: here-document at line {from} delimited by end-of-file (wanted `{end}')"
                        ));
                    }
                    break;
                }
                let rest = self.rest();
                let (line, len) = match rest.find('\n') {
                    Some(i) => (&rest[..i], i + 1),
                    None => (rest, rest.len()),
                };
                let line = if here.strip { line.trim_start_matches('\t') } else { line };
                self.at += len;
                self.line += 1;
                if line == here.end {
                    break;
                }
                text.push_str(line);
                if len > line.len() || here.strip {
                    text.push('\n');
                }
            }
            let word = if here.quoted {
                vec![Part::Quoted(text)]
            } else {
                let mut parser = Parser::new(&text, 0, first_line, self.dialect);
                parser.depth = self.depth;
                let parts = parser.quoted_parts(Quote::Here)?;
                vec![Part::Double(parts)]
            };
            self.here_texts.push(word);
        }
        Ok(())
    }

    /// Put the here-documents' texts where they belong.
    fn seal(&mut self, mut items: Vec<Item>) -> Block {
        let texts = core::mem::take(&mut self.here_texts);
        if !texts.is_empty() {
            for item in &mut items {
                seal_chain(Arc::make_mut(&mut item.chain), &texts);
            }
        }
        Arc::new(items)
    }

    // ---- words ----

    /// A word; `None` when something else comes.
    pub fn word(&mut self) -> Parsed<Option<Word>> {
        let mut parts: Word = Vec::new();
        let mut literal = String::new();
        let start = self.at;
        while let Some(c) = self.peek() {
            let extended = self.dialect != Dialect::Dash;
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | ')' => break,
                '`' if self.in_backquote => break,
                '<' | '>' if extended && self.peek_second() == Some('(') => {
                    flush(&mut parts, &mut literal);
                    let read = c == '<';
                    self.at += 2;
                    let body = self.command_text(')')?;
                    parts.push(Part::Process { read, body });
                }
                '<' | '>' => break,
                '(' => {
                    // `@(a|b)` and the like, only where bash reads a pattern.
                    if self.dialect == Dialect::Bash && literal.ends_with(['@', '?', '*', '+', '!']) {
                        let Some(end) = closing(self.rest()) else { break };
                        literal.push_str(&self.rest()[..=end]);
                        self.at += end + 1;
                        continue;
                    }
                    break;
                }
                '\\' => {
                    self.bump();
                    match self.bump() {
                        None => literal.push('\\'),
                        Some('\n') => {}
                        Some(c) => {
                            flush(&mut parts, &mut literal);
                            parts.push(Part::Quoted(c.to_string()));
                        }
                    }
                }
                '\'' => {
                    flush(&mut parts, &mut literal);
                    parts.push(Part::Quoted(self.single_quoted()?));
                }
                '"' => {
                    flush(&mut parts, &mut literal);
                    self.bump();
                    let inner = self.quoted_parts(Quote::Double)?;
                    parts.push(Part::Double(inner));
                }
                '$' | '`' => {
                    if let Some(part) = self.dollar(false)? {
                        flush(&mut parts, &mut literal);
                        parts.push(part);
                    } else {
                        literal.push('$');
                    }
                }
                '~' if self.at == start => {
                    self.bump();
                    let rest = self.rest();
                    let end = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.+".contains(c)))
                        .unwrap_or(rest.len());
                    let ends_well =
                        rest[end..].starts_with(|c: char| " \t\n;&|()<>/:".contains(c)) || end == rest.len();
                    if ends_well {
                        parts.push(Part::Tilde(rest[..end].to_string()));
                        self.at += end;
                    } else {
                        literal.push('~');
                    }
                }
                _ => {
                    self.bump();
                    literal.push(c);
                }
            }
        }
        if self.at == start {
            return Ok(None);
        }
        flush(&mut parts, &mut literal);
        Ok(Some(parts))
    }

    fn single_quoted(&mut self) -> Parsed<String> {
        self.bump();
        let mut out = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("quoted string", '\'')),
                Some('\'') => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    /// The inside of double quotes, a here-document, or the word of `${…}` within quotes.
    fn quoted_parts(&mut self, quote: Quote) -> Parsed<Word> {
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                if quote == Quote::Here {
                    break;
                }
                return Err(match quote {
                    Quote::Brace => self.unterminated_brace(),
                    _ => self.unterminated("quoted string", '"'),
                });
            };
            match c {
                '"' if quote == Quote::Double => {
                    self.bump();
                    break;
                }
                '}' if quote == Quote::Brace => break,
                '"' if quote == Quote::Brace => {
                    if !text.is_empty() {
                        parts.push(Part::Quoted(core::mem::take(&mut text)));
                    }
                    self.bump();
                    parts.extend(self.quoted_parts(Quote::Double)?);
                }
                '\\' => {
                    self.bump();
                    match self.peek() {
                        Some('\n') => {
                            self.bump();
                        }
                        Some(c @ ('$' | '`' | '\\')) => {
                            self.bump();
                            text.push(c);
                        }
                        Some('"') if quote != Quote::Here => {
                            self.bump();
                            text.push('"');
                        }
                        Some('}') if quote == Quote::Brace => {
                            self.bump();
                            text.push('}');
                        }
                        _ => text.push('\\'),
                    }
                }
                '$' | '`' => {
                    if let Some(part) = self.dollar(true)? {
                        if !text.is_empty() {
                            parts.push(Part::Quoted(core::mem::take(&mut text)));
                        }
                        parts.push(part);
                    } else {
                        text.push('$');
                    }
                }
                _ => {
                    self.bump();
                    text.push(c);
                }
            }
        }
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Quoted(text));
        }
        Ok(parts)
    }

    fn unterminated_brace(&self) -> SyntaxError {
        match self.dialect {
            Dialect::Bash => self.unterminated("", '}'),
            Dialect::Dash => self.error("Missing '}'"),
            Dialect::Ash => self.error("missing '}'"),
        }
    }

    /// What a `$` or a backquote begins; `None` for a `$` that stands for itself (it is eaten).
    fn dollar(&mut self, quoted: bool) -> Parsed<Option<Part>> {
        if self.peek() == Some('`') {
            return self.backquoted(quoted).map(Some);
        }
        self.bump();
        let name = |name: String| {
            Ok(Some(Part::Parameter(Box::new(Parameter { name, index: None, op: Op::Plain }))))
        };
        match self.peek() {
            Some('(') if self.rest().starts_with("((") => {
                let start = (self.at, self.line);
                if let Some(word) = self.double_paren()? {
                    return Ok(Some(Part::Arith(word)));
                }
                // Only bash thinks again, and takes it for a subshell.
                if self.dialect != Dialect::Bash {
                    let missing = if self.dialect == Dialect::Dash { "Missing" } else { "missing" };
                    return Err(self.error(&format!("{missing} '))'")));
                }
                (self.at, self.line) = start;
                self.bump();
                Ok(Some(Part::Command(self.command_text(')')?)))
            }
            Some('(') => {
                self.bump();
                Ok(Some(Part::Command(self.command_text(')')?)))
            }
            Some('{') => {
                self.bump();
                self.braced(quoted).map(Some)
            }
            Some('[') if self.dialect == Dialect::Bash => {
                let Some(text) = self.subscript_text() else { return Ok(None) };
                arith_word(&text, self.line, self.dialect, self.depth).map(|w| Some(Part::Arith(w)))
            }
            Some('\'') if !quoted && self.dialect != Dialect::Dash => {
                self.bump();
                self.ansi_quoted().map(|text| Some(Part::Quoted(text)))
            }
            Some('"') if !quoted && self.dialect == Dialect::Bash => {
                self.bump();
                self.quoted_parts(Quote::Double).map(|parts| Some(Part::Double(parts)))
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let rest = self.rest();
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.at += end;
                name(rest[..end].to_string())
            }
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.bump();
                name(c.to_string())
            }
            _ => Ok(None),
        }
    }

    /// `$'…'` with its escapes.
    fn ansi_quoted(&mut self) -> Parsed<String> {
        let mut raw = String::new();
        loop {
            match self.bump() {
                None => return Err(self.unterminated("quoted string", '\'')),
                Some('\'') => break,
                Some('\\') => match self.bump() {
                    Some('\'') => raw.push('\''),
                    Some('"') => raw.push('"'),
                    Some(c) => {
                        raw.push('\\');
                        raw.push(c);
                    }
                    None => {}
                },
                Some(c) => raw.push(c),
            }
        }
        Ok(String::from_utf8_lossy(&crate::shell::escapes::unescape(&raw, true).0).into_owned())
    }

    /// The commands of `$(`, up to the closing parenthesis, which is eaten.
    fn command_text(&mut self, _end: char) -> Parsed<Block> {
        self.deeper()?;
        let outer = core::mem::take(&mut self.heres);
        let outer_texts = core::mem::take(&mut self.here_texts);
        let backquote = core::mem::take(&mut self.in_backquote);
        let items = self.list(false)?;
        self.linebreak()?;
        self.finish_heres()?;
        let block = self.seal(items);
        self.in_backquote = backquote;
        self.heres = outer;
        self.here_texts = outer_texts;
        if !self.eat(")") {
            if self.peek().is_none() && self.dialect == Dialect::Bash {
                return Err(self.unterminated("", ')'));
            }
            return Err(self.unexpected_for(Some(")")));
        }
        self.depth -= 1;
        Ok(block)
    }

    fn backquoted(&mut self, quoted: bool) -> Parsed<Part> {
        self.bump();
        let line = self.line;
        let mut inner = String::new();
        loop {
            match self.bump() {
                None if self.dialect == Dialect::Bash => return Err(self.unterminated("", '`')),
                None => return Err(self.error("EOF in backquote substitution")),
                Some('`') => break,
                Some('\\') => match self.bump() {
                    Some(c @ ('$' | '`' | '\\')) => inner.push(c),
                    Some('"') if quoted => inner.push('"'),
                    Some('\n') => {}
                    Some(c) => {
                        inner.push('\\');
                        inner.push(c);
                    }
                    None => {}
                },
                Some(c) => inner.push(c),
            }
        }
        self.deeper()?;
        let mut parser = Parser::new(&inner, 0, line, self.dialect);
        parser.depth = self.depth;
        let block = parser.all()?;
        self.depth -= 1;
        Ok(Part::Command(block))
    }

    /// The text between `((` and `))`; `None` when it is not arithmetic after all.
    fn double_paren_text(&mut self) -> Parsed<Option<String>> {
        self.at += 2;
        let mut depth = 0;
        for (i, c) in self.rest().char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    if !self.rest()[i..].starts_with("))") {
                        return Ok(None);
                    }
                    let text = self.rest()[..i].to_string();
                    self.line += text.matches('\n').count() as u32;
                    self.at += i + 2;
                    return Ok(Some(text));
                }
                _ => {}
            }
        }
        if self.dialect == Dialect::Bash { Err(self.unterminated("", ')')) } else { Ok(None) }
    }

    fn double_paren(&mut self) -> Parsed<Option<Word>> {
        let line = self.line;
        let Some(text) = self.double_paren_text()? else { return Ok(None) };
        arith_word(&text, line, self.dialect, self.depth).map(Some)
    }

    /// `${…}` after its brace.
    fn braced(&mut self, quoted: bool) -> Parsed<Part> {
        self.deeper()?;
        let from = self.at;
        let part = self.braced_inner(quoted)?;
        self.depth -= 1;
        if self.eat("}") {
            return Ok(part);
        }
        // Not an expansion that this shell knows: skip to the end, and complain when it is reached.
        let Some(end) = self.rest().find('}') else { return Err(self.unterminated_brace()) };
        self.at += end + 1;
        let text = self.text[from..self.at - 1].to_string();
        Ok(Part::Parameter(Box::new(Parameter { name: String::new(), index: None, op: Op::Bad(text) })))
    }

    fn braced_inner(&mut self, quoted: bool) -> Parsed<Part> {
        let part = |name: String, index: Option<Word>, op: Op| {
            Ok(Part::Parameter(Box::new(Parameter { name, index, op })))
        };
        let bash = self.dialect == Dialect::Bash;
        if self.peek() == Some('#')
            && !matches!(self.peek_second(), Some('}' | ':' | '-' | '=' | '?' | '+' | '%' | '/') | None)
            || self.rest().starts_with("#?}")
            || self.rest().starts_with("#-}")
        {
            let start = self.at;
            self.bump();
            let name = self.parameter_name();
            let index = self.index()?;
            if self.peek() == Some('}') && !name.is_empty() {
                return part(name, index, Op::Length);
            }
            self.at = start;
        }
        if bash && self.peek() == Some('!') && self.peek_second() != Some('}') {
            self.bump();
            let name = self.parameter_name();
            if self.rest().starts_with("[@]}") || self.rest().starts_with("[*]}") {
                self.at += 3;
                return part(name, None, Op::Keys);
            }
            if self.eat("*") || self.eat("@") {
                return part(name, None, Op::Names);
            }
            let index = self.index()?;
            return part(name, index, Op::Indirect);
        }
        let name = self.parameter_name();
        if name.is_empty() {
            return part(name, None, Op::Plain);
        }
        let index = self.index()?;
        let colon = self.rest().starts_with(':') && matches!(self.peek_second(), Some('-' | '=' | '?' | '+'));
        if colon {
            self.bump();
        }
        let op = match self.peek() {
            Some('}') => Op::Plain,
            Some(kind @ ('-' | '=' | '?' | '+')) => {
                self.bump();
                Op::Test { colon, kind, word: self.brace_word(quoted, "}")? }
            }
            Some(c @ ('#' | '%')) => {
                self.bump();
                let longest = self.eat(if c == '#' { "#" } else { "%" });
                Op::Trim { suffix: c == '%', longest, pattern: self.brace_word(false, "}")? }
            }
            Some(':') if self.dialect != Dialect::Dash => {
                self.bump();
                let (offset, more) = self.slice_text();
                let line = self.line;
                let offset = arith_word(&offset, line, self.dialect, self.depth)?;
                let length = if more {
                    let (length, _) = self.slice_text();
                    Some(arith_word(&length, line, self.dialect, self.depth)?)
                } else {
                    None
                };
                Op::Slice { offset, length }
            }
            Some('/') if self.dialect != Dialect::Dash => {
                self.bump();
                let kind = match self.peek() {
                    Some(c @ ('/' | '#' | '%')) if c == '/' || bash => {
                        self.bump();
                        c
                    }
                    _ => ' ',
                };
                let pattern = self.brace_word(false, "/}")?;
                let with = if self.eat("/") { self.brace_word(quoted, "}")? } else { Vec::new() };
                Op::Replace { kind, pattern, with }
            }
            Some(c @ ('^' | ',')) if bash => {
                self.bump();
                let all = self.eat(if c == '^' { "^" } else { "," });
                Op::Case { upper: c == '^', all }
            }
            Some('@') if bash => {
                self.bump();
                Op::Transform(self.bump().unwrap_or('Q'))
            }
            _ => Op::Plain,
        };
        part(name, index, op)
    }

    fn parameter_name(&mut self) -> String {
        let rest = self.rest();
        let end = match rest.chars().next() {
            Some(c) if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            Some(c) if "@*#?-$!".contains(c) => 1,
            _ => 0,
        };
        self.at += end;
        rest[..end].to_string()
    }

    fn index(&mut self) -> Parsed<Option<Word>> {
        if self.dialect != Dialect::Bash || self.peek() != Some('[') {
            return Ok(None);
        }
        let Some(text) = self.subscript_text() else { return Ok(None) };
        arith_word(&text, self.line, self.dialect, self.depth).map(Some)
    }

    /// The text up to `:` or `}`, at the top level of parentheses and braces; whether it ended with the colon.
    fn slice_text(&mut self) -> (String, bool) {
        let mut depth = 0;
        let mut end = self.rest().len();
        let mut colon = false;
        for (i, c) in self.rest().char_indices() {
            match c {
                '(' | '{' => depth += 1,
                '}' if depth == 0 => {
                    end = i;
                    break;
                }
                ')' | '}' => depth -= 1,
                ':' if depth == 0 => {
                    end = i;
                    colon = true;
                    break;
                }
                _ => {}
            }
        }
        let text = self.rest()[..end].to_string();
        self.at += end + usize::from(colon);
        (text, colon)
    }

    /// The word inside `${…}` up to one of the ends, which is not eaten.
    fn brace_word(&mut self, quoted: bool, ends: &str) -> Parsed<Word> {
        if quoted && ends == "}" {
            return self.quoted_parts(Quote::Brace);
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let start = self.at;
        loop {
            let Some(c) = self.peek() else { return Err(self.unterminated_brace()) };
            match c {
                c if ends.contains(c) => break,
                '~' if self.at == start => {
                    self.bump();
                    let rest = self.rest();
                    let end = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
                        .unwrap_or(rest.len());
                    parts.push(Part::Tilde(rest[..end].to_string()));
                    self.at += end;
                }
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(c) => {
                            flush(&mut parts, &mut literal);
                            parts.push(Part::Quoted(c.to_string()));
                        }
                    }
                }
                '\'' => {
                    flush(&mut parts, &mut literal);
                    parts.push(Part::Quoted(self.single_quoted()?));
                }
                '"' => {
                    flush(&mut parts, &mut literal);
                    self.bump();
                    let inner = self.quoted_parts(Quote::Double)?;
                    parts.push(Part::Double(inner));
                }
                '$' | '`' => match self.dollar(false)? {
                    Some(part) => {
                        flush(&mut parts, &mut literal);
                        parts.push(part);
                    }
                    None => literal.push('$'),
                },
                _ => {
                    self.bump();
                    literal.push(c);
                }
            }
        }
        flush(&mut parts, &mut literal);
        Ok(parts)
    }

    // ---- [[ ]] ----

    fn cond_or(&mut self) -> Parsed<Cond> {
        self.deeper()?;
        let mut left = self.cond_and()?;
        loop {
            self.linebreak()?;
            if !self.eat("||") {
                self.depth -= 1;
                return Ok(left);
            }
            left = Cond::Or(Box::new(left), Box::new(self.cond_and()?));
        }
    }

    fn cond_and(&mut self) -> Parsed<Cond> {
        let mut left = self.cond_not()?;
        loop {
            self.linebreak()?;
            if !self.eat("&&") {
                return Ok(left);
            }
            left = Cond::And(Box::new(left), Box::new(self.cond_not()?));
        }
    }

    fn cond_not(&mut self) -> Parsed<Cond> {
        self.linebreak()?;
        if self.word_is("!") {
            self.deeper()?;
            self.bump();
            let inner = self.cond_not()?;
            self.depth -= 1;
            return Ok(Cond::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.cond_or()?;
            self.linebreak()?;
            if !self.eat(")") {
                return Err(self.unexpected_for(Some(")")));
            }
            return Ok(inner);
        }
        let left = self.word()?.ok_or_else(|| self.unexpected())?;
        self.blanks();
        if let [Part::Literal(op)] = &left[..]
            && op.len() == 2
            && op.starts_with('-')
            && !self.word_is("]]")
            && !self.rest().starts_with(['&', '|', ')'])
            && let Some(operand) = self.word()?
        {
            return Ok(Cond::Unary(op.clone(), operand));
        }
        let op = ["==", "=~", "!=", "=", "<", ">"]
            .into_iter()
            .chain(["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"])
            .find(|op| self.rest().strip_prefix(op).is_some_and(|r| r.starts_with([' ', '\t', '\n'])));
        let Some(op) = op else { return Ok(Cond::Word(left)) };
        self.at += op.len();
        self.blanks();
        let right =
            if op == "=~" { self.regex_word()? } else { self.word()?.ok_or_else(|| self.unexpected())? };
        Ok(Cond::Binary(left, op.to_string(), right))
    }

    /// The word after `=~`, in which parentheses and bars belong to the expression.
    fn regex_word(&mut self) -> Parsed<Word> {
        let mut out = Vec::new();
        let mut depth = 0;
        loop {
            match self.peek() {
                Some('(') => {
                    depth += 1;
                    self.bump();
                    out.push(Part::Literal("(".to_string()));
                }
                Some(')') if depth > 0 => {
                    depth -= 1;
                    self.bump();
                    out.push(Part::Literal(")".to_string()));
                }
                Some('|') if depth > 0 || self.peek_second() != Some('|') => {
                    self.bump();
                    out.push(Part::Literal("|".to_string()));
                }
                Some(c @ ('<' | '>' | '&' | ';')) if depth > 0 => {
                    self.bump();
                    out.push(Part::Literal(c.to_string()));
                }
                Some(' ' | '\t') if depth > 0 => {
                    self.bump();
                    out.push(Part::Literal(" ".to_string()));
                }
                _ => match self.word()? {
                    Some(word) => out.extend(word),
                    None if out.is_empty() => return Err(self.unexpected()),
                    None => return Ok(out),
                },
            }
        }
    }
}

/// Where quoted text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Double,
    Here,
    Brace,
}

impl SyntaxError {
    /// Some errors say "Syntax error", as dash does; busybox and bash write it small.
    fn prefixed(mut self, dialect: Dialect) -> Self {
        if dialect == Dialect::Dash {
            self.message = self.message.replace("bad", "Bad");
        }
        self
    }
}

fn flush(parts: &mut Word, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Literal(core::mem::take(literal)));
    }
}

/// Whether a text is a variable's name.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The text of a word that is nothing but unquoted text.
fn plain(word: &Word) -> Option<String> {
    match &word[..] {
        [Part::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// Whether a command began with `[[` and has not come to its `]]`.
fn in_brackets(words: &[Word]) -> bool {
    let is = |word: Option<&Word>, text: &str| matches!(word.map(|w| &w[..]), Some([Part::Literal(t)]) if t == text);
    is(words.first(), "[[") && !is(words.last(), "]]")
}

/// Remove quotes and backslashes from a here-document's end word.
fn unquote(raw: &str) -> String {
    let mut out = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '\'' | '"' => {}
            _ => out.push(c),
        }
    }
    out
}

/// Where the parenthesis that `text` begins with is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// In an assignment, `~` works after each colon too.
fn tilde_after_colons(word: &mut Word) {
    let Some(at) = word.iter().position(|p| matches!(p, Part::Literal(t) if t.contains(":~"))) else {
        return;
    };
    let Part::Literal(text) = word[at].clone() else { return };
    let mut parts = Vec::new();
    for (i, piece) in text.split(":~").enumerate() {
        if i == 0 {
            parts.push(Part::Literal(piece.to_string()));
            continue;
        }
        let end = piece.find(['/', ':']).unwrap_or(piece.len());
        parts.push(Part::Literal(":".to_string()));
        parts.push(Part::Tilde(piece[..end].to_string()));
        parts.push(Part::Literal(piece[end..].to_string()));
    }
    word.splice(at..=at, parts);
}

/// The word inside arithmetic: quoted text with expansions in it.
pub(crate) fn arith_word(text: &str, line: u32, dialect: Dialect, depth: u32) -> Parsed<Word> {
    let mut parser = Parser::new(text, 0, line, dialect);
    parser.depth = depth;
    parser.quoted_parts(Quote::Here).map(|parts| vec![Part::Double(parts)])
}

fn add_redirect(command: &mut Command, redirect: Redirect) {
    match command {
        Command::Simple(s) => s.redirects.push(redirect),
        Command::Compound(_, list) => list.push(redirect),
        Command::Function(..) => {}
    }
}

fn seal_chain(chain: &mut AndOr, texts: &[Word]) {
    seal_pipeline(Arc::make_mut(&mut chain.first), texts);
    for (_, pipeline) in &mut chain.rest {
        seal_pipeline(Arc::make_mut(pipeline), texts);
    }
}

fn seal_pipeline(pipeline: &mut Pipeline, texts: &[Word]) {
    for command in &mut pipeline.commands {
        seal_command(Arc::make_mut(command), texts);
    }
}

fn seal_block(block: &mut Block, texts: &[Word]) {
    for item in Arc::make_mut(block) {
        seal_chain(Arc::make_mut(&mut item.chain), texts);
    }
}

fn seal_command(command: &mut Command, texts: &[Word]) {
    let redirects = match command {
        Command::Simple(simple) => &mut simple.redirects,
        Command::Function(_, body) => return seal_command(Arc::make_mut(body), texts),
        Command::Compound(compound, redirects) => {
            match compound {
                Compound::Brace(b) | Compound::Subshell(b) => seal_block(b, texts),
                Compound::If(arms) => {
                    for (condition, body) in arms {
                        if let Some(condition) = condition {
                            seal_block(condition, texts);
                        }
                        seal_block(body, texts);
                    }
                }
                Compound::While { condition, body, .. } => {
                    seal_block(condition, texts);
                    seal_block(body, texts);
                }
                Compound::For { body, .. } | Compound::ForArith { body, .. } => seal_block(body, texts),
                Compound::Case { arms, .. } => {
                    arms.iter_mut().for_each(|arm| seal_block(&mut arm.body, texts))
                }
                Compound::Arith(_) | Compound::Cond(_) => {}
            }
            redirects
        }
    };
    for redirect in redirects {
        if redirect.op == RedirectOp::Here
            && let [Part::Tilde(mark)] = &redirect.target[..]
            && let Some(number) = mark.strip_prefix('\0').and_then(|n| n.parse::<usize>().ok())
        {
            redirect.target = texts.get(number).cloned().unwrap_or_default();
        }
    }
}
