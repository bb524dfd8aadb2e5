//! What every changing command works with: the API, the command line, and the terminal.

use super::failure::Failure;
use crate::args::Args;
use crate::kinds::{self, Kind};
use crate::output::Output;
use crate::print;
use crate::snapshot::Snapshot;
use crate::targets;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::patch::strategic_diff;
use lifepod_api::{Object, ObjectKey};
use lifepod_engine::Api;
use lifepod_engine::client::{FieldValidation, PatchType, Subresource, decode};
use serde_json::{Value, json};

/// Whether anything is sent at all (`--dry-run`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DryRun {
    No,
    Client,
    Server,
}

/// A command at work.
pub(super) struct Session<'a, 'b> {
    pub(super) api: &'a mut Api<'b>,
    pub(super) args: &'a Args,
    /// The manifest that was given beside the command, for `-f`.
    pub(super) documents: &'a [Value],
    pub(super) output: Output,
    pub(super) dry_run: DryRun,
}

/// An object that a command is about.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub(super) kind: &'static Kind,
    pub(super) value: Value,
}

impl Info {
    pub(super) fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or("")
    }

    pub(super) fn namespace(&self) -> &str {
        self.value["metadata"]["namespace"].as_str().unwrap_or("")
    }

    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind.kind, self.namespace(), self.name())
    }

    /// `deployments/web`: how the client's errors name it.
    pub(super) fn object_name(&self) -> String {
        format!("{}/{}", self.kind.resource(), self.name())
    }

    /// `deployments.apps "web"`.
    pub(super) fn resource_and_name(&self) -> String {
        format!("{} {:?}", self.kind.resource(), self.name())
    }
}

/// What a command may name when it names no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// Nothing: names, a selector or `--all` are asked for.
    Refused,
    /// Every object of the type.
    All,
}

const NO_RESOURCE: &str = "You must provide one or more resources by argument or filename.\nExample resource \
                           specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> \
                           <name>'\n   '<resource>'";

