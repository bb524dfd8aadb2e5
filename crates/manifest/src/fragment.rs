//! YAML inside a field of another document, such as an annotation's text.

use crate::diagnostic::Diagnostic;
use crate::document::{Document, decode_fragment};
use lifepod_api::schema::{Type, Typed};
use lifepod_api::wire::Wire;

/// What a field's text holds. Places count from the beginning of that text.
#[derive(Debug)]
pub struct Fragment<T> {
    /// What could be read.
    pub value: T,
    /// The text as a document, to find fields in; none when it is not YAML.
    pub document: Option<Document>,
    /// Everything found wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text as one value, as strictly as a manifest.
pub fn fragment<T: Wire + Typed + Default>(text: &str) -> Fragment<T> {
    let mut value = T::default();
    let root = match T::TYPE {
        Type::Struct(root) => Some(*root),
        _ => None,
    };
    let (document, diagnostics) = decode_fragment(text, &mut value, root);
    Fragment { value, document, diagnostics }
}
