//! `lifepod serve`: the simulated cluster as a Kubernetes API over HTTP, for any client.

mod answer;
mod discovery;
mod log;
mod managed;
mod openapi;
mod protobuf;
mod read;
mod request;
mod reviews;
mod simulation;
mod watch;
mod write;

use crate::input::{no_lints, read_all};
use crate::simulate::{Wishes, scenario};
use answer::{Body, failure, json, no_such_path, not_acceptable, not_allowed, refusal, warned, with};
use clap::Args;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use lifepod_api::{Refusal, SimTime, StatusDetails};
use lifepod_engine::Cluster;
use read::Form;
use request::{Query, Target};
use serde_json::json as value;
use simulation::Simulation;
use std::cell::RefCell;
use std::convert::Infallible;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch as channel};
use write::{Sent, Write};

/// Arguments of `lifepod serve`.
#[derive(Args)]
pub struct Serve {
    /// Manifests; `-` is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Simulated seconds a real second
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8001)]
    port: u16,
    /// How much simulated time has passed when the server begins
    #[arg(long, value_parser = crate::duration::parse, value_name = "TIME", default_value = "0s")]
    from: SimTime,
    /// What seeds the draws that real Kubernetes makes at random
    #[arg(long)]
    seed: Option<u64>,
    /// Write a kubeconfig that leads to this server
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
}

/// More clients than this wait for their turn.
const MAX_CONNECTIONS: usize = 256;
/// More watches than this are refused.
const MAX_WATCHERS: usize = 200;
/// The largest body that is read, as the API server's.
const MAX_BODY: usize = 3 * 1024 * 1024;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The trace grows as long as the server lives; this many entries are a few GiB.
const MAX_ENTRIES: usize = 5_000_000;

/// What the connections share.
pub struct Server {
    simulation: RefCell<Simulation>,
    /// Changes whenever something may have been stored; closed when the server ends.
    news: channel::Sender<usize>,
    watchers: Arc<Semaphore>,
}

impl Serve {
    /// Serves until it is told to stop.
    pub fn main(self) -> Result<ExitCode, String> {
        if !(self.speed > 0.0 && self.speed <= 100_000.0) {
            return Err("--speed is a number above 0, and at most 100000".into());
        }
        let mut files = read_all(&self.files, &no_lints())?;
        // What is there from the start was applied: whoever applies the files again changes nothing.
        for document in files.iter_mut().flat_map(|file| &mut file.parsed.documents) {
            if let Some(object) = &mut document.object {
                let (key, text) = lifepod_kubectl::last_applied(&document.value);
                object.meta_mut().annotations.insert(key, text);
            }
        }
        let mut scenario = scenario(files, Wishes { until: None, seed: self.seed })?;
        // Clients compare the objects' times with their own clocks.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
        scenario.config.epoch_micros = now - i64::try_from(self.from.0).unwrap_or(0);
        scenario.config.max_entries = MAX_ENTRIES;
        let mut cluster = Cluster::new(scenario.config);
        for (at, command) in scenario.commands {
            cluster.schedule(at, command);
        }
        cluster.run_until(self.from);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| format!("the server cannot start: {e}"))?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, self.serve(Simulation::new(cluster, self.speed)))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn serve(&self, simulation: Simulation) -> Result<(), String> {
        let listener = TcpListener::bind(("127.0.0.1", self.port))
            .await
            .map_err(|e| format!("port {} on 127.0.0.1: {e}", self.port))?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        let url = format!("http://{address}");
        if let Some(file) = &self.kubeconfig {
            std::fs::write(file, kubeconfig(&url)).map_err(|e| format!("{file}: {e}"))?;
        }
        // Whoever started this reads the address from here.
        println!("Serving on {url}");
        eprintln!("kubectl --server {url} get pods -w");
        let server = Rc::new(Server {
            simulation: RefCell::new(simulation),
            news: channel::channel(0).0,
            watchers: Arc::new(Semaphore::new(MAX_WATCHERS)),
        });
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        tokio::select! {
            () = accept(listener, Rc::clone(&server), connections) => {}
            () = tick(Rc::clone(&server)) => {}
            () = stopped() => {}
        }
        eprintln!("stopped");
        Ok(())
    }
}

/// Waits for SIGINT or SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _either_way_it_ends = tokio::signal::ctrl_c().await;
}

/// Lets the cluster go on between requests, and tells the watches.
async fn tick(server: Rc<Server>) {
    loop {
        let pause = {
            let mut sim = server.simulation.borrow_mut();
            sim.advance();
            server.tell(&sim);
            sim.next().unwrap_or(Duration::MAX)
        };
        // Not too often at a high speed, and soon enough after a request made something due.
        tokio::time::sleep(pause.clamp(Duration::from_millis(5), Duration::from_millis(100))).await;
    }
}

