//! Two recordings of a cluster as lives of objects, laid side by side.
//!
//! Objects are matched by their role (who owns them, which in order of creation they are), pods of one owner by any
//! pairing that fits: their names are drawn at random, and so is which of two equal ones is deleted first.

use super::nodes::is_driven;
use crate::topics::pod_timelines::compare::{
    Difference, FLASH, Sequences, Step, TOLERANCE, Tolerance, measure, message, plain, push, same,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes are registered by the node controller within this many seconds.
const REGISTRATION: f64 = 6.0;

/// Whether a node's row is from before the scenario.
fn was_there(node: &Value) -> bool {
    node["type"] == "INITIAL" || node["t"].as_f64().is_some_and(|t| t < 0.0)
}

/// One object from its creation to its end.
#[derive(Debug, Default)]
struct Life {
    src: String,
    name: String,
    owner: Option<String>,
    born: f64,
    ended: Option<f64>,
    sequences: Sequences,
}

/// Compares a recording with a simulated timeline, both up to `end`; the error tells the first difference of each object
/// that differs, and the time of the very first.
pub(super) fn compare(
    v: &Value,
    simulated: &[Value],
    end: f64,
    tolerance: Tolerance,
) -> Result<(), Difference> {
    let recorded = v["timeline"].as_array().map_or(&[][..], Vec::as_slice);
    // In the runs named D a stand-in reported bound pods, and only what the control plane did counts.
    let kubelets = !is_driven(v);
    // The first recordings left some kinds and messages out.
    let whole = v["run"].as_str().is_some_and(|run| run.starts_with(['C', 'D']));
    let mut left_out =
        vec!["controllerrevision", "replicationcontroller", "resourcequota", "namespace", "configmap"];
    if !recorded.iter().any(|row| row["src"] == "endpointslice") {
        left_out.push("endpointslice");
    }
    let simulated: Vec<&Value> = simulated
        .iter()
        .filter(|row| is_before(row, end))
        .filter(|row| whole || !left_out.iter().any(|src| row["src"] == *src))
        .collect();
    let recorded: Vec<&Value> = recorded
        .iter()
        .filter(|row| is_before(row, end) && (kubelets || !is_of_another_run(v, row)))
        .collect();
    let generated: Vec<&str> = v["manifests"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|manifest| manifest["metadata"]["generateName"].as_str())
        .collect();
    let expected = by_role(lives(&recorded, &generated, end, kubelets, whole), &generated);
    let got = by_role(lives(&simulated, &generated, end, kubelets, whole), &generated);
    let none = Vec::new();
    let (mut first, mut wrong) = (end, Vec::new());
    let roles: BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
    for role in roles {
        let (e, g) = (expected.get(role).unwrap_or(&none), got.get(role).unwrap_or(&none));
        if let Err(difference) = pair(e, g, end, tolerance) {
            first = first.min(difference.at);
            wrong.push(format!("{role}: {}", difference.text));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Difference { at: first, text: wrong.join("\n") }) }
}

fn is_before(row: &Value, end: f64) -> bool {
    row["t"].as_f64().is_some_and(|t| t <= end)
}

/// Whether a row is about a node of the scenario before, which was just being removed. A node that this scenario makes
/// may have had the same name.
fn is_of_another_run(v: &Value, row: &Value) -> bool {
    let same = |node: &Value| node["name"] == row["name"];
    let described = || v["nodes"].as_array().into_iter().flatten().any(same);
    let at = row["t"].as_f64().unwrap_or(0.0);
    let created =
        |action: &Value| same(&action["node"]) && action["at"].as_f64().is_some_and(|made| made <= at);
    let created = || v["actions"].as_array().into_iter().flatten().any(created);
    (row["src"] == "node" || row["kind"] == "Node") && !described() && !created()
}

/// Lays the lives of one role side by side: an augmenting-path matching over the pairs that fit.
fn pair(expected: &[Life], got: &[Life], end: f64, tolerance: Tolerance) -> Result<(), Difference> {
    let fits: Vec<Vec<Result<(), Difference>>> =
        expected.iter().map(|e| got.iter().map(|g| fit(e, g, end, tolerance)).collect()).collect();
    let mut taken: Vec<Option<usize>> = vec![None; got.len()];
    let mut alone = Vec::new();
    for index in 0..expected.len() {
        let mut seen = vec![false; got.len()];
        if !find(&fits, index, &mut taken, &mut seen) {
            alone.push(index);
        }
    }
    let may_be_missing = |life: &Life| {
        life.born > end - TOLERANCE || life.ended.is_some_and(|ended| ended - life.born < FLASH)
    };
    let free: Vec<usize> = (0..got.len()).filter(|index| taken[*index].is_none()).collect();
    if let Some(lone) = alone.into_iter().find(|index| !may_be_missing(&expected[*index])) {
        // The free one that it is like for longest.
        let like = free.into_iter().filter_map(|index| fits[lone][index].as_ref().err());
        let like = like.max_by(|a, b| a.at.total_cmp(&b.at)).cloned();
        let born = expected[lone].born;
        let text = format!("recorded one born at {born:.2} that the simulation has not");
        return Err(like.unwrap_or(Difference { at: born, text }));
    }
    match free.into_iter().map(|index| &got[index]).find(|life| !may_be_missing(life)) {
        Some(Life { born, .. }) => {
            let text = format!("simulated one born at {born:.2} that the recording has not");
            Err(Difference { at: *born, text })
        }
        None => Ok(()),
    }
}

fn find(
    fits: &[Vec<Result<(), Difference>>],
    index: usize,
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for other in 0..taken.len() {
        if fits[index][other].is_err() || seen[other] {
            continue;
        }
        seen[other] = true;
        let free = match taken[other] {
            None => true,
            Some(holder) => find(fits, holder, taken, seen),
        };
        if free {
            taken[other] = Some(index);
            return true;
        }
    }
    false
}

/// Compares two lives, sequence by sequence; the error is the earliest difference.
fn fit(expected: &Life, got: &Life, end: f64, tolerance: Tolerance) -> Result<(), Difference> {
    let none: Vec<Step> = Vec::new();
    let names: BTreeSet<&String> = expected.sequences.keys().chain(got.sequences.keys()).collect();
    let differences = names.into_iter().filter_map(|name| {
        let e = expected.sequences.get(name).unwrap_or(&none);
        let g = got.sequences.get(name).unwrap_or(&none);
        let difference = same(e, g, !name.starts_with("events"), end, tolerance).err()?;
        Some(Difference { text: format!("{name}: {}", difference.text), ..difference })
    });
    differences.min_by(|a, b| a.at.total_cmp(&b.at)).map_or(Ok(()), Err)
}

fn lives(rows: &[&Value], generated: &[&str], end: f64, kubelets: bool, whole: bool) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    let mut living: BTreeMap<(String, String), usize> = BTreeMap::new();
    let words = Words::of(rows, generated, kubelets, whole);
    for row in rows {
        // What was there before the recording began is there when it begins.
        let (src, at) = (plain(&row["src"]), row["t"].as_f64().unwrap_or(0.0).max(0.0));
        if src == "action" || src == "event" {
            continue;
        }
        let key = (src.clone(), plain(&row["name"]));
        let type_ = plain(&row["type"]);
        // A node was there before the recording began.
        let fresh = matches!(type_.as_str(), "ADDED" | "INITIAL") || !living.contains_key(&key);
        if fresh {
            living.insert(key.clone(), lives.len());
            let owner = row["owner"].as_str().map(str::to_string);
            lives.push(Life { src: key.0.clone(), name: key.1.clone(), owner, born: at, ..Life::default() });
        }
        let life = &mut lives[living[&key]];
        let gone = if type_ == "DELETED" { "gone" } else { "there" };
        push(&mut life.sequences, "life".to_string(), at, gone.to_string(), true);
        if type_ == "DELETED" {
            life.ended = Some(at);
            continue;
        }
        // What a kubelet does after binding is not compared where there was none.
        show(life, row, at, kubelets, &words);
    }
    for row in rows.iter().filter(|row| row["src"] == "event") {
        let at = row["t"].as_f64().unwrap_or(0.0);
        if !kubelets && row["source"] == "kubelet" || at < 0.0 {
            continue;
        }
        // How often a kubelet that starts tells of its node's conditions is chance: it tries until the API answers.
        let condition = row["kind"] == "Node" && row["source"] == "kubelet";
        if condition && row["reason"].as_str().is_some_and(|reason| reason.starts_with("NodeHas")) {
            continue;
        }
        // Of nodes that were there from the beginning it is chance whether their registration was recorded.
        let registered = row["reason"] == "RegisteredNode" && at < REGISTRATION;
        if registered
            && rows.iter().any(|node| node["src"] == "node" && node["name"] == row["name"] && was_there(node))
        {
            continue;
        }
        let src = src_of(&plain(&row["kind"]));
        let name = plain(&row["name"]);
        let index = lives
            .iter()
            .rposition(|life| life.src == src && life.name == name && life.born <= at + FLASH)
            .unwrap_or_else(|| {
                lives.push(Life { src, name, born: at, ..Life::default() });
                lives.len() - 1
            });
        // Whether an image was on the node already is the doing of other scenarios.
        let pull = matches!(row["reason"].as_str(), Some("Pulling" | "Pulled"));
        if pull && row["message"].as_str().is_some_and(|text| text.contains("\"sim/app:")) {
            continue;
        }
        // A cluster of many scenarios counts other nodes too.
        let said = match row["reason"] == "FailedScheduling" && kubelets {
            true => String::new(),
            // Names first: a random one may look like a duration.
            false => message(&json!({"message": words.plain(&plain(&row["message"]))})),
        };
        let text = format!("{} {} {said}", plain(&row["etype"]), plain(&row["reason"]));
        let sequence = format!("events {}", plain(&row["source"]));
        push(&mut lives[index].sequences, sequence, at, text, true);
    }
    for life in &mut lives {
        measure(&mut life.sequences, end);
        // What an object showed last it showed until it was gone.
        let Some(gone) = life.ended else { continue };
        for (_, steps) in life.sequences.iter_mut().filter(|(name, _)| *name != "life") {
            for step in steps {
                step.lived = step.lived.min((gone - step.at).max(0.0));
            }
        }
    }
    lives
}

