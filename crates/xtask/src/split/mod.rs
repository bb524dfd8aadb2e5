//! The page's module in two parts: what a first visit needs, and the rest.
//!
//! Which function belongs where is not written down by anybody: the built page is opened in Chromium, the first timeline
//! is waited for and a few things are done to it (`tests/browser/rehearse.mjs`), and what ran meanwhile is the first
//! part: functions, without those of their statements that were not reached. The rest comes when the first timeline is
//! on the screen (`web/src/rest.js`). What is called before that loads the rest itself, so that a rehearsal that leaves
//! something out costs time and nothing else.

mod body;
mod cut;
mod live;
mod module;
mod outline;
mod watch;

use crate::{check, say, shell, tools};
use anyhow::{Context, Result, bail};
use module::Module;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// How the page's JavaScript calls the import that loads the rest.
const LOAD: &str = "loadRest";
/// What wasm-opt must know of what browsers understand; the compiler uses no more.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Splits the module of the page in this folder, by what runs in Chromium. Without Chromium it stays whole.
pub fn split(page: &Path) -> Result<()> {
    let Some(chromium) = tools::find_chromium() else {
        say::line("Chromium is missing: the page stays in one piece, and its first load takes longer");
        return Ok(());
    };
    let clock = say::step("split", "a rehearsal in Chromium shows what a first visit needs");
    let file = main_module(page)?;
    let bytes = fs::read(&file)?;
    let module = Module::read(&bytes).context("the page's module cannot be read")?;
    let load = module.imports.iter().position(|name| name.contains(LOAD));
    let load = load.with_context(|| format!("the page's module does not import {LOAD}"))?;

    let (bodies, segments) = body::bodies(&module).context("the page's module is not sound")?;
    let (watched, flags) = watch::watched(&module, &bodies, segments)?;
    let ran = rehearse(page, &file, &watched, [flags, segments.into()], &chromium)?;
    let outlined = outline::outline(&module, &bodies, &ran)?;
    let module = Module::read(&outlined.bytes)?;
    let parts = cut::cut(&module, &cut::moved(&module, &outlined.unused), load.try_into()?)?;
    fs::write(&file, clean(page, &parts.first, &["-Oz", "--one-caller-inline-max-function-size=40"])?)?;
    // Once more through all of wasm-opt would take a minute for the hundredth part of it.
    fs::write(rest_of(&file), clean(page, &parts.rest, &["--remove-unused-module-elements"])?)?;
    say::done("split", clock);
    Ok(())
}

/// The file that `web/src/rest.js` fetches.
fn rest_of(module: &Path) -> PathBuf {
    let name = module.file_name().unwrap_or_default().to_string_lossy();
    module.with_file_name(name.replace("_bg.wasm", "_rest.wasm"))
}

fn main_module(page: &Path) -> Result<PathBuf> {
    for file in fs::read_dir(page)? {
        let path = file?.path();
        if path.to_string_lossy().ends_with("_bg.wasm") {
            return Ok(path);
        }
    }
    bail!("{} holds no module", page.display())
}

/// The segments that run in the rehearsal. It is done with a copy of the page, whose module is one that is watched:
/// where it notes what runs, and how many segments it has.
fn rehearse(
    page: &Path,
    file: &Path,
    watched: &[u8],
    notes: [u64; 2],
    chromium: &Path,
) -> Result<BTreeSet<u32>> {
    let copy = page.with_extension(format!("rehearsal-{}", std::process::id()));
    copy_folder(page, &copy)?;
    fs::write(copy.join(file.file_name().unwrap_or_default()), watched)?;
    let mut node = check::with_page("tests/browser/rehearse.mjs", &copy, chromium)?;
    node.args(notes.map(|note| note.to_string()));
    let said = node.stderr(Stdio::inherit()).output();
    fs::remove_dir_all(&copy)?;
    let said = said.context("node does not start")?;
    if !said.status.success() {
        bail!("the rehearsal failed: what a first visit does does not work on this page");
    }
    let said = String::from_utf8(said.stdout)?;
    Ok(said.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let to = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            copy_folder(&file.path(), &to)?;
        } else {
            fs::copy(file.path(), to)?;
        }
    }
    Ok(())
}

/// The module without what nobody reaches any more.
fn clean(page: &Path, module: &[u8], passes: &[&str]) -> Result<Vec<u8>> {
    let file = page.with_extension(format!("part-{}.wasm", std::process::id()));
    fs::write(&file, module)?;
    let mut clean = shell::command(tools::npm()?.join("wasm-opt"));
    clean.args(FEATURES).args(passes).args(["--strip-debug", "--strip-producers"]);
    let cleaned = shell::run(clean.arg(&file).arg("-o").arg(&file));
    let bytes = fs::read(&file)?;
    fs::remove_file(&file)?;
    cleaned.map(|()| bytes)
}
