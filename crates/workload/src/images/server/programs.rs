//! The programs of server images, one line each, to be read like a table.

/// What a program speaks on its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// HTTP, with a body for `/` and what other paths give (404 for a file server, 200 for an application).
    Http(&'static str, u16),
    /// Its own protocol: a handshake, and silence to HTTP.
    Own,
    /// It listens on nothing.
    Nothing,
}

/// What ends a program by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It serves until it is told to stop.
    Serves,
    /// It prints its lines and ends with this code.
    Ends(i32),
    /// An interpreter: with a script it is taken for a server, without one it reads an empty input and ends.
    Interprets,
}

/// How a port that is taken is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
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
    pub(super) name: &'static str,
    /// From start to listening, in milliseconds.
    pub(super) start_ms: u32,
    pub(super) ports: &'static [u16],
    pub(super) speaks: Speaks,
    pub(super) life: Life,
    /// Memory it then holds, in MiB.
    pub(super) memory_mib: u32,
    /// TERM to exit in milliseconds, and the code. `None`: it has no handler, so that PID 1 ignores TERM.
    pub(super) term: Option<(u32, i32)>,
    /// On TERM it takes no more connections and finishes what it has begun.
    pub(super) drains: bool,
    /// Lines it prints when it is up.
    pub(super) says: &'static [&'static str],
    /// One of these variables must be set; else these lines, and exit code 1.
    pub(super) needs: Option<(&'static [&'static str], &'static [&'static str])>,
    pub(super) clash: Clash,
}

pub(super) const WEB: Spec = Spec {
    name: "",
    start_ms: 100,
    ports: &[],
    speaks: Speaks::Http("ok\n", 200),
    life: Life::Serves,
    memory_mib: 10,
    term: Some((20, 0)),
    drains: false,
    says: &[],
    needs: None,
    clash: Clash::Go,
};

pub(super) const OWN: Spec = Spec { speaks: Speaks::Own, ..WEB };

pub(super) const LANGUAGE: Spec =
    Spec { start_ms: 300, life: Life::Interprets, memory_mib: 40, term: None, clash: Clash::Node, ..WEB };

pub(super) const TOOL: Spec = Spec { life: Life::Ends(0), speaks: Speaks::Nothing, start_ms: 50, ..WEB };

/// As long as the page that the image has, which logs and `Content-Length` tell: 615 bytes.
pub(super) const NGINX_PAGE: &str = include_str!("nginx.html");
const _: () = assert!(NGINX_PAGE.len() == 615);

pub(super) const PASSWORD: &[&str] = &[
    "Error: Database is uninitialized and superuser password is not specified.",
    "       You must specify POSTGRES_PASSWORD to a non-empty value for the",
    "       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".",
    "",
    "       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all",
    "       connections without a password. This is *not* recommended.",
];

pub(super) const MYSQL_PASSWORD: &[&str] = &[
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
    "    You need to specify one of the following as an environment variable:",
    "    - MYSQL_ROOT_PASSWORD",
    "    - MYSQL_ALLOW_EMPTY_PASSWORD",
    "    - MYSQL_RANDOM_ROOT_PASSWORD",
];

pub(super) const MARIADB_PASSWORD: &[&str] = &[
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
    "\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD",
];

/// A Go program that handles no signals: the runtime takes TERM, dies by it if it can, and as the first process of its
/// container, which cannot, ends with 2 (`runtime/signal_unix.go dieFromSignal`).
pub(super) const GO: Option<(u32, i32)> = Some((10, 2));

#[rustfmt::skip]
pub(super) const SPECS: &[Spec] = &[
    Spec { name: "nginx", start_ms: 50, ports: &[80], speaks: Speaks::Http(NGINX_PAGE, 404), memory_mib: 6, clash: Clash::Nginx, says: &["nginx: start worker processes"], ..WEB },
    Spec { name: "httpd-foreground", start_ms: 50, ports: &[80], speaks: Speaks::Http("<html><body><h1>It works!</h1></body></html>\n", 404), memory_mib: 20, clash: Clash::Apache, says: &["AH00094: Command line: 'httpd -D FOREGROUND'"], ..WEB },
    Spec { name: "apache2-foreground", start_ms: 200, ports: &[80], speaks: Speaks::Http("OK!", 404), memory_mib: 30, clash: Clash::Apache, says: &["AH00094: Command line: 'apache2 -D FOREGROUND'"], ..WEB },
    Spec { name: "caddy", drains: true, ports: &[80], speaks: Speaks::Http("Caddy works!\n", 404), memory_mib: 30, says: &["serving initial configuration"], ..WEB },
    Spec { name: "traefik", drains: true, ports: &[80, 8080], speaks: Speaks::Http("404 page not found\n", 404), memory_mib: 50, says: &["Configuration loaded from flags."], ..WEB },
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
pub(super) const CLIENTS: [(&str, u16); 8] = [
    ("redis-cli", 6379),
    ("pg_isready", 5432),
    ("psql", 5432),
    ("mysqladmin", 3306),
    ("mariadb-admin", 3306),
    ("mysql", 3306),
    ("mongosh", 27017),
    ("rabbitmq-diagnostics", 5672),
];
