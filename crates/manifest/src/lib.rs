//! YAML text to API objects and scenarios, with source spans and diagnostics: the only crate that knows YAML.
//!
//! [`parse`] never fails: it returns what could be read and everything that was wrong, each finding with the
//! characters it is about.

mod advice;
mod assist;
mod check;
mod cursor;
mod diagnostic;
pub mod docs;
mod document;
mod enums;
mod fix;
mod fragment;
mod hint;
mod json;
mod kinds;
mod lint;
pub mod scenario;
pub mod schema;
pub mod server;
mod split;
mod tree;
mod value;
mod yaml;

pub use assist::{Completion, Hover, complete, hover};
pub use check::{CheckOptions, check};
pub use diagnostic::{Diagnostic, Lines, Severity};
pub use document::{Document, Parsed, parse};
pub use fix::{Edit, Fix, Title};
pub use fragment::{Fragment, fragment};
pub use hint::Hint;
pub use kinds::nearest;
pub use lifepod_api::yaml::to_yaml;
pub use lint::{Finding, LINTS, Lint, lints};
pub use scenario::Scenario;
