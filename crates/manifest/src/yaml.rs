//! YAML text to a [`Tree`].

use crate::hint::Hint;
use crate::tree::{Entry, Node, NodeId, NodeKind, Tree};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag};
use lifepod_api::yaml::{Scalar, float_text, resolve};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Collections may stand this deep in each other. Kubernetes' own objects stay below 30.
const NESTING_LIMIT: usize = 200;

/// Why a text is not YAML.
#[derive(Debug, PartialEq)]
pub struct SyntaxError {
    /// In the words of the YAML library that kubectl uses, where the error has a counterpart there.
    pub message: String,
    /// What to do about it; empty where the message says it.
    pub hint: Hint,
    /// Where: byte offsets.
    pub span: Range<usize>,
    /// The line that kubectl would name: counted from 1, but often the one before; 0 when it names none.
    pub upstream_line: usize,
}

/// Reads one document. `base` is its byte offset in the whole text, and is added to all spans. None when the text
/// holds nothing but blanks and comments.
pub fn parse(text: &str, base: usize) -> Result<Option<Tree>, SyntaxError> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = NESTING_LIMIT;
    options.block_nesting_limit = NESTING_LIMIT;
    options.block_scalar_eof_without_line_feed = true;
    let mut builder =
        Builder { text, base, tree: Tree::default(), open: Vec::new(), anchors: BTreeMap::new() };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        match next {
            Err(error) => return Err(syntax_error(text, base, &error)),
            Ok((Event::DocumentEnd | Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.event(event, span)?,
        }
    }
    Ok((!builder.tree.nodes.is_empty()).then_some(builder.tree))
}

struct Builder<'t> {
    text: &'t str,
    base: usize,
    tree: Tree,
    open: Vec<Open>,
    anchors: BTreeMap<usize, NodeId>,
}