async fn accept(listener: TcpListener, server: Rc<Server>, connections: Arc<Semaphore>) {
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many files are open, for one; it passes.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let server = Rc::clone(&server);
        tokio::task::spawn_local(async move {
            let _permit = permit;
            let service = service_fn(|request| {
                let server = Rc::clone(&server);
                async move { Ok::<_, Infallible>(server.answer(request).await) }
            });
            // A connection that breaks is the client's affair.
            let _ended = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Server {
    /// Tells the watches when the trace has grown.
    fn tell(&self, sim: &Simulation) {
        let length = sim.trace().entries().len();
        self.news.send_if_modified(|known| std::mem::replace(known, length) != length);
    }

    /// A place for one more client that follows what happens.
    fn watcher(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.watchers.clone().try_acquire_owned().map_err(|_| {
            let mut status = failure(429, "TooManyRequests", "too many watchers, please try again later");
            status.details = Some(StatusDetails { retry_after_seconds: 1, ..StatusDetails::default() });
            status
        })
    }

    async fn answer(self: &Rc<Self>, request: Request<Incoming>) -> Response<Body> {
        let header =
            |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_string();
        // Pages in a browser reach the loopback, too: under a name that is not its own they get nothing.
        let host = header(HOST);
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
            return refusal(&failure(403, "Forbidden", "this server is for clients on 127.0.0.1"));
        }
        let (accept, content_type, user_agent) = (header(ACCEPT), header(CONTENT_TYPE), header(USER_AGENT));
        let method = request.method().clone();
        let path = request.uri().path().to_string();
        let query = Query::parse(request.uri().query().unwrap_or(""));
        let body = match Limited::new(request.into_body(), MAX_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                let message = format!("Request entity too large: limit is {MAX_BODY}");
                return refusal(&failure(413, "RequestEntityTooLarge", message));
            }
            Err(error) => return refusal(&failure(400, "BadRequest", error.to_string())),
        };
        self.simulation.borrow_mut().advance();
        let sent = Sent { body: &body, content_type: &content_type, user_agent: &user_agent };
        let response = self.route(&method, &path, &query, &accept, &sent);
        self.tell(&self.simulation.borrow());
        response
    }

    fn route(
        self: &Rc<Self>,
        method: &Method,
        path: &str,
        query: &Query,
        accept: &str,
        sent: &Sent<'_>,
    ) -> Response<Body> {
        if method == Method::GET
            && let Some(response) = self.about(path, query, accept)
        {
            return response;
        }
        if method == Method::POST
            && let Some(answer) = reviews::answer(path, sent)
        {
            return answer.unwrap_or_else(|status| refusal(&status));
        }
        let Some(target) = Target::parse(path) else { return no_such_path() };
        if !target.sub.is_empty() && !discovery::has_sub(target.kind, &target.sub) {
            return refusal(&failure(404, "NotFound", "the server could not find the requested resource"));
        }
        if let Some(why) = discovery::not_simulated(&target.sub) {
            return refusal(&failure(405, "MethodNotAllowed", why));
        }
        let Some(form) = Form::of(accept, query) else { return not_acceptable() };
        let warnings: Vec<String> = target.kind.deprecation().map(str::to_owned).into_iter().collect();
        warned(self.on(target, method, query, form, sent), &warnings)
    }

    /// A request about objects.
    fn on(
        self: &Rc<Self>,
        target: Target,
        method: &Method,
        query: &Query,
        form: Form,
        sent: &Sent<'_>,
    ) -> Response<Body> {
        if method == Method::GET && query.is_set("watch") {
            return watch::watch(self, target, query, form);
        }
        if method == Method::GET && target.sub == "log" {
            return log::log(self, target, query).unwrap_or_else(|status| refusal(&status));
        }
        let sim = &mut *self.simulation.borrow_mut();
        if method == Method::GET {
            return match target.name.is_empty() {
                true => read::list(sim, &target, query, form),
                false => read::get(sim, &target, form),
            };
        }
        match (Write { target: &target, query, sent, form }).answer(sim, method.as_str()) {
            Some(answer) => answer.unwrap_or_else(|status| read::refused(&target, status)),
            None => not_allowed(),
        }
    }

    /// What is asked about the server itself.
    fn about(&self, path: &str, query: &Query, accept: &str) -> Option<Response<Body>> {
        Some(match path.trim_end_matches('/') {
            "/version" => json(200, &version()),
            "/healthz" | "/livez" | "/readyz" => with(200, "text/plain; charset=utf-8", "ok"),
            // What lifepod's own kubectl prints at this very moment, for comparing.
            "/lifepod/kubectl" => {
                let sim = self.simulation.borrow();
                let now = sim.now();
                let line = query.get("line");
                let answer = lifepod_kubectl::prompt(line, sim.trace(), now, now, sim.epoch_micros());
                let output = answer.output;
                json(200, &value!({"stdout": output.stdout, "stderr": output.stderr, "code": output.code}))
            }
            path if path.starts_with("/openapi") => match openapi::answer(path) {
                Some(document) => json(200, &document),
                None => no_such_path(),
            },
            path => {
                let aggregated = accept.contains("g=apidiscovery.k8s.io") && accept.contains("v=v2;");
                let found = discovery::answer(path, aggregated)?;
                let aggregate = aggregated && found["kind"] == "APIGroupDiscoveryList";
                let media = match aggregate {
                    true => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                    false => "application/json",
                };
                with(200, media, found.to_string())
            }
        })
    }
}

fn version() -> serde_json::Value {
    value!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.2", "gitCommit": "", "gitTreeState": "", "buildDate": "",
        "goVersion": "", "compiler": "", "platform": "simulated",
    })
}

fn kubeconfig(url: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: lifepod\ncontexts:\n- name: lifepod\n  context: {{cluster: \
         lifepod, user: lifepod}}\nclusters:\n- name: lifepod\n  cluster: {{server: \"{url}\"}}\nusers:\n- name: \
         lifepod\n  user: {{}}\n"
    )
}
