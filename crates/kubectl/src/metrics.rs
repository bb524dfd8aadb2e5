//! The metrics of a HorizontalPodAutoscaler: what is wanted, and what was measured.

use crate::effective::canonical;
use crate::json::Json;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// A metric of the spec with the measurement in the same place of the status.
pub(crate) struct Metric<'a> {
    /// `Resource`, `Pods`, `Object` …
    pub(crate) kind: &'a str,
    /// What is measured.
    pub(crate) source: &'a Value,
    /// What was measured last; null before that.
    measured: &'a Value,
}

/// A current value and the wanted one, as text.
type Pair = (String, String);

pub(crate) fn metrics(autoscaler: &Value) -> Vec<Metric<'_>> {
    let statuses = autoscaler.list("status.currentMetrics");
    let specs = autoscaler.list("spec.metrics").iter().enumerate();
    specs
        .map(|(i, spec)| {
            let field = match spec.text("type") {
                "External" => "external",
                "Pods" => "pods",
                "Object" => "object",
                "Resource" => "resource",
                "ContainerResource" => "containerResource",
                _ => "?",
            };
            let measured = statuses.get(i).map_or(&Value::Null, |status| status.at(field));
            Metric { kind: spec.text("type"), source: spec.at(field), measured }
        })
        .collect()
}

/// A quantity; nothing where there is none is Go's nil.
fn quantity(list: &Value, field: &str) -> String {
    match list.scalar(field) {
        text if text.is_empty() => "<nil>".into(),
        text => canonical(&text),
    }
}

impl Metric<'_> {
    pub(crate) fn target(&self) -> &Value {
        self.source.at("target")
    }

    fn values(&self, field: &str, known: bool) -> Pair {
        let current = if known { quantity(self.measured.at("current"), field) } else { "<unknown>".into() };
        (current, quantity(self.target(), field))
    }

    /// The average of all pods.
    pub(crate) fn average(&self) -> Pair {
        // Of an external metric nothing may be known though it was asked for.
        let known = !self.measured.is_null()
            && (self.kind != "External" || self.measured.has("current.averageValue"));
        self.values("averageValue", known)
    }

    /// The value as a whole.
    pub(crate) fn value(&self) -> Pair {
        self.values("value", !self.measured.is_null())
    }

    /// The use in percent of what the pods ask for.
    pub(crate) fn utilization(&self) -> Pair {
        let percent = |of: &Value, missing: &str| match of.has("averageUtilization") {
            true => format!("{}%", of.int("averageUtilization")),
            false => missing.into(),
        };
        (percent(self.measured.at("current"), "<unknown>"), percent(self.target(), "<auto>"))
    }

    /// A pair as descriptions show it.
    pub(crate) fn pair(&self, (current, target): Pair) -> String {
        format!("{current} / {target}")
    }

    /// The metric in a table's cell (`formatHPAMetrics`).
    pub(crate) fn cell(&self) -> String {
        let average = self.target().has("averageValue");
        let join = |(current, target): Pair| format!("{current}/{target}");
        match self.kind {
            "Pods" => join(self.average()),
            "External" if average => format!("{} (avg)", join(self.average())),
            "Object" if average => {
                let known = self.measured.has("current.averageValue");
                format!("{} (avg)", join(self.values("averageValue", known)))
            }
            "External" | "Object" => join(self.value()),
            "Resource" | "ContainerResource" => {
                let pair = if average { self.average() } else { self.utilization() };
                format!("{}: {}", self.source.text("name"), join(pair))
            }
            _ => "<unknown type>".into(),
        }
    }
}
