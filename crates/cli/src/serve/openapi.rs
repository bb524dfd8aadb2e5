//! `/openapi/v3`: what clients look up before they write, and what `kubectl explain` reads.
//!
//! The schemas come from the field tables. There is no `/openapi/v2`: clients that find none go by what they have
//! compiled in.

use super::discovery::{group_paths, kinds_of};
use lifepod_api::schema::{StructType, Type};
use serde_json::{Map, Value, json};

/// The document of a path below `/openapi/v3`, or the list of them.
pub fn answer(path: &str) -> Option<Value> {
    let rest = path.strip_prefix("/openapi/v3")?.trim_matches('/');
    if rest.is_empty() {
        let paths: Map<String, Value> = group_paths()
            .into_iter()
            .map(|(path, ..)| {
                let url = format!("/openapi/v3/{path}?hash={}", env!("CARGO_PKG_VERSION"));
                (path, json!({"serverRelativeURL": url}))
            })
            .collect();
        return Some(json!({"paths": paths}));
    }
    let (_, group, version) = group_paths().into_iter().find(|(path, ..)| path == rest)?;
    Some(document(rest, group, version))
}

fn document(path: &str, group: &str, version: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for kind in kinds_of(group, version) {
        let gvk = json!({"group": group, "version": version, "kind": kind.kind});
        let scope = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
        // No body is described: clients then merge by the types that they have compiled in, as ours are.
        let patch = json!({
            "operationId": format!("patch{}", kind.kind), "parameters": parameters,
            "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": gvk,
            "responses": {"200": {"description": "OK"}},
        });
        paths.insert(format!("/{path}{scope}/{}/{{name}}", kind.plural), json!({"patch": patch}));
        let Some(known) = lifepod_api::Kind::find(&kind.api_version(), kind.kind) else {
            // Of a kind that is carried unread, the fields are not known.
            let schema = json!({"type": "object", "x-kubernetes-group-version-kind": [gvk]});
            schemas.insert(format!("lifepod.{version}.{}", kind.kind), schema);
            continue;
        };
        let name = schema_name(known.ty);
        add(known.ty, &mut schemas);
        if let Some(schema) = schemas.get_mut(&name) {
            schema["x-kubernetes-group-version-kind"] = json!([gvk]);
            schema["properties"]["apiVersion"] = json!({"type": "string"});
            schema["properties"]["kind"] = json!({"type": "string"});
        }
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "lifepod", "version": "v1.36.2"}, "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn schema_name(ty: &StructType) -> String {
    format!("lifepod.{}.{}", ty.package, ty.name)
}

fn add(ty: &StructType, schemas: &mut Map<String, Value>) {
    let name = schema_name(ty);
    if schemas.contains_key(&name) {
        return;
    }
    schemas.insert(name.clone(), Value::Null);
    let properties: Map<String, Value> =
        ty.all_fields().map(|f| (f.name.to_string(), schema(f.ty, schemas))).collect();
    schemas.insert(name, json!({"type": "object", "properties": properties}));
}

fn schema(ty: &Type, schemas: &mut Map<String, Value>) -> Value {
    match ty {
        Type::String | Type::Quantity => json!({"type": "string"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Int32 => json!({"type": "integer", "format": "int32"}),
        Type::Int64 => json!({"type": "integer", "format": "int64"}),
        Type::Time | Type::MicroTime => json!({"type": "string", "format": "date-time"}),
        Type::IntOrString => json!({"type": "string", "format": "int-or-string"}),
        Type::Bytes => json!({"type": "string", "format": "byte"}),
        Type::Any => json!({"type": "object"}),
        Type::List(element) => json!({"type": "array", "items": schema(element, schemas)}),
        Type::Map(value) => json!({"type": "object", "additionalProperties": schema(value, schemas)}),
        Type::Struct(ty) => {
            add(ty, schemas);
            json!({"$ref": format!("#/components/schemas/{}", schema_name(ty))})
        }
    }
}
