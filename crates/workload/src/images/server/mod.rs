//! What the programs of server images do: start up, listen, answer, end.

mod pi;
mod programs;

use super::Image;
use crate::applets::clock::{civil, format_time};
use crate::config::{Ask, GrpcStatus, Reply};
use crate::fs::{Content, Kind, Tree};
use crate::kernel::{Turn, Wait};
use crate::net::{Answering, NOT_GRPC, mute};
use crate::signal::Signal;
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use pi::pi;
use programs::CLIENTS;
use programs::Clash;
pub(crate) use programs::ENTRYPOINTS;
use programs::Life;
use programs::NGINX_PAGE;
use programs::SPECS;
use programs::Speaks;
use programs::Spec;

/// A program of an image.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    spec: &'static Spec,
    argv: Vec<String>,
    stage: Stage,
    listening: Vec<u16>,
    up_since: SimTime,
    /// When it ends, and how, after it was told to.
    ends: Option<(SimTime, i32)>,
    tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    /// Comes up at this instant.
    Starting(SimTime),
    Up,
}

impl Server {
    /// The program of a name.
    pub fn by_name(name: &str, argv: &[String]) -> Option<Server> {
        if ENTRYPOINTS.contains(&name) {
            let spec = SPECS.iter().find(|s| s.name == "pause")?;
            return Some(Server::new(spec, argv));
        }
        SPECS.iter().find(|s| s.name == name).map(|spec| Server::new(spec, argv))
    }

