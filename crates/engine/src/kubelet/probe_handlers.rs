//! The four probe handlers: what is asked of the container, and what its answer means
//! (`pkg/kubelet/prober/prober.go`,
//! `pkg/probe`).

use crate::kernel::Kernel;
use crate::kubelet::hooks::{Waiter, resolve_port};
use crate::kubelet::prober::ProbeKey;
use crate::kubelet::processes::Waiters;
use crate::kubelet::runtime::ContainerState;
use crate::kubelet::{Kubelet, Timer};
use crate::trace::ProbeResult;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{HTTPGetAction, IntOrString, SimTime};
use lifepod_workload::{Ask, ExecId, GrpcStatus, Reply, Request, RequestId, Sandbox};

/// An HTTP probe follows this many redirects at most (`pkg/probe/http/http.go`).
const MAX_REDIRECTS: u32 = 10;

/// An error of the handler itself is tried again at once, until there were so many
/// (`pkg/kubelet/prober/prober.go maxProbeRetries`).
const MAX_TRIES: u32 = 3;

/// A handler under way.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) began: SimTime,
    call: Handler,
    /// The header of an HTTP answer came, and its body is waited for.
    header_seen: bool,
    /// How often the handler was tried, this time included.
    tries: u32,
    /// Tells this run's timeout from earlier ones.
    ticket: u64,
}

impl Running {
    /// Whether this is the run of that number, and it asks another host than its own pod.
    pub(crate) fn waits_for(&self, ticket: u64) -> bool {
        self.ticket == ticket && !self.own()
    }

    /// Whether it asks its own pod.
    fn own(&self) -> bool {
        match &self.call {
            Handler::Http { id, .. } | Handler::Tcp { id, .. } => id.is_some(),
            Handler::Exec { .. } | Handler::Grpc { .. } => true,
        }
    }
}

#[derive(Clone, Debug)]
enum Handler {
    Exec { id: ExecId, command: String },
    Http { id: Option<RequestId>, url: Url, redirects: u32 },
    Tcp { id: Option<RequestId>, address: String },
    Grpc { id: RequestId, address: String },
}

/// The parts of a URL that a probe needs.
#[derive(Clone, Debug, PartialEq)]
struct Url {
    scheme: String,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    fn text(&self) -> String {
        format!("{}://{}:{}{}", self.scheme, self.host, self.port, self.path)
    }

    /// Where a `Location` leads from here; none when it cannot be parsed.
    fn join(&self, location: &str) -> Option<Url> {
        if let Some((scheme, rest)) = location.split_once("://") {
            let (authority, path) = match rest.find('/') {
                Some(at) => (&rest[..at], &rest[at..]),
                None => (rest, "/"),
            };
            let (host, port) = match authority.rsplit_once(':') {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (authority, if scheme == "https" { 443 } else { 80 }),
            };
            return Some(Url {
                scheme: scheme.to_string(),
                host: host.to_string(),
                port,
                path: path.to_string(),
            });
        }
        let path = match location.starts_with('/') {
            true => location.to_string(),
            false => format!("{}/{location}", self.path.rsplit_once('/').map_or("", |(dir, _)| dir)),
        };
        Some(Url { path, ..self.clone() })
    }
}

fn go_quote(text: &str) -> String {
    format!("{text:?}")
}

/// Puts a probe's request to the processes of its own pod.
///
/// # Errors
/// The host that it names instead, and the request.
fn ask_own(
    processes: &mut Sandbox,
    execs: &mut Waiters,
    now: SimTime,
    key: &ProbeKey,
    host: &str,
    request: Request,
) -> Result<RequestId, Box<(String, Request)>> {
    if !host.is_empty() {
        return Err(Box::new((host.to_string(), request)));
    }
    let id = processes.request(now, request);
    execs.expect_request(&key.uid, id, Waiter::Probe(key.clone()));
    Ok(id)
}

impl Kubelet {
    /// Starts the handler of a probe.
    pub(crate) fn run_handler(&mut self, kernel: &mut Kernel, key: &ProbeKey) {
        self.try_handler(kernel, key, kernel.now, 1);
    }

