//! Building the page with Trunk (`Trunk.toml`).

use crate::toolchain::Toolchain;
use crate::{place, say, shell, split, tools};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// What the page is made of: a change in any of these makes a new build.
const SOURCES: [&str; 10] = [
    "web",
    "static",
    "crates",
    "docs/tour",
    "tests/scenarios",
    "tests/browser/rehearse.mjs",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "package-lock.json",
];

/// How the page is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// As small as can be.
    Small,
    /// Quickly, for trying out: several times as large.
    Quick,
}

impl Build {
    /// What Trunk is told; web/index.html names the profile of Cargo.toml for either.
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Small => &["--release"],
            Self::Quick => &[],
        }
    }
}

/// Builds the page into dist/, unless it was built so from these very sources before.
pub fn build(how: Build) -> Result<()> {
    let stamp = place::target().join("page.stamp");
    let sources = format!("{how:?}\n{}", sources()?);
    let built = place::dist().join("index.html").exists();
    if built && std::fs::read_to_string(&stamp).is_ok_and(|of| of == sources) {
        say::line("the page in dist/ is of these sources");
        return Ok(());
    }
    let mut trunk = trunk()?;
    let clock = say::step("page", "Trunk builds the page into dist/");
    shell::run(trunk.arg("build").args(how.arguments()))?;
    if how == Build::Small {
        split::split(&place::dist())?;
    }
    std::fs::create_dir_all(place::target())?;
    std::fs::write(stamp, sources)?;
    say::done("page", clock);
    Ok(())
}

/// The page's sources, a line each: path, size and time of the last change.
fn sources() -> Result<String> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = SOURCES.iter().map(|name| place::root().join(name)).collect();
    while let Some(path) = left.pop() {
        let about = std::fs::metadata(&path)?;
        if !about.is_dir() {
            files.push(format!("{} {} {:?}", path.display(), about.len(), about.modified()?));
        } else if !path.ends_with("web/generated") {
            let inside: std::io::Result<Vec<_>> =
                std::fs::read_dir(&path)?.map(|entry| Ok(entry?.path())).collect();
            left.extend(inside?);
        }
    }
    files.sort();
    Ok(files.join("\n"))
}

/// Serves the page, rebuilt quickly and reloaded on every change, until it is ended.
pub fn watch(port: u16) -> Result<()> {
    let mut trunk = trunk()?;
    say::step("page", "Trunk builds the page quickly, serves it, and watches the sources");
    say::line(&format!("lifepod will be at http://127.0.0.1:{port}/   (Ctrl-C ends it)"));
    trunk.arg("serve").args(Build::Quick.arguments());
    shell::run(trunk.args(["--address", "127.0.0.1", "--port", &port.to_string()]))
}

fn trunk() -> Result<Command> {
    let path = tools::for_page()?;
    let mut trunk = shell::command("trunk");
    Toolchain::find()?.apply(&mut trunk, "page", &path)?;
    // Trunk reads NO_COLOR as true or false, where the convention is that any value means yes.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    // A failed build is told by rustc; where in Trunk it was noticed helps nobody.
    trunk.env("TRUNK_SKIP_VERSION_CHECK", "true").env("RUST_BACKTRACE", "0");
    std::fs::create_dir_all(place::dist())?;
    Ok(trunk)
}
