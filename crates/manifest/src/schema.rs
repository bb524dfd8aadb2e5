//! Walking the schema by field path.

use lifepod_api::schema::{Field, StructType, Type};

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
    walk(root, path).map(|(ty, _)| ty)
}

/// The field that a path ends with; that of the list or map for one of its items.
pub fn field_at(root: &'static StructType, path: &str) -> Option<&'static Field> {
    walk(root, path).map(|(_, field)| field)
}

fn walk(root: &'static StructType, path: &str) -> Option<(&'static Type, &'static Field)> {
    let mut at: Option<(&'static Type, &'static Field)> = None;
    let mut within = root;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (_, after) = after.split_once(']')?;
            at = Some(match at? {
                (Type::List(inner) | Type::Map(inner), field) => (inner, field),
                _ => return None,
            });
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            at = Some(match at {
                Some((Type::Map(inner), field)) => (inner, field),
                _ => {
                    let field = within.field(&rest[..end])?;
                    (field.ty, field)
                }
            });
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
        if let Some((
            Type::Struct(next) | Type::List(Type::Struct(next)) | Type::Map(Type::Struct(next)),
            _,
        )) = at
        {
            within = next;
        }
    }
    at
}
