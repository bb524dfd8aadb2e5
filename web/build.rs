//! The gallery's list of examples, out of tests/scenarios: each file's first line is its title, and a line
//! `<!-- zh: … -->` its Chinese one. And the guided tour's list of chapters, out of docs/tour.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (file, list) in [("examples.rs", examples()), ("chapters.rs", chapters())] {
        fs::write(Path::new(&out).join(file), list).expect("the list is written");
    }
}

fn chapters() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tour");
    println!("cargo:rerun-if-changed={}", folder.display());
    let files = fs::read_dir(folder.join("en")).expect("docs/tour/en is there");
    let mut paths: Vec<_> = files.map(|file| file.expect("a folder can be read").path()).collect();
    paths.sort();
    let mut list = String::from("/// The chapters, in order.\npub const CHAPTERS: &[ChapterName] = &[\n");
    for path in paths {
        let title = |lang: &str| {
            let path = folder.join(lang).join(path.file_name().expect("it is a file"));
            println!("cargo:rerun-if-changed={}", path.display());
            let text = fs::read_to_string(&path).expect("each chapter is there in both languages");
            let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
            title.expect("a chapter begins with its title").to_owned()
        };
        let name = path.file_stem().and_then(|name| name.to_str()).expect("its name is text");
        let (en, zh) = (title("en"), title("zh"));
        writeln!(list, "    ChapterName {{ name: {name:?}, en: {en:?}, zh: {zh:?} }},")
            .expect("writing to a string");
    }
    list.push_str("];\n");
    list
}

fn examples() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut folders = vec![folder.clone()];
    let mut paths = Vec::new();
    while let Some(inner) = folders.pop() {
        for file in fs::read_dir(inner).expect("tests/scenarios is there") {
            let path = file.expect("a folder can be read").path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(end) if end == "md" => paths.push(path),
                _ => {}
            }
        }
    }
    paths.sort();
    let mut list = String::from("/// The examples, in order.\npub const EXAMPLES: &[Example] = &[\n");
    for path in paths {
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a scenario file is text");
        // Only what can be run is an example.
        if !text.contains("```yaml") {
            continue;
        }
        // An example is named by its place, as in `questions/11-dead-node`.
        let place = path.strip_prefix(&folder).expect("it was found there").with_extension("");
        let name = place.to_str().expect("its name is text");
        let title = |line: &str| line.trim_start_matches('#').trim().to_owned();
        let en =
            text.lines().find(|line| line.starts_with('#')).map(title).unwrap_or_else(|| name.to_owned());
        // The Chinese story may follow its title in the same comment.
        let zh = text.lines().find_map(|line| line.strip_prefix("<!-- zh:"));
        let zh = zh.unwrap_or_default().trim_end_matches("-->").trim();
        writeln!(list, "    Example {{ name: {name:?}, en: {en:?}, zh: {zh:?} }},")
            .expect("writing to a string");
    }
    list.push_str("];\n");
    list
}
