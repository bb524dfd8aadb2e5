//! Texts as people type them, and the answers they get.

use lifepod_manifest::{Parsed, parse};

/// Every finding as `LINE:COL: message (hint) «underlined»`.
fn findings(text: &str) -> Vec<String> {
    let Parsed { diagnostics, .. } = parse(text);
    diagnostics
        .iter()
        .map(|d| {
            let hint = if d.hint.is_empty() { String::new() } else { format!(" ({})", d.hint) };
            format!("{}:{}: {}{hint} «{}»", d.line, d.column, d.message, &text[d.range.clone()])
        })
        .collect()
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: app
    image: nginx
";

#[test]
fn a_good_pod_has_no_findings() {
    assert_eq!(findings(POD), [""; 0]);
    let parsed = parse(POD);
    assert_eq!(parsed.documents[0].object.as_ref().unwrap().key().to_string(), "Pod web");
    assert_eq!(&POD[parsed.documents[0].span_of("spec.containers[0].image")], "nginx");
    assert_eq!(&POD[parsed.documents[0].span_of("spec.containers[0].ports[2].name")], "name");
    assert_eq!(&POD[parsed.documents[0].span_of("spec.restartPolicy")], "spec");
}

#[test]
fn unknown_fields_and_wrong_types_speak_as_the_server() {
    let text = POD.replace("image: nginx", "imag: nginx\n    args: [1]\n    env: {A: b}") + "  foo: 1\n";
    assert_eq!(
        findings(&text),
        [
            "8:5: unknown field \"spec.containers[0].imag\" (did you mean `image`?) «imag»",
            "9:12: json: cannot unmarshal number into Go struct field Container.spec.containers.args of type string \
             (put it in quotes: YAML reads it as something else than text) «1»",
            "10:5: json: cannot unmarshal object into Go struct field Container.spec.containers.env of type \
             []v1.EnvVar (this is a list: begin its items with `- `) «env»",
            "11:3: unknown field \"spec.foo\" «foo»",
        ]
    );
}

#[test]
fn kind_and_api_version_are_asked_for() {
    assert_eq!(
        findings("Kind: Pod\napiVersion: v1\n"),
        ["1:1: kind not set (write `kind:`; field names are case-sensitive) «Kind»"]
    );
    assert_eq!(
        findings("kind: Deployment\n"),
        ["1:1: apiVersion not set (add `apiVersion: apps/v1`) «kind»"]
    );
    assert_eq!(
        findings("apiVersion: v1\nkind: Podd\n"),
        ["2:7: no matches for kind \"Podd\" in version \"v1\" (did you mean `Pod`?) «Podd»"]
    );
    assert_eq!(
        findings("apiVersion: v1\nkind: Deployment\n"),
        [
            "2:7: no matches for kind \"Deployment\" in version \"v1\" (Deployment is in apiVersion `apps/v1`) \
             «Deployment»"
        ]
    );
}

#[test]
fn broken_yaml_leaves_the_other_documents_alone() {
    let text = format!("a: [1\n---\n{POD}--- # third\nspec:\n\tx: 1\n");
    assert_eq!(
        findings(&text),
        [
            "1:4: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']' (a '[' is not closed) «[»",
            "13:1: error converting YAML to JSON: yaml: line 2: found character that cannot start any token (YAML is \
             indented with blanks, not tabs) «\t»",
        ]
    );
    assert_eq!(parse(&text).documents.len(), 1);
}

#[test]
fn scalars_are_yaml_1_1() {
    let parsed = parse(
        "apiVersion: v1\nkind: ConfigMap\nx: [yes, 0644, 1e3, ~, 2019-01-30, \"no\", !!str 1, 08]\n1: a\n",
    );
    assert_eq!(parsed.documents[0].value["x"].to_string(), r#"[true,420,1000,null,"2019-01-30","no","1",8]"#);
    assert_eq!(parsed.documents[0].value["1"], "a");
}

#[test]
fn the_last_duplicate_wins_and_is_mentioned() {
    let text = POD.to_string() + "    image: redis\n";
    assert_eq!(
        findings(&text),
        ["9:5: duplicate field \"spec.containers[0].image\" (the last one wins) «image»"]
    );
    assert_eq!(parse(&text).documents[0].value["spec"]["containers"][0]["image"], "redis");
}

#[test]
fn anchors_and_merges_are_followed() {
    let parsed = parse("base: &b {a: 1, b: 2}\nx:\n  <<: *b\n  b: 3\nz: *b\n");
    assert_eq!(parsed.documents[0].value["x"].to_string(), r#"{"a":1,"b":3}"#);
    assert_eq!(parsed.documents[0].value["z"].to_string(), r#"{"a":1,"b":2}"#);
}

#[test]
fn json_is_read_with_gos_errors() {
    assert_eq!(parse(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#).diagnostics, []);
    assert_eq!(
        findings("{\"kind\":\"Pod\"\n\"x\":1}"),
        ["2:1: invalid JSON: invalid character '\"' after object key:value pair «\"»"]
    );
}

#[test]
fn a_list_is_its_items() {
    let parsed = parse(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Podd}\n",
    );
    assert_eq!(parsed.documents.len(), 2);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!((parsed.diagnostics[0].document, parsed.diagnostics[0].line), (1, 5));
}

#[test]
fn a_scenario_is_strict_too() {
    let text = "apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 10m
  seed: 7
  cluster: {nodes: [{name: node-1, zone: a, allocatable: {cpu: \"4\", memory: 8Gi}}]}
  actions:
  - {at: 30s, kubectl: \"delete pod web-0 --grace-period=5\"}
  - {at: 1 minute, node: {name: node-1, fails: partition, for: 6m}}
  foo: 1
";
    assert_eq!(
        findings(text),
        [
            "9:10: time: unknown unit \" minute\" in duration \"1 minute\" «1 minute»",
            "10:3: unknown field \"spec.foo\" «foo»"
        ]
    );
    let scenario = parse(text).documents.remove(0).scenario.unwrap();
    assert_eq!(scenario.spec.horizon.unwrap().0.as_secs(), 600);
}

#[test]
fn bad_input_is_answered() {
    let deep = "[".repeat(10_000);
    assert!(findings(&deep)[0].contains("exceeded max depth"), "{:?}", findings(&deep));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert!(findings(bomb)[0].contains("excessive aliasing"));
    assert!(findings("a: &a [*a]\n")[0].contains("contains itself"));
    assert!(!findings("\u{0}\u{1}\u{2}binary").is_empty());
    assert_eq!(findings(""), [""; 0]);
    assert_eq!(findings("# only a comment\n---\n---\n"), [""; 0]);
}

#[test]
fn a_document_that_is_text_is_underlined_on_its_first_line() {
    assert_eq!(
        findings(
            "|\n  some \u{feff}words, and more words than anybody would want to see underlined at once, é\n  x\n"
        ),
        [
            "2:3: a document must be a map with apiVersion and kind, this is a string «some \u{feff}words, and more \
             words than anybody would want to see underlined at once, é»"
        ]
    );
}
