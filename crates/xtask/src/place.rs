//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The repository's root: two folders above this package, as cargo says at run time. A target directory may be
/// shared by several clones, so the place where this was compiled says nothing.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&here).ancestors().nth(2).expect("crates/xtask is two folders deep").to_owned()
    });
    &ROOT
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
