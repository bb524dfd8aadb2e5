//! Walking the schema by field path.

use lifepod_api::schema::{StructType, Type};

/// The struct at a field path such as `spec.containers[0]`; none when the path leads elsewhere.
pub fn struct_at(root: &'static StructType, path: &str) -> Option<&'static StructType> {
    if path.is_empty() {
        return Some(root);
    }
    match type_at(root, path)? {
        Type::Struct(ty) => Some(ty),
        _ => None,
    }
}

/// The type at a field path that is not empty.
pub fn type_at(root: &'static StructType, path: &str) -> Option<&'static Type> {
    let mut ty: Option<&'static Type> = None;
    let mut within = root;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (_, after) = after.split_once(']')?;
            ty = Some(match ty? {
                Type::List(inner) | Type::Map(inner) => inner,
                _ => return None,
            });
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            ty = Some(match ty {
                Some(Type::Map(inner)) => inner,
                _ => within.field(name)?.ty,
            });
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
        if let Some(Type::Struct(next)) = ty {
            within = next;
        } else if let Some(Type::List(Type::Struct(next)) | Type::Map(Type::Struct(next))) = ty {
            within = next;
        }
    }
    ty
}
