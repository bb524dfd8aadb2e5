//! Topics of the front door: what can be said of an object without a cluster.

use lifepod_api::{Object, Quantity, defaults, duration, resources};
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
