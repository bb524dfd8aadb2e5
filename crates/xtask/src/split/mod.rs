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
mod write;

use crate::{check, say, shell, tools};
use anyhow::{Context, Result, bail};
use module::Module;
use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// How the page's JavaScript calls the import that loads the rest.
const LOAD: &str = "loadRest";
/// How the name of the page's module ends.
const MODULE: &str = "_bg.wasm";
/// What the names of the allocator's functions have in common.
const ALLOCATOR: &str = "dlmalloc";
/// What wasm-opt must know of what browsers understand; the compiler uses no more.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Splits the module of the page in this folder, by what runs in Chromium. Without Chromium, or where it does not work, the
/// page stays whole.
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
    let ran = match rehearse(page, &file, &watched, [flags, segments.into()], &chromium) {
        Ok(ran) => ran,
        Err(error) => {
            say::problem(&error);
            say::line("the page stays in one piece, which works as well");
            return Ok(());
        }
    };
    let outlined = outline::outline(&module, &bodies, &ran, &allocator(&module)?)?;
    let module = Module::read(&outlined.bytes)?;
    let parts = cut::cut(&module, &cut::moved(&module, &outlined.unused), load.try_into()?)?;
    let first = clean(page, &parts.first, &["-Oz", "--one-caller-inline-max-function-size=40"])?;
    // Once more through all of wasm-opt would take a minute for the hundredth part of it.
    let rest = clean(page, &parts.rest, &["--remove-unused-module-elements"])?;
    replace(page, &file, &first, &rest)?;
    say::done("split", clock);
    Ok(())
}

/// The functions of the allocator. Which of their branches run depends on where things lie in memory, and that is another
/// place while the module is watched.
fn allocator(module: &Module<'_>) -> Result<BTreeSet<u32>> {
    let named = module.names.iter().filter(|(_, name)| name.contains(ALLOCATOR));
    let functions: BTreeSet<u32> = named.map(|(function, _)| *function).collect();
    if functions.is_empty() {
        bail!("the page's module does not name the functions of its allocator");
    }
    Ok(functions)
}

/// Puts both parts in the place of the module. Two rehearsals may differ, and what a browser has kept of one must not meet
/// what it loads of another: so the parts have names of their own, by what is in them, and so has the JavaScript that
/// knows where they are (`web/src/rest.js` goes by its name).
fn replace(page: &Path, file: &Path, first: &[u8], rest: &[u8]) -> Result<()> {
    let mut hasher = DefaultHasher::new();
    (first, rest).hash(&mut hasher);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let old = name.strip_suffix(MODULE).context("the module's name has changed")?;
    let (stem, _) = old.rsplit_once('-').context("the module's name has no hash")?;
    let new = format!("{stem}-{:016x}", hasher.finish());

    fs::write(page.join(format!("{new}{MODULE}")), first)?;
    fs::write(page.join(format!("{new}_rest.wasm")), rest)?;
    fs::rename(page.join(format!("{old}.js")), page.join(format!("{new}.js")))?;
    fs::remove_file(file)?;
    let index = page.join("index.html");
    fs::write(&index, fs::read_to_string(&index)?.replace(old, &new))?;
    Ok(())
}

fn main_module(page: &Path) -> Result<PathBuf> {
    for file in fs::read_dir(page)? {
        let path = file?.path();
        if path.to_string_lossy().ends_with(MODULE) {
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
