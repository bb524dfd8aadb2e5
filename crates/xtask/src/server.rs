//! A web server for dist/, on the loopback interface only.

use anyhow::{Result, anyhow};
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tiny_http::{Header, Request, Response};

/// Serves a folder of plain files.
pub struct Server {
    http: Arc<tiny_http::Server>,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Binds 127.0.0.1:`port`; port 0 takes a free one.
    pub fn bind(folder: &Path, port: u16) -> Result<Self> {
        let http = tiny_http::Server::http(("127.0.0.1", port)).map_err(|error| {
            anyhow!("cannot listen on 127.0.0.1:{port} ({error}); choose another port with --port, 0 for a free one")
        })?;
        let port = http.server_addr().to_ip().map_or(port, |address| address.port());
        Ok(Self { http: Arc::new(http), folder: folder.to_owned(), port })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Answers requests until the process ends.
    pub fn run(&self) {
        // A browser keeps several connections open; a few threads answer them side by side.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Ok(request) = self.http.recv() {
                        // The person closed the tab: nothing to do about it.
                        let _ = self.answer(request);
                    }
                });
            }
        });
    }

    fn answer(&self, request: Request) -> std::io::Result<()> {
        match self.file(request.url()) {
            Some((path, file)) => {
                let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("plain ASCII");
                let response = Response::from_file(file)
                    .with_header(header("Content-Type", content_type(&path)))
                    .with_header(header("Cache-Control", "no-cache"));
                request.respond(response)
            }
            None => request.respond(Response::from_string("not found\n").with_status_code(404)),
        }
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