/// An Event's kind as the rows call it.
fn src_of(kind: &str) -> String {
    match kind {
        "PodDisruptionBudget" => "pdb".to_string(),
        other => other.to_lowercase(),
    }
}

/// Fields of a status that count something.
const COUNTS: [&str; 24] = [
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "fullyLabeledReplicas",
    "terminatingReplicas",
    "currentReplicas",
    "active",
    "succeeded",
    "failed",
    "ready",
    "terminating",
    "completedIndexes",
    "failedIndexes",
    "currentNumberScheduled",
    "desiredNumberScheduled",
    "numberAvailable",
    "numberMisscheduled",
    "numberReady",
    "numberUnavailable",
    "updatedNumberScheduled",
    "disruptionsAllowed",
    "expectedPods",
];
const MORE_COUNTS: [&str; 4] = ["currentHealthy", "desiredHealthy", "used", "hard"];

fn show(life: &mut Life, row: &Value, at: f64, kubelets: bool, words: &Words) {
    let all = &mut life.sequences;
    let waited = all.get("PodScheduled").and_then(|s| s.last()).is_some_and(|s| !s.text.trim().is_empty());
    let mut sequence = |name: &str, text: String| push(all, name.to_string(), at, text, true);
    sequence("deleting", plain(&row["deleting"]));
    match life.src.as_str() {
        "pod" => {
            let scheduled = &row["conditionMessages"]["PodScheduled"];
            // A cluster of many scenarios counts other nodes too.
            let message = if words.whole && !kubelets { plain(scheduled) } else { String::new() };
            let scheduled = plain(&row["conditions"]["PodScheduled"]);
            // A kubelet would have set it for pods that came with a node.
            if kubelets || waited || scheduled != "True" {
                sequence("PodScheduled", format!("{scheduled} {message}"));
            }
            let target = &row["conditionMessages"]["DisruptionTarget"];
            let target = if words.whole { words.plain(&plain(target)) } else { String::new() };
            sequence(
                "DisruptionTarget",
                format!("{} {target}", plain(&row["conditions"]["DisruptionTarget"])),
            );
            sequence("finalizers", plain(&row["finalizers"]));
            if !kubelets {
                sequence("bound", (row["kubectl"]["Node"] != "<none>").to_string());
                sequence("nominated", row["nominatedNodeName"].is_string().to_string());
                return;
            }
            sequence("phase", plain(&row["phase"]));
            let restarts = plain(&row["kubectl"]["Restarts"]);
            let restarts = restarts.split(' ').next().unwrap_or("").to_string();
            let kubectl = &row["kubectl"];
            sequence(
                "kubectl",
                format!("{} {} {restarts}", plain(&kubectl["Ready"]), plain(&kubectl["Status"])),
            );
            for type_ in ["Ready", "Initialized", "ContainersReady", "PodReadyToStartContainers"] {
                sequence(type_, plain(&row["conditions"][type_]));
            }
            for list in ["containers", "initContainers"] {
                for (name, state) in row[list].as_object().into_iter().flatten() {
                    sequence(&format!("container {name}"), plain(state));
                }
            }
            return;
        }
        "endpointslice" => {
            let endpoints = row["endpoints"].as_array().map_or(&[][..], Vec::as_slice);
            let count = |field: &str| endpoints.iter().filter(|e| e[field] == true).count();
            let text = format!(
                "{} endpoints, {} ready, {} serving, {} terminating",
                endpoints.len(),
                count("ready"),
                count("serving"),
                count("terminating")
            );
            sequence("endpoints", text);
            return;
        }
        "node" => {
            sequence("status", plain(&row["status"]));
            sequence("unschedulable", (row["unschedulable"] == true).to_string());
            let taints = row["taints"].as_array().map_or(&[][..], Vec::as_slice);
            let mut taints: Vec<String> =
                taints.iter().map(|t| format!("{}:{}", plain(&t["key"]), plain(&t["effect"]))).collect();
            taints.sort();
            sequence("taints", taints.join(", "));
        }
        _ => {
            let status = &row["status"];
            let counts: Vec<String> = COUNTS
                .iter()
                .chain(&MORE_COUNTS)
                .map(|name| (name, &status[*name]))
                .filter(|(_, value)| !value.is_null() && **value != 0 && **value != "")
                .map(|(name, value)| match value.as_array() {
                    Some(list) => format!("{name}={}", list.len()),
                    None => format!("{name}={value}"),
                })
                .collect();
            sequence("counts", format!("{} of {}", counts.join(" "), plain(&row["specReplicas"])));
            sequence("phase", plain(&row["phase"]));
            sequence("finalizers", plain(&row["finalizers"]));
        }
    }
    // The recordings show a node's other conditions now and then only.
    let reported = |type_: &&String| life.src != "node" || type_.as_str() == "Ready";
    for (type_, condition) in row["conditions"].as_object().into_iter().flatten().filter(|(t, _)| reported(t))
    {
        let text = format!("{} {}", plain(&condition["status"]), plain(&condition["reason"]));
        sequence(&format!("condition {type_}"), text);
    }
}

