//! The images that manifests really use: one entry each, to be read like a table.
//!
//! Sizes are what a pull transfers (linux/amd64, compressed), roughly: estimates, not
//! measurements; a scenario may give the size of an image that matters to it. What the programs do is in `server.rs`, under the name of the binary.

use crate::signal::Signal;

/// What an image's files are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// busybox and nothing else.
    Busybox,
    /// Alpine: busybox with a package manager.
    Alpine,
    /// Debian and its kin: GNU tools, dash, bash.
    Debian,
    /// Only the program: no shell, no tools (distroless too).
    Scratch,
}

/// One image.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Names without tag; those of Docker Hub without `docker.io/library/` or `docker.io/`.
    pub names: &'static [&'static str],
    /// MiB to pull.
    pub size_mib: u32,
    /// Its files.
    pub base: Base,
    /// `ENTRYPOINT`.
    pub entrypoint: &'static [&'static str],
    /// `CMD`.
    pub cmd: &'static [&'static str],
    /// `ENV`.
    pub env: &'static [(&'static str, &'static str)],
    /// `WORKDIR`.
    pub working_dir: &'static str,
    /// `USER`.
    pub uid: u32,
    /// `EXPOSE`.
    pub ports: &'static [u16],
    /// `STOPSIGNAL`.
    pub stop_signal: Signal,
    /// Programs beyond the base.
    pub binaries: &'static [&'static str],
}

const DEFAULT: Entry = Entry {
    names: &[],
    size_mib: 0,
    base: Base::Debian,
    entrypoint: &[],
    cmd: &[],
    env: &[],
    working_dir: "",
    uid: 0,
    ports: &[],
    stop_signal: Signal::TERM,
    binaries: &[],
};

use Base::{Alpine, Busybox, Scratch};

