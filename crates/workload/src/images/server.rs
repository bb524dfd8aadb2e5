//! What the programs of server images do: start up, listen, answer, end.

use super::Image;
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

/// What a program speaks on its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    /// HTTP, with a body for `/` and what other paths give (404 for a file server, 200 for an application).
    Http(&'static str, u16),
    /// Its own protocol: a handshake, and silence to HTTP.
    Own,
    /// It listens on nothing.
    Nothing,
}

/// What ends a program by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It serves until it is told to stop.
    Serves,
    /// It prints its lines and ends with this code.
    Ends(i32),
    /// An interpreter: with a script it is taken for a server, without one it reads an empty input and ends.
    Interprets,
}

/// How a port that is taken is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clash {
    Nginx,
    Apache,
    Redis,
    Postgres,
    Mysql,
    Go,
    Node,
}

/// One program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    name: &'static str,
    /// From start to listening, in milliseconds.
    start_ms: u32,
    ports: &'static [u16],
    speaks: Speaks,
    life: Life,
    /// Memory it then holds, in MiB.
    memory_mib: u32,
    /// TERM to exit in milliseconds, and the code. `None`: it has no handler, so that PID 1 ignores TERM.
    term: Option<(u32, i32)>,
    /// Lines it prints when it is up.
    says: &'static [&'static str],
    /// One of these variables must be set; else these lines, and exit code 1.
    needs: Option<(&'static [&'static str], &'static [&'static str])>,
    clash: Clash,
}

const WEB: Spec = Spec {
    name: "",
    start_ms: 100,
    ports: &[],
    speaks: Speaks::Http("ok\n", 200),
    life: Life::Serves,
    memory_mib: 10,
    term: Some((20, 0)),
    says: &[],
    needs: None,
    clash: Clash::Go,
};
const OWN: Spec = Spec { speaks: Speaks::Own, ..WEB };
const LANGUAGE: Spec =
    Spec { start_ms: 300, life: Life::Interprets, memory_mib: 40, term: None, clash: Clash::Node, ..WEB };
const TOOL: Spec = Spec { life: Life::Ends(0), speaks: Speaks::Nothing, start_ms: 50, ..WEB };

const NGINX_PAGE: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n";
const PASSWORD: &[&str] = &[
    "Error: Database is uninitialized and superuser password is not specified.",
    "       You must specify POSTGRES_PASSWORD to a non-empty value for the",
    "       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".",
    "",
    "       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all",
    "       connections without a password. This is *not* recommended.",
];
const MYSQL_PASSWORD: &[&str] = &[
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
    "    You need to specify one of the following as an environment variable:",
    "    - MYSQL_ROOT_PASSWORD",
    "    - MYSQL_ALLOW_EMPTY_PASSWORD",
    "    - MYSQL_RANDOM_ROOT_PASSWORD",
];
const MARIADB_PASSWORD: &[&str] = &[
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
    "\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD",
];

/// A Go program that handles no signals: the runtime takes TERM, dies by it if it can, and as the first process of its
/// container, which cannot, ends with 2 (`runtime/signal_unix.go dieFromSignal`).
const GO: Option<(u32, i32)> = Some((10, 2));

