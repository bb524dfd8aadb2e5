//! Changing commands against a simulated cluster: what they print and what they do.

use lifepod_api::{ObjectKey, SimTime};
use lifepod_engine::{Cluster, Command, Config, EntryId, NodeConfig, What};
use lifepod_kubectl::{Output, action, printed};
use serde_json::{Value, json};

/// A cluster at a terminal.
struct Terminal {
    cluster: Cluster,
}

impl Terminal {
    fn new() -> Self {
        let node = NodeConfig::named;
        let config = Config { nodes: vec![node("n1"), node("n2")], ..Config::default() };
        let mut cluster = Cluster::new(config);
        cluster.run_until(SimTime::from_secs(1));
        Terminal { cluster }
    }

    /// Types a line, lets `seconds` pass, and gives back what was printed until then.
    fn run(&mut self, line: &str, documents: &[Value], seconds: u64) -> Output {
        let client = match action(line, documents.to_vec()) {
            Ok(client) => client,
            Err(output) => return *output,
        };
        let entry = EntryId(self.cluster.trace().entries().len() as u32);
        let _shown_below = self.cluster.apply(Command::Client(client));
        let until = self.cluster.now() + SimTime::from_secs(seconds);
        self.cluster.run_until(until);
        assert!(matches!(self.cluster.trace().get(entry).unwrap().what, What::Action(_)));
        let mut output = printed(self.cluster.trace(), entry, until, 0);
        output.times.clear();
        output
    }

    /// Types a line that must go well, and gives back its output.
    fn ok(&mut self, line: &str) -> String {
        let output = self.run(line, &[], 0);
        assert_eq!((output.stderr.as_str(), output.code), ("", 0), "{line}");
        output.stdout
    }

    /// Types a line that must fail, and gives back its errors.
    fn err(&mut self, line: &str) -> String {
        let output = self.run(line, &[], 0);
        assert_eq!((output.stdout.as_str(), output.code), ("", 1), "{line}");
        output.stderr
    }

    fn get(&mut self, kind: &str, name: &str) -> Value {
        let namespace = if kind == "Node" { "" } else { "default" };
        let key = ObjectKey::new(kind, namespace, name);
        self.cluster.api("test").get(&key).map_or(Value::Null, |o| o.to_value())
    }
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
    })
}

#[test]
fn apply_creates_leaves_alone_and_configures() {
    let mut t = Terminal::new();
    let mut web = pod("web");
    assert_eq!(t.run("apply -f -", &[web.clone()], 0).stdout, "pod/web created\n");
    assert_eq!(t.run("kubectl apply -f -", &[web.clone()], 0).stdout, "pod/web unchanged\n");
    web["metadata"]["labels"] = json!({"app": "web2", "tier": "a"});
    assert_eq!(t.run("apply -f -", &[web.clone()], 0).stdout, "pod/web configured\n");
    web["metadata"]["labels"] = json!({"app": "web2"});
    assert_eq!(t.run("apply -f -", &[web.clone()], 0).stdout, "pod/web configured\n");
    assert_eq!(t.get("Pod", "web")["metadata"]["labels"], json!({"app": "web2"}));
    let applied =
        &t.get("Pod", "web")["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert_eq!(
        applied.as_str().unwrap(),
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"annotations\":{},\"labels\":{\"app\":\"web2\"},\"name\":\"web\",\
         \"namespace\":\"default\"},\"spec\":{\"containers\":[{\"image\":\"nginx:1\",\"name\":\"web\"}]}}\n"
    );
    web["spec"]["containers"][0]["ports"] = json!([{"containerPort": 81}]);
    let refused = t.run("apply -f -", &[web], 0);
    assert!(
        refused.stderr.starts_with("The Pod \"web\" is invalid: spec: Forbidden: pod updates"),
        "{}",
        refused.stderr
    );
}

#[test]
fn create_says_what_exists_and_what_is_unknown() {
    let mut t = Terminal::new();
    t.run("create -f -", &[pod("web")], 0);
    assert_eq!(
        t.run("create -f -", &[pod("web")], 0).stderr,
        "Error from server (AlreadyExists): error when creating \"STDIN\": pods \"web\" already exists\n"
    );
    let mut bad = pod("bad");
    bad["spec"]["containers"][0]["imag"] = "x".into();
    assert_eq!(
        t.run("apply -f -", &[bad.clone()], 0).stderr,
        "Error from server (BadRequest): error when creating \"STDIN\": Pod in version \"v1\" cannot be handled as a Pod: \
         strict decoding error: unknown field \"spec.containers[0].imag\"\n"
    );
    let warned = t.run("apply --validate=warn -f -", &[bad], 0);
    assert_eq!(warned.stderr, "Warning: unknown field \"spec.containers[0].imag\"\n");
    assert_eq!(warned.stdout, "pod/bad created\n");
    let kindless = json!({"apiVersion": "v1", "metadata": {"name": "web"}});
    assert!(t.run("apply -f -", &[kindless], 0).stderr.contains("kind not set; if you choose"));
}