    fn try_handler(&mut self, kernel: &mut Kernel, key: &ProbeKey, began: SimTime, tries: u32) {
        let status_ip = self.statuses.get(&key.uid).map_or(String::new(), |s| s.pod_ip.clone());
        let runtime_is_down = self.is_runtime_down();
        let Some(worker) = self.probes.get_mut(key) else { return };
        let (spec, container) = (worker.spec(), worker.container());
        let runtime = self.runtime.pod_mut(&key.uid);
        let newest = runtime.containers.iter().rev().find(|c| *c.name == *key.container);
        let runs = newest.is_some_and(|c| c.state == ContainerState::Running);
        let process = newest.and_then(|c| c.process);
        let now = kernel.now;
        let unknown = |error: String| Err(error);
        // Whom the probe asks instead of its own pod (`host`).
        let mut elsewhere = None;
        let call: Result<Handler, String> = match (&mut runtime.processes, process) {
            (Some(processes), Some(process)) => {
                if spec.exec.is_some() && runtime_is_down {
                    unknown(RUNTIME_DOWN.to_string())
                } else if spec.exec.is_some() && !runs {
                    // The kubelet has not seen yet that the container ended; the runtime has.
                    unknown(NOT_RUNNING.to_string())
                } else if let Some(exec) = &spec.exec {
                    let env = container.env.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
                    let command: Vec<String> =
                        exec.command.iter().map(|word| super::container_config::expand(word, &env)).collect();
                    let id = processes.exec(now, process, &command);
                    if processes.is_running(process) {
                        let waiter = Waiter::Probe(key.clone());
                        self.execs.expect_exec(&key.uid, id, waiter, command.clone(), "", kernel);
                        Ok(Handler::Exec { id, command: command.join(" ") })
                    } else {
                        unknown(NOT_RUNNING.to_string())
                    }
                } else if let Some(get) = &spec.http_get {
                    match resolve_port(&get.port, container) {
                        Some(port) => {
                            let host = if get.host.is_empty() { status_ip } else { get.host.clone() };
                            let url = probe_url(get, host, port);
                            let request = http_request(&url, get);
                            let asked = ask_own(processes, &mut self.execs, now, key, &get.host, request);
                            let id = asked.map_err(|host| elsewhere = Some(host)).ok();
                            Ok(Handler::Http { id, url, redirects: 0 })
                        }
                        None => unknown(bad_port(&get.port)),
                    }
                } else if let Some(tcp) = &spec.tcp_socket {
                    match resolve_port(&tcp.port, container) {
                        Some(port) => {
                            let request = Request::to(port, Ask::Tcp);
                            let asked = ask_own(processes, &mut self.execs, now, key, &tcp.host, request);
                            let id = asked.map_err(|host| elsewhere = Some(host)).ok();
                            let host = if tcp.host.is_empty() { &status_ip } else { &tcp.host };
                            Ok(Handler::Tcp { id, address: format!("{host}:{port}") })
                        }
                        None => unknown(bad_port(&tcp.port)),
                    }
                } else if let Some(grpc) = &spec.grpc {
                    let port = u16::try_from(grpc.port).unwrap_or(0);
                    let service = grpc.service.clone().unwrap_or_default();
                    let id = processes.request(now, Request::to(port, Ask::Grpc { service }));
                    self.execs.expect_request(&key.uid, id, Waiter::Probe(key.clone()));
                    Ok(Handler::Grpc { id, address: format!("{status_ip}:{port}") })
                } else {
                    let full = crate::kernel::format_pod(&worker.pod.to_ref());
                    unknown(format!("missing probe handler for {full}:{}", container.name))
                }
            }
            _ => unknown(format!("container {} is not running", container.name)),
        };
        let timeout = SimTime::from_secs(spec.timeout_seconds.max(1) as u64);
        let ticket = kernel.now.0;
        let running = |call| Running { began, call, header_seen: false, tries, ticket };
        match call {
            Ok(call) => {
                worker.running = Some(running(call));
                self.wake_at(kernel, now + timeout, Timer::ProbeTimeout(key.clone(), ticket));
                self.run_processes_soon(kernel, &key.uid);
                if let Some(elsewhere) = elsewhere {
                    let (host, request) = *elsewhere;
                    let waiter = Waiter::Probe(key.clone());
                    let asked =
                        self.ask_host(kernel, &key.uid, waiter, &host, request.port, request.ask, ticket);
                    if let Err(error) = asked {
                        self.probe_ended(kernel, key, ProbeResult::Failure, &error);
                    }
                }
            }
            Err(error) => {
                let call = Handler::Tcp { id: None, address: String::new() };
                worker.running = Some(running(call));
                self.probe_errored(kernel, key, "unknown", &error);
            }
        }
    }

    /// The command of an exec probe has ended.
    pub(crate) fn probe_exec_done(
        &mut self,
        kernel: &mut Kernel,
        key: &ProbeKey,
        exit_code: Option<i32>,
        output: &str,
    ) {
        let result = match exit_code {
            Some(0) => ProbeResult::Success,
            Some(_) => ProbeResult::Failure,
            // The runtime could not even start it, three times over.
            None => return self.probe_errored(kernel, key, "unknown", output),
        };
        self.probe_ended(kernel, key, result, output);
    }

    /// The header of an answer came; the body is still on its way.
    pub(crate) fn probe_saw_header(&mut self, key: &ProbeKey) {
        if let Some(running) = self.probes.get_mut(key).and_then(|w| w.running.as_mut()) {
            running.header_seen = true;
        }
    }

