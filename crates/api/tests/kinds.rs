//! What the server says to objects beside pods and workloads: refusals and warnings, in its words.

use lifepod_api::{Object, prepare, validation};
use serde_json::{Value, json};

fn prepared(api_version: &str, kind: &str, rest: Value) -> Object {
    let mut value = rest;
    value["apiVersion"] = json!(api_version);
    value["kind"] = json!(kind);
    if value.get("metadata").is_none() {
        value["metadata"] = json!({});
    }
    value["metadata"]["name"] = json!("it");
    let (mut object, errors) = Object::decode(&value);
    assert_eq!(errors, []);
    let namespaced = lifepod_api::Kind::find(api_version, kind).is_some_and(|k| k.namespaced);
    if namespaced {
        object.meta_mut().namespace = "default".to_string();
    }
    prepare::for_create(&mut object, Some(&value));
    prepare::normalize(&mut object);
    object
}

fn errors(api_version: &str, kind: &str, rest: Value) -> Vec<String> {
    let mut object = prepared(api_version, kind, rest);
    let mut errors = prepare::allocate(&mut object);
    if errors.is_empty() {
        errors = validation::create(&object);
    }
    errors.iter().map(ToString::to_string).collect()
}

fn warnings(api_version: &str, kind: &str, rest: Value) -> Vec<String> {
    let object = prepared(api_version, kind, rest);
    assert_eq!(validation::create(&object), []);
    validation::warnings(&object)
}

#[test]
fn a_volume_is_made_of_one_thing_and_holds_something() {
    assert_eq!(
        errors(
            "v1",
            "PersistentVolume",
            json!({"spec": {"capacity": {"storage": "0"}, "nfs": {"server": "s", "path": "p"},
            "hostPath": {"path": "/"}, "persistentVolumeReclaimPolicy": "Recycle"}})
        ),
        [
            "spec.accessModes: Required value",
            "spec.capacity[storage]: Invalid value: \"0\": must be greater than zero",
            "spec.nfs: Forbidden: may not specify more than 1 volume type",
            "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
        ]
    );
    assert_eq!(
        errors(
            "v1",
            "PersistentVolume",
            json!({"spec": {"capacity": {"storage": "1Gi", "cpu": "1"},
            "accessModes": ["ReadWriteOnce"], "local": {"path": "/data"}}})
        ),
        [
            "spec.capacity: Unsupported value: {\"cpu\":\"1\",\"storage\":\"1Gi\"}: supported values: \"storage\"",
            "spec.nodeAffinity: Required value: Local volume requires node affinity",
        ]
    );
}

#[test]
fn a_claim_copies_from_what_exists_in_its_api_group() {
    let claim = |spec: Value| {
        let mut all =
            json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        all.as_object_mut().expect("a map").extend(spec.as_object().cloned().expect("a map"));
        errors("v1", "PersistentVolumeClaim", json!({"spec": all}))
    };
    assert_eq!(
        claim(json!({"dataSource": {"kind": "VolumeSnapshot", "name": ""}})),
        [
            "spec.dataSource.name: Required value",
            "spec.dataSource: Invalid value: \"VolumeSnapshot\": must be 'PersistentVolumeClaim' when referencing the \
             default apiGroup",
        ]
    );
    assert_eq!(
        claim(json!({"dataSource": {"kind": "PersistentVolumeClaim", "name": "a"},
            "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "b"}})),
        ["spec: Invalid value: {}: must match dataSourceRef"]
    );
}

#[test]
fn secrets_hold_what_their_type_promises() {
    let secret = |kind: &str, data: Value| errors("v1", "Secret", json!({"type": kind, "stringData": data}));
    assert_eq!(
        secret("kubernetes.io/dockerconfigjson", json!({})),
        ["data[.dockerconfigjson]: Required value"]
    );
    assert_eq!(
        secret("kubernetes.io/dockerconfigjson", json!({".dockerconfigjson": "{"})),
        [
            "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": unexpected end of JSON input"
        ]
    );
    assert_eq!(
        secret("kubernetes.io/dockercfg", json!({".dockercfg": "[]"})),
        [
            "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": json: cannot unmarshal array into Go value \
             of type map[string]interface {}"
        ]
    );
    assert_eq!(secret("kubernetes.io/dockercfg", json!({".dockercfg": "{}"})), [""; 0]);
    assert_eq!(secret("kubernetes.io/tls", json!({"tls.crt": ""})), ["data[tls.key]: Required value"]);
}

#[test]
fn a_quotas_scopes_fit_what_it_counts() {
    assert_eq!(
        errors(
            "v1",
            "ResourceQuota",
            json!({"spec": {"hard": {"requests.cpu": "1"}, "scopes": ["BestEffort", "NotBestEffort"]}})
        ),
        [
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: unsupported scope applied to resource",
            "spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes",
        ]
    );
    assert_eq!(
        errors(
            "v1",
            "ResourceQuota",
            json!({"spec": {"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": "In"},
            ]}}})
        ),
        [
            "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is \
             'In' or 'NotIn' for scope selector"
        ]
    );
}

