//! JSONPath templates, such as `{range .items[*]}{.metadata.name}{"\n"}{end}` (`client-go/util/jsonpath`).

use crate::json::sorted;
use crate::print::go_json;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use serde_json::Value;

/// A part of a template.
#[derive(Debug)]
enum Node {
    Text(String),
    Path(Path),
    Range(Path, Vec<Node>),
}

/// Where a value is.
#[derive(Debug)]
struct Path {
    /// From the whole object (`$`), not from where a range or a filter is.
    from_root: bool,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(String),
    /// Every element or member.
    All,
    /// The value and everything in it.
    Deep,
    Index(i64),
    Slice(Option<i64>, Option<i64>, i64),
    Filter(Operand, String, Operand),
    Union(Vec<Step>),
}

/// A side of a filter's comparison.
#[derive(Debug)]
enum Operand {
    Path(Path),
    Literal(Value),
}

/// A template that was read.
#[derive(Debug)]
pub(crate) struct Template(Vec<Node>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut open: Vec<(Path, Vec<Node>)> = Vec::new();
        let mut nodes = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let Some((before, after)) = rest.split_once('{') else {
                nodes.push(Node::Text(rest.into()));
                break;
            };
            if !before.is_empty() {
                nodes.push(Node::Text(before.into()));
            }
            let end = end_of(after, '}').ok_or("unclosed action")?;
            let action = after[..end].trim();
            rest = &after[end + 1..];
            if action == "end" {
                let (path, outer) = open.pop().ok_or("not in range, nothing to end")?;
                let body = core::mem::replace(&mut nodes, outer);
                nodes.push(Node::Range(path, body));
            } else if let Some(path) =
                action.strip_prefix("range").filter(|p| !p.starts_with(char::is_alphanumeric))
            {
                open.push((self::path(path.trim())?, core::mem::take(&mut nodes)));
            } else if let Some(text) = quoted(action) {
                nodes.push(Node::Text(text));
            } else if !action.is_empty() {
                nodes.push(Node::Path(path(action)?));
            }
        }
        if !open.is_empty() {
            return Err("unterminated range".into());
        }
        Ok(Template(nodes))
    }

    /// The path of a table's column, which needs no braces (`RelaxedJSONPathExpression`).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn column(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let bare = bare.strip_prefix('.').unwrap_or(bare);
        if bare.is_empty() || bare.contains(['{', '}']) {
            return Err(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                 '{.name1.name2}'"
                    .into(),
            );
        }
        Self::parse(&format!("{{.{bare}}}"))
    }

    /// The template filled in.
    ///
    /// # Errors
    /// An index beyond a list.
    pub(crate) fn text(&self, object: &Value) -> Result<String, String> {
        let mut out = String::new();
        fill(&self.0, object, object, &mut out)?;
        Ok(out)
    }

    /// The values at the template's first path.
    ///
    /// # Errors
    /// An index beyond a list.
    pub(crate) fn values<'a>(&self, object: &'a Value) -> Result<Vec<&'a Value>, String> {
        match self.0.first() {
            Some(Node::Path(path)) => path.values(object, object),
            _ => Ok(Vec::new()),
        }
    }
}

fn fill(nodes: &[Node], root: &Value, here: &Value, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Path(path) => {
                let shown = |v: &&Value| match v {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => go_json(other),
                };
                let values: Vec<String> = path.values(root, here)?.iter().map(shown).collect();
                out.push_str(&values.join(" "));
            }
            Node::Range(path, body) => {
                for value in path.values(root, here)? {
                    fill(body, root, value, out)?;
                }
            }
        }
    }
    Ok(())
}

/// Where `close` stands outside of quotes.
fn end_of(text: &str, close: char) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (i, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            _ if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == close => return Some(i),
            None => {}
        }
    }
    None
}

/// A text in quotes, its escapes resolved.
fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                other => out.push(other),
            },
            (c, false) => out.push(c),
        }
    }
    Some(out)
}

