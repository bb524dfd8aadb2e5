//! Decoding and encoding of API values, without a line of generated code a type beyond its field table.
//!
//! Everything goes through [`serde_json::Value`] and `dyn` [`Wire`]: three hundred structs share one decoder,
//! which keeps the wasm small and gives strict errors in the Go decoder's words.

use crate::Map;
use crate::schema::{Field, StructType, Type, Typed};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use serde_json::Value;

/// A value that can be read from JSON and written back.
pub trait Wire {
    /// Takes over what `value` says, and reports what it could not take.
    fn decode(&mut self, value: &Value, cx: &mut Decoder);
    /// The JSON of this value.
    fn encode(&self) -> Value;
    /// Whether Go's `omitempty` leaves this value out. Structs are never empty.
    fn is_empty(&self) -> bool;
    /// Takes over one member of an object that this struct is inlined into; false when it has no such field.
    fn decode_member(&mut self, _name: &str, _value: &Value, _cx: &mut Decoder) -> bool {
        false
    }
}

/// A struct whose fields can be reached by their number in its [`StructType`].
pub trait Fields {
    /// The field of that number.
    fn at(&self, index: usize) -> &dyn Wire;
    /// The field of that number.
    fn at_mut(&mut self, index: usize) -> &mut dyn Wire;
}

/// What is wrong with a document, found while decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Where: `spec.containers[0].image`.
    pub path: String,
    /// What kind of error.
    pub kind: DecodeErrorKind,
    /// In the API server's words.
    pub message: String,
}

/// Kinds of [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// The type has no such field. The value is ignored; only strict decoding minds.
    UnknownField,
    /// The value does not fit the field's type. The API server refuses the document.
    Type,
}

/// A decoding in progress: where we are, and what went wrong so far.
#[derive(Debug, Default)]
pub struct Decoder {
    path: Vec<Segment>,
    /// The innermost struct, whose name Go's errors give.
    within: Option<&'static StructType>,
    /// The type that is expected here.
    expected: Expected,
    errors: Vec<DecodeError>,
}

#[derive(Debug)]
enum Segment {
    Field(&'static str),
    Key(String),
    Index(usize),
}

#[derive(Clone, Copy, Debug)]
struct Expected {
    go: &'static str,
    ty: &'static Type,
}

impl Default for Expected {
    fn default() -> Self {
        Expected { go: "", ty: &Type::Any }
    }
}

impl Expected {
    fn element(self) -> Expected {
        let ty = match self.ty {
            Type::List(inner) | Type::Map(inner) => inner,
            other => other,
        };
        let go = match self.go.strip_prefix("[]") {
            Some(rest) => rest,
            None => self.go.strip_prefix("map[").and_then(|r| r.split_once(']')).map_or("", |(_, v)| v),
        };
        Expected { go, ty }
    }

    fn name(self) -> String {
        if self.go.is_empty() { self.ty.go_name() } else { self.go.to_string() }
    }
}

impl Decoder {
    /// What was found wrong, in order.
    pub fn into_errors(self) -> Vec<DecodeError> {
        self.errors
    }

    /// The path of the value that is being decoded.
    pub fn path(&self) -> String {
        let mut out = String::new();
        for segment in &self.path {
            match segment {
                Segment::Index(i) => {
                    let _ = write!(out, "[{i}]");
                }
                Segment::Field("") => {}
                Segment::Field(name) => join(&mut out, name),
                Segment::Key(key) => join(&mut out, key),
            }
        }
        out
    }

    /// Reports a value that the type's own parser refuses.
    pub fn refuse(&mut self, message: String) {
        let path = self.path();
        self.errors.push(DecodeError { path, kind: DecodeErrorKind::Type, message });
    }

    /// Reports a value of a wrong JSON type, as Go's `json.UnmarshalTypeError` words it.
    pub fn mismatch(&mut self, value: &Value) {
        self.mismatch_as(kind_name(value));
    }

    /// Reports a number that does not fit an integer type.
    pub fn bad_number(&mut self, value: &Value) {
        // Go writes whole numbers without an exponent.
        match value.as_f64().filter(|_| value.is_f64()) {
            Some(n) => self.mismatch_as(&format!("number {n}")),
            None => self.mismatch_as(&format!("number {value}")),
        }
    }

