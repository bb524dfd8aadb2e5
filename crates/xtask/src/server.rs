//! A web server for dist/, on the loopback interface only.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// A connection on which nothing is asked for so long is closed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves a folder of plain files, each over a connection of its own: a thread waits for a connection, never a
/// connection for a thread. (A browser opens half a dozen at once, and some of them in advance.)
pub struct Server {
    listener: TcpListener,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Binds 127.0.0.1:`port`; port 0 takes a free one.
    pub fn bind(folder: &Path, port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).with_context(|| {
            format!("cannot listen on 127.0.0.1:{port}; choose another port with --port, 0 for a free one")
        })?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, folder: folder.to_owned(), port })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Answers requests until the process ends.
    pub fn run(&self) {
        std::thread::scope(|scope| {
            for connection in self.listener.incoming().flatten() {
                // The person closed the tab: nothing to do about it.
                scope.spawn(|| _ = self.answer(connection));
            }
        });
    }

    fn answer(&self, mut connection: TcpStream) -> std::io::Result<()> {
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut lines = BufReader::new(connection.try_clone()?).lines();
        // `GET /path HTTP/1.1`; of what follows up to the empty line nothing matters here.
        let Some(request) = lines.next().transpose()? else { return Ok(()) };
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let found = request.split(' ').nth(1).and_then(|url| self.file(url));
        let Some((path, mut file)) = found else {
            let nothing =
                "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\nConnection: close\r\n\r\nnot found\n";
            return connection.write_all(nothing.as_bytes());
        };
        write!(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
            content_type(&path),
            file.metadata()?.len()
        )?;
        std::io::copy(&mut file, &mut connection).map(drop)
    }

    /// The file that a URL names. The page must work under any path, so `/any/…/path/` prefixes that are no
    /// folder of ours are dropped from the front: the tests use this to prove it.
    fn file(&self, url: &str) -> Option<(PathBuf, File)> {
        let path = url.split(['?', '#']).next()?;
        let path = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        let relative = Path::new(path.trim_start_matches('/'));
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let mut parts = relative.components();
        loop {
            let path = self.folder.join(parts.as_path());
            if path.is_file() {
                return File::open(&path).ok().map(|file| (path, file));
            }
            parts.next()?;
        }
    }
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
