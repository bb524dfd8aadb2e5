//! `lifepod serve` under way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server on a free port; it is stopped when the test is over.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Server {
    /// Serves manifests by that program, with these further arguments.
    pub fn start(program: impl AsRef<Path>, manifests: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program.as_ref())
            .args(["serve", "-", "--port", "0", "--from", "30s"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command can be started");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(manifests.as_bytes()).expect("it reads the manifests");
        drop(stdin);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        out.read_line(&mut line).expect("it says where it serves");
        let address = line.trim().strip_prefix("Serving on http://").expect("an address").to_string();
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone = self.child.wait();
    }
}