#[test]
fn delete_sends_the_grace_that_its_flags_mean() {
    let mut t = Terminal::new();
    t.run("create -f -", &[pod("a"), pod("b"), pod("c")], 20);
    assert_eq!(t.ok("delete pod a"), "pod \"a\" deleted from default namespace\n");
    assert_eq!(t.get("Pod", "a")["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(t.ok("delete pod/b --now"), "pod \"b\" deleted from default namespace\n");
    assert_eq!(t.get("Pod", "b")["metadata"]["deletionGracePeriodSeconds"], 1);
    let forced = t.run("delete pod c --force", &[], 0);
    assert_eq!(forced.stdout, "pod \"c\" force deleted from default namespace\n");
    assert!(forced.stderr.starts_with("Warning: Immediate deletion does not wait"));
    assert_eq!(t.get("Pod", "c"), Value::Null);
    assert_eq!(t.err("delete pod nope"), "Error from server (NotFound): pods \"nope\" not found\n");
    assert_eq!(t.err("delete pods"), "error: resource(s) were provided, but no name was specified\n");
    assert_eq!(
        t.err("delete pod a --now --grace-period=3"),
        "error: --now and --grace-period cannot be specified together\n"
    );
    assert_eq!(t.ok("delete deployments --all"), "No resources found\n");
}

#[test]
fn deployments_are_scaled_set_paused_and_labelled() {
    let mut t = Terminal::new();
    assert_eq!(t.ok("create deployment d --image=nginx:1 --replicas=2"), "deployment.apps/d created\n");
    assert_eq!(t.ok("scale deployment/d --replicas=3"), "deployment.apps/d scaled\n");
    assert_eq!(t.get("Deployment", "d")["spec"]["replicas"], 3);
    assert_eq!(
        t.err("scale deploy/d --replicas=1 --current-replicas=9"),
        "error: Expected replicas to be 9, was 3\n"
    );
    assert_eq!(
        t.err("scale deployment/nope --replicas=1"),
        "Error from server (NotFound): deployments.apps \"nope\" not found\n"
    );
    assert_eq!(t.ok("set image deployment/d nginx=nginx:2"), "deployment.apps/d image updated\n");
    assert_eq!(t.err("set image deploy/d x=y"), "error: unable to find container named \"x\"\n");
    assert_eq!(t.ok("set env deploy/d A=1 B-"), "deployment.apps/d env updated\n");
    assert_eq!(
        t.ok("set resources deploy d --limits=cpu=200m"),
        "deployment.apps/d resource requirements updated\n"
    );
    let container = &t.get("Deployment", "d")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (&container["image"], &container["env"], &container["resources"]["limits"]["cpu"]),
        (&json!("nginx:2"), &json!([{"name": "A", "value": "1"}]), &json!("200m"))
    );
    assert_eq!(t.ok("rollout pause deployment/d"), "deployment.apps/d paused\n");
    assert_eq!(t.err("rollout pause deployment/d"), "error: deployments.apps \"d\" is already paused\n");
    assert_eq!(
        t.err("rollout restart deployment/d"),
        "error: deployments.apps \"d\" can't restart paused deployment (run rollout resume first)\n"
    );
    assert_eq!(t.ok("rollout resume deployment/d"), "deployment.apps/d resumed\n");
    assert_eq!(t.ok("rollout restart deployment"), "deployment.apps/d restarted\n");
    assert_eq!(t.ok("label deploy d x=y"), "deployment.apps/d labeled\n");
    assert_eq!(t.err("label deploy d x=z"), "error: 'x' already has a value (y), and --overwrite is false\n");
    assert_eq!(t.ok("label deploy d x-"), "deployment.apps/d unlabeled\n");
    assert_eq!(t.ok("annotate deploy d n=1"), "deployment.apps/d annotated\n");
    assert_eq!(t.ok(r#"patch deploy d -p '{"spec":{"replicas":5}}'"#), "deployment.apps/d patched\n");
    assert_eq!(
        t.ok(r#"patch deploy d -p '{"spec":{"replicas":5}}'"#),
        "deployment.apps/d patched (no change)\n"
    );
    assert_eq!(
        t.ok(r#"patch deploy d --type=json -p '[{"op":"replace","path":"/spec/replicas","value":1}]'"#),
        "deployment.apps/d patched\n"
    );
    assert_eq!(t.ok("expose deployment d --port=80"), "service/d exposed\n");
    assert_eq!(t.get("Service", "d")["spec"]["selector"], json!({"app": "d"}));
}

#[test]
fn nodes_are_cordoned_and_tainted() {
    let mut t = Terminal::new();
    assert_eq!(t.ok("cordon n1"), "node/n1 cordoned\n");
    assert_eq!(t.ok("cordon n1"), "node/n1 already cordoned\n");
    assert_eq!(t.ok("uncordon n1"), "node/n1 uncordoned\n");
    assert_eq!(t.ok("uncordon n1"), "node/n1 already uncordoned\n");
    assert_eq!(t.ok("taint node n1 k=v:NoSchedule"), "node/n1 tainted\n");
    assert_eq!(
        t.err("taint node n1 k=v:NoSchedule"),
        "error: node n1 already has k taint(s) with same effect(s) and --overwrite is false\n"
    );
    assert_eq!(t.ok("taint node n1 k-"), "node/n1 untainted\n");
    assert_eq!(t.err("taint node n1 k-"), "error: taint \"k\" not found\n");
    assert_eq!(t.err("cordon nope"), "Error from server (NotFound): nodes \"nope\" not found\n");
}

#[test]
fn a_drain_refuses_then_evicts_and_waits() {
    let mut t = Terminal::new();
    let mut lonely = pod("lonely");
    lonely["spec"]["nodeName"] = "n1".into();
    t.run("create -f -", &[lonely], 20);
    let refused = t.run("drain n1", &[], 0);
    assert_eq!(refused.stdout, "node/n1 cordoned\n");
    let why = "cannot delete Pods that declare no controller (use --force to override): default/lonely";
    assert_eq!(
        refused.stderr,
        format!(
            "error: unable to drain node \"n1\" due to error: {why}, continuing command...\nThere are pending nodes to be \
             drained:\n n1\n{why}\n"
        )
    );
    assert_eq!(refused.code, 1);
    let drained = t.run("drain n1 --force --ignore-daemonsets", &[], 60);
    assert_eq!(
        drained.stdout,
        "node/n1 already cordoned\nevicting pod default/lonely\npod/lonely evicted\nnode/n1 drained\n"
    );
    assert_eq!(drained.stderr, "Warning: deleting Pods that declare no controller: default/lonely\n");
}

#[test]
fn pods_are_run_and_kinds_created() {
    let mut t = Terminal::new();
    assert_eq!(t.ok("run r --image=busybox --restart=Never -- sleep 5"), "pod/r created\n");
    let r = t.get("Pod", "r");
    assert_eq!(r["spec"]["containers"][0]["args"], json!(["sleep", "5"]));
    assert_eq!(r["metadata"]["labels"], json!({"run": "r"}));
    assert_eq!(t.ok("create namespace ns1"), "namespace/ns1 created\n");
    assert_eq!(t.ok("create configmap c --from-literal=a=1"), "configmap/c created\n");
    assert_eq!(t.ok("create secret generic s --from-literal=a=1"), "secret/s created\n");
    assert_eq!(t.ok("create job j --image=busybox -- true"), "job.batch/j created\n");
    assert_eq!(
        t.ok("create cronjob cj --image=busybox --schedule='*/5 * * * *'"),
        "cronjob.batch/cj created\n"
    );
    assert_eq!(t.ok("create job j2 --from=cronjob/cj"), "job.batch/j2 created\n");
    assert_eq!(t.ok("create service clusterip svc --tcp=80:8080"), "service/svc created\n");
    assert_eq!(
        t.ok("create pdb p --selector=app=web --min-available=1"),
        "poddisruptionbudget.policy/p created\n"
    );
    assert_eq!(
        t.err("create deployment d --image=x --dry-run=maybe"),
        "error: Invalid dry-run value (maybe). Must be \"none\", \"server\", or \"client\".\n"
    );
    assert_eq!(
        t.ok("create deployment d --image=x --dry-run=server"),
        "deployment.apps/d created (server dry run)\n"
    );
    assert_eq!(t.get("Deployment", "d"), Value::Null);
    assert_eq!(
        t.err("create job j --image=busybox"),
        "error: failed to create job: jobs.batch \"j\" already exists\n"
    );
    assert_eq!(
        t.err("delete pod r --wobble"),
        "error: unknown flag: --wobble\nSee 'kubectl delete --help' for usage.\n"
    );
}
