//! A row of spans in the making.

use crate::model::{Span, SpanLook};
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_engine::Entry;

/// Spans that follow each other: at any moment at most one is open.
#[derive(Default)]
pub(super) struct Track {
    spans: Vec<Span>,
    open: Option<Span>,
}

impl Track {
    /// From now on it is like this. The same look and text go on as one span.
    pub(super) fn set(
        &mut self,
        entry: &Entry,
        look: SpanLook,
        text: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let text = text.into();
        if self.is(look, &text) {
            return;
        }
        self.close(entry.at);
        let (from, entry) = (entry.at, entry.id);
        self.open = Some(Span { from, to: from, look, text, hint: hint.into(), entry });
    }

    /// Whether nothing changes when it is set so.
    pub(super) fn is(&self, look: SpanLook, text: &str) -> bool {
        self.open.as_ref().is_some_and(|s| s.look == look && s.text == text)
    }

    /// From now on there is nothing.
    pub(super) fn close(&mut self, at: SimTime) {
        if let Some(mut span) = self.open.take() {
            span.to = at;
            // What was over at the moment it began was never to be seen; that a process ran and ended, however
            // quickly, is what people look for.
            let matters = matches!(span.look, SpanLook::Running | SpanLook::Failed | SpanLook::Done);
            if span.to > span.from || matters {
                self.spans.push(span);
            }
        }
    }

    /// What it is like now.
    pub(super) fn look(&self) -> Option<SpanLook> {
        self.open.as_ref().map(|s| s.look)
    }

    /// All spans; what is open lasts until `horizon`.
    pub(super) fn finish(mut self, horizon: SimTime) -> Vec<Span> {
        self.close(horizon);
        self.spans
    }
}