/// A collection whose end has not come.
struct Open {
    id: NodeId,
    /// The key that waits for its value, with whether it is `<<`.
    key: Option<(String, Range<usize>, bool)>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let span = span.byte_range().unwrap_or_default();
        let span = span.start + self.base..span.end + self.base;
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag, span),
            Event::SequenceStart(_, anchor, _) => self.start(NodeKind::Sequence(Vec::new()), anchor, span),
            Event::MappingStart(_, anchor, _) => self.start(NodeKind::Mapping(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    // Block collections end where their last child does; their end event is further on.
                    let end = match &self.tree.nodes[open.id].kind {
                        NodeKind::Sequence(items) => items.last().copied(),
                        NodeKind::Mapping(entries) => entries.last().map(|e| e.value),
                        _ => None,
                    };
                    let inner = end.map_or(0, |last| self.tree.nodes[last].span.end);
                    let flow = span.len() == 1;
                    let node = &mut self.tree.nodes[open.id].span;
                    node.end = if flow { span.end } else { inner.max(node.end) };
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied().unwrap_or(0);
                self.add(NodeKind::Alias(target), span).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, kind: NodeKind, anchor: usize, span: Range<usize>) -> Result<(), SyntaxError> {
        let id = self.add(kind, span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.open.push(Open { id, key: None });
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        span: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let suffix = tag.as_ref().filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix());
        let plain = match suffix {
            Some("str") => false,
            Some(_) => true,
            None => style == ScalarStyle::Plain && tag.is_none(),
        };
        let meaning = if plain { resolve(text) } else { Scalar::String };
        let waits_for_key = self.open.last().is_some_and(|open| {
            open.key.is_none() && matches!(self.tree.nodes[open.id].kind, NodeKind::Mapping(_))
        });
        if waits_for_key {
            let key = key_text(text, &meaning).ok_or_else(|| self.bad(&span, "a map key cannot be null"))?;
            if let Some(open) = self.open.last_mut() {
                open.key = Some((key, span, meaning == Scalar::Merge));
            }
            return Ok(());
        }
        let value = match meaning {
            Scalar::Null => Value::Null,
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::Int(n) => Value::from(n),
            Scalar::Uint(n) => Value::from(n),
            Scalar::Float(n) => json_float(n)
                .ok_or_else(|| self.bad(&span, &format!("json: unsupported value: {}", go_special(n))))?,
            Scalar::Merge | Scalar::Timestamp | Scalar::String => Value::String(text.to_string()),
        };
        let id = self.add(NodeKind::Scalar(value), span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        Ok(())
    }

    /// Appends a node to the collection that is open.
    fn add(&mut self, kind: NodeKind, span: Range<usize>) -> Result<NodeId, SyntaxError> {
        let id = self.tree.nodes.len();
        if let Some(open) = self.open.last_mut() {
            match &mut self.tree.nodes[open.id].kind {
                NodeKind::Sequence(items) => items.push(id),
                NodeKind::Mapping(entries) => match open.key.take() {
                    Some((key, key_span, merge)) => {
                        entries.push(Entry { key, key_span, value: id, merge });
                    }
                    None => return Err(self.bad(&span, "invalid map key: only scalars can be keys")),
                },
                NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
            }
        }
        self.tree.nodes.push(Node { span, kind });
        Ok(id)
    }

    fn bad(&self, span: &Range<usize>, message: &str) -> SyntaxError {
        let line = line_of(self.text, span.start - self.base);
        SyntaxError {
            message: message.to_string(),
            hint: Hint::NONE,
            span: span.clone(),
            upstream_line: line,
        }
    }
}

/// A key as JSON has it (`sigs.k8s.io/yaml convertToJSONableObject`); none for null.
fn key_text(text: &str, meaning: &Scalar) -> Option<String> {
    Some(match meaning {
        Scalar::Null => return None,
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(n) => n.to_string(),
        Scalar::Uint(n) => n.to_string(),
        Scalar::Float(n) => float_text(*n),
        Scalar::Merge | Scalar::Timestamp | Scalar::String => text.to_string(),
    })
}

/// A float as Go's JSON encoder writes it: whole numbers below 1e21 without a point.
fn json_float(n: f64) -> Option<Value> {
    if !n.is_finite() {
        return None;
    }
    if n == n.trunc() && n.abs() < 9e15 {
        return Some(Value::from(n as i64));
    }
    Number::from_f64(n).map(Value::Number)
}

fn go_special(n: f64) -> &'static str {
    if n.is_nan() {
        "NaN"
    } else if n > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

fn syntax_error(text: &str, base: usize, error: &ScanError) -> SyntaxError {
    let marker = error.marker();
    let at = text.floor_char_boundary(marker.byte_offset().unwrap_or(0).min(text.len()));
    let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line_end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    let tab = text[line_start..line_end]
        .find('\t')
        .filter(|tab| text[line_start..line_start + tab].trim_matches([' ', '-']).is_empty());
    let (message, hint, scanner) = words(error.kind(), tab.is_some());
    let start = tab.map_or(at, |tab| line_start + tab);
    let length = text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    // kubectl names the line before for what its parser, rather than its scanner, refuses, and no line when that
    // would be the first; what is not closed is missed at the end of the text.
    let unclosed = matches!(error.kind(), ErrorKind::UnclosedFlowCollection { .. });
    let line = if unclosed { text.matches('\n').count() + 1 } else { line_of(text, at) };
    SyntaxError {
        message: message.unwrap_or_else(|| error.kind().to_string()),
        hint,
        span: base + start..base + start + length,
        upstream_line: if scanner && line > 1 { line } else { line - 1 },
    }
}

/// The words of kubectl's YAML library for an error, our advice, and whether the library's scanner finds it.
fn words(kind: &ErrorKind, tab: bool) -> (Option<String>, Hint, bool) {
    use ErrorKind as K;
    let known = |s: &str| Some(s.to_string());
    if tab {
        return (
            known("found character that cannot start any token"),
            Hint::new("YAML is indented with blanks, not tabs", "YAML 用空格缩进，不能用制表符"),
            true,
        );
    }
    match kind {
        K::MappingValueNotAllowed => (
            known("mapping values are not allowed in this context"),
            Hint::new(
                "there is a second ':' on the line, or the line is indented too far; text that holds ': ' needs quotes",
                "这一行有第二个 ':'，或者缩进过多；含有 ': ' 的文本需要加引号",
            ),
            true,
        ),
        K::SimpleKeyExpected | K::InvalidSimpleKey => (
            known("could not find expected ':'"),
            Hint::new("a key needs ': ' behind it", "键的后面需要 ': '"),
            true,
        ),
        K::ExpectedBlockMappingKey | K::UnexpectedEofBlockMapping | K::InvalidIndentation => (
            known("did not find expected key"),
            Hint::new(
                "the indentation of this line fits none of the lines above",
                "这一行的缩进与上面的任何一行都对不上",
            ),
            false,
        ),
        K::ExpectedBlockSequenceEntry | K::UnexpectedEofBlockSequence => (
            known("did not find expected '-' indicator"),
            Hint::new("the items of a list stand in one column", "列表的各项要对齐在同一列"),
            false,
        ),
        K::ExpectedFlowMappingSeparator
        | K::UnexpectedEofFlowMapping
        | K::UnclosedFlowCollection { open: '{' } => (
            known("did not find expected ',' or '}'"),
            Hint::new("a '{' is not closed", "有一个 '{' 没有闭合"),
            false,
        ),
        K::ExpectedFlowSequenceSeparator
        | K::UnexpectedEofFlowSequence
        | K::UnclosedFlowCollection { .. } => (
            known("did not find expected ',' or ']'"),
            Hint::new("a '[' is not closed", "有一个 '[' 没有闭合"),
            false,
        ),
        K::BlockSequenceEntryNotAllowed => (
            known("block sequence entries are not allowed in this context"),
            Hint::new("a list begins on the line below its key", "列表要从键的下一行开始"),
            true,
        ),
        K::ExpectedNodeContent => (known("did not find expected node content"), Hint::NONE, false),
        K::UnclosedQuotedScalar => (
            known("found unexpected end of stream"),
            Hint::new("a quotation mark is not closed", "有一个引号没有闭合"),
            true,
        ),
        K::UnknownAnchor => (
            known("unknown anchor referenced"),
            Hint::new("no '&' names this '*'", "没有 '&' 定义这个 '*'"),
            false,
        ),
        K::RecursionLimitExceeded => {
            (known("exceeded max depth"), Hint::new("too many levels in each other", "嵌套层数过多"), true)
        }
        K::UnexpectedCharacter { .. } => {
            (known("found character that cannot start any token"), Hint::NONE, true)
        }
        _ => (None, Hint::NONE, true),
    }
}
