//! Topics of the front door: what can be said of an object without a cluster.

use lifepod_api::{
    Kind, Object, Quantity, Refusal, admission, defaults, duration, prepare, resources, validation,
};
use lifepod_manifest::server::{Format, decode};
use serde_json::{Value, json};

/// Compares what came out with what was recorded; both members are named in the difference.
fn same(what: &str, got: &Value, want: &Value) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("{what}: got {got}, want {want}")) }
}

/// Reading, canonical form and values of quantities.
pub fn quantity(v: &Value) -> Result<(), String> {
    let input = v["input"].as_str().unwrap_or_default();
    match Quantity::parse(input) {
        Err(error) => same("error", &json!(error.to_string()), &v["error"]),
        Ok(q) => {
            same("error", &Value::Null, &v["error"])?;
            same("canonical", &json!(q.to_string()), &v["canonical"])?;
            same("value", &json!(q.value()), &v["value"])?;
            same("milliValue", &json!(q.milli_value()), &v["milliValue"])
        }
    }
}

/// Ages as kubectl prints them.
pub fn duration(v: &Value) -> Result<(), String> {
    let micros = (v["seconds"].as_f64().unwrap_or_default() * 1e6) as i64;
    same("human", &json!(duration::human(micros)), &v["human"])?;
    same("short", &json!(duration::short_human(micros)), &v["short"])
}

/// The object that a vector's `manifest` holds, defaulted.
fn defaulted(manifest: &Value) -> Object {
    let (mut object, _) = Object::decode(manifest);
    defaults::apply(&mut object);
    object
}

/// Versioned objects after defaulting; the status is not compared.
pub fn defaulting(v: &Value) -> Result<(), String> {
    let mut got = defaulted(&v["manifest"]).to_value();
    let mut want = v["defaulted"].clone();
    for object in [&mut got, &mut want] {
        if let Value::Object(members) = object {
            members.remove("status");
        }
    }
    difference("", &got, &want).map_or(Ok(()), Err)
}

/// The first place at which two JSON values differ.
fn difference(path: &str, got: &Value, want: &Value) -> Option<String> {
    match (got, want) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(&format!("{path}.{key}"), a, b),
                (a, b) => Some(format!("{path}.{key}: got {}, want {}", shown(a), shown(b))),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ if got == want => None,
        _ => Some(format!("{path}: got {got}, want {want}")),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_string(), Value::to_string)
}

/// QoS class and effective requests and limits.
pub fn resources(v: &Value) -> Result<(), String> {
    let Object::Pod(pod) = defaulted(&v["manifest"]) else { return Err("not a Pod".to_string()) };
    same("qosClass", &json!(resources::qos_class(&pod.spec)), &v["qosClass"])?;
    let amounts = |list: &resources::ResourceList| -> Value {
        list.iter().map(|(name, q)| (name.clone(), json!(q.to_string()))).collect()
    };
    same("requests", &amounts(&resources::pod_requests(&pod.spec)), &v["requests"])?;
    same("limits", &amounts(&resources::pod_limits(&pod.spec)), &v["limits"])?;
    same(
        "requestsNonMissing",
        &amounts(&resources::pod_requests_non_missing(&pod.spec)),
        &v["requestsNonMissing"],
    )
}

/// The kind that a vector of an input is about.
fn kind_of(v: &Value) -> Result<&'static Kind, String> {
    let name = v["kind"].as_str().unwrap_or_default();
    lifepod_api::KINDS.iter().find(|k| k.kind == name).ok_or_else(|| format!("unknown kind {name:?}"))
}

/// Does what the server does between decoding and validation.
fn prepared(kind: &Kind, mut object: Object, written: &Value) -> Object {
    let meta = object.meta_mut();
    if kind.namespaced && meta.namespace.is_empty() {
        meta.namespace = "default".to_string();
    }
    if meta.name.is_empty() && !meta.generate_name.is_empty() {
        meta.name = prepare::generated_name(&meta.generate_name, "xxxxx");
    }
    meta.uid = "00000000-0000-4000-8000-000000000000".to_string();
    prepare::for_create(&mut object, Some(written));
    object
}

/// Decodes a vector's input as the body of a POST, and does what the server does before validation.
fn received(v: &Value) -> Result<Result<Object, Refusal>, String> {
    let kind = kind_of(v)?;
    let decoded = match v["raw"].as_str() {
        Some(raw) if v["format"] == "yaml" => decode(raw, Format::Yaml, kind),
        Some(raw) => decode(raw, Format::Json, kind),
        None => decode(&v["manifest"].to_string(), Format::Json, kind),
    };
    Ok(decoded.map(|(object, written)| prepared(kind, object, &written)))
}

