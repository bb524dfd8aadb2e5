//! What the page weighs.

use crate::{place, shell};
use anyhow::{Context, Result};
use std::fs;

/// Prints each file of dist/, raw and compressed, and their sum. Everything in dist/ is loaded by the page.
pub fn report() -> Result<()> {
    let mut files: Vec<_> =
        fs::read_dir(place::dist())?.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    // Node is there for the editor anyway and has brotli built in; quality 11 is its default, as on a static host.
    let script = "const fs = require('fs'), zlib = require('zlib');
        for (const file of process.argv.slice(1)) console.log(zlib.brotliCompressSync(fs.readFileSync(file)).length);";
    let said = shell::output(shell::command("node").args(["-e", script]).args(&files))
        .context("node cannot compress")?;
    let brotli = said.lines().map(str::parse).collect::<Result<Vec<u64>, _>>()?;

    let (mut raw_sum, mut brotli_sum) = (0, 0);
    for (file, brotli) in files.iter().zip(brotli) {
        let raw = fs::metadata(file)?.len();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!("{raw:>9} raw {brotli:>9} brotli  {name}");
        raw_sum += raw;
        brotli_sum += brotli;
    }
    println!("total: {raw_sum} bytes raw, {brotli_sum} bytes brotli");
    Ok(())
}