#[rustfmt::skip]
const SPECS: &[Spec] = &[
    Spec { name: "nginx", start_ms: 50, ports: &[80], speaks: Speaks::Http(NGINX_PAGE, 404), memory_mib: 6, clash: Clash::Nginx, says: &["nginx: start worker processes"], ..WEB },
    Spec { name: "httpd-foreground", start_ms: 50, ports: &[80], speaks: Speaks::Http("<html><body><h1>It works!</h1></body></html>\n", 404), memory_mib: 20, clash: Clash::Apache, says: &["AH00094: Command line: 'httpd -D FOREGROUND'"], ..WEB },
    Spec { name: "apache2-foreground", start_ms: 200, ports: &[80], speaks: Speaks::Http("OK!", 404), memory_mib: 30, clash: Clash::Apache, says: &["AH00094: Command line: 'apache2 -D FOREGROUND'"], ..WEB },
    Spec { name: "caddy", ports: &[80], speaks: Speaks::Http("Caddy works!\n", 404), memory_mib: 30, says: &["serving initial configuration"], ..WEB },
    Spec { name: "traefik", ports: &[80, 8080], speaks: Speaks::Http("404 page not found\n", 404), memory_mib: 50, says: &["Configuration loaded from flags."], ..WEB },
    Spec { name: "haproxy", ports: &[80], memory_mib: 70, ..WEB },
    Spec { name: "envoy", start_ms: 500, ports: &[10000], memory_mib: 40, ..WEB },
    Spec { name: "whoami-server", ports: &[80], says: &["Starting up on port 80"], memory_mib: 5, ..WEB },
    Spec { name: "http-echo", ports: &[5678], says: &["server is listening on :5678"], memory_mib: 5, ..WEB },
    Spec { name: "hello-app", term: GO, ports: &[8080], speaks: Speaks::Http("Hello, world!\n", 200), says: &["Server listening on port 8080"], memory_mib: 5, ..WEB },
    Spec { name: "hello-kubernetes", start_ms: 400, ports: &[8080], memory_mib: 40, term: None, clash: Clash::Node, says: &["Listening on: http://localhost:8080"], ..WEB },
    Spec { name: "echo-server", ports: &[8080], memory_mib: 5, ..WEB },
    Spec { name: "redis-server", ports: &[6379], memory_mib: 8, clash: Clash::Redis, says: &["* Ready to accept connections tcp"], ..OWN },
    Spec { name: "memcached", ports: &[11211], memory_mib: 4, ..OWN },
    Spec { name: "postgres", start_ms: 2500, ports: &[5432], memory_mib: 40, term: Some((200, 0)), clash: Clash::Postgres, says: &["LOG:  database system is ready to accept connections"], needs: Some((&["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"], PASSWORD)), ..OWN },
    Spec { name: "mysqld", start_ms: 8000, ports: &[3306], memory_mib: 380, term: Some((1500, 0)), clash: Clash::Mysql, says: &["[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections."], needs: Some((&["MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"], MYSQL_PASSWORD)), ..OWN },
    Spec { name: "mariadbd", start_ms: 5000, ports: &[3306], memory_mib: 100, term: Some((800, 0)), clash: Clash::Mysql, says: &["mariadbd: ready for connections."], needs: Some((&["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE", "MARIADB_ROOT_PASSWORD_HASH", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MARIADB_RANDOM_ROOT_PASSWORD"], MARIADB_PASSWORD)), ..OWN },
    Spec { name: "mongod", start_ms: 1500, ports: &[27017], memory_mib: 90, says: &["Waiting for connections"], ..OWN },
    Spec { name: "rabbitmq-server", start_ms: 6000, ports: &[5672], memory_mib: 130, term: Some((2000, 0)), says: &["Server startup complete"], ..OWN },
    Spec { name: "eswrapper", start_ms: 15000, ports: &[9200], memory_mib: 1200, term: Some((1000, 143)), says: &["started"], ..WEB },
    Spec { name: "etcd", start_ms: 300, ports: &[2379, 2380], memory_mib: 30, says: &["ready to serve client requests"], ..WEB },
    Spec { name: "nats-server", ports: &[4222], memory_mib: 10, term: Some((20, 1)), says: &["[INF] Server is ready"], ..OWN },
    Spec { name: "cassandra", start_ms: 25000, ports: &[9042], memory_mib: 1500, term: Some((3000, 143)), ..OWN },
    Spec { name: "zkServer.sh", start_ms: 1500, ports: &[2181], memory_mib: 80, term: Some((100, 143)), ..OWN },
    Spec { name: "fluentd", start_ms: 2000, ports: &[24224], memory_mib: 60, term: Some((500, 0)), says: &["[info]: fluentd worker is now running worker=0"], ..OWN },
    Spec { name: "fluent-bit", ports: &[2020], memory_mib: 15, ..WEB },
    Spec { name: "node_exporter", term: GO, ports: &[9100], memory_mib: 15, says: &["msg=\"Listening on\" address=[::]:9100"], ..WEB },
    Spec { name: "prometheus", start_ms: 500, ports: &[9090], memory_mib: 80, says: &["msg=\"Server is ready to receive web requests.\""], ..WEB },
    Spec { name: "grafana", start_ms: 3000, ports: &[3000], memory_mib: 90, says: &["msg=\"HTTP Server Listen\" address=[::]:3000"], ..WEB },
    Spec { name: "metrics-server", start_ms: 500, ports: &[10250], memory_mib: 25, ..OWN },
    Spec { name: "server", term: GO, ports: &[8080], memory_mib: 3, ..WEB },
    Spec { name: "agnhost", term: GO, memory_mib: 10, ..WEB },
    Spec { name: "pause", start_ms: 1, speaks: Speaks::Nothing, memory_mib: 1, ..WEB },
    Spec { name: "app", start_ms: 500, memory_mib: 30, ..WEB },
    Spec { name: "tool", ..TOOL },
    Spec { name: "hello", says: &["", "Hello from Docker!", "This message shows that your installation appears to be working correctly."], ..TOOL },
    Spec { name: "perl", ..LANGUAGE },
    Spec { name: "python", ..LANGUAGE },
    Spec { name: "python3", ..LANGUAGE },
    Spec { name: "node", ..LANGUAGE },
    Spec { name: "npm", ..LANGUAGE },
    Spec { name: "go", ..LANGUAGE },
    Spec { name: "java", start_ms: 2500, memory_mib: 150, term: Some((100, 143)), ..LANGUAGE },
    Spec { name: "jshell", ..LANGUAGE },
    Spec { name: "ruby", ..LANGUAGE },
    Spec { name: "irb", ..LANGUAGE },
    Spec { name: "php", ..LANGUAGE },
    Spec { name: "php-fpm", start_ms: 100, ports: &[9000], life: Life::Serves, term: Some((20, 0)), says: &["NOTICE: ready to handle connections"], ..OWN },
    Spec { name: "redis-cli", says: &["PONG"], ..TOOL },
    Spec { name: "pg_isready", says: &["/var/run/postgresql:5432 - accepting connections"], ..TOOL },
    Spec { name: "psql", ..TOOL },
    Spec { name: "mysqladmin", says: &["mysqld is alive"], ..TOOL },
    Spec { name: "mariadb-admin", says: &["mysqld is alive"], ..TOOL },
    Spec { name: "mysql", ..TOOL },
    Spec { name: "mongosh", says: &["{ ok: 1 }"], start_ms: 600, ..TOOL },
    Spec { name: "rabbitmq-diagnostics", start_ms: 900, says: &["Ping succeeded"], ..TOOL },
    Spec { name: "rabbitmqctl", start_ms: 900, ..TOOL },
    Spec { name: "kubectl", ..TOOL },
    Spec { name: "git", start_ms: 500, ..TOOL },
];

/// Scripts that prepare something and then become the command they are given.
pub(crate) const ENTRYPOINTS: [&str; 4] =
    ["docker-entrypoint.sh", "docker-php-entrypoint", "entrypoint.sh", "run.sh"];

/// Clients that ask a server of the pod, by the port they try.
const CLIENTS: [(&str, u16); 8] = [
    ("redis-cli", 6379),
    ("pg_isready", 5432),
    ("psql", 5432),
    ("mysqladmin", 3306),
    ("mariadb-admin", 3306),
    ("mysql", 3306),
    ("mongosh", 27017),
    ("rabbitmq-diagnostics", 5672),
];

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
        while sys.process_mut().pending.pop_front().is_some() {
            if self.ends.is_none()
                && let Some((after, code)) = self.spec.term
            {
                self.ends = Some((now + SimTime::from_millis(u64::from(after)), code));
            }
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
        let Ask::Http { path, tls, .. } = ask else { return mute(ask) };
        let Speaks::Http(page, other) = self.spec.speaks else { return mute(ask) };
        if *tls {
            return Answering::now(Reply::NotTls);
        }
        let bare = path.split('?').next().unwrap_or(path);
        let (status, body) = self.page(sys, port, bare, page, other);
        if self.spec.name == "nginx" || self.spec.name.ends_with("-foreground") {
            let line =
                format!("{} - - \"GET {path} HTTP/1.1\" {status} {}\n", sys.kernel.config.ip, body.len());
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

/// π with so many digits, as `bpi(n)` prints it, by the spigot of Rabinowitz and Wagon.
fn pi(digits: usize) -> String {
    let n = digits + 2;
    let len = n * 10 / 3 + 1;
    let mut a = alloc::vec![2u32; len];
    let mut out: Vec<u8> = Vec::with_capacity(n + 2);
    let (mut nines, mut held) = (0usize, None::<u8>);
    for _ in 0..n {
        let mut carry = 0u64;
        for i in (0..len).rev() {
            let x = 10 * u64::from(a[i]) + carry * (i as u64 + 1);
            let base = 2 * i as u64 + 1;
            if i == 0 {
                a[0] = (x % 10) as u32;
                carry = x / 10;
            } else {
                a[i] = (x % base) as u32;
                carry = x / base;
            }
        }
        match carry {
            9 => nines += 1,
            10 => {
                out.extend(held.map(|h| h + 1));
                out.extend(core::iter::repeat_n(0, nines));
                (held, nines) = (Some(0), 0);
            }
            digit => {
                out.extend(held);
                out.extend(core::iter::repeat_n(9, nines));
                (held, nines) = (Some(digit as u8), 0);
            }
        }
    }
    let text: String = out.iter().take(digits).map(|d| char::from(b'0' + d)).collect();
    match text.split_at_checked(1) {
        Some((head, tail)) if !tail.is_empty() => format!("{head}.{tail}"),
        _ => text,
    }
}
