//! What a run assumes is shown on the text, and one edit says it instead.

use lifepod_scenario::{Note, Options, assumptions, prepare};

fn notes(text: &str) -> Vec<Note> {
    let prepared = prepare(text, &Options::default());
    let run = prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics)).run();
    assumptions(text, &prepared.documents, &run.trace)
}

const UNKNOWN_IMAGE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  containers:
  - name: app
    image: example.com/shop:3
    ports:
    - containerPort: 8080
";

const UNKNOWN_COMMAND: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: job
spec:
  containers:
  - name: app
    image: example.com/shop:3
    command:
    - sh
    - -c
    - |
      echo begin
      shop-migrate --all
";

#[test]
fn an_unknown_image_is_a_server_until_somebody_says() {
    let found = notes(UNKNOWN_IMAGE);
    assert_eq!(found.len(), 1, "{found:#?}");
    let note = &found[0];
    assert_eq!(&UNKNOWN_IMAGE[note.range.clone()], "example.com/shop:3");
    assert_eq!((note.line, note.column), (8, 12));
    assert_eq!(
        note.say.insert,
        "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  behaviors:\n  - pods: \"shop\"\n    \
         container: app\n    run:\n    - listen: 8080\n    onTerm: {after: 100ms, exit: 0}\n"
    );
}

#[test]
fn an_edit_settles_it() {
    let scenario = "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n";
    for rest in [
        String::new(),
        format!("{scenario}  seed: 3\n"),
        format!("{scenario}    horizon: 5m\n    seed: 3\n"),
        format!("{scenario}  behaviors:\n  - {{pods: other}}\n"),
        format!("{scenario}  behaviors:\n    - pods: other\n      run: [{{listen: 80}}]\n  seed: 4\n"),
        format!("{scenario}  behaviors: []\n"),
        format!("{scenario}  behaviors: [{{pods: other}}]\n"),
    ] {
        let text = format!("{UNKNOWN_IMAGE}{rest}");
        let note = notes(&text).remove(0);
        let said = note.say.apply(&text);
        assert_eq!(notes(&said), [], "{said}");
    }
}

#[test]
fn words_in_a_script_are_underlined_where_they_stand() {
    let found = notes(UNKNOWN_COMMAND);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(&UNKNOWN_COMMAND[found[0].range.clone()], "shop-migrate --all");
    assert_eq!(found[0].line, 14);
}

#[test]
fn the_note_can_be_read_in_chinese() {
    let image = notes(UNKNOWN_IMAGE);
    assert_eq!(image[0].assumed_zh(), "假定镜像里的程序在声明的端口上提供服务，直到收到停止信号");
    let command = notes(UNKNOWN_COMMAND);
    assert!(command.iter().all(|note| note.assumed_zh() != note.assumed), "{command:#?}");
}
