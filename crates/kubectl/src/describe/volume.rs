//! The volumes of a pod (`describeVolumes`).

use super::Doc;
use crate::json::{Json, scalar};
use crate::rows::{self, cut};
use crate::{age, effective};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// A volume source that is a plain list of fields: its field, the text of its type, and its lines.
///
/// A line is `Title`, a mark for how the value is printed, and the value's path: `=` text, `?` boolean, `#` number,
/// `-` number or `<none>`, `~` text or `<unset>`, `[` a list as Go prints one, `,` a list with commas, `{` a map as Go prints one, `@` a
/// reference to a Secret as Go prints one.
type Plain = (&'static str, &'static str, &'static [&'static str]);

static PLAIN: [Plain; 25] = [
    ("secret", "Secret (a volume populated by a Secret)", &["SecretName=secretName", "Optional?optional"]),
    ("configMap", "ConfigMap (a volume populated by a ConfigMap)", &["Name=name", "Optional?optional"]),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &["ClaimName=claimName", "ReadOnly?readOnly"],
    ),
    ("image", "Image (a container image or OCI artifact)", &["Reference=reference", "PullPolicy=pullPolicy"]),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &["Server=server", "Path=path", "ReadOnly?readOnly"],
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[
            "TargetPortal=targetPortal",
            "IQN=iqn",
            "Lun#lun",
            "ISCSIInterface!iscsiInterface",
            "FSType=fsType",
            "ReadOnly?readOnly",
            "Portals[portals",
            "DiscoveryCHAPAuth?chapAuthDiscovery",
            "SessionCHAPAuth?chapAuthSession",
            "SecretRef@secretRef",
            "InitiatorName-initiatorName",
        ],
    ),
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        &["PDName=pdName", "FSType=fsType", "Partition#partition", "ReadOnly?readOnly"],
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        &["VolumeID=volumeID", "FSType=fsType", "Partition#partition", "ReadOnly?readOnly"],
    ),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        &[
            "DiskName=diskName",
            "DiskURI=diskURI",
            "Kind: =kind",
            "FSType=fsType",
            "CachingMode=cachingMode",
            "ReadOnly?readOnly",
        ],
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &["SecretName=secretName", "ShareName=shareName", "ReadOnly?readOnly"],
    ),
    (
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        &["Repository=repository", "Revision=revision"],
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &["Driver=driver", "FSType=fsType", "SecretRef@secretRef", "ReadOnly?readOnly", "Options{options"],
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &["EndpointsName=endpoints", "Path=path", "ReadOnly?readOnly"],
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            "CephMonitors[monitors",
            "RBDImage=image",
            "FSType=fsType",
            "RBDPool=pool",
            "RadosUser=user",
            "Keyring=keyring",
            "SecretRef@secretRef",
            "ReadOnly?readOnly",
        ],
    ),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            "Monitors[monitors",
            "Path=path",
            "User=user",
            "SecretFile=secretFile",
            "SecretRef@secretRef",
            "ReadOnly?readOnly",
        ],
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        &["VolumeID=volumeID", "FSType=fsType", "ReadOnly?readOnly", "SecretRef@secretRef"],
    ),
    (
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        &["Registry=registry", "Volume=volume", "ReadOnly?readOnly"],
    ),
    ("portworxVolume", "PortworxVolume (a Portworx Volume resource)", &["VolumeID=volumeID"]),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        &["VolumePath=volumePath", "FSType=fsType", "StoragePolicyName=storagePolicyName"],
    ),
    (
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        &["PdID=pdID", "FSType=fsType"],
    ),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            "Gateway=gateway",
            "System=system",
            "Protection Domain=protectionDomain",
            "Storage Pool=storagePool",
            "Storage Mode=storageMode",
            "VolumeName=volumeName",
            "FSType=fsType",
            "ReadOnly?readOnly",
        ],
    ),
    (
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)",
        &["VolumeName=volumeName", "VolumeNamespace=volumeNamespace", "FSType=fsType", "ReadOnly?readOnly"],
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)",
        &["TargetWWNs,targetWWNs", "LUN-lun", "FSType=fsType", "ReadOnly?readOnly"],
    ),
    (
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        &["DatasetName=datasetName", "DatasetUUID=datasetUUID"],
    ),
    (
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        &[],
    ),
];

