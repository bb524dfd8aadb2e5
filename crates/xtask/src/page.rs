//! Building the page with Trunk (`Trunk.toml`).

use crate::toolchain::Toolchain;
use crate::{place, say, shell, tools};
use anyhow::Result;
use std::process::Command;

/// Builds the release page into dist/.
pub fn build() -> Result<()> {
    let mut trunk = trunk()?;
    let clock = say::step("page", "Trunk builds the release page into dist/");
    shell::run(trunk.args(["build", "--release"]))?;
    say::done("page", clock);
    Ok(())
}

/// Serves the release page, rebuilt and reloaded on every change, until it is ended.
pub fn watch(port: u16) -> Result<()> {
    let mut trunk = trunk()?;
    say::step("page", "Trunk builds the release page, serves it, and watches the sources");
    say::line(&format!("lifepod will be at http://127.0.0.1:{port}/   (Ctrl-C ends it)"));
    shell::run(trunk.args(["serve", "--release", "--address", "127.0.0.1", "--port", &port.to_string()]))
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