    fn mismatch_as(&mut self, got: &str) {
        let ty = self.expected.name();
        let message = match self.within {
            None => format!("json: cannot unmarshal {got} into Go value of type {ty}"),
            Some(within) => {
                let mut fields = String::new();
                for segment in &self.path {
                    if let Segment::Field(name) = segment
                        && !name.is_empty()
                    {
                        join(&mut fields, name);
                    }
                }
                format!(
                    "json: cannot unmarshal {got} into Go struct field {}.{fields} of type {ty}",
                    within.name
                )
            }
        };
        self.refuse(message);
    }

    fn unknown(&mut self, name: &str) {
        let mut path = self.path();
        join(&mut path, name);
        let message = format!("unknown field \"{path}\"");
        self.errors.push(DecodeError { path, kind: DecodeErrorKind::UnknownField, message });
    }

    fn inside(&mut self, segment: Segment, expected: Expected, f: impl FnOnce(&mut Self)) {
        let outer = (self.within, self.expected);
        self.path.push(segment);
        self.expected = expected;
        f(self);
        self.path.pop();
        (self.within, self.expected) = outer;
    }
}

fn join(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// A JSON value's type in the words of Go's decoder.
pub fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What [`Fields`] does with a number that is none of the table's.
#[cold]
#[doc(hidden)]
pub fn no_field() -> ! {
    panic!("field numbers come from the type's own table")
}

/// Decodes an object's members into a struct's fields.
pub fn decode_struct(target: &mut dyn Fields, ty: &'static StructType, value: &Value, cx: &mut Decoder) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                if !decode_member(target, ty, name, value, cx) {
                    cx.unknown(name);
                }
            }
        }
        other => cx.mismatch(other),
    }
}

/// Decodes one member of an object into its field; false when the struct has none of that name.
pub fn decode_member(
    target: &mut dyn Fields,
    ty: &'static StructType,
    name: &str,
    value: &Value,
    cx: &mut Decoder,
) -> bool {
    // `kind` and `apiVersion` stand beside the fields of a top-level object and are read before.
    if cx.path.is_empty() && (name == "kind" || name == "apiVersion") {
        return true;
    }
    for (index, field) in ty.fields.iter().enumerate() {
        if field.inline {
            if target.at_mut(index).decode_member(name, value, cx) {
                return true;
            }
        } else if field.name == name {
            cx.inside(Segment::Field(field.name), Expected { go: field.go, ty: field.ty }, |cx| {
                cx.within = Some(ty);
                target.at_mut(index).decode(value, cx);
            });
            return true;
        }
    }
    false
}

/// Encodes a struct's fields, leaving out what its declaration leaves out.
pub fn encode_struct(source: &dyn Fields, ty: &'static StructType) -> Value {
    let mut members = serde_json::Map::new();
    for (index, Field { name, always, inline, .. }) in ty.fields.iter().enumerate() {
        let value = source.at(index);
        if *inline {
            if let Value::Object(inner) = value.encode() {
                members.extend(inner);
            }
        } else if *always || !value.is_empty() {
            members.insert(name.to_string(), value.encode());
        }
    }
    Value::Object(members)
}

macro_rules! scalar {
    ($ty:ty, $wire:ident, $decode:expr, $encode:expr, $empty:expr) => {
        impl Typed for $ty {
            const TYPE: &'static Type = &Type::$wire;
        }
        impl Wire for $ty {
            fn decode(&mut self, value: &Value, cx: &mut Decoder) {
                if !value.is_null() {
                    let decode: fn(&mut $ty, &Value, &mut Decoder) = $decode;
                    decode(self, value, cx);
                }
            }
            fn encode(&self) -> Value {
                let encode: fn(&$ty) -> Value = $encode;
                encode(self)
            }
            fn is_empty(&self) -> bool {
                let empty: fn(&$ty) -> bool = $empty;
                empty(self)
            }
        }
    };
}
pub(crate) use scalar;

