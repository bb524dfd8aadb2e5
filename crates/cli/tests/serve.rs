//! `lifepod serve` as a client meets it: raw requests, good and bad, and its end.

mod serving;

use serving::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: app, image: nginx}]\n";

fn start() -> Raw {
    Raw(Server::start(env!("CARGO_BIN_EXE_lifepod"), POD, &[]))
}

/// A client that sends requests as they are.
struct Raw(Server);

impl Raw {
    /// Sends a request as it is, and gives back the status line's code and what follows.
    fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.0.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
        stream.write_all(request.as_bytes()).expect("it takes the request");
        let mut text = String::new();
        // What came before the timeout is the answer.
        let _ = stream.read_to_string(&mut text);
        let code = text.split(' ').nth(1).and_then(|c| c.parse().ok()).unwrap_or(0);
        (code, text)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

#[test]
fn objects_are_read_written_and_refused_as_the_api_server_does() {
    let server = start();
    let (code, text) = server.ask("GET", "/api/v1/namespaces/default/pods/web", "");
    assert!(code == 200 && text.contains("\"phase\":\"Running\""), "{text}");
    let (code, text) = server.ask("GET", "/api/v1/namespaces/default/pods/nope", "");
    assert!(code == 404 && text.contains(r#"pods \"nope\" not found"#), "{text}");
    let (code, text) = server.ask("POST", "/api/v1/namespaces/default/pods", "{\"metadata\": ");
    assert!(code == 400 && text.contains("\"kind\":\"Status\""), "{text}");
    let (code, text) = server.ask(
        "POST",
        "/api/v1/namespaces/default/configmaps?dryRun=All",
        r#"{"metadata":{"name":"c"}}"#,
    );
    assert!(code == 201 && text.contains("\"name\":\"c\""), "{text}");
    let (code, _) = server.ask("GET", "/api/v1/namespaces/default/configmaps/c", "");
    assert_eq!(code, 404, "a dry run stores nothing");
    assert_eq!(server.ask("GET", "/api/v1/wobbles", "").0, 404);
    assert_eq!(server.ask("PUT", "/api/v1/pods", "{}").0, 405);
    assert_eq!(server.ask("GET", "/api/v1/pods?labelSelector=a%20b%20c", "").0, 400);
    assert_eq!(server.ask("GET", "/apis", "").0, 200);
    let (code, text) = server.ask("DELETE", "/api/v1/namespaces/default/pods/web", "");
    assert!(code == 200 && text.contains("\"deletionTimestamp\""), "{text}");
}

#[test]
fn what_is_no_request_of_a_local_client_is_refused() {
    let server = start();
    let (code, _) = server.send("GET /api HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(code, 403);
    let (code, _) = server.send("nonsense\r\n\r\n");
    assert_eq!(code, 400);
    let large = "x".repeat(4 * 1024 * 1024);
    let (code, _) = server.ask("POST", "/api/v1/namespaces/default/pods", &large);
    assert!(code == 413 || code == 0, "{code}: refused, or cut off while it was sent");
}

#[test]
fn a_watch_begins_with_what_is_there_and_ends_at_its_timeout() {
    let server = start();
    let path = "/api/v1/namespaces/default/pods?watch=1&timeoutSeconds=1&sendInitialEvents=true&\
                resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let (code, text) = server.ask("GET", path, "");
    assert_eq!(code, 200);
    assert!(text.contains(r#""type":"ADDED""#) && text.contains("k8s.io/initial-events-end"), "{text}");
    let (code, text) = server.ask("GET", "/api/v1/pods?watch=1&resourceVersion=999999999", "");
    assert!(code == 504 && text.contains("Too large resource version"), "{text}");
}