/// Names that differ from run to run, and what stands for them.
struct Words {
    names: Vec<(String, &'static str)>,
    /// Conditions' messages were recorded.
    whole: bool,
}

impl Words {
    fn of(rows: &[&Value], generated: &[&str], kubelets: bool, whole: bool) -> Words {
        let mut words = BTreeMap::new();
        for row in rows {
            let name = row["name"].as_str().unwrap_or("");
            let kind = match row["src"].as_str() {
                Some("pod") if row["owner"].as_str().is_some_and(|o| !o.starts_with("StatefulSet/")) => {
                    "<pod>"
                }
                Some("pod") if generated.iter().any(|prefix| name.starts_with(prefix)) => "<pod>",
                Some("replicaset") if row["owner"].is_string() => "<replicaset>",
                Some("job") if row["owner"].is_string() => "<job>",
                _ => "",
            };
            if !kind.is_empty() {
                words.insert(plain(&row["name"]), kind);
            }
            if row["src"] == "pod" && kubelets {
                words.insert(plain(&row["kubectl"]["Node"]), "<node>");
            }
        }
        let mut words: Vec<(String, &str)> = words.into_iter().collect();
        // Longer names first: a pod's name begins with its ReplicaSet's.
        words.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Words { names: words, whole }
    }

    /// The text without names that differ from run to run.
    fn plain(&self, text: &str) -> String {
        text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
            .map(|word| {
                let bare = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
                if is_uid(bare) {
                    return word.replacen(bare, "<uid>", 1);
                }
                if let Some((_, stands)) = self.names.iter().find(|(name, _)| name == bare) {
                    return word.replacen(bare, stands, 1);
                }
                // A pod that was refused has a name too, made of its ReplicaSet's.
                let owner = bare.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 5);
                let of_set = |(name, kind): &(String, &str)| {
                    *kind == "<replicaset>" && owner.is_some_and(|(owner, _)| owner == name)
                };
                match self.names.iter().any(of_set) {
                    true => word.replacen(bare, "<pod>", 1),
                    false => word.to_string(),
                }
            })
            .collect()
    }
}