    /// The request of a probe was answered.
    pub(crate) fn probe_answered(&mut self, kernel: &mut Kernel, key: &ProbeKey, reply: &Reply) {
        let Some(running) = self.probes.get(key).and_then(|w| w.running.as_ref()) else { return };
        if running.header_seen && *reply == Reply::Reset && running.tries < MAX_TRIES {
            // A body that breaks off is an error of the handler.
            let (began, tries) = (running.began, running.tries + 1);
            return self.try_handler(kernel, key, began, tries);
        }
        let (result, output) = match &running.call {
            Handler::Exec { .. } => return,
            Handler::Http { url, redirects, .. } => match http_verdict(url, *redirects, reply) {
                HttpVerdict::Done(result, output) => (result, output),
                HttpVerdict::Follow(next) => return self.follow_redirect(kernel, key, next),
            },
            Handler::Tcp { address, .. } => match reply {
                Reply::Refused => {
                    (ProbeResult::Failure, format!("dial tcp {address}: connect: connection refused"))
                }
                Reply::Unreachable => {
                    (ProbeResult::Failure, format!("dial tcp {address}: connect: no route to host"))
                }
                _ => (ProbeResult::Success, String::new()),
            },
            Handler::Grpc { .. } => match grpc_verdict(reply) {
                Some(verdict) => verdict,
                // Refused and silent servers alike take the whole timeout.
                None => return,
            },
        };
        self.probe_ended(kernel, key, result, &output);
    }

    /// An HTTP probe goes on where it was sent to. Another host's redirects are followed there.
    fn follow_redirect(&mut self, kernel: &mut Kernel, key: &ProbeKey, next: Url) {
        let Some(worker) = self.probes.get(key) else { return };
        let (Some(get), Some(running)) = (&worker.spec().http_get, &worker.running) else { return };
        let (request, own, ticket) = (http_request(&next, get), running.own(), running.ticket);
        let waiter = Waiter::Probe(key.clone());
        let id = if own {
            let Some(processes) = &mut self.runtime.pod_mut(&key.uid).processes else { return };
            let id = processes.request(kernel.now, request);
            self.execs.expect_request(&key.uid, id, waiter);
            Some(id)
        } else {
            let _ = self.ask_host(kernel, &key.uid, waiter, &next.host, request.port, request.ask, ticket);
            None
        };
        if let Some(running) = self.probes.get_mut(key).and_then(|w| w.running.as_mut())
            && let Handler::Http { redirects, .. } = running.call
        {
            running.call = Handler::Http { id, url: next, redirects: redirects + 1 };
        }
        self.run_processes_soon(kernel, &key.uid);
    }

    /// The probe's timeout is over.
    pub(crate) fn probe_timed_out(&mut self, kernel: &mut Kernel, key: &ProbeKey, ticket: u64) {
        let Some(worker) = self.probes.get(key) else { return };
        let Some(running) = worker.running.as_ref().filter(|r| r.ticket == ticket).cloned() else { return };
        let seconds = worker.spec().timeout_seconds.max(1);
        let now = kernel.now;
        let processes = self.runtime.pod_mut(&key.uid).processes.as_mut();
        let output = match &running.call {
            Handler::Exec { id, command } => {
                if let Some(processes) = processes {
                    processes.cancel_exec(now, *id);
                }
                self.execs.forget_exec(&key.uid, *id);
                format!("command timed out: {} timed out after {seconds}s", go_quote(command))
            }
            Handler::Http { id, url, .. } => {
                if let Some(id) = id {
                    if let Some(processes) = processes {
                        processes.cancel_request(now, *id);
                    }
                    self.execs.forget_request(&key.uid, *id);
                }
                if running.header_seen {
                    return match running.tries {
                        MAX_TRIES => self.probe_errored(kernel, key, "failure", BODY_TIMEOUT),
                        tries => self.try_handler(kernel, key, running.began, tries + 1),
                    };
                }
                format!(
                    "Get {}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                    go_quote(&url.text())
                )
            }
            Handler::Tcp { id, address } => {
                if let Some(id) = id {
                    self.execs.forget_request(&key.uid, *id);
                }
                format!("dial tcp {address}: i/o timeout")
            }
            Handler::Grpc { id, address } => {
                self.execs.forget_request(&key.uid, *id);
                format!(
                    "timeout: failed to connect service {} within {seconds}s: context deadline exceeded",
                    go_quote(address)
                )
            }
        };
        self.probe_ended(kernel, key, ProbeResult::Failure, &output);
    }
}

/// What a call of a runtime comes to that is not there.
const RUNTIME_DOWN: &str = "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while \
     dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\"";

/// The runtime's words for a command in a container whose process has ended.
const NOT_RUNNING: &str = "rpc error: code = Unknown desc = container not running";

