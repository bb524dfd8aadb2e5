//! Random manifests, made from the schema, and random damage to texts. The same seed gives the same.

pub mod claims;

use lifepod_api::KINDS;
use lifepod_api::schema::{Field, StructType, Type};
use serde_json::{Map, Value, json};

/// A small generator of random numbers (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// An object of a random kind. With `wild`, values need not fit their fields.
    pub fn manifest(&mut self, wild: bool) -> Value {
        let kind = &KINDS[self.below(KINDS.len())];
        let mut value = self.of_struct(kind.ty, 0, wild);
        value["apiVersion"] = json!(kind.api_version);
        value["kind"] = json!(kind.kind);
        value
    }

    fn of_struct(&mut self, ty: &'static StructType, depth: usize, wild: bool) -> Value {
        let mut out = Map::new();
        let keep = 60 / (depth as u64 * 2 + 2);
        for field in ty.all_fields() {
            let wanted =
                ["metadata", "spec", "containers", "name", "template", "image"].contains(&field.name);
            if wanted && self.chance(90) || self.chance(keep) {
                let value = self.of_field(field, depth, wild);
                out.insert(field.name.to_string(), value);
            }
        }
        Value::Object(out)
    }

    fn of_field(&mut self, field: &Field, depth: usize, wild: bool) -> Value {
        self.of_type(field.ty, depth + 1, wild)
    }

    fn of_type(&mut self, ty: &'static Type, depth: usize, wild: bool) -> Value {
        if wild && self.chance(2) {
            return [json!(null), json!(true), json!(-1), json!("x"), json!([1]), json!({"a": 1})]
                [self.below(6)]
            .clone();
        }
        match ty {
            Type::String => json!(self.text()),
            Type::Bool => json!(self.chance(50)),
            Type::Int32 | Type::Int64 => {
                json!([0, 1, 2, 80, 443, 8080, 65_535, 70_000, -1, 2_147_483_647][self.below(10)])
            }
            Type::Quantity => {
                let list = [
                    "0",
                    "1",
                    "100m",
                    "1500m",
                    "1Gi",
                    "0.1Gi",
                    "1e3",
                    "5E",
                    "-1",
                    "1n",
                    "8Ei",
                    "999999999999999999999",
                ];
                json!(self.pick(&list))
            }
            Type::Time => json!("2026-01-01T00:00:00Z"),
            Type::MicroTime => json!("2026-01-01T00:00:00.000001Z"),
            Type::IntOrString if self.chance(50) => json!(self.below(70_000)),
            Type::IntOrString => json!(self.pick(&["http", "25%", "100%", "0%", "x%", ""])),
            Type::Bytes => json!("AAEC"),
            Type::Any => json!({"a": [1, "b", null]}),
            Type::List(inner) => {
                let count = self.below(3);
                Value::Array((0..count).map(|_| self.of_type(inner, depth, wild)).collect())
            }
            Type::Map(inner) => {
                let keys = ["cpu", "memory", "app", "example.com/gpu", "hugepages-2Mi", "a b", ""];
                let count = self.below(3);
                (0..count).map(|_| (self.pick(&keys).to_string(), self.of_type(inner, depth, wild))).collect()
            }
            Type::Struct(_) if depth > 9 => json!({}),
            Type::Struct(inner) => self.of_struct(inner, depth, wild),
        }
    }

    fn text(&mut self) -> String {
        let list = [
            "a",
            "web",
            "",
            "nginx:1",
            "Always",
            "Never",
            "OnFailure",
            "TCP",
            "In",
            "Exists",
            "metadata.name",
            "*/5 * * * *",
            "A_b",
            "a.b",
            "../x",
            "/data",
            "10.0.0.1",
            "é\u{1f600}",
            "a: b",
            "- x",
            "yes",
            "0644",
            "None",
            "ClusterIP",
            "x\ny",
            "RollingUpdate",
            "http",
            "Indexed",
            "Localhost",
            "1,3-5",
            "TZ=UTC 0 0 * * *",
            "windows",
            "linux",
        ];
        self.pick(&list).to_string()
    }

    /// Damages a text at a few places.
    pub fn damage(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(6) {
            let at = self.below(chars.len() + 1);
            match self.below(5) {
                0 if at < chars.len() => drop(chars.remove(at)),
                1 => {
                    let odd = [
                        '\t', ':', '-', '[', '{', '}', '"', '\'', '&', '*', '|', '>', '#', '%', '!', '\u{0}',
                        '\n', ' ', 'é', '\u{feff}', '\r',
                    ];
                    chars.insert(at, odd[self.below(odd.len())]);
                }
                2 => chars.truncate(at),
                3 => {
                    let from = self.below(chars.len() + 1);
                    let part: Vec<char> = chars[from..(from + 30).min(chars.len())].to_vec();
                    chars.splice(at..at, part);
                }
                _ => {
                    let part = [
                        "---\n",
                        "&a ",
                        "*a",
                        "<<: *a\n",
                        "? ",
                        "!!str ",
                        "%YAML 1.1\n",
                        "\n\n  ",
                        "|+\n",
                        "{{ .x }}",
                    ];
                    chars.splice(at..at, part[self.below(part.len())].chars());
                }
            }
        }
        chars.into_iter().collect()
    }
}