/// Whether a word is a UUID.
fn is_uid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Lives by role; `generated` is how names that the API server was asked to make begin.
fn by_role(lives: Vec<Life>, generated: &[&str]) -> BTreeMap<String, Vec<Life>> {
    let mut roles: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..lives.len()).collect();
    // Owners before what they own.
    let rank = |src: &str| match src {
        "replicaset" | "job" => 1,
        "pod" => 3,
        "endpointslice" | "controllerrevision" => 2,
        _ => 0,
    };
    order.sort_by(|a, b| {
        let (a, b) = (&lives[*a], &lives[*b]);
        rank(&a.src).cmp(&rank(&b.src)).then(a.born.total_cmp(&b.born))
    });
    let mut names: Vec<String> = vec![String::new(); lives.len()];
    for index in order {
        let life = &lives[index];
        let owner = life.owner.as_deref().and_then(|owner| owner.split_once('/'));
        let role = match owner {
            Some((kind, name)) if kind != "StatefulSet" || life.src != "pod" => {
                let owner = (src_of(kind), name.to_string());
                let owner = roles.get(&owner).cloned().unwrap_or_else(|| format!("{} {}", owner.0, owner.1));
                let role = format!("{} of {owner}", life.src);
                match life.src.as_str() {
                    "pod" => role,
                    _ => {
                        let count = counts.entry(role.clone()).or_insert(0);
                        *count += 1;
                        format!("{role} #{count}")
                    }
                }
            }
            _ => match generated.iter().find(|prefix| life.name.starts_with(**prefix)) {
                Some(prefix) => format!("{} {prefix}*", life.src),
                None => format!("{} {}", life.src, life.name),
            },
        };
        roles.insert((life.src.clone(), life.name.clone()), role.clone());
        names[index] = role;
    }
    let mut all: BTreeMap<String, Vec<Life>> = BTreeMap::new();
    for (life, role) in lives.into_iter().zip(names) {
        all.entry(role).or_default().push(life);
    }
    all
}