scalar!(
    String,
    String,
    |target, value, cx| match value {
        Value::String(s) => target.clone_from(s),
        other => cx.mismatch(other),
    },
    |s| Value::String(s.clone()),
    |s| s.is_empty()
);

scalar!(
    bool,
    Bool,
    |target, value, cx| match value {
        Value::Bool(b) => *target = *b,
        other => cx.mismatch(other),
    },
    |b| Value::Bool(*b),
    |b| !*b
);

scalar!(
    i32,
    Int32,
    |target, value, cx| {
        if let Some(n) = integer(value, cx) {
            match i32::try_from(n) {
                Ok(n) => *target = n,
                Err(_) => cx.bad_number(value),
            }
        }
    },
    |n| Value::from(*n),
    |n| *n == 0
);

scalar!(
    i64,
    Int64,
    |target, value, cx| {
        if let Some(n) = integer(value, cx) {
            *target = n;
        }
    },
    |n| Value::from(*n),
    |n| *n == 0
);

fn integer(value: &Value, cx: &mut Decoder) -> Option<i64> {
    match value {
        Value::Number(n) => {
            let n = n.as_i64();
            if n.is_none() {
                cx.bad_number(value);
            }
            n
        }
        other => {
            cx.mismatch(other);
            None
        }
    }
}

scalar!(Value, Any, |target, value, _| target.clone_from(value), |v| v.clone(), |v| v.is_null());

impl<T: Typed> Typed for Option<T> {
    const TYPE: &'static Type = T::TYPE;
    const OPTIONAL: bool = true;
}

impl<T: Wire + Default> Wire for Option<T> {
    fn decode(&mut self, value: &Value, cx: &mut Decoder) {
        if value.is_null() {
            *self = None;
        } else {
            self.get_or_insert_default().decode(value, cx);
        }
    }
    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::encode)
    }
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T: Typed> Typed for Box<T> {
    const TYPE: &'static Type = T::TYPE;
}

