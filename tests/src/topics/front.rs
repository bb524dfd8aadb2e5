//! Topics of the front door: what can be said of an object without a cluster.

use lifepod_api::{Quantity, duration};
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