    fn new(spec: &'static Spec, argv: &[String]) -> Server {
        Server {
            spec,
            argv: argv.to_vec(),
            stage: Stage::New,
            listening: Vec::new(),
            up_since: SimTime::ZERO,
            ends: None,
            tries: 0,
        }
    }

    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        let now = sys.now();
        if self.stage != Stage::New && self.stopped(sys, now).is_some() {
            return Turn::Exit(self.ends.map_or(0, |(_, code)| code));
        }
        match self.stage {
            Stage::New => {
                if let Some(turn) = self.begin(sys) {
                    return turn;
                }
                let ready = now + SimTime::from_millis(u64::from(self.spec.start_ms));
                self.stage = Stage::Starting(ready);
                Turn::More
            }
            Stage::Starting(ready) if now < ready => Turn::Wait(Wait::until(self.next(ready))),
            Stage::Starting(_) => self.come_up(sys),
            Stage::Up => match self.ends {
                Some((at, _)) => Turn::Wait(Wait::until(at)),
                None => Turn::Wait(Wait::default()),
            },
        }
    }

    fn next(&self, at: SimTime) -> SimTime {
        self.ends.map_or(at, |(end, _)| end.min(at))
    }

    /// Look at signals; `Some` when the end has come.
    fn stopped(&mut self, sys: &mut Sys<'_>, now: SimTime) -> Option<()> {
        while let Some(signal) = sys.process_mut().pending.pop_front() {
            let Some((after, code)) = self.spec.term.filter(|_| self.ends.is_none()) else { continue };
            let mut at = now + SimTime::from_millis(u64::from(after));
            // nginx, Apache and HAProxy have signals of their own for this; TERM means "at once" to them.
            if self.spec.drains || !matches!(signal, Signal::TERM | Signal::INT) {
                sys.kernel.close_ports(sys.me);
                at = at.max(sys.kernel.answered_by(sys.me));
            }
            self.ends = Some((at, code));
        }
        self.ends.filter(|(at, _)| *at <= now).map(|_| ())
    }

    fn begin(&mut self, sys: &mut Sys<'_>) -> Option<Turn> {
        let handled = [Signal::TERM, Signal::INT, Signal::QUIT, Signal::WINCH, Signal::USR1];
        if self.spec.term.is_some() {
            sys.process_mut().handled = handled.iter().fold(0, |bits, s| bits | 1 << s.0);
        }
        let name = self.argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a));
        if ENTRYPOINTS.contains(&name) {
            sys.process_mut().handled = 0;
            return Some(self.become_command(sys));
        }
        if let Some((names, lines)) = self.spec.needs
            && !names.iter().any(|n| sys.env(n).is_some_and(|v| !v.is_empty()))
        {
            for line in lines {
                sys.write(2, format!("{line}\n").as_bytes());
            }
            return Some(Turn::Exit(1));
        }
        if self.spec.name == "app" {
            // A program of which nothing is known.
            let config = sys.kernel.containers[&sys.container()].config.clone();
            let unsaid = config.command.is_empty() && config.args.is_empty();
            let subject = if unsaid { config.image.clone() } else { self.argv.join(" ") };
            let ports = if config.declared_ports.is_empty() { "" } else { " on its declared ports" };
            sys.assume(&subject, &format!("its program serves{ports} until it is told to stop"));
        }
        if self.spec.life == Life::Interprets {
            return self.interpret(sys);
        }
        if let Some((_, port)) = CLIENTS.iter().find(|(n, _)| *n == self.spec.name) {
            let remote = self.argv.iter().any(|a| a == "-h" || a.starts_with("--host"));
            if !sys.kernel.ports.contains_key(port) && !remote {
                sys.write(
                    2,
                    format!("{}: could not connect to port {port}: Connection refused\n", self.spec.name)
                        .as_bytes(),
                );
                return Some(Turn::Exit(1));
            }
        }
        if self.spec.life == Life::Ends(0)
            && self.spec.says.is_empty()
            && (self.argv.len() > 1 || self.spec.name == "tool")
        {
            // A client of something outside the pod, or a tool of an unknown image: what it finds nobody said.
            let subject = self.argv.join(" ");
            sys.assume(&subject, "it does what it is asked and ends with exit code 0");
        }
        None
    }

    /// Become the command that follows the script's name; a flag first means the image's own program.
    fn become_command(&mut self, sys: &mut Sys<'_>) -> Turn {
        let image = sys.kernel.containers[&sys.container()].image.clone();
        let mut words = self.argv[1..].to_vec();
        if words.first().is_none_or(|w| w.starts_with('-')) {
            let own = image.cmd.first().cloned().or_else(|| image.binaries.first().map(|b| b.to_string()));
            words.splice(0..0, own);
        }
        let path = sys.env("PATH").unwrap_or_default();
        let loaded =
            crate::exec::find(sys, &path, &words[0]).and_then(|p| crate::exec::load(sys, &p, &words));
        match loaded {
            Ok((program, argv)) => {
                sys.process_mut().argv = Arc::new(argv);
                Turn::Become(program)
            }
            Err(_) => {
                sys.write(
                    2,
                    format!("{}: line 47: exec: {}: not found\n", self.argv[0], words[0]).as_bytes(),
                );
                Turn::Exit(127)
            }
        }
    }

    /// An interpreter: what its arguments show is done, and the rest is assumed.
    fn interpret(&mut self, sys: &mut Sys<'_>) -> Option<Turn> {
        let args = &self.argv[1..];
        if args.is_empty() {
            // It reads its standard input, which is empty.
            return Some(Turn::Exit(0));
        }
        if args.iter().any(|a| a == "--version" || a == "-V" || a == "-version") {
            sys.write(1, format!("{} (simulated)\n", self.spec.name).as_bytes());
            return Some(Turn::Exit(0));
        }
        if let Some(digits) =
            args.iter().find_map(|a| a.split_once("bpi(")?.1.split(')').next()?.parse::<usize>().ok())
        {
            sys.write(1, format!("{}\n", pi(digits.min(5_000))).as_bytes());
            // bignum computes about a thousand digits a second.
            self.ends = Some((sys.now() + SimTime::from_millis(digits as u64 * digits as u64 / 800), 0));
            return None;
        }
        if args.iter().any(|a| a == "http.server") {
            return None;
        }
        let subject = self.argv.join(" ");
        sys.assume(&subject, "the program serves its declared ports until it is told to stop");
        None
    }

    fn come_up(&mut self, sys: &mut Sys<'_>) -> Turn {
        if let Life::Ends(code) = self.spec.life {
            self.say(sys);
            return Turn::Exit(code);
        }
        for port in self.ports(sys) {
            if self.listening.contains(&port) {
                continue;
            }
            if sys.process().uid != 0 && port == 0 {
                continue;
            }
            if sys.listen(port).is_err() {
                return self.clash(sys, port);
            }
            self.listening.push(port);
        }
        sys.kernel.set_memory(sys.me, u64::from(self.spec.memory_mib) << 20);
        if !sys.kernel.processes.contains_key(&sys.me) {
            return Turn::More;
        }
        self.up_since = sys.now();
        self.say(sys);
        self.stage = Stage::Up;
        Turn::More
    }

    fn say(&self, sys: &mut Sys<'_>) {
        for line in self.spec.says {
            sys.write(1, format!("{line}\n").as_bytes());
        }
    }

    /// The ports it listens on: by its arguments, the image's environment, its custom, or the pod's declaration.
    fn ports(&self, sys: &Sys<'_>) -> Vec<u16> {
        let flag = |names: &[&str]| -> Option<u16> {
            for (i, arg) in self.argv.iter().enumerate() {
                for name in names {
                    let value = match arg.strip_prefix(name) {
                        Some("") => self.argv.get(i + 1).map(String::as_str),
                        Some(rest) => rest.strip_prefix('='),
                        None => None,
                    };
                    if let Some(port) = value.and_then(|v| v.rsplit(':').next()?.parse().ok()) {
                        return Some(port);
                    }
                }
            }
            None
        };
        match self.spec.name {
            "pause" => return Vec::new(),
            "agnhost" => {
                let (names, default): (&[&str], u16) = match self.argv.get(1).map(String::as_str) {
                    Some("netexec") => (&["--http-port"], 8080),
                    Some("liveness") => (&["--port"], 8080),
                    Some("serve-hostname") => (&["--port"], 9376),
                    Some("test-webserver") => (&["--port"], 80),
                    Some("grpc-health-checking") => (&["--port"], 5000),
                    Some("guestbook") => (&["--http-port"], 8080),
                    _ => return Vec::new(),
                };
                return Vec::from([flag(names).unwrap_or(default)]);
            }
            "python" | "python3" if self.argv.iter().any(|a| a == "http.server") => {
                let port = self.argv.last().and_then(|a| a.parse().ok()).unwrap_or(8000);
                return Vec::from([port]);
            }
            _ => {}
        }
        if let Some(port) = flag(&["--port", "-port", "--listen", "-listen", "--http-port", "-p"]) {
            return Vec::from([port]);
        }
        if let Some(port) = sys.env("LIFEPOD_PORT").or_else(|| sys.env("PORT")).and_then(|p| p.parse().ok())
            && self.spec.speaks != Speaks::Own
        {
            return Vec::from([port]);
        }
        if self.spec.ports.is_empty() {
            return sys.kernel.containers[&sys.container()].config.declared_ports.clone();
        }
        self.spec.ports.to_vec()
    }

    /// The port is taken: the program's own words, and its exit code.
    fn clash(&mut self, sys: &mut Sys<'_>, port: u16) -> Turn {
        let lines: Vec<String> = match self.spec.clash {
            Clash::Nginx => {
                self.tries += 1;
                let line = format!("nginx: [emerg] bind() to 0.0.0.0:{port} failed (98: Address already in use)\n");
                sys.write(2, line.as_bytes());
                if self.tries < 5 {
                    self.stage = Stage::Starting(sys.now() + SimTime::from_millis(500));
                    return Turn::More;
                }
                Vec::from(["nginx: [emerg] still could not bind()".to_string()])
            }
            Clash::Apache => Vec::from([
                format!("(98)Address already in use: AH00072: make_sock: could not bind to address [::]:{port}"),
                format!("(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:{port}"),
                "no listening sockets available, shutting down".to_string(),
                "AH00015: Unable to open logs".to_string(),
            ]),
            Clash::Redis => Vec::from([
                format!("# Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use"),
                format!("# Failed listening on port {port} (tcp), aborting."),
            ]),
            Clash::Postgres => Vec::from([
                "LOG:  could not bind IPv4 address \"0.0.0.0\": Address already in use".to_string(),
                format!("HINT:  Is another postmaster already running on port {port}? If not, wait a few seconds and retry."),
                "WARNING:  could not create listen socket for \"*\"".to_string(),
                "FATAL:  could not create any TCP/IP sockets".to_string(),
            ]),
            Clash::Mysql => Vec::from([
                "[ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: Address already in use".to_string(),
                format!("[ERROR] [MY-010257] [Server] Do you already have another mysqld server running on port: {port} ?"),
                "[ERROR] [MY-010119] [Server] Aborting".to_string(),
            ]),
            Clash::Node => Vec::from([format!("Error: listen EADDRINUSE: address already in use :::{port}")]),
            Clash::Go => Vec::from([format!("listen tcp :{port}: bind: address already in use")]),
        };
        for line in lines {
            sys.write(2, format!("{line}\n").as_bytes());
        }
        Turn::Exit(1)
    }

    pub fn answer(&mut self, sys: &mut Sys<'_>, port: u16, ask: &Ask) -> Answering {
        if let Ask::Grpc { .. } = ask {
            let healthy =
                self.argv.get(1).is_some_and(|a| a == "grpc-health-checking") || self.spec.name == "etcd";
            return Answering::now(if healthy { Reply::Grpc(GrpcStatus::Serving) } else { NOT_GRPC });
        }
        let Ask::Http { method, path, tls, headers } = ask else { return mute(ask) };
        let Speaks::Http(page, other) = self.spec.speaks else { return mute(ask) };
        if *tls {
            return Answering::now(Reply::NotTls);
        }
        let bare = path.split('?').next().unwrap_or(path);
        let (status, body) = self.page(sys, port, bare, page, other);
        let (nginx, httpd) = (self.spec.name == "nginx", self.spec.name.ends_with("-foreground"));
        if (nginx || httpd) && !sys.kernel.quiet {
            let time = format_time("%d/%b/%Y:%T %z", &civil(sys.kernel.wall()));
            let from = &sys.kernel.asking;
            let mut line =
                format!("{from} - - [{time}] \"{method} {path} HTTP/1.1\" {status} {}", body.len());
            if nginx {
                let header = |name: &str| {
                    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                    found.map_or("-", |(_, value)| value.as_str())
                };
                let [referer, agent, forwarded] = ["Referer", "User-Agent", "X-Forwarded-For"].map(header);
                line.push_str(&format!(" \"{referer}\" \"{agent}\" \"{forwarded}\""));
            }
            line.push('\n');
            sys.write(1, line.as_bytes());
        }
        Answering::now(Reply::Http { status, headers: Vec::new(), body })
    }

    fn page(&self, sys: &mut Sys<'_>, port: u16, path: &str, page: &str, other: u16) -> (u16, String) {
        let up = sys.now().since(sys.process().started);
        let subcommand = self.argv.get(1).map_or("", |a| a.as_str());
        let host = sys.kernel.config.hostname.clone();
        match (self.spec.name, subcommand) {
            // The liveness example: healthy for its first ten seconds.
            ("server", _) | ("agnhost", "liveness") if path == "/healthz" => {
                if up > SimTime::from_secs(10) {
                    return (500, format!("error: {:.6}", up.as_secs_f64()));
                }
                return (200, "ok".to_string());
            }
            ("agnhost", "serve-hostname") => return (200, host),
            ("agnhost", "netexec") if path == "/hostname" || path == "/hostName" => return (200, host),
            ("whoami-server", _) => {
                return (200, format!("Hostname: {host}\nIP: {}\n", sys.kernel.config.ip));
            }
            ("http-echo", _) => {
                let text = self.argv.iter().find_map(|a| a.trim_start_matches('-').strip_prefix("text="));
                return (200, format!("{}\n", text.unwrap_or("hello-world").trim_matches('"')));
            }
            _ => {}
        }
        let roots: &[&str] = match self.spec.name {
            "nginx" => &["/usr/share/nginx/html"],
            "httpd-foreground" => &["/usr/local/apache2/htdocs"],
            "apache2-foreground" => &["/var/www/html"],
            "caddy" => &["/usr/share/caddy", "/srv"],
            "python" | "python3" => &["."],
            _ => &[],
        };
        let file = if path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
        for root in roots {
            if let Ok(bytes) = sys.read_file(&format!("{root}{file}")) {
                return (200, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        let _ = port;
        let is_root = path == "/";
        match (is_root, roots.is_empty()) {
            // A volume mounted over the document root hides the page that came with the image.
            (true, false) if self.root_is_empty(sys, roots) => (403, "403 Forbidden\n".to_string()),
            (true, _) => {
                (if other == 404 && self.spec.name == "traefik" { 404 } else { 200 }, page.to_string())
            }
            _ if other == 404 => (404, "404 Not Found\n".to_string()),
            _ => (other, page.to_string()),
        }
    }

    fn root_is_empty(&self, sys: &Sys<'_>, roots: &[&str]) -> bool {
        roots.iter().all(|root| !sys.exists(&format!("{root}/index.html")))
    }
}

/// Files that servers bring: their document roots.
pub(crate) fn files(image: &Image, tree: &mut Tree, wall: i64) {
    for name in &image.binaries {
        let (path, text) = match *name {
            "nginx" => ("usr/share/nginx/html/index.html", NGINX_PAGE),
            "httpd-foreground" => {
                ("usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n")
            }
            "caddy" => ("usr/share/caddy/index.html", "Caddy works!\n"),
            "apache2-foreground" => ("var/www/html/index.html", "OK!"),
            _ => continue,
        };
        let content = Content { bytes: Arc::new(text.as_bytes().to_vec()), zeros: 0 };
        tree.put(path, Kind::File(content), 0o644, wall);
    }
    if image.binaries.contains(&"nginx") {
        tree.put("etc/nginx/nginx.conf", Kind::File(Content::default()), 0o644, wall);
        tree.make_dirs("docker-entrypoint.d", 0o755, wall);
    }
}