fn path(text: &str) -> Result<Path, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    let from_root = rest.starts_with('$');
    if let Some(after) = rest.strip_prefix(['$', '@']) {
        rest = after;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            steps.push(Step::Deep);
            // A name may follow at once.
            rest = after;
            if !rest.starts_with(['[', '.', '*']) {
                rest = field(rest, &mut steps);
            }
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = match after.strip_prefix('*') {
                Some(after) => {
                    steps.push(Step::All);
                    after
                }
                None if after.starts_with('[') => after,
                None => field(after, &mut steps),
            };
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = end_of(after, ']').ok_or("unterminated array")?;
            steps.push(bracket(&after[..end])?);
            rest = &after[end + 1..];
        } else if let Some(after) = rest.strip_prefix('*') {
            steps.push(Step::All);
            rest = after;
        } else {
            return Err(format!("unrecognized identifier {rest}"));
        }
    }
    Ok(Path { from_root, steps })
}

/// Reads a member's name, in which a backslash takes the next character as it is; the rest comes back.
fn field<'a>(text: &'a str, steps: &mut Vec<Step>) -> &'a str {
    let mut name = String::new();
    let mut chars = text.char_indices();
    let rest = loop {
        match chars.next() {
            Some((_, '\\')) => name.extend(chars.next().map(|(_, c)| c)),
            Some((i, '.' | '[')) => break &text[i..],
            Some((_, c)) => name.push(c),
            None => break "",
        }
    };
    if !name.is_empty() {
        steps.push(Step::Field(name));
    }
    rest
}

/// What stands in brackets.
fn bracket(text: &str) -> Result<Step, String> {
    let text = text.trim();
    if text == "*" {
        return Ok(Step::All);
    }
    if let Some(filter) = text.strip_prefix("?(") {
        let filter = filter.strip_suffix(')').ok_or("unterminated filter")?;
        return self::filter(filter);
    }
    if let Some(name) = quoted(text) {
        return Ok(Step::Field(name));
    }
    if text.contains(',') {
        return Ok(Step::Union(text.split(',').map(bracket).collect::<Result<_, _>>()?));
    }
    let bad = || format!("invalid array index {text}");
    let number = |t: &str| match t.trim() {
        "" => Ok(None),
        t => t.parse::<i64>().map(Some).map_err(|_| bad()),
    };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [index] => number(index)?.map(Step::Index).ok_or_else(bad),
        [start, end] => Ok(Step::Slice(number(start)?, number(end)?, 1)),
        [start, end, by] => Ok(Step::Slice(number(start)?, number(end)?, number(by)?.unwrap_or(1).max(1))),
        _ => Err(bad()),
    }
}

fn filter(text: &str) -> Result<Step, String> {
    for operator in ["==", "!=", "<=", ">=", "<", ">"] {
        if let Some((left, right)) = text.split_once(operator) {
            return Ok(Step::Filter(operand(left)?, operator.into(), operand(right)?));
        }
    }
    Ok(Step::Filter(operand(text)?, "exists".into(), Operand::Literal(Value::Null)))
}

fn operand(text: &str) -> Result<Operand, String> {
    let text = text.trim();
    if text.starts_with(['@', '$', '.']) {
        return Ok(Operand::Path(path(text)?));
    }
    let literal = quoted(text).map(Value::from).or_else(|| serde_json::from_str(text).ok());
    literal.map(Operand::Literal).ok_or_else(|| format!("unrecognized identifier {text}"))
}

impl Path {
    fn values<'a>(&self, root: &'a Value, here: &'a Value) -> Result<Vec<&'a Value>, String> {
        let mut values = alloc::vec![if self.from_root { root } else { here }];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in values {
                step.take(root, value, &mut next)?;
            }
            values = next;
        }
        Ok(values)
    }
}

