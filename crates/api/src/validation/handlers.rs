//! Probes and lifecycle hooks.

use super::field::{Errors, Path};
use super::meta::non_negative;
use super::names;
use crate::*;
use alloc::format;

const SIGNALS: &[&str] = &[
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGRTMAX",
    "SIGRTMAX-1",
    "SIGRTMAX-10",
    "SIGRTMAX-11",
    "SIGRTMAX-12",
    "SIGRTMAX-13",
    "SIGRTMAX-14",
    "SIGRTMAX-2",
    "SIGRTMAX-3",
    "SIGRTMAX-4",
    "SIGRTMAX-5",
    "SIGRTMAX-6",
    "SIGRTMAX-7",
    "SIGRTMAX-8",
    "SIGRTMAX-9",
    "SIGRTMIN",
    "SIGRTMIN+1",
    "SIGRTMIN+10",
    "SIGRTMIN+11",
    "SIGRTMIN+12",
    "SIGRTMIN+13",
    "SIGRTMIN+14",
    "SIGRTMIN+15",
    "SIGRTMIN+2",
    "SIGRTMIN+3",
    "SIGRTMIN+4",
    "SIGRTMIN+5",
    "SIGRTMIN+6",
    "SIGRTMIN+7",
    "SIGRTMIN+8",
    "SIGRTMIN+9",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];

/// A handler of any of the kinds that probes and hooks share.
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

/// The three probes of a container.
pub fn probes(e: &mut Errors, c: &Container, path: &Path) {
    if let Some(p) = &c.liveness_probe {
        let path = path.child("livenessProbe");
        probe(e, p, &path);
        once(e, p, &path);
    }
    if let Some(p) = &c.readiness_probe {
        let path = path.child("readinessProbe");
        probe(e, p, &path);
        if let Some(grace) = p.termination_grace_period_seconds {
            let path = path.child("terminationGracePeriodSeconds");
            e.invalid(&path, grace, "must not be set for readinessProbes");
        }
    }
    if let Some(p) = &c.startup_probe {
        let path = path.child("startupProbe");
        probe(e, p, &path);
        once(e, p, &path);
    }
}

/// Liveness and startup probes succeed at the first success.
fn once(e: &mut Errors, p: &Probe, path: &Path) {
    if p.success_threshold != 1 {
        e.invalid(&path.child("successThreshold"), p.success_threshold, "must be 1");
    }
}

fn probe(e: &mut Errors, p: &Probe, path: &Path) {
    let all = Handler {
        exec: p.exec.as_ref(),
        http_get: p.http_get.as_ref(),
        tcp_socket: p.tcp_socket.as_ref(),
        grpc: p.grpc.as_ref(),
        sleep: None,
    };
    handler(e, &all, None, path);
    for (name, n) in [
        ("initialDelaySeconds", p.initial_delay_seconds),
        ("timeoutSeconds", p.timeout_seconds),
        ("periodSeconds", p.period_seconds),
        ("successThreshold", p.success_threshold),
        ("failureThreshold", p.failure_threshold),
    ] {
        non_negative(e, n, &path.child(name));
    }
    if let Some(grace) = p.termination_grace_period_seconds.filter(|g| *g <= 0) {
        e.invalid(&path.child("terminationGracePeriodSeconds"), grace, "must be greater than 0");
    }
}

/// `validateLifecycle`
pub fn lifecycle(e: &mut Errors, l: &Lifecycle, grace: Option<i64>, os: Option<&PodOS>, path: &Path) {
    for (name, hook) in [("postStart", &l.post_start), ("preStop", &l.pre_stop)] {
        if let Some(h) = hook {
            let all = Handler {
                exec: h.exec.as_ref(),
                http_get: h.http_get.as_ref(),
                tcp_socket: h.tcp_socket.as_ref(),
                grpc: None,
                sleep: h.sleep.as_ref(),
            };
            handler(e, &all, grace, &path.child(name));
        }
    }
    if let Some(signal) = &l.stop_signal {
        let path = path.child("stopSignal");
        match os.map(|os| os.name.as_str()) {
            None => e.forbidden(&path, "may not be set for containers with empty `spec.os.name`"),
            Some("windows") if !["SIGKILL", "SIGTERM"].contains(&signal.as_str()) => {
                e.not_supported(&path, signal, &["SIGKILL", "SIGTERM"]);
            }
            Some("linux") if !SIGNALS.contains(&signal.as_str()) => e.not_supported(&path, signal, SIGNALS),
            _ => {}
        }
    }
}

/// `validateHandler`: the first kind given is judged, any other is one too many.
fn handler(e: &mut Errors, h: &Handler, grace: Option<i64>, path: &Path) {
    let mut found = false;
    let mut first = |e: &mut Errors, path: &Path| {
        if found {
            e.forbidden(path, "may not specify more than 1 handler type");
            return false;
        }
        found = true;
        true
    };
    if let Some(exec) = h.exec {
        let path = path.child("exec");
        if first(e, &path) && exec.command.is_empty() {
            e.required(&path.child("command"), "");
        }
    }
    if let Some(http) = h.http_get {
        let path = path.child("httpGet");
        if first(e, &path) {
            http_get(e, http, &path);
        }
    }
    if let Some(tcp) = h.tcp_socket {
        let path = path.child("tcpSocket");
        if first(e, &path) {
            port(e, &tcp.port, &path.child("port"));
        }
    }
    if let Some(grpc) = h.grpc {
        let path = path.child("grpc");
        if first(e, &path) {
            port(e, &IntOrString::Int(grpc.port), &path.child("port"));
        }
    }
    if let Some(sleep) = h.sleep {
        let path = path.child("sleep");
        if first(e, &path)
            && let Some(grace) = grace
            && !(0..=grace).contains(&sleep.seconds)
        {
            let detail =
                format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
            e.invalid(&path, sleep.seconds, &detail);
        }
    }
    if !found {
        e.required(path, "must specify a handler type");
    }
}

fn http_get(e: &mut Errors, http: &HTTPGetAction, path: &Path) {
    if http.path.is_empty() {
        e.required(&path.child("path"), "");
    }
    port(e, &http.port, &path.child("port"));
    if !["HTTP", "HTTPS"].contains(&http.scheme.as_str()) {
        e.not_supported(&path.child("scheme"), &http.scheme, &["HTTP", "HTTPS"]);
    }
    for header in &http.http_headers {
        e.invalid_each(&path.child("httpHeaders"), &header.name, names::http_header(&header.name));
    }
}

/// `ValidatePortNumOrName`
pub fn port(e: &mut Errors, port: &IntOrString, path: &Path) {
    match port {
        IntOrString::Int(n) => {
            for message in names::port_number((*n).into()) {
                e.invalid(path, *n, &message);
            }
        }
        IntOrString::String(name) => e.invalid_each(path, name, names::port_name(name)),
    }
}