/// Strict decoding and validation as each kind's strategy does it, admission left out.
pub fn validation(v: &Value) -> Result<(), String> {
    let object = match received(v)? {
        Err(status) => {
            same("valid", &json!(false), &v["valid"])?;
            same("stage", &json!("decode"), &v["stage"])?;
            // The strategy's vectors word unreadable bodies in their own way; the server's words are judged there.
            return match status.message.starts_with("the object provided is unrecognized")
                || status.message.contains("is registered for version")
            {
                true => Ok(()),
                false => same("message", &json!(status.message), &v["status"]["message"]),
            };
        }
        Ok(object) => object,
    };
    let mut errors: Vec<Value> = validation::create(&object)
        .iter()
        .map(|e| json!({"field": e.field, "type": e.kind.reason(), "message": e.message}))
        .collect();
    errors.sort_by_key(|e| (e["field"].to_string(), e["message"].to_string()));
    let empty = json!([]);
    let mut want: Vec<Value> = v["errors"].as_array().or(empty.as_array()).cloned().unwrap_or_default();
    want.sort_by_key(|e| (e["field"].to_string(), e["message"].to_string()));
    same_uids("errors", &json!(errors), &json!(want))?;
    same("valid", &json!(errors.is_empty()), &v["valid"])?;
    if errors.is_empty() {
        let warnings = validation::warnings(&object);
        return same("warnings", &json!(warnings), v.get("warnings").unwrap_or(&empty));
    }
    same("stage", &json!("validate"), &v["stage"])
}

/// As [`same`], with generated ids made equal.
fn same_uids(what: &str, got: &Value, want: &Value) -> Result<(), String> {
    let got: Value = serde_json::from_str(&without_uids(&got.to_string())).unwrap_or_default();
    let want: Value = serde_json::from_str(&without_uids(&want.to_string())).unwrap_or_default();
    same(what, &got, &want)
}

/// A text in which every UUID reads `<uid>`.
fn without_uids(text: &str) -> String {
    let is_uid = |s: &str| {
        s.len() == 36
            && s.char_indices()
                .all(|(i, c)| if [8, 13, 18, 23].contains(&i) { c == '-' } else { c.is_ascii_hexdigit() })
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match rest.get(..36).filter(|s| is_uid(s)) {
            Some(_) => {
                out.push_str("<uid>");
                rest = &rest[36..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// The whole of a POST to a server with one namespace and no classes, quotas or ranges of its own. `input` is the
/// line of the same id in the `validation` file.
pub fn validation_apiserver(v: &Value) -> Result<(), String> {
    let input = &v["input"];
    let (code, reason, message, warnings) = match posted(input)? {
        Ok(warnings) => (201, Value::Null, Value::Null, warnings),
        Err(status) => (status.code, json!(status.reason), json!(status.message), Vec::new()),
    };
    same("code", &json!(code), &v["code"])?;
    same("reason", &reason, v.get("reason").unwrap_or(&Value::Null))?;
    let prefix = input["manifest"]["metadata"]["generateName"].as_str().unwrap_or("");
    let want = without_suffix(&v["message"], prefix);
    same_uids("message", &without_suffix(&message, prefix), &want)?;
    // On the wire a warning is a header: code, agent, quoted text.
    let headers: Vec<String> = warnings.iter().map(|w| format!("299 - {}", json!(w))).collect();
    same("warnings", &json!(headers), v.get("warnings").unwrap_or(&json!([])))
}

fn posted(input: &Value) -> Result<Result<Vec<String>, Refusal>, String> {
    let mut object = match received(input)? {
        Ok(object) => object,
        Err(refusal) => return Ok(Err(refusal)),
    };
    prepare::normalize(&mut object);
    let errors = prepare::allocate(&mut object);
    if !errors.is_empty() {
        return Ok(Err(Box::new(validation::invalid_status(&object, &errors))));
    }
    if let Object::Pod(pod) = &mut object {
        let mutated = admission::priority(pod, []).and_then(|()| admission::runtime_class(pod, None));
        if let Err(refusal) = mutated {
            return Ok(Err(refusal));
        }
        admission::default_toleration_seconds(pod);
    }
    let errors = validation::create(&object);
    if !errors.is_empty() {
        return Ok(Err(Box::new(validation::invalid_status(&object, &errors))));
    }
    if let Object::Pod(pod) = &object
        && let Err(refusal) = admission::runtime_class_validate(pod, None)
    {
        return Ok(Err(refusal));
    }
    Ok(Ok(validation::warnings(&object)))
}

/// A message in which the five random characters behind a generated name's prefix read `xxxxx`.
fn without_suffix(message: &Value, prefix: &str) -> Value {
    let Some(text) = message.as_str().filter(|_| !prefix.is_empty()) else { return message.clone() };
    let mut out = String::new();
    for (i, part) in text.split(prefix).enumerate() {
        let random =
            |s: &str| s.len() == 5 && s.bytes().all(|b| prepare::NAME_ALPHABET.contains(&b) || b == b'x');
        match part.get(..5).filter(|s| i > 0 && random(s)) {
            Some(_) => out += &format!("{prefix}xxxxx{}", &part[5..]),
            None if i > 0 => out += &format!("{prefix}{part}"),
            None => out += part,
        }
    }
    json!(out)
}
