//! What the page weighs, and what it may weigh.

use crate::{place, shell, tools};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// What a first visit may load, in bytes of brotli: a little more than it does now. Whoever makes the page lighter
/// lowers it, so that nothing creeps back.
const BUDGET: u64 = 690_000;

/// When a file of the page is loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// By every visit: until the first timeline is there, and the editor.
    First,
    /// When the first timeline is on the screen, and nobody waits.
    Background,
    /// When it is asked for: an example, a chapter of the tour.
    Asked,
}

/// A file of the page.
struct File {
    when: When,
    name: String,
    raw: u64,
    brotli: u64,
}

/// Prints each file that every visit loads, raw and compressed, and the sums.
///
/// # Errors
/// The first visit loads more than it may.
pub fn report() -> Result<()> {
    let files = files(&place::dist())?;
    for file in files.iter().filter(|file| file.when != When::Asked) {
        println!("{:>9} raw {:>9} brotli  {}", file.raw, file.brotli, file.name);
    }
    let sum = |when: &[When]| {
        files
            .iter()
            .filter(|file| when.contains(&file.when))
            .fold((0, 0), |(raw, brotli), file| (raw + file.raw, brotli + file.brotli))
    };
    for (what, when) in [
        ("loaded at first", &[When::First][..]),
        ("in the background", &[When::Background]),
        ("total", &[When::First, When::Background]),
        ("on demand", &[When::Asked]),
    ] {
        let (raw, brotli) = sum(when);
        println!("{what}: {raw} bytes raw, {brotli} bytes brotli");
    }
    let (_, first) = sum(&[When::First]);
    if files.iter().all(|file| file.when != When::Background) {
        if tools::find_chromium().is_some() {
            bail!(
                "the page is in one piece, although there is a Chromium to split it by: see what its build said"
            );
        }
        println!("the page is in one piece: there was no Chromium to split it by. No budget is held to it");
    } else if first > BUDGET {
        bail!(
            "a first visit loads {first} bytes (brotli), {} more than its budget of {BUDGET}: keep what only some \
             visits need out of what every first visit runs, or fetch it when it is asked for; see the part about \
             size in ARCHITECTURE.md. A budget that has to grow does so in crates/xtask/src/size.rs, with the reason.",
            first - BUDGET
        );
    }
    Ok(())
}

/// The files of a built page, by when they are loaded.
fn files(page: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    list(page, &mut paths)?;
    // Node is there for the editor anyway and has brotli built in; quality 11 is its default, as on a static host.
    let script = "const fs = require('fs'), zlib = require('zlib');
        for (const file of process.argv.slice(1)) console.log(zlib.brotliCompressSync(fs.readFileSync(file)).length);";
    let said = shell::output(shell::command("node").args(["-e", script]).args(&paths))
        .context("node cannot compress")?;
    let brotli = said.lines().map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let mut files = Vec::new();
    for (path, brotli) in paths.iter().zip(brotli) {
        let name = path.strip_prefix(page)?.to_string_lossy().into_owned();
        files.push(File { when: when(&name), raw: fs::metadata(path)?.len(), brotli, name });
    }
    files.sort_by(|a, b| (a.when, &a.name).cmp(&(b.when, &b.name)));
    Ok(files)
}

fn when(name: &str) -> When {
    if name.ends_with("_rest.wasm") {
        When::Background
    } else if ["scenarios", "tour"].iter().any(|folder| name.starts_with(folder)) {
        When::Asked
    } else {
        When::First
    }
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_dir() {
            list(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