const BODY_TIMEOUT: &str =
    "context deadline exceeded (Client.Timeout or context cancellation while reading body)";

/// What the parser of port names says of a name that no port has.
fn bad_port(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => format!("invalid port number: {number}"),
        IntOrString::String(name) => format!("strconv.Atoi: parsing {}: invalid syntax", go_quote(name)),
    }
}

fn probe_url(get: &HTTPGetAction, host: String, port: u16) -> Url {
    // A fragment is not sent, and a path begins with a slash.
    let path = get.path.split('#').next().unwrap_or("");
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    Url { scheme: get.scheme.to_lowercase(), host, port, path }
}

/// A probe's own headers, the defaults where they are not set; an empty value removes one
/// (`pkg/probe/http/request.go`).
fn probe_headers(get: &HTTPGetAction) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        get.http_headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect();
    for (name, value) in [("User-Agent", "kube-probe/1.36"), ("Accept", "*/*")] {
        if !headers.iter().any(|(set, _)| set.eq_ignore_ascii_case(name)) {
            headers.push((name.to_string(), value.to_string()));
        }
    }
    headers.retain(|(_, value)| !value.is_empty());
    headers.push(("Connection".to_string(), "close".to_string()));
    headers
}

fn http_request(url: &Url, get: &HTTPGetAction) -> Request {
    let mut headers = probe_headers(get);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Host")) {
        headers.push(("Host".to_string(), format!("{}:{}", url.host, url.port)));
    }
    let ask =
        Ask::Http { method: "GET".to_string(), path: url.path.clone(), headers, tls: url.scheme == "https" };
    Request::to(url.port, ask)
}

enum HttpVerdict {
    Done(ProbeResult, String),
    Follow(Url),
}

/// What an answer to an HTTP probe means (`pkg/probe/http/http.go DoHTTPProbe`).
fn http_verdict(url: &Url, redirects: u32, reply: &Reply) -> HttpVerdict {
    use HttpVerdict::Done;
    use ProbeResult::{Failure, Success, Warning};
    let failed = |what: String| Done(Failure, format!("Get {}: {what}", go_quote(&url.text())));
    let address = || format!("{}:{}", url.host, url.port);
    match reply {
        Reply::Http { status, headers, body } => {
            let location = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
            if matches!(status, 301 | 302 | 303 | 307 | 308)
                && let Some(next) = location.and_then(|(_, to)| url.join(to))
                && next.host == url.host
            {
                if redirects + 1 >= MAX_REDIRECTS {
                    let path = go_quote(&next.path);
                    return Done(Failure, format!("Get {path}: stopped after {MAX_REDIRECTS} redirects"));
                }
                return HttpVerdict::Follow(next);
            }
            match status {
                300..=399 => Done(Warning, format!("Probe terminated redirects, Response body: {body}")),
                200..=299 => Done(Success, body.clone()),
                _ => Done(Failure, format!("HTTP probe failed with statuscode: {status}")),
            }
        }
        Reply::TlsExpected => Done(Failure, "HTTP probe failed with statuscode: 400".to_string()),
        Reply::Refused => failed(format!("dial tcp {}: connect: connection refused", address())),
        Reply::Unreachable => failed(format!("dial tcp {}: connect: no route to host", address())),
        Reply::Reset => failed(format!("read tcp {}: read: connection reset by peer", address())),
        Reply::Closed => failed("EOF".to_string()),
        Reply::Malformed(line) => {
            let what = match line.as_str() {
                "" => "unexpected EOF".to_string(),
                line => format!("malformed HTTP response {}", go_quote(line)),
            };
            failed(format!("net/http: HTTP/1.x transport connection broken: {what}"))
        }
        Reply::NotTls => failed("http: server gave HTTP response to HTTPS client".to_string()),
        Reply::Connected | Reply::Grpc(_) | Reply::Header => failed("EOF".to_string()),
    }
}

/// What an answer to a gRPC health check means (`pkg/probe/grpc/grpc.go`); none when the client goes on trying.
fn grpc_verdict(reply: &Reply) -> Option<(ProbeResult, String)> {
    let Reply::Grpc(status) = reply else { return None };
    Some(match status {
        GrpcStatus::Serving => (ProbeResult::Success, "service healthy".to_string()),
        GrpcStatus::NotServing => {
            (ProbeResult::Failure, "service unhealthy (responded with \"NOT_SERVING\")".to_string())
        }
        GrpcStatus::UnknownService => (
            ProbeResult::Failure,
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service".to_string(),
        ),
        GrpcStatus::Unimplemented => (
            ProbeResult::Failure,
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): rpc error: \
             code = Unimplemented desc = unknown service grpc.health.v1.Health"
                .to_string(),
        ),
    })
}