/// The sources that only a PersistentVolume has, or that say more there.
static PERSISTENT: [Plain; 4] = [
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &[
            "EndpointsName=endpoints",
            "EndpointsNamespace~endpointsNamespace",
            "Path=path",
            "ReadOnly?readOnly",
        ],
    ),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            "Gateway=gateway",
            "System=system",
            "Protection Domain=protectionDomain",
            "Storage Pool=storagePool",
            "Storage Mode=storageMode",
            "VolumeName=volumeName",
            "SecretName=secretRef.name",
            "SecretNamespace=secretRef.namespace",
            "FSType=fsType",
            "ReadOnly?readOnly",
        ],
    ),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", &["Path=path"]),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &[
            "SecretName=secretName",
            "SecretNamespace=secretNamespace",
            "ShareName=shareName",
            "ReadOnly?readOnly",
        ],
    ),
];

/// One value of a plain source, by its mark.
fn plain_value(source: &Value, mark: char, path: &str, persistent: bool) -> String {
    let list = || source.list(path).iter().map(scalar).collect::<Vec<_>>();
    match mark {
        '?' => source.flag(path).to_string(),
        '#' => source.int(path).to_string(),
        '-' if !source.has(path) => "<none>".into(),
        '[' => format!("[{}]", list().join(" ")),
        ',' => list().join(", "),
        '{' => {
            let pairs: Vec<String> =
                source.entries(path).iter().map(|(k, v)| format!("{k}:{}", scalar(v))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        '~' if !source.has(path) => "<unset>".into(),
        '@' if !source.has(path) => "nil".into(),
        '@' if persistent => {
            let secret = source.at(path);
            format!(
                "&SecretReference{{Name:{},Namespace:{},}}",
                secret.text("name"),
                secret.text("namespace")
            )
        }
        '@' => format!("&LocalObjectReference{{Name:{},}}", source.at(path).text("name")),
        _ => source.scalar(path),
    }
}

impl Doc {
    pub(super) fn volumes(&mut self, volumes: &[Value], indent: &str) {
        if volumes.is_empty() {
            self.line(0, &format!("{indent}Volumes:\t<none>"));
            return;
        }
        self.line(0, &format!("{indent}Volumes:"));
        for v in volumes {
            self.line(1, &format!("{}{}:", if indent.is_empty() { "" } else { " " }, v.text("name")));
            self.volume(v);
        }
    }

    fn volume(&mut self, v: &Value) {
        if v.has("hostPath") {
            self.field(2, "Type", "HostPath (bare host directory volume)");
            self.field(2, "Path", v.text("hostPath.path"));
            self.field(2, "HostPathType", v.at("hostPath.type").as_str().unwrap_or("<none>"));
        } else if v.has("emptyDir") {
            self.field(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
            self.field(2, "Medium", v.text("emptyDir.medium"));
            let limit = v.scalar("emptyDir.sizeLimit");
            let limit =
                if effective::is_positive(&limit) { effective::canonical(&limit) } else { "<unset>".into() };
            self.field(2, "SizeLimit", &limit);
        } else if v.has("projected") {
            self.projected(v.list("projected.sources"));
        } else if v.has("downwardAPI") {
            self.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
            self.line(2, "Items:");
            for item in v.list("downwardAPI.items") {
                for source in ["fieldRef.fieldPath", "resourceFieldRef.resource"] {
                    if item.has(source) {
                        self.line(3, &format!("{} -> {}", item.text(source), item.text("path")));
                    }
                }
            }
        } else if v.has("csi") {
            self.csi(v.at("csi"));
        } else if let Some((field, kind, lines)) = PLAIN.iter().find(|(field, ..)| v.has(field)) {
            let source = v.at(field);
            self.plain(source, kind, lines, false);
            if source.has("volumeClaimTemplate") {
                self.nested(2, |d| d.claim(source.at("volumeClaimTemplate"), false));
            }
        } else {
            self.line(1, "<unknown>");
        }
    }

    /// The source of a PersistentVolume, by its spec.
    pub(super) fn persistent_volume(&mut self, spec: &Value) {
        let plain = PERSISTENT.iter().chain(&PLAIN).find(|(field, ..)| spec.has(field));
        if let Some((field, kind, lines)) = plain {
            self.plain(spec.at(field), kind, lines, true);
        } else {
            self.volume(spec);
        }
    }

    fn plain(&mut self, source: &Value, kind: &str, lines: &[&str], persistent: bool) {
        self.field(2, "Type", kind);
        for line in lines {
            let at = line.find(['=', '?', '#', '-', '~', '[', ',', '{', '@', '!']).unwrap_or(line.len());
            let (title, rest) = line.split_at(at);
            let (mark, path) = (rest.chars().next().unwrap_or('='), rest.get(1..).unwrap_or(""));
            let value = plain_value(source, mark, path, persistent);
            // One title upstream has no colon, and one has a space after it.
            match (mark, title) {
                ('!', _) => self.line(2, &format!("{title}\t{value}")),
                (_, "Kind: ") => self.line(2, &format!("{title}\t{value}")),
                _ => self.field(2, title, &value),
            }
        }
    }

    fn projected(&mut self, sources: &[Value]) {
        self.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
        for s in sources {
            if s.has("secret") {
                self.field(2, "SecretName", s.text("secret.name"));
                self.field(2, "Optional", &s.flag("secret.optional").to_string());
            } else if s.has("downwardAPI") {
                self.field(2, "DownwardAPI", "true");
            } else if s.has("configMap") {
                self.field(2, "ConfigMapName", s.text("configMap.name"));
                self.field(2, "Optional", &s.flag("configMap.optional").to_string());
            } else if s.has("serviceAccountToken") {
                self.number(2, "TokenExpirationSeconds", s.int("serviceAccountToken.expirationSeconds"));
            }
        }
    }

    fn csi(&mut self, csi: &Value) {
        self.field(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)");
        self.field(2, "Driver", csi.text("driver"));
        self.field(2, "FSType", csi.text("fsType"));
        if csi.has("volumeHandle") {
            // A PersistentVolume's alone.
            self.field(2, "VolumeHandle", csi.text("volumeHandle"));
        }
        self.field(2, "ReadOnly", &csi.flag("readOnly").to_string());
        let attributes: Vec<String> = csi
            .entries("volumeAttributes")
            .iter()
            .map(|(k, v)| {
                let line = format!("{k}={}", scalar(v));
                if line.len() > 140 { format!("{}...", cut(&line, 140)) } else { line }
            })
            .collect();
        if attributes.is_empty() {
            self.field(2, "VolumeAttributes", "<none>");
        }
        // Upstream indents each of the writes that make up a line.
        for (i, a) in attributes.iter().enumerate() {
            self.put(2, if i == 0 { "VolumeAttributes:\t" } else { "\t" });
            self.line(2, a);
        }
    }

    /// A claim, or a template of one, which lacks what only a stored claim has (`printPersistentVolumeClaim`).
    pub(super) fn claim(&mut self, claim: &Value, full: bool) {
        if full {
            self.name(claim);
        }
        self.field(0, "StorageClass", rows::storage_class(claim));
        if full && claim.has("metadata.deletionTimestamp") {
            let lasts = age::since(claim.at("metadata.deletionTimestamp"), self.now);
            self.field(0, "Status", &format!("Terminating (lasts {lasts})"));
        } else if full {
            self.field(0, "Status", claim.text("status.phase"));
        }
        self.field(0, "Volume", claim.text("spec.volumeName"));
        self.labels_and_annotations(claim);
        if full {
            let finalizers: Vec<String> = claim.list("metadata.finalizers").iter().map(scalar).collect();
            self.field(0, "Finalizers", &format!("[{}]", finalizers.join(" ")));
        }
        let bound = !claim.text("spec.volumeName").is_empty();
        let capacity = if bound { rows::capacity(claim.at("status.capacity")) } else { String::new() };
        let modes = if bound { rows::access_modes(claim.at("status.accessModes")) } else { String::new() };
        self.field(0, "Capacity", &capacity);
        self.field(0, "Access Modes", &modes);
        if claim.has("spec.volumeMode") {
            self.field(0, "VolumeMode", claim.text("spec.volumeMode"));
        }
        if claim.has("spec.dataSource") {
            let source = claim.at("spec.dataSource");
            self.line(0, "DataSource:");
            if source.has("apiGroup") {
                self.field(1, "APIGroup", source.text("apiGroup"));
            }
            self.field(1, "Kind", source.text("kind"));
            self.field(1, "Name", source.text("name"));
        }
    }
}