impl<'a, 'b> Session<'a, 'b> {
    pub(super) fn new(api: &'a mut Api<'b>, args: &'a Args, documents: &'a [Value]) -> Result<Self, Failure> {
        let dry_run = match args.value("dry-run") {
            None | Some("none" | "false") => DryRun::No,
            Some("client" | "true") => DryRun::Client,
            Some("server") => DryRun::Server,
            Some(other) => {
                let message =
                    format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\".");
                return Err(message.into());
            }
        };
        Ok(Session { api, args, documents, output: Output::default(), dry_run })
    }

    /// The objects that words name, and what was not found.
    pub(super) fn infos(
        &self,
        words: &[String],
        unnamed: Unnamed,
    ) -> Result<(Vec<Info>, Vec<Failure>), Failure> {
        if self.args.value("filename").is_some() {
            return self.infos_of_documents();
        }
        if words.is_empty() {
            return Err(NO_RESOURCE.into());
        }
        let by_name = words.len() > 1 || words[0].contains('/');
        let selected = self.args.value("selector").is_some() || self.args.value("field-selector").is_some();
        if !by_name && !selected && !self.args.is_set("all") && unnamed == Unnamed::Refused {
            return Err("resource(s) were provided, but no name was specified".into());
        }
        if by_name && (selected || self.args.is_set("all")) {
            let what = if selected { "a selector" } else { "--all" };
            return Err(match selected {
                true => "name cannot be provided when a selector is specified".into(),
                false => format!("cannot set {what} and name at the same time").into(),
            });
        }
        let snapshot = self.snapshot(words)?;
        let found = targets::resolve(&snapshot, words, self.args)?;
        let infos = found.found.iter().map(|(kind, value)| Info { kind, value: (*value).clone() }).collect();
        let missing = found.missing.iter().map(|m| self.not_found(m)).collect();
        Ok((infos, missing))
    }

    /// A name that was not found, from the line that reading commands print.
    fn not_found(&self, line: &str) -> Failure {
        let message = line.split_once(": ").map_or(line, |(_, m)| m);
        let status = lifepod_api::Status {
            status: "Failure".to_string(),
            code: 404,
            reason: "NotFound".to_string(),
            message: message.to_string(),
            ..lifepod_api::Status::default()
        };
        Failure::Server(status.into())
    }

    fn infos_of_documents(&self) -> Result<(Vec<Info>, Vec<Failure>), Failure> {
        let (mut infos, mut missing) = (Vec::new(), Vec::new());
        for document in self.documents {
            let wanted = self.written(document)?;
            match self.api.fetch(&wanted.key()) {
                Ok(object) => infos.push(Info { kind: wanted.kind, value: object.to_value() }),
                Err(status) => missing.push(Failure::Server(status)),
            }
        }
        Ok((infos, missing))
    }

    /// A document of a manifest, in its namespace.
    pub(super) fn written(&self, document: &Value) -> Result<Info, Failure> {
        let text = |name: &str| document[name].as_str().unwrap_or("");
        let source = self.source();
        for (what, value) in [("apiVersion", text("apiVersion")), ("kind", text("kind"))] {
            if value.is_empty() {
                let message = format!(
                    "error validating \"{source}\": error validating data: {what} not set; if you choose to ignore \
                     these errors, turn validation off with --validate=false"
                );
                return Err(message.into());
            }
        }
        let kind = kinds::KINDS
            .iter()
            .chain(&kinds::REMOVED)
            .find(|k| k.kind == text("kind") && k.api_version() == text("apiVersion"));
        let Some(kind) = kind else {
            let meta = |name: &str| document["metadata"][name].as_str().unwrap_or("");
            let message = format!(
                "resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{source}\": no matches for kind \
                 \"{}\" in version \"{}\"\nensure CRDs are installed first",
                meta("name"),
                meta("namespace"),
                text("kind"),
                text("apiVersion")
            );
            return Err(message.into());
        };
        let mut value = document.clone();
        if kind.namespaced {
            let given = self.args.value("namespace");
            let own = value["metadata"]["namespace"].as_str().filter(|n| !n.is_empty());
            match (given, own) {
                (Some(given), Some(own)) if given != own => {
                    let message = format!(
                        "the namespace from the provided object \"{own}\" does not match the namespace \"{given}\". You \
                         must pass '--namespace={own}' to perform this operation."
                    );
                    return Err(message.into());
                }
                (_, None) => {
                    value["metadata"]["namespace"] = self.args.namespace().into();
                }
                _ => {}
            }
        }
        Ok(Info { kind, value })
    }

    /// What `-f` names: `STDIN`, or the file.
    pub(super) fn source(&self) -> &'a str {
        match self.args.value("filename") {
            None | Some("-") => "STDIN",
            Some(file) => file,
        }
    }

    /// The objects of all types that the words speak of.
    fn snapshot(&self, words: &[String]) -> Result<Snapshot, Failure> {
        let mut wanted: Vec<&'static str> = Vec::new();
        let types: Vec<&str> = if words.iter().any(|w| w.contains('/')) {
            words.iter().map(|w| w.split('/').next().unwrap_or("")).collect()
        } else {
            words[0].split(',').collect()
        };
        for word in types {
            match word {
                "all" => wanted.extend(kinds::all().iter().map(|k| k.kind)),
                word => wanted.push(targets::find(word)?.kind),
            }
        }
        Ok(self.snapshot_of(&wanted))
    }

    /// The objects of some kinds.
    pub(super) fn snapshot_of(&self, kinds: &[&'static str]) -> Snapshot {
        let objects = kinds.iter().flat_map(|kind| self.api.list(kind).map(|o| o.to_value()));
        Snapshot::new(objects.collect(), self.api.calendar_micros())
    }

    /// Does something to the cluster, or only seems to (`--dry-run=server`).
    pub(super) fn send<T>(&mut self, act: impl FnOnce(&mut Api<'_>) -> T) -> T {
        match self.dry_run {
            DryRun::Server => self.api.rehearse(act),
            _ => act(self.api),
        }
    }

    /// Sends a patch and gives back the object as the server answers it; under `--dry-run=client` nothing is sent.
    pub(super) fn patch(
        &mut self,
        info: &Info,
        patch: &Value,
        patch_type: PatchType,
        sub: Subresource,
    ) -> Result<Value, Failure> {
        if self.dry_run == DryRun::Client {
            return Ok(info.value.clone());
        }
        let (key, validation) = (info.key(), self.validation());
        let (object, warnings) = self.send(|api| api.patch(&key, patch, patch_type, sub, validation))?;
        self.warn(&warnings);
        Ok(object.to_value())
    }

    /// Turns an object into another one by a strategic merge patch; none when there is nothing to change.
    pub(super) fn patch_to(&mut self, info: &Info, wanted: &Value) -> Result<Option<Value>, Failure> {
        let ty = lifepod_api::Kind::find(&info.kind.api_version(), info.kind.kind).map(|k| k.ty);
        let patch = strategic_diff(&info.value, wanted, ty);
        if patch == json!({}) {
            return Ok(None);
        }
        self.patch(info, &patch, PatchType::Strategic, Subresource::Main).map(Some)
    }

    /// Creates an object from its JSON.
    pub(super) fn create(&mut self, value: &Value) -> Result<Value, Failure> {
        if self.dry_run == DryRun::Client {
            return Ok(value.clone());
        }
        let (object, warnings) = decode(value, self.validation())?;
        self.warn(&warnings);
        Ok(self.send(|api| api.create(object))?.to_value())
    }

    /// What becomes of unknown fields (`--validate`).
    pub(super) fn validation(&self) -> FieldValidation {
        match self.args.value("validate") {
            None | Some("true" | "strict") => FieldValidation::Strict,
            Some("warn") => FieldValidation::Warn,
            Some(_) => FieldValidation::Ignore,
        }
    }

    pub(super) fn decode(&self, value: &Value) -> Result<(Object, Vec<String>), Failure> {
        Ok(decode(value, self.validation())?)
    }

    /// The server's warnings.
    pub(super) fn warn(&mut self, warnings: &[String]) {
        warnings.iter().for_each(|w| self.output.note(&format!("Warning: {w}")));
    }

    /// Says what was done to an object, or prints it in the form that `-o` asks for
    /// (`cli-runtime/pkg/printers/name.go`).
    pub(super) fn done(&mut self, kind: &Kind, value: &Value, operation: &str) -> Result<(), Failure> {
        let text = match self.args.value("output") {
            None | Some("") => {
                let name = value["metadata"]["name"].as_str().unwrap_or("");
                format!("{}/{name} {operation}{}\n", kind.prefix(), self.dry_run_suffix())
            }
            Some(format) => print::one(kind, value, format)?,
        };
        self.output.stdout.push_str(&text);
        Ok(())
    }

    pub(super) fn dry_run_suffix(&self) -> &'static str {
        match self.dry_run {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}
