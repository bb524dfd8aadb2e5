//! `kubectl delete` (`kubectl/pkg/cmd/delete/delete.go`). That it waits until its objects are gone shows in nothing
//! but the time at which the prompt comes back.

use super::Ended;
use super::failure::Failure;
use super::session::{DryRun, Session, Unnamed};
use alloc::format;
use alloc::string::String;
use lifepod_engine::{DeleteOptions, PropagationPolicy};

pub(super) fn delete(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let args = s.args;
    let selects = args.value("selector").is_some() || args.value("field-selector").is_some();
    let all = args.is_set("all");
    if let Some(other) = args.value("output").filter(|o| !matches!(*o, "" | "name")) {
        return Err(format!("unexpected -o output mode: {other}. We only support '-o name'").into());
    }
    if all && args.value("selector").is_some() {
        return Err("cannot set --all and --selector at the same time".into());
    }
    if all && args.value("field-selector").is_some() {
        return Err("cannot set --all and --field-selector at the same time".into());
    }
    let grace = grace_period(s)?;
    let propagation_policy = match args.value("cascade") {
        None | Some("true" | "background") => PropagationPolicy::Background,
        Some("foreground") => PropagationPolicy::Foreground,
        Some("orphan" | "false") => PropagationPolicy::Orphan,
        Some(other) => {
            let message = format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            );
            return Err(message.into());
        }
    };
    let options = DeleteOptions {
        grace_period_seconds: grace,
        propagation_policy: Some(propagation_policy),
        ..DeleteOptions::default()
    };
    let (infos, mut failures) = s.infos(words, Unnamed::Refused)?;
    if args.value("ignore-not-found").map_or(all || selects, |_| args.is_set("ignore-not-found")) {
        failures.clear();
    }
    let mut warn_scope = args.value("namespace").is_some();
    let found = infos.len();
    for info in infos {
        if warn_scope && !info.kind.namespaced {
            s.warn(&["deleting cluster-scoped resources, not scoped to the provided namespace".into()]);
            warn_scope = false;
        }
        if s.dry_run != DryRun::Client {
            let key = info.key();
            if let Err(status) = s.send(|api| api.delete(&key, &options)) {
                let failure = Failure::Server(status);
                failures.push(match args.value("filename") {
                    Some(_) => failure.with_source("deleting", s.source()),
                    None => failure,
                });
                continue;
            }
        }
        let mut operation = String::from(if grace == Some(0) { "force deleted" } else { "deleted" });
        if info.kind.namespaced {
            operation = format!("{operation} from {} namespace", info.namespace());
        }
        let line = match args.value("output") {
            Some("name") => format!("{}/{}\n", info.kind.prefix(), info.name()),
            _ => format!("{} {:?} {operation}{}\n", info.kind.prefix(), info.name(), s.dry_run_suffix()),
        };
        s.output.stdout.push_str(&line);
    }
    if found == 0 && failures.is_empty() {
        s.output.stdout.push_str("No resources found\n");
    }
    Ok(failures)
}

/// The grace period that is sent; none leaves it to the object.
fn grace_period(s: &mut Session<'_, '_>) -> Result<Option<i64>, Failure> {
    let mut grace = s.args.number("grace-period", -1)?;
    let force = s.args.is_set("force");
    if s.args.is_set("now") {
        if grace != -1 {
            return Err("--now and --grace-period cannot be specified together".into());
        }
        grace = 1;
    }
    if grace == 0 && !force {
        // Without `--force` nobody loses data by a slip.
        grace = 1;
    }
    if force && grace < 0 {
        grace = 0;
    }
    if force && grace > 0 {
        return Err("--force and --grace-period greater than 0 cannot be specified together".into());
    }
    if force {
        s.warn(&["Immediate deletion does not wait for confirmation that the running resource has been terminated. The \
                  resource may continue to run on the cluster indefinitely."
            .into()]);
    }
    Ok((grace >= 0).then_some(grace))
}
