//! Request bodies as `application/vnd.kubernetes.protobuf`, which Go's typed clients send, as the JSON that they mean
//! (`apimachinery/pkg/runtime/serializer/protobuf`).
//!
//! `messages.txt` says which fields the messages have; answers are JSON, which those clients take as well.

mod wire;

use lifepod_api::{Bytes, MicroTime};
use lifepod_kubectl::rfc3339;
use serde_json::{Map, Value};
use wire::{Field, Reader};

/// What every body begins with; a `runtime.Unknown` follows.
const MAGIC: &[u8] = b"k8s\0";

/// The object of a body.
///
/// # Errors
/// Why the body cannot be read, in words.
pub fn decode(body: &[u8]) -> Result<Value, String> {
    let unknown = body
        .strip_prefix(MAGIC)
        .ok_or("provided data does not appear to be a protobuf message, expected prefix 6b 38 73 00")?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Reader::new(unknown) {
        match field? {
            (1, Field::Bytes(meta)) => {
                for field in Reader::new(meta) {
                    match field? {
                        (1, Field::Bytes(text)) => api_version = string(text),
                        (2, Field::Bytes(text)) => kind = string(text),
                        _ => {}
                    }
                }
            }
            (2, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let message = Message::find(&api_version, &kind)
        .ok_or_else(|| format!("no kind {kind:?} is registered for version {api_version:?}"))?;
    let mut object = message.decode(raw)?;
    object.insert("apiVersion".into(), api_version.into());
    object.insert("kind".into(), kind.into());
    Ok(Value::Object(object))
}

/// A message's line.
#[derive(Clone, Copy)]
struct Message {
    /// The group and version in which its fields' types are looked up first.
    group: &'static str,
    fields: &'static str,
}

impl Message {
    /// The message of that name as a type of that group and version sees it. What a group does not have of its own is
    /// the core group's, or that of all (`DeleteOptions` is sent under every group).
    fn find(group: &str, name: &str) -> Option<Message> {
        [group, "v1", "meta.k8s.io/v1"].into_iter().find_map(|wanted| {
            let mut group = "";
            include_str!("messages.txt").lines().find_map(|line| {
                if let Some(heading) = line.strip_prefix('@') {
                    group = heading;
                }
                let (own, fields) = line.split_once(' ').unwrap_or((line, ""));
                (group == wanted && own == name).then_some(Message { group, fields })
            })
        })
    }

    fn decode(self, bytes: &[u8]) -> Result<Map<String, Value>, String> {
        let mut object = Map::new();
        self.read(bytes, &mut object)?;
        Ok(object)
    }

    /// Adds the fields of a message to an object.
    fn read(self, bytes: &[u8], object: &mut Map<String, Value>) -> Result<(), String> {
        for field in Reader::new(bytes) {
            let (number, field) = field?;
            // A field that is not known is a newer client's.
            let Some(word) = number.checked_sub(1).and_then(|n| self.fields.split(' ').nth(n)) else {
                continue;
            };
            if let Some(inlined) = word.strip_prefix('^') {
                self.message(inlined)?.read(field.bytes()?, object)?;
                continue;
            }
            let (name, ty) = word.split_once(':').unwrap_or((word, "string"));
            if let Some(element) = ty.strip_prefix("[]") {
                let list = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                let value = self.value(element, field)?;
                list.as_array_mut().into_iter().for_each(|list| list.push(value.clone()));
            } else if let Some(element) = ty.strip_prefix("{}") {
                let (key, value) = self.entry(element, field.bytes()?)?;
                object.entry(name).or_insert_with(|| Value::Object(Map::new()))[key] = value;
            } else if let Some(pointed) = ty.strip_prefix('?') {
                object.insert(name.into(), self.value(pointed, field)?);
            } else {
                // Go writes every field that is no pointer; an empty one is as good as none.
                let value = self.value(ty, field)?;
                if !is_zero(&value) {
                    object.insert(name.into(), value);
                }
            }
        }
        Ok(())
    }

    /// An entry of a map.
    fn entry(self, ty: &str, bytes: &[u8]) -> Result<(String, Value), String> {
        let empty = if matches!(ty, "string" | "bytes") { "".into() } else { Value::Null };
        let (mut key, mut value) = (String::new(), empty);
        for field in Reader::new(bytes) {
            match field? {
                (1, field) => key = string(field.bytes()?),
                (2, field) => value = self.value(ty, field)?,
                _ => {}
            }
        }
        Ok((key, value))
    }

    fn message(self, name: &str) -> Result<Message, String> {
        Message::find(self.group, name).ok_or_else(|| format!("the message {name} is not known"))
    }

    /// A single value of a type.
    fn value(self, ty: &str, field: Field<'_>) -> Result<Value, String> {
        Ok(match ty {
            "string" => string(field.bytes()?).into(),
            "bytes" => Bytes(field.bytes()?.to_vec()).to_base64().into(),
            "int" => field.int()?.into(),
            "bool" => (field.int()? != 0).into(),
            // Messages that have a JSON form of their own.
            "Quantity" => first(field, 1)?.map_or_else(|| Ok("0".into()), |f| f.bytes().map(string))?.into(),
            "Time" => time(field, rfc3339)?,
            "MicroTime" => time(field, |micros| MicroTime(micros).to_string())?,
            "IntOrString" => match first(field, 1)? {
                Some(Field::Int(1)) => {
                    first(field, 3)?.map_or(Ok(String::new()), |f| f.bytes().map(string))?.into()
                }
                _ => first(field, 2)?.map_or(Ok(0), |f| f.int())?.into(),
            },
            "RawExtension" | "FieldsV1" => match first(field, 1)? {
                Some(json) => serde_json::from_slice(json.bytes()?).map_err(|e| e.to_string())?,
                None => Value::Null,
            },
            message => Value::Object(self.message(message)?.decode(field.bytes()?)?),
        })
    }
}

/// The field of that number in a message, the last one if it is there several times.
fn first<'a>(message: Field<'a>, number: usize) -> Result<Option<Field<'a>>, String> {
    let mut found = None;
    for field in Reader::new(message.bytes()?) {
        let (n, field) = field?;
        if n == number {
            found = Some(field);
        }
    }
    Ok(found)
}

/// A `Time` or `MicroTime`; an empty message is no time.
fn time(field: Field<'_>, text: impl Fn(i64) -> String) -> Result<Value, String> {
    let part = |number| first(field, number)?.map_or(Ok(0), |f| f.int());
    let (seconds, nanos) = (part(1)?, part(2)?);
    if (seconds, nanos) == (0, 0) {
        return Ok(Value::Null);
    }
    Ok(text(seconds.saturating_mul(1_000_000).saturating_add(nanos / 1_000)).into())
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(n) => n.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A field with bytes.
    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("a short field");
        assert!(length < 128, "a short field");
        [&[number << 3 | 2, length], content].concat()
    }

    fn int(number: u8, value: u8) -> Vec<u8> {
        vec![number << 3, value]
    }

    fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let meta = [bytes(1, api_version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [MAGIC, &bytes(1, &meta), &bytes(2, object)].concat()
    }

    #[test]
    fn a_deployment_is_what_its_json_is() {
        let label = |number| bytes(number, &[bytes(1, b"app"), bytes(2, b"x")].concat());
        let surge = bytes(2, &[int(1, 1), int(2, 0), bytes(3, b"25%")].concat());
        let strategy = bytes(4, &[bytes(1, b"RollingUpdate"), bytes(2, &surge)].concat());
        let spec = [int(1, 0), bytes(2, &label(1)), strategy, int(5, 0)].concat();
        let metadata = [bytes(1, b"d"), bytes(2, b""), bytes(8, b""), label(11)].concat();
        let object = [bytes(1, &metadata), bytes(2, &spec), bytes(3, b"")].concat();
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "d", "labels": {"app": "x"}},
            "spec": {
                // A pointer's zero is a value; that of `minReadySeconds` is none.
                "replicas": 0, "selector": {"matchLabels": {"app": "x"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
            },
        });
        assert_eq!(decode(&body("apps/v1", "Deployment", &object)), Ok(expected));
    }

    #[test]
    fn inlined_messages_quantities_bytes_and_times_take_their_json_form() {
        let volume = bytes(1, &[bytes(1, b"v"), bytes(2, &bytes(6, &bytes(1, b"s")))].concat());
        let limit = bytes(1, &[bytes(1, b"cpu"), bytes(2, &bytes(1, b"100m"))].concat());
        let container = bytes(2, &[bytes(1, b"c"), bytes(8, &limit)].concat());
        let time = [vec![1 << 3, 0x80, 0xa3, 0x05], int(2, 0)].concat();
        let pod = [bytes(1, &bytes(9, &time)), bytes(2, &[volume, container].concat())].concat();
        let expected = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"deletionTimestamp": "1970-01-02T00:00:00Z"},
            "spec": {
                "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
                "containers": [{"name": "c", "resources": {"limits": {"cpu": "100m"}}}],
            },
        });
        assert_eq!(decode(&body("v1", "Pod", &pod)), Ok(expected));
        let secret = bytes(2, &[bytes(1, b"k"), bytes(2, b"hi")].concat());
        assert_eq!(decode(&body("v1", "Secret", &secret)).unwrap()["data"], json!({"k": "aGk="}));
    }

    #[test]
    fn types_of_one_name_are_those_of_their_group() {
        let port = bytes(3, &[bytes(1, b"http"), int(3, 80)].concat());
        let slice = decode(&body("discovery.k8s.io/v1", "EndpointSlice", &port)).unwrap();
        assert_eq!(slice["ports"], json!([{"name": "http", "port": 80}]));
        let options = decode(&body("policy/v1", "DeleteOptions", &int(1, 0))).unwrap();
        assert_eq!(options["gracePeriodSeconds"], 0);
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_refused() {
        assert!(decode(b"{}").unwrap_err().contains("6b 38 73 00"));
        assert!(decode(&body("v1", "Wobble", b"")).unwrap_err().contains("no kind \"Wobble\""));
        let whole = body("v1", "Pod", &bytes(1, &bytes(1, b"name")));
        for end in MAGIC.len() + 1..whole.len() {
            // Whatever comes of it, it ends.
            let _cut = decode(&whole[..end]);
        }
        assert!(decode(&whole[..whole.len() - 2]).is_err());
    }

    #[test]
    fn every_type_that_a_field_names_is_there() {
        let own = ["string", "int", "bool", "bytes"];
        let special = ["Quantity", "Time", "MicroTime", "IntOrString", "RawExtension", "FieldsV1"];
        let mut group = "";
        for line in include_str!("messages.txt").lines().filter(|l| !l.starts_with('#')) {
            group = line.strip_prefix('@').unwrap_or(group);
            for word in line.split(' ').skip(1).filter(|w| *w != "-") {
                let ty = word.split_once(':').map_or("string", |(_, ty)| ty);
                let ty = word.strip_prefix('^').unwrap_or(ty).trim_start_matches(['?', '[', ']', '{', '}']);
                let known = own.contains(&ty) || special.contains(&ty) || Message::find(group, ty).is_some();
                assert!(known, "{ty} in {line}");
            }
        }
    }
}
