//! Which Rust compiles the page: the ordinary one with the wasm32 target, or Debian's.

use crate::{debian, place, say, shell};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// The page's target.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A Rust that can compile for [`WASM`].
pub struct Toolchain {
    /// The folder of `cargo` and `rustc` to put first on the PATH; none when the ordinary ones will do.
    bin: Option<PathBuf>,
    /// The folder with `lib/rustlib/WASM/lib` in it.
    pub sysroot: PathBuf,
    /// Changes whenever compiled artefacts of another toolchain must not be mixed with this one's.
    id: String,
}

impl Toolchain {
    /// Finds such a Rust, or installs one, the usual way first:
    ///
    /// 1. the target is there already;
    /// 2. `rustup target add`, unless `RUSTUP_AUTO_INSTALL=0` asks rustup to download nothing;
    /// 3. Debian's packages, where there is Debian.
    ///
    /// `LIFEPOD_TOOLCHAIN=debian` goes straight to the third.
    pub fn find() -> Result<Self> {
        if std::env::var("LIFEPOD_TOOLCHAIN").is_ok_and(|way| way == "debian") {
            return Self::debian();
        }
        if let Some(installed) = Self::installed() {
            return Ok(installed);
        }
        let switched_off = std::env::var("RUSTUP_AUTO_INSTALL").is_ok_and(|value| value == "0");
        if !switched_off && shell::find("rustup").is_some() {
            let clock = say::step("rustup target add", "the page is compiled for wasm32");
            let added = shell::run(shell::command("rustup").args(["target", "add", WASM]));
            say::done("rustup target add", clock);
            match (added, Self::installed()) {
                (Ok(()), Some(installed)) => return Ok(installed),
                (Ok(()), None) => bail!("rustup added {WASM}, yet rustc does not have it: see `rustup show`"),
                (Err(error), _) if !debian::is_here() => return Err(error),
                (Err(error), _) => say::line(&format!("{error}; trying Debian's Rust instead")),
            }
        }
        if !debian::is_here() {
            bail!(
                "Rust's {WASM} target is missing; install it with `rustup target add {WASM}`{}",
                if switched_off {
                    " (not done for you, because RUSTUP_AUTO_INSTALL=0 asks rustup to download nothing)"
                } else {
                    ""
                }
            );
        }
        Self::debian()
    }

    /// The ordinary Rust, if it has the target.
    fn installed() -> Option<Self> {
        let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?.trim());
        sysroot.join("lib/rustlib").join(WASM).join("lib").is_dir().then_some(())?;
        Some(Self { bin: None, sysroot, id: rustc(&["-vV"])? })
    }

    fn debian() -> Result<Self> {
        let (sysroot, id) = debian::toolchain()?;
        Ok(Self { bin: Some(sysroot.join("bin")), sysroot, id })
    }

    /// Makes `command` compile with this toolchain into a target directory `name` of its own, which is emptied
    /// when it holds another toolchain's work: two builds of std of one compiler version clash there.
    /// `path` goes on the PATH too.
    pub fn apply(&self, command: &mut Command, name: &str, path: &[PathBuf]) -> Result<()> {
        let target = place::target().join(name);
        let stamp = target.join("toolchain.txt");
        if target.exists() && std::fs::read_to_string(&stamp).ok().as_ref() != Some(&self.id) {
            std::fs::remove_dir_all(&target).with_context(|| format!("cannot empty {}", target.display()))?;
        }
        std::fs::create_dir_all(&target)?;
        shell::write_if_changed(&stamp, &self.id)?;

        let first: Vec<_> = self.bin.iter().cloned().chain(path.iter().cloned()).collect();
        command.env("PATH", shell::path_with(&first)?).env("CARGO_TARGET_DIR", target);
        if let Some(bin) = &self.bin {
            command.env("RUSTC", bin.join("rustc")).env("RUSTDOC", bin.join("rustdoc")).env_remove("CARGO");
        }
        Ok(())
    }

    /// The `cargo` of this toolchain.
    pub fn cargo(&self) -> PathBuf {
        self.bin.as_ref().map_or_else(|| "cargo".into(), |bin| bin.join("cargo"))
    }
}

fn rustc(args: &[&str]) -> Option<String> {
    shell::output(shell::command("rustc").args(args))
}
