//! Which verbs there are, and which flags each takes.

use alloc::vec::Vec;

/// A flag, as it was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    /// Its long name.
    pub(crate) name: &'static str,
    /// Its letter.
    pub(crate) letter: Option<char>,
    /// Does a value follow it?
    pub(crate) takes: bool,
}

/// A verb of kubectl.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// The words that may stand behind it: `rollout restart`.
    pub(crate) subs: &'static str,
    /// Its flags: `name`, with a letter `x:name`, and `=` behind those that take a value.
    flags: &'static str,
}

/// The flags of every verb.
const GLOBAL: &str = "n:namespace= request-timeout= v:v= warnings-as-errors";

const fn verb(name: &'static str, subs: &'static str, flags: &'static str) -> Verb {
    Verb { name, subs, flags }
}

/// Every verb that is known, changing and reading ones.
pub(crate) static VERBS: [Verb; 25] = [
    verb(
        "annotate",
        "",
        "o:output= l:selector= field-selector= f:filename= R:recursive A:all-namespaces all overwrite list local resource-version= dry-run field-manager=",
    ),
    verb(
        "apply",
        "",
        "o:output= f:filename= R:recursive l:selector= server-side force-conflicts force dry-run validate overwrite prune all wait timeout= grace-period= cascade field-manager= openapi-patch",
    ),
    verb("autoscale", "", "o:output= f:filename= min= max= cpu= cpu-percent= memory= name= dry-run"),
    verb("cordon", "", "l:selector= dry-run"),
    verb(
        "create",
        "clusterip configmap cronjob deployment externalname generic job loadbalancer namespace nodeport poddisruptionbudget priorityclass quota secret service serviceaccount",
        "o:output= f:filename= R:recursive image= r:replicas= port= schedule= restart= from= from-literal= type= tcp= clusterip= node-port= external-name= l:selector= min-available= max-unavailable= value= global-default description= preemption-policy= hard= scopes= dry-run validate save-config field-manager= append-hash edit",
    ),
    verb(
        "delete",
        "",
        "o:output= f:filename= R:recursive l:selector= field-selector= A:all-namespaces all cascade grace-period= now force wait timeout= ignore-not-found dry-run i:interactive",
    ),
    verb("describe", "", "A:all-namespaces l:selector= f:filename= R:recursive show-events chunk-size="),
    verb(
        "drain",
        "",
        "l:selector= pod-selector= ignore-daemonsets delete-emptydir-data delete-local-data force grace-period= timeout= disable-eviction skip-wait-for-delete-timeout= chunk-size= dry-run",
    ),
    verb(
        "edit",
        "",
        "o:output= f:filename= R:recursive output-patch validate save-config subresource= field-manager= windows-line-endings",
    ),
    verb("events", "", "A:all-namespaces o:output= w:watch for= types= no-headers chunk-size="),
    verb(
        "expose",
        "",
        "o:output= f:filename= R:recursive port= target-port= protocol= name= type= selector= l:labels= cluster-ip= external-ip= load-balancer-ip= session-affinity= dry-run save-config overrides= field-manager=",
    ),
    verb(
        "get",
        "",
        "o:output= A:all-namespaces l:selector= L:label-columns= f:filename= R:recursive show-labels show-kind no-headers sort-by= field-selector= ignore-not-found w:watch watch-only output-watch-events show-managed-fields chunk-size= server-print subresource= template=",
    ),
    verb(
        "label",
        "",
        "o:output= l:selector= field-selector= f:filename= R:recursive A:all-namespaces all overwrite list local resource-version= dry-run field-manager=",
    ),
    verb(
        "logs",
        "",
        "c:container= p:previous f:follow l:selector= all-containers all-pods prefix timestamps tail= since= since-time= limit-bytes= max-log-requests= ignore-errors pod-running-timeout= insecure-skip-tls-verify-backend",
    ),
    verb(
        "patch",
        "",
        "o:output= f:filename= R:recursive p:patch= patch-file= type= subresource= local dry-run field-manager=",
    ),
    verb(
        "replace",
        "",
        "o:output= f:filename= R:recursive force cascade grace-period= timeout= wait validate save-config subresource= dry-run field-manager=",
    ),
    verb(
        "rollout",
        "history pause restart resume status undo",
        "o:output= l:selector= f:filename= R:recursive revision= to-revision= w:watch timeout= dry-run field-manager=",
    ),
    verb(
        "run",
        "",
        "o:output= image= image-pull-policy= restart= env= port= l:labels= annotations= command expose i:stdin t:tty rm attach q:quiet privileged overrides= override-type= dry-run save-config leave-stdin-open pod-running-timeout= field-manager=",
    ),
    verb(
        "scale",
        "",
        "o:output= l:selector= f:filename= R:recursive all replicas= current-replicas= resource-version= timeout= dry-run",
    ),
    verb(
        "set",
        "env image resources selector serviceaccount",
        "o:output= l:selector= f:filename= R:recursive all c:containers= e:env= from= keys= prefix= list overwrite resolve limits= requests= local dry-run resource-version= field-manager=",
    ),
    verb("taint", "", "o:output= l:selector= all overwrite dry-run validate field-manager="),
    verb("top", "node pod", "A:all-namespaces l:selector= containers no-headers sort-by= sum"),
    verb("uncordon", "", "l:selector= dry-run"),
    verb("version", "", "client o:output="),
    verb(
        "wait",
        "",
        "o:output= l:selector= field-selector= f:filename= R:recursive A:all-namespaces all for= timeout= local",
    ),
];

/// The verb of that name.
pub(crate) fn verb_of(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|v| v.name == name)
}

fn read(text: &'static str) -> impl Iterator<Item = Flag> {
    text.split(' ').filter(|w| !w.is_empty()).map(|word| {
        let (word, takes) = word.strip_suffix('=').map_or((word, false), |w| (w, true));
        match word.split_once(':') {
            Some((letter, name)) => Flag { name, letter: letter.chars().next(), takes },
            None => Flag { name: word, letter: None, takes },
        }
    })
}

/// The flags that may stand behind a verb; those of all verbs before there is one.
pub(crate) fn flags_of(verb: Option<&Verb>) -> Vec<Flag> {
    read(GLOBAL).chain(verb.into_iter().flat_map(|v| read(v.flags))).collect()
}