#[test]
fn endpoints_are_addresses_that_traffic_can_reach() {
    assert_eq!(
        errors(
            "v1",
            "Endpoints",
            json!({"subsets": [{"addresses": [{"ip": "127.0.0.1"}], "ports": [{"port": 0}]}]})
        ),
        [
            "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, \
             ::1/128)",
            "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ]
    );
    assert_eq!(
        errors(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            json!({"addressType": "IPv4", "ports": [], "endpoints": [
                {"addresses": ["fd00::1"]}, {"addresses": []},
            ]})
        ),
        [
            "endpoints[0].addresses: Invalid value: \"fd00::1\": must be an IPv4 address",
            "endpoints[1].addresses: Required value: must contain at least 1 address",
        ]
    );
}

#[test]
fn node_ports_come_from_their_range() {
    let service = |spec: Value| errors("v1", "Service", json!({"spec": spec}));
    assert_eq!(
        service(json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]})),
        [
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid \
             ports is 30000-32767"
        ]
    );
    let local = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"port": 80}]});
    assert_eq!(service(local), [""; 0]);
}

#[test]
fn a_runtime_class_and_a_storage_class_name_who_does_the_work() {
    assert_eq!(errors("node.k8s.io/v1", "RuntimeClass", json!({"handler": ""})), ["handler: Required value"]);
    assert_eq!(
        errors("storage.k8s.io/v1", "StorageClass", json!({"provisioner": "", "volumeBindingMode": "x"})),
        [
            "provisioner: Required value",
            "volumeBindingMode: Unsupported value: \"x\": supported values: \"Immediate\", \"WaitForFirstConsumer\"",
        ]
    );
}

#[test]
fn services_are_warned_of_what_is_ignored() {
    assert_eq!(
        warnings(
            "v1",
            "Service",
            json!({"spec": {
                "ports": [{"port": 80}], "externalName": "x", "externalIPs": ["010.1.2.3"], "trafficDistribution": "PreferClose",
            }})
        ),
        [
            "spec.externalIPs[0]: non-standard IP address \"010.1.2.3\" is invalid: use \"10.1.2.3\"",
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
            "spec.externalName is ignored when spec.type is not \"ExternalName\"",
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
        ]
    );
}

#[test]
fn pods_are_warned_of_files_in_each_others_way_and_of_old_names() {
    let spec = json!({
        "containers": [{"name": "a", "image": "x:1", "ports": [{"containerPort": 80, "hostIP": "1.2.3.4"}]}],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {
            "matchExpressions": [{"key": "node-role.kubernetes.io/master", "operator": "In", "values": ["a b"]}],
        }}]}},
        "dnsConfig": {"nameservers": ["FD00::1"]},
        "volumes": [
            {"name": "v", "configMap": {"name": "c", "items": [{"key": "a", "path": "d/"}, {"key": "b", "path": "d/e"}]}},
            {"name": "w", "projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "a", "path": "p"}]}},
                {"downwardAPI": {"items": [{"path": "p/q", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}},
        ],
    });
    let term = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]";
    let all = warnings("v1", "Pod", json!({"spec": spec}));
    assert_eq!(
        all[0],
        format!(
            "{term}.key: node-role.kubernetes.io/master is use \"node-role.kubernetes.io/control-plane\" instead"
        )
    );
    assert!(all[1].starts_with(&format!("{term}.values[0]: a b is invalid, ")), "{all:?}");
    assert_eq!(
        all[2..],
        [
            "volume \"v\" (ConfigMap \"c\"): overlapping paths: \"d/e\" with \"d\"",
            "volume \"w\" (Projected): overlapping paths: \"p/q\" (DownwardAPI) with \"p\" (Secret \"s\")",
            "spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP \
             HostIP:1.2.3.4}",
            "spec.dnsConfig.nameservers[0]: IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")",
        ]
    );
}

#[test]
fn the_keys_that_a_pod_is_matched_by_join_its_selectors() {
    let pod = |labels: Value| {
        let object = prepared(
            "v1",
            "Pod",
            json!({"metadata": {"labels": {"app": "web", "hash": "1"}}, "spec": {
                "containers": [{"name": "a", "image": "x:1"}],
                "topologySpreadConstraints": [{
                    "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["hash"],
                    "labelSelector": {"matchLabels": labels},
                }],
            }}),
        );
        (validation::create(&object), object.to_value())
    };
    let (errors, value) = pod(json!({"app": "web"}));
    assert_eq!(errors, []);
    assert_eq!(
        value["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchExpressions"],
        json!([{"key": "hash", "operator": "In", "values": ["1"]}])
    );
    let (errors, _) = pod(json!({"hash": "1"}));
    assert!(errors[0].message.contains("exists in both matchLabelKeys and labelSelector"), "{errors:?}");
}