/// Every image of the catalogue.
#[rustfmt::skip]
pub static CATALOGUE: &[Entry] = &[
    // ---- systems ----
    Entry { names: &["busybox", "registry.k8s.io/busybox", "gcr.io/google-containers/busybox", "k8s.gcr.io/busybox", "registry.k8s.io/e2e-test-images/busybox"], size_mib: 2, base: Busybox, cmd: &["sh"], ..DEFAULT },
    Entry { names: &["alpine"], size_mib: 4, base: Alpine, cmd: &["/bin/sh"], ..DEFAULT },
    Entry { names: &["debian", "registry.k8s.io/debian-base"], size_mib: 47, cmd: &["bash"], ..DEFAULT },
    Entry { names: &["ubuntu"], size_mib: 29, cmd: &["/bin/bash"], ..DEFAULT },
    Entry { names: &["centos", "rockylinux", "almalinux", "fedora", "amazonlinux", "oraclelinux", "redhat/ubi9", "registry.access.redhat.com/ubi9/ubi"], size_mib: 78, cmd: &["/bin/bash"], ..DEFAULT },
    Entry { names: &["bash"], size_mib: 6, base: Alpine, entrypoint: &["bash"], cmd: &["bash"], binaries: &["bash"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/pause", "k8s.gcr.io/pause", "rancher/mirrored-pause"], size_mib: 1, base: Scratch, entrypoint: &["/pause"], uid: 65535, binaries: &["pause"], ..DEFAULT },
    Entry { names: &["hello-world"], size_mib: 1, base: Scratch, cmd: &["/hello"], binaries: &["hello"], ..DEFAULT },

    // ---- languages ----
    Entry { names: &["perl"], size_mib: 340, cmd: &["perl"], working_dir: "/usr/src/app", binaries: &["perl"], ..DEFAULT },
    Entry { names: &["python"], size_mib: 360, cmd: &["python3"], binaries: &["python", "python3"], ..DEFAULT },
    Entry { names: &["node"], size_mib: 390, cmd: &["node"], binaries: &["node", "npm"], ..DEFAULT },
    Entry { names: &["golang"], size_mib: 300, cmd: &["bash"], working_dir: "/go", binaries: &["go"], ..DEFAULT },
    Entry { names: &["openjdk", "eclipse-temurin", "amazoncorretto"], size_mib: 230, cmd: &["jshell"], binaries: &["java", "jshell"], ..DEFAULT },
    Entry { names: &["ruby"], size_mib: 370, cmd: &["irb"], binaries: &["ruby", "irb"], ..DEFAULT },
    Entry { names: &["php"], size_mib: 180, entrypoint: &["docker-php-entrypoint"], cmd: &["apache2-foreground"], working_dir: "/var/www/html", ports: &[80], stop_signal: Signal::WINCH, binaries: &["docker-php-entrypoint", "apache2-foreground", "php", "php-fpm"], ..DEFAULT },

    // ---- web ----
    Entry { names: &["nginx"], size_mib: 69, entrypoint: &["/docker-entrypoint.sh"], cmd: &["nginx", "-g", "daemon off;"], ports: &[80], stop_signal: Signal::QUIT, binaries: &["nginx", "docker-entrypoint.sh", "curl"], ..DEFAULT },
    Entry { names: &["nginxinc/nginx-unprivileged"], size_mib: 69, entrypoint: &["/docker-entrypoint.sh"], cmd: &["nginx", "-g", "daemon off;"], uid: 101, ports: &[8080], env: &[("LIFEPOD_PORT", "8080")], stop_signal: Signal::QUIT, binaries: &["nginx", "docker-entrypoint.sh", "curl"], ..DEFAULT },
    Entry { names: &["nginxdemos/hello", "nginxdemos/nginx-hello"], size_mib: 17, base: Alpine, entrypoint: &["/docker-entrypoint.sh"], cmd: &["nginx", "-g", "daemon off;"], ports: &[80], stop_signal: Signal::QUIT, binaries: &["nginx", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["httpd"], size_mib: 57, cmd: &["httpd-foreground"], working_dir: "/usr/local/apache2", ports: &[80], stop_signal: Signal::WINCH, binaries: &["httpd-foreground"], ..DEFAULT },
    Entry { names: &["caddy"], size_mib: 22, base: Alpine, cmd: &["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"], working_dir: "/srv", ports: &[80], binaries: &["caddy"], ..DEFAULT },
    Entry { names: &["traefik"], size_mib: 50, base: Alpine, entrypoint: &["/entrypoint.sh"], cmd: &["traefik"], ports: &[80], binaries: &["traefik", "entrypoint.sh"], ..DEFAULT },
    Entry { names: &["haproxy"], size_mib: 42, entrypoint: &["docker-entrypoint.sh"], cmd: &["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"], uid: 99, stop_signal: Signal::USR1, binaries: &["haproxy", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["envoyproxy/envoy"], size_mib: 62, entrypoint: &["/docker-entrypoint.sh"], cmd: &["envoy", "-c", "/etc/envoy/envoy.yaml"], ports: &[10000], binaries: &["envoy", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["wordpress"], size_mib: 250, entrypoint: &["docker-entrypoint.sh"], cmd: &["apache2-foreground"], working_dir: "/var/www/html", ports: &[80], stop_signal: Signal::WINCH, binaries: &["apache2-foreground", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/hpa-example", "registry.k8s.io/php-apache"], size_mib: 170, cmd: &["apache2-foreground"], ports: &[80], stop_signal: Signal::WINCH, binaries: &["apache2-foreground"], ..DEFAULT },
    Entry { names: &["traefik/whoami", "containous/whoami"], size_mib: 3, base: Scratch, entrypoint: &["/whoami"], ports: &[80], binaries: &["whoami-server"], ..DEFAULT },
    Entry { names: &["hashicorp/http-echo"], size_mib: 3, base: Scratch, entrypoint: &["/http-echo"], uid: 65532, ports: &[5678], binaries: &["http-echo"], ..DEFAULT },
    Entry { names: &["gcr.io/google-samples/hello-app", "us-docker.pkg.dev/google-samples/containers/gke/hello-app", "gcr.io/google-samples/node-hello", "gcr.io/google-samples/kubernetes-bootcamp"], size_mib: 12, base: Scratch, entrypoint: &["/hello-app"], ports: &[8080], binaries: &["hello-app"], ..DEFAULT },
    Entry { names: &["paulbouwer/hello-kubernetes"], size_mib: 45, base: Alpine, entrypoint: &["/hello-kubernetes"], ports: &[8080], binaries: &["hello-kubernetes"], ..DEFAULT },
    Entry { names: &["ealen/echo-server", "kicbase/echo-server"], size_mib: 5, base: Scratch, entrypoint: &["/echo-server"], ports: &[8080], binaries: &["echo-server"], ..DEFAULT },

    // ---- data ----
    Entry { names: &["redis", "valkey/valkey", "registry.k8s.io/redis"], size_mib: 45, entrypoint: &["docker-entrypoint.sh"], cmd: &["redis-server"], working_dir: "/data", ports: &[6379], binaries: &["redis-server", "redis-cli", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["memcached"], size_mib: 32, entrypoint: &["docker-entrypoint.sh"], cmd: &["memcached"], uid: 11211, ports: &[11211], binaries: &["memcached", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["postgres"], size_mib: 150, entrypoint: &["docker-entrypoint.sh"], cmd: &["postgres"], env: &[("PGDATA", "/var/lib/postgresql/data")], ports: &[5432], stop_signal: Signal::INT, binaries: &["postgres", "pg_isready", "psql", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["mysql"], size_mib: 230, entrypoint: &["docker-entrypoint.sh"], cmd: &["mysqld"], ports: &[3306, 33060], binaries: &["mysqld", "mysqladmin", "mysql", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["mariadb"], size_mib: 110, entrypoint: &["docker-entrypoint.sh"], cmd: &["mariadbd"], ports: &[3306], binaries: &["mariadbd", "mysqladmin", "mariadb-admin", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["mongo"], size_mib: 270, entrypoint: &["docker-entrypoint.sh"], cmd: &["mongod"], ports: &[27017], binaries: &["mongod", "mongosh", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["rabbitmq"], size_mib: 105, entrypoint: &["docker-entrypoint.sh"], cmd: &["rabbitmq-server"], ports: &[5672], binaries: &["rabbitmq-server", "rabbitmq-diagnostics", "rabbitmqctl", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch"], size_mib: 600, entrypoint: &["/bin/tini", "--", "/usr/local/bin/docker-entrypoint.sh"], cmd: &["eswrapper"], uid: 1000, ports: &[9200], binaries: &["tini", "docker-entrypoint.sh", "eswrapper", "curl"], ..DEFAULT },
    Entry { names: &["quay.io/coreos/etcd", "registry.k8s.io/etcd"], size_mib: 55, base: Scratch, entrypoint: &["/usr/local/bin/etcd"], ports: &[2379], binaries: &["etcd"], ..DEFAULT },
    Entry { names: &["nats"], size_mib: 6, base: Scratch, entrypoint: &["/nats-server"], cmd: &["--config", "nats-server.conf"], ports: &[4222], binaries: &["nats-server"], ..DEFAULT },
    Entry { names: &["cassandra", "gcr.io/google-samples/cassandra"], size_mib: 170, entrypoint: &["docker-entrypoint.sh"], cmd: &["cassandra", "-f"], ports: &[9042], binaries: &["cassandra", "docker-entrypoint.sh"], ..DEFAULT },
    Entry { names: &["zookeeper", "registry.k8s.io/kubernetes-zookeeper"], size_mib: 110, entrypoint: &["/docker-entrypoint.sh"], cmd: &["zkServer.sh", "start-foreground"], ports: &[2181], binaries: &["zkServer.sh", "docker-entrypoint.sh"], ..DEFAULT },

    // ---- operations ----
    Entry { names: &["fluentd", "fluent/fluentd", "quay.io/fluentd_elasticsearch/fluentd", "gcr.io/google-containers/fluentd-elasticsearch", "fluent/fluentd-kubernetes-daemonset"], size_mib: 55, entrypoint: &["fluentd"], ports: &[24224], binaries: &["fluentd"], ..DEFAULT },
    Entry { names: &["fluent/fluent-bit", "cr.fluentbit.io/fluent/fluent-bit"], size_mib: 35, base: Scratch, entrypoint: &["/fluent-bit/bin/fluent-bit"], ports: &[2020], binaries: &["fluent-bit"], ..DEFAULT },
    Entry { names: &["prom/node-exporter", "quay.io/prometheus/node-exporter"], size_mib: 11, base: Busybox, entrypoint: &["/bin/node_exporter"], uid: 65534, ports: &[9100], binaries: &["node_exporter"], ..DEFAULT },
    Entry { names: &["prom/prometheus", "quay.io/prometheus/prometheus"], size_mib: 110, base: Busybox, entrypoint: &["/bin/prometheus"], cmd: &["--config.file=/etc/prometheus/prometheus.yml"], uid: 65534, ports: &[9090], binaries: &["prometheus"], ..DEFAULT },
    Entry { names: &["grafana/grafana"], size_mib: 120, base: Alpine, entrypoint: &["/run.sh"], uid: 472, ports: &[3000], binaries: &["grafana", "run.sh"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/metrics-server/metrics-server"], size_mib: 20, base: Scratch, entrypoint: &["/metrics-server"], uid: 65534, ports: &[10250], binaries: &["metrics-server"], ..DEFAULT },
    Entry { names: &["bitnami/kubectl", "registry.k8s.io/kubectl", "rancher/kubectl", "alpine/k8s"], size_mib: 60, entrypoint: &["kubectl"], uid: 1001, binaries: &["kubectl"], ..DEFAULT },
    Entry { names: &["curlimages/curl"], size_mib: 6, base: Alpine, entrypoint: &["/entrypoint.sh"], cmd: &["curl"], uid: 100, binaries: &["curl", "entrypoint.sh"], ..DEFAULT },
    Entry { names: &["alpine/git", "bitnami/git", "registry.k8s.io/git-sync/git-sync"], size_mib: 30, base: Alpine, entrypoint: &["git"], cmd: &["--help"], working_dir: "/git", binaries: &["git"], ..DEFAULT },
    Entry { names: &["nicolaka/netshoot", "registry.k8s.io/e2e-test-images/jessie-dnsutils", "tutum/dnsutils"], size_mib: 200, base: Alpine, cmd: &["sh"], binaries: &["bash", "curl", "dig", "host"], ..DEFAULT },
    Entry { names: &["polinux/stress", "vish/stress", "progrium/stress"], size_mib: 4, base: Alpine, entrypoint: &[], cmd: &["stress", "--help"], binaries: &["stress"], ..DEFAULT },
    Entry { names: &["alexeiled/stress-ng", "colinianking/stress-ng"], size_mib: 8, base: Alpine, entrypoint: &["stress-ng"], binaries: &["stress-ng"], ..DEFAULT },

    // ---- Kubernetes' own examples ----
    Entry { names: &["registry.k8s.io/e2e-test-images/agnhost", "k8s.gcr.io/e2e-test-images/agnhost", "gcr.io/kubernetes-e2e-test-images/agnhost"], size_mib: 50, base: Alpine, entrypoint: &["/agnhost"], cmd: &["pause"], ports: &[80], binaries: &["agnhost", "curl", "dig"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/liveness", "k8s.gcr.io/liveness", "registry.k8s.io/e2e-test-images/liveness"], size_mib: 2, base: Scratch, entrypoint: &["/server"], ports: &[8080], binaries: &["server"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/echoserver", "gcr.io/google_containers/echoserver", "k8s.gcr.io/echoserver"], size_mib: 45, entrypoint: &["nginx"], cmd: &["-g", "daemon off;"], env: &[("LIFEPOD_PORT", "8080")], ports: &[8080], binaries: &["nginx"], ..DEFAULT },
    Entry { names: &["registry.k8s.io/nginx-slim", "k8s.gcr.io/nginx-slim"], size_mib: 40, cmd: &["nginx", "-g", "daemon off;"], ports: &[80], binaries: &["nginx"], ..DEFAULT },
    Entry { names: &["gcr.io/google-samples/gb-frontend", "us-docker.pkg.dev/google-samples/containers/gke/gb-frontend"], size_mib: 170, cmd: &["apache2-foreground"], ports: &[80], stop_signal: Signal::WINCH, binaries: &["apache2-foreground"], ..DEFAULT },
    Entry { names: &["gcr.io/google-samples/gb-redis-follower", "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower"], size_mib: 40, cmd: &["redis-server"], ports: &[6379], binaries: &["redis-server", "redis-cli"], ..DEFAULT },
    Entry { names: &["gcr.io/google-samples/xtrabackup"], size_mib: 90, cmd: &["bash"], binaries: &["mysqladmin", "mysql"], ..DEFAULT },
];
