//! Runs the shell vectors and shows what differs: `cargo run --example vectors -- FILE [ID-PART]`.

#[path = "../../../tests/src/topics/shell.rs"]
mod judge;

use std::io::BufRead;

fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or("tests/conformance/shell.jsonl".to_string());
    let part = args.next().unwrap_or_default();
    let reader = std::io::BufReader::new(std::fs::File::open(file).expect("the vector file opens"));
    let (mut passed, mut failed) = (0, 0);
    for line in reader.lines() {
        let v: serde_json::Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let id = v["id"].as_str().unwrap_or("").to_string();
        if !id.contains(&part) {
            continue;
        }
        match judge::shell(&v) {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                println!("{id}\n    {}\n    {why}", v["argv"]);
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    let _ = judge::shell_more;
}
