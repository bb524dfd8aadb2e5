//! What an API type looks like on the wire, as static data.
//!
//! The [`object!`](crate::object) macro makes the Rust struct and its [`StructType`] from one declaration, so
//! decoding, encoding, strict errors, completion and hover can never disagree.

use alloc::format;
use alloc::string::{String, ToString};

/// The type of a field's value.
#[derive(Debug)]
pub enum Type {
    /// A JSON string.
    String,
    /// A JSON boolean.
    Bool,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// `resource.Quantity`: a string or a number.
    Quantity,
    /// `metav1.Time`: an RFC 3339 string.
    Time,
    /// `metav1.MicroTime`: an RFC 3339 string with microseconds.
    MicroTime,
    /// `intstr.IntOrString`.
    IntOrString,
    /// Bytes, base64 on the wire.
    Bytes,
    /// Any JSON.
    Any,
    /// A list.
    List(&'static Type),
    /// A map with string keys.
    Map(&'static Type),
    /// An object with known fields.
    Struct(&'static StructType),
}

/// An object type with its fields.
#[derive(Debug)]
pub struct StructType {
    /// The Go type's name without its package, such as `PodSpec`.
    pub name: &'static str,
    /// The Go package's name, such as `v1`.
    pub package: &'static str,
    /// The fields, in order of declaration.
    pub fields: &'static [Field],
}

/// A field of a [`StructType`].
#[derive(Debug)]
pub struct Field {
    /// The field's name on the wire; empty for an inlined struct.
    pub name: &'static str,
    /// The value's type.
    pub ty: &'static Type,
    /// The Go type's name where `ty` does not give it, such as `v1.PullPolicy`.
    pub go: &'static str,
    /// The field is a pointer in Go: absence differs from the zero value.
    pub optional: bool,
    /// The field is written even when it is empty (no `omitempty` in the Go tag).
    pub always: bool,
    /// The fields of the value, a struct, stand in this struct's own object.
    pub inline: bool,
}

impl Type {
    /// The Go type's name, as decoding errors print it.
    pub fn go_name(&self) -> String {
        match self {
            Type::String => "string".to_string(),
            Type::Bool => "bool".to_string(),
            Type::Int32 => "int32".to_string(),
            Type::Int64 => "int64".to_string(),
            Type::Quantity => "resource.Quantity".to_string(),
            Type::Time => "v1.Time".to_string(),
            Type::MicroTime => "v1.MicroTime".to_string(),
            Type::IntOrString => "intstr.IntOrString".to_string(),
            Type::Bytes => "[]uint8".to_string(),
            Type::Any => "interface {}".to_string(),
            Type::List(element) => format!("[]{}", element.go_name()),
            Type::Map(value) => format!("map[string]{}", value.go_name()),
            Type::Struct(s) => format!("{}.{}", s.package, s.name),
        }
    }
}

impl StructType {
    /// The field of that wire name, inlined structs included.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.all_fields().find(|f| f.name == name)
    }

    /// All fields, those of inlined structs in place.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().flat_map(|f| match f.ty {
            Type::Struct(inner) if f.inline => inner.fields.iter(),
            _ => core::slice::from_ref(f).iter(),
        })
    }
}

/// Rust types that are a field's value.
pub trait Typed {
    /// The wire type.
    const TYPE: &'static Type;
    /// Whether absence differs from the zero value.
    const OPTIONAL: bool = false;
}