impl<T: Wire> Wire for Box<T> {
    fn decode(&mut self, value: &Value, cx: &mut Decoder) {
        (**self).decode(value, cx);
    }
    fn encode(&self) -> Value {
        (**self).encode()
    }
    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

impl<T: Typed> Typed for Vec<T> {
    const TYPE: &'static Type = &Type::List(T::TYPE);
}

impl<T: Wire + Default> Wire for Vec<T> {
    fn decode(&mut self, value: &Value, cx: &mut Decoder) {
        decode_list(self, value, cx);
    }
    fn encode(&self) -> Value {
        encode_list(self)
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// A list whose elements' type is not known: a hundred types of list share one decoder and one encoder.
trait List {
    fn clear(&mut self);
    /// Adds an element, to be decoded.
    fn add(&mut self) -> &mut dyn Wire;
    /// The element of that number, counted from 0.
    fn nth(&self, index: usize) -> Option<&dyn Wire>;
}

impl<T: Wire + Default> List for Vec<T> {
    fn clear(&mut self) {
        self.clear();
    }
    fn add(&mut self) -> &mut dyn Wire {
        self.push_mut(T::default())
    }
    fn nth(&self, index: usize) -> Option<&dyn Wire> {
        self.get(index).map(|element| element as &dyn Wire)
    }
}

fn decode_list(list: &mut dyn List, value: &Value, cx: &mut Decoder) {
    match value {
        Value::Null => {}
        Value::Array(elements) => {
            list.clear();
            for (i, element) in elements.iter().enumerate() {
                cx.inside(Segment::Index(i), cx.expected.element(), |cx| list.add().decode(element, cx));
            }
        }
        other => cx.mismatch(other),
    }
}

fn encode_list(list: &dyn List) -> Value {
    let mut elements = Vec::new();
    while let Some(element) = list.nth(elements.len()) {
        elements.push(element.encode());
    }
    Value::Array(elements)
}

impl<T: Typed> Typed for Map<T> {
    const TYPE: &'static Type = &Type::Map(T::TYPE);
}

impl<T: Wire + Default + Clone> Wire for Map<T> {
    fn decode(&mut self, value: &Value, cx: &mut Decoder) {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                for (key, member) in members {
                    let mut item = T::default();
                    cx.inside(Segment::Key(key.clone()), cx.expected.element(), |cx| item.decode(member, cx));
                    self.insert(key.clone(), item);
                }
            }
            other => cx.mismatch(other),
        }
    }
    fn encode(&self) -> Value {
        Value::Object(self.iter().map(|(k, v)| (k.clone(), v.encode())).collect())
    }
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// Declares API structs: the Go package and type, then a line a field.
///
/// `field: RustType = "wireName" ("go.TypeName") always inline`: the Go name only where the Rust type does not
/// give it; `always` for a field without `omitempty`; `inline` for an embedded struct.
#[macro_export]
macro_rules! object {
    ($(
        $(#[$meta:meta])*
        $package:ident $name:ident $(($go_name:literal))? {
            $($field:ident : $ty:ty = $wire:literal $(($go:literal))? $($flag:ident)*,)*
        }
    )*) => {$(
        #[doc = concat!("`", stringify!($package), ".", stringify!($name), "`.")]
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name {
            $(#[doc = concat!("`", $wire, "`")] pub $field: $ty,)*
        }

        impl $name {
            /// The type's fields on the wire.
            pub const STRUCT: &'static $crate::schema::StructType = &$crate::schema::StructType {
                name: { let _name = stringify!($name); $(let _name = $go_name;)? _name },
                package: stringify!($package),
                fields: &[$($crate::schema::Field {
                    name: $wire,
                    ty: <$ty as $crate::schema::Typed>::TYPE,
                    optional: <$ty as $crate::schema::Typed>::OPTIONAL,
                    go: { let _go = ""; $(let _go = $go;)? _go },
                    always: $crate::object!(@has always $($flag)*),
                    inline: $crate::object!(@has inline $($flag)*),
                },)*],
            };
        }

        impl $crate::schema::Typed for $name {
            const TYPE: &'static $crate::schema::Type = &$crate::schema::Type::Struct($name::STRUCT);
        }

        impl $crate::wire::Fields for $name {
            fn at(&self, index: usize) -> &dyn $crate::wire::Wire {
                let mut _left = index;
                $(
                    if _left == 0 {
                        return &self.$field;
                    }
                    _left -= 1;
                )*
                $crate::wire::no_field()
            }
            fn at_mut(&mut self, index: usize) -> &mut dyn $crate::wire::Wire {
                let mut _left = index;
                $(
                    if _left == 0 {
                        return &mut self.$field;
                    }
                    _left -= 1;
                )*
                $crate::wire::no_field()
            }
        }

        impl $crate::wire::Wire for $name {
            fn decode(&mut self, value: &serde_json::Value, cx: &mut $crate::wire::Decoder) {
                $crate::wire::decode_struct(self, Self::STRUCT, value, cx);
            }
            fn encode(&self) -> serde_json::Value {
                $crate::wire::encode_struct(self, Self::STRUCT)
            }
            fn is_empty(&self) -> bool {
                false
            }
            fn decode_member(
                &mut self,
                name: &str,
                value: &serde_json::Value,
                cx: &mut $crate::wire::Decoder,
            ) -> bool {
                $crate::wire::decode_member(self, Self::STRUCT, name, value, cx)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{} {}", stringify!($name), $crate::wire::Wire::encode(self))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::wire::Wire::encode(self), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                $crate::wire::lenient(&value).map_err(serde::de::Error::custom)
            }
        }
    )*};
    (@has always always $($rest:ident)*) => { true };
    (@has inline inline $($rest:ident)*) => { true };
    (@has $want:ident $other:ident $($rest:ident)*) => { $crate::object!(@has $want $($rest)*) };
    (@has $want:ident) => { false };
}

/// Decodes a value, unknown fields passed over; the first value of a wrong type is the error.
pub fn lenient<T: Wire + Default>(value: &Value) -> Result<T, String> {
    let mut cx = Decoder::default();
    let mut out = T::default();
    out.decode(value, &mut cx);
    match cx.errors.into_iter().find(|e| e.kind == DecodeErrorKind::Type) {
        Some(error) => Err(error.message),
        None => Ok(out),
    }
}
