//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("crates/xtask is two folders deep")
}

/// The built page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Where tools and the toolchain live that are made once for every clone: `$XDG_CACHE_HOME/lifepod`.
pub fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => std::env::home_dir().context("no home directory: set XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(base.join("lifepod"))
}