impl Step {
    fn take<'a>(&self, root: &'a Value, value: &'a Value, out: &mut Vec<&'a Value>) -> Result<(), String> {
        match (self, value) {
            (Step::Field(name), value) => out.extend(value.get(name)),
            (Step::All, Value::Array(list)) => out.extend(list),
            (Step::All, Value::Object(map)) => out.extend(sorted(map).into_iter().map(|(_, v)| v)),
            (Step::Deep, value) => deep(value, out),
            (Step::Index(index), Value::Array(list)) => {
                let length = list.len() as i64;
                let at = if *index < 0 { index + length } else { *index };
                let found = usize::try_from(at).ok().and_then(|at| list.get(at));
                out.push(
                    found.ok_or_else(|| {
                        format!("array index out of bounds: index {index}, length {length}")
                    })?,
                );
            }
            (Step::Slice(start, end, by), Value::Array(list)) => {
                let length = list.len() as i64;
                let place = |n: i64| if n < 0 { n + length } else { n }.clamp(0, length) as usize;
                let (start, end) = (place(start.unwrap_or(0)), place(end.unwrap_or(length)));
                out.extend(list[start..end.max(start)].iter().step_by(*by as usize));
            }
            (Step::Filter(left, operator, right), Value::Array(list)) => {
                for element in list {
                    if left.compare(operator, right, root, element)? {
                        out.push(element);
                    }
                }
            }
            (Step::Union(steps), value) => {
                for step in steps {
                    step.take(root, value, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn deep<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    out.push(value);
    match value {
        Value::Array(list) => list.iter().for_each(|v| deep(v, out)),
        Value::Object(map) => sorted(map).into_iter().for_each(|(_, v)| deep(v, out)),
        _ => {}
    }
}

impl Operand {
    fn value<'a>(&'a self, root: &'a Value, here: &'a Value) -> Result<Option<&'a Value>, String> {
        match self {
            Operand::Literal(value) => Ok(Some(value)),
            Operand::Path(path) => Ok(path.values(root, here)?.into_iter().next()),
        }
    }

    fn compare(&self, operator: &str, other: &Operand, root: &Value, here: &Value) -> Result<bool, String> {
        let (Some(a), Some(b)) = (self.value(root, here)?, other.value(root, here)?) else {
            return Ok(false);
        };
        let order = match (a, b) {
            (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (a, b) => (a == b).then_some(Ordering::Equal),
        };
        Ok(match operator {
            "exists" => true,
            "==" => order == Some(Ordering::Equal),
            "!=" => order != Some(Ordering::Equal),
            "<" => order == Some(Ordering::Less),
            ">" => order == Some(Ordering::Greater),
            "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str) -> String {
        let object = json!({
            "kind": "List",
            "items": [
                {"metadata": {"name": "a", "labels": {"x/y.z": "1"}}, "n": 1, "list": ["p", "q"]},
                {"metadata": {"name": "b"}, "n": 2},
            ],
        });
        Template::parse(template).and_then(|t| t.text(&object)).unwrap_or_else(|e| format!("error: {e}"))
    }

    #[test]
    fn templates_are_filled_in_as_kubectl_does() {
        for (template, expected) in [
            ("{.kind}", "List"),
            ("{.items[*].metadata.name}", "a b"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{$.kind}{\"\\n\"}{end}", "a\tList\nb\tList\n"),
            ("names: {.items[0].metadata.name}, {.items[-1].metadata.name}", "names: a, b"),
            ("{.items[0].metadata.labels.x/y\\.z}{.items[0].metadata.labels['x/y.z']}", "11"),
            ("{.items[0].list} {.items[0].metadata.labels}", "[\"p\",\"q\"] {\"x/y.z\":\"1\"}"),
            ("{.items[?(@.metadata.name==\"b\")].n} {.items[?(@.n<2)].n} {.items[?(@.list)].n}", "2 1 1"),
            ("{..name} {.items[0:1].n} {.items[-1:].n} {.items[0].list[0,1]}", "a b 1 2 p q"),
            ("{.nope}{.items[0].nope}", ""),
            ("{.items[9].n}", "error: array index out of bounds: index 9, length 2"),
            ("{.kind", "error: unclosed action"),
            ("{end}", "error: not in range, nothing to end"),
            ("{range .items[*]}", "error: unterminated range"),
            ("{.items[x]}", "error: invalid array index x"),
        ] {
            assert_eq!(filled(template), expected, "{template}");
        }
    }

    #[test]
    fn columns_need_no_braces() {
        let object = json!({"a": {"b": [{"c": 1}, {"c": "x"}]}});
        for path in ["a.b[*].c", ".a.b[*].c", "{a.b[*].c}", "{.a.b[*].c}"] {
            let values = Template::column(path).and_then(|t| t.values(&object).map(|v| v.len()));
            assert_eq!(values, Ok(2), "{path}");
        }
        assert!(Template::column("").is_err() && Template::column("{a}{b}").is_err());
    }
}
