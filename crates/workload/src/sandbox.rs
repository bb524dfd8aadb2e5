//! The [`Sandbox`]: what the kubelet's runtime sees of a pod.

use crate::config::{
    ContainerConfig, ContainerId, DialId, DialResult, ExecId, Request, RequestId, SandboxConfig, StartError,
};
use crate::exec;
use crate::fs::{self, Kind, Mounts, NodeRef, Volume, VolumeFile, Who};
use crate::happening::{Happened, Happening};
use crate::images::{self, TERMINATION_LOG, Unpacked};
use crate::kernel::{Client, Kernel, Status, Target};
use crate::program::Program;
use crate::scripted::Scripted;
use crate::signal::Signal;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// The kubelet reads at most so many bytes of them (pkg/kubelet/container `MaxContainerTerminationMessageLength`).
const TERMINATION_MESSAGE_BYTES: usize = 4096;

/// One pod below the container runtime's line: its network namespace, its volumes and its processes.
///
/// A sandbox is a value that is told the time. Every method that takes `now` first lets pass what was due before;
/// `now` must not go back. What happens is collected and taken with [`Sandbox::advance`].
///
/// ```
/// use lifepod_workload::{ContainerConfig, Happening, Sandbox, SandboxConfig};
/// use lifepod_api::SimTime;
///
/// let mut pod = Sandbox::new(SandboxConfig::default());
/// let command = ["sh", "-c", "echo hi && sleep 1; exit 3"].map(String::from).to_vec();
/// let config = ContainerConfig { image: "busybox".into(), command, ..ContainerConfig::default() };
/// let app = pod.start(SimTime::ZERO, config).unwrap();
/// let happened = pod.advance(SimTime::from_secs(5));
/// assert!(matches!(&happened[0].what, Happening::Output { line, .. } if line == "hi"));
/// assert_eq!(happened[1].at, SimTime::from_secs(1));
/// assert!(matches!(happened[1].what, Happening::Exited { container, exit_code: 3, .. } if container == app));
/// ```
#[derive(Clone, Debug)]
pub struct Sandbox {
    kernel: Kernel,
    /// The process space that all containers share (`shareProcessNamespace`), with the pause process in it.
    shared_pids: Option<u32>,
}

impl Sandbox {
    /// A pod's sandbox without containers.
    pub fn new(config: SandboxConfig) -> Self {
        let share = config.share_process_namespace;
        let mut kernel = Kernel::new(config);
        let shared_pids = share.then(|| {
            let space = kernel.id();
            kernel.next_pid(space);
            space
        });
        Sandbox { kernel, shared_pids }
    }

    /// Give the pod a volume under a name, replacing what had that name. Containers that run keep what they
    /// mounted, except that a volume that is already there is changed for them too.
    pub fn set_volume(&mut self, name: &str, volume: Volume) {
        match self.kernel.volumes.get(name) {
            Some(tree) => self.kernel.trees[*tree as usize] = volume.tree,
            None => {
                self.kernel.trees.push(volume.tree);
                self.kernel.volumes.insert(name.to_string(), self.kernel.trees.len() as u32 - 1);
            }
        }
    }

    /// Make the files of a volume these, as the kubelet does when an object of the API has changed. A mount of a
    /// `subPath` keeps what it has.
    pub fn update_volume(&mut self, now: SimTime, name: &str, files: &[VolumeFile]) {
        self.pass(now);
        let wall = self.kernel.wall();
        if let Some(tree) = self.kernel.volumes.get(name) {
            Volume::update(&mut self.kernel.trees[*tree as usize], files, wall);
        }
    }

    /// A volume as it is now: to measure it, or to keep a claim's files when the pod goes.
    pub fn volume(&self, name: &str) -> Option<Volume> {
        let tree = *self.kernel.volumes.get(name)?;
        Some(Volume { tree: self.kernel.trees[tree as usize].clone() })
    }

    /// Bytes that regular files of a volume hold; 0 for one that is not there.
    pub fn volume_used(&self, name: &str) -> u64 {
        self.volume_tree(name).map_or(0, |tree| tree.used)
    }

    /// Files, directories and links in a volume, the volume itself among them.
    pub fn volume_inodes(&self, name: &str) -> u64 {
        self.volume_tree(name).map_or(0, |tree| tree.inodes)
    }

    fn volume_tree(&self, name: &str) -> Option<&fs::Tree> {
        self.kernel.volumes.get(name).map(|tree| &self.kernel.trees[*tree as usize])
    }

    /// Start a container: a fresh layer over its image, its volumes mounted, its first process running.
    ///
    /// # Errors
    /// The runtime's, when the program cannot be executed. Nothing ran then.
    pub fn start(&mut self, now: SimTime, config: ContainerConfig) -> Result<ContainerId, StartError> {
        self.pass(now);
        if let Some(error) = scripted_start_error(&config) {
            return Err(error);
        }
        let unpacked = config.unpacked.clone();
        let made = self.kernel.config.epoch_micros;
        let unpacked = unpacked.unwrap_or_else(|| Arc::new(Unpacked::new(&config.image, made)));
        let image = unpacked.image.clone();
        let id = ContainerId(self.kernel.id());
        let pids = self.shared_pids.unwrap_or(id.0 + (1 << 24));
        let mounts = self.mount(&config, &unpacked);
        let argv = command_line(&config, &image);
        let env = environment(&config, &image);
        let who = identity(&config, &image);
        let cwd = config.working_dir.clone().unwrap_or_else(|| image.working_dir.to_string());
        let cwd = fs::absolute("/", if cwd.is_empty() { "/" } else { &cwd });
        let config = Arc::new(config);
        self.make_working_dir(&mounts, &cwd);
        let container = Kernel::new_container(config.clone(), mounts, pids, now, image.clone());
        self.kernel.containers.insert(id, container);

        let first = match &config.behavior {
            Some(behavior) => {
                let scripted = Scripted::new(behavior.clone(), config.restart_count, now);
                Ok(Program::Scripted(Box::new(scripted)))
            }
            None => exec::first_program(&self.kernel, id, who, &cwd, &argv, &env),
        };
        let first = first.or_else(|errno| exec::assumed(&self.kernel, id, &argv, errno, true).ok_or(errno));
        let program = match first {
            Ok(program) => program,
            Err(errno) => {
                self.kernel.containers.remove(&id);
                return Err(exec::start_error(&argv, errno));
            }
        };
        let null = self.kernel.open_file(Target::Null, true, false, false);
        let out = self.kernel.open_file(Target::Log { container: id, stderr: false }, false, true, false);
        let err = self.kernel.open_file(Target::Log { container: id, stderr: true }, false, true, false);
        let fds = BTreeMap::from([(0, null), (1, out), (2, err)]);
        let init = self.kernel.spawn(id, program, argv, fds, cwd, env, who, None);
        if let Some(c) = self.kernel.containers.get_mut(&id) {
            c.init = init;
        }
        Ok(id)
    }

    /// Send a signal to a container's first process, from outside the pod, as the runtime does.
    ///
    /// When that process is PID 1, a signal that it has no handler for does nothing, KILL apart.
    pub fn signal(&mut self, now: SimTime, container: ContainerId, signal: Signal) {
        self.pass(now);
        if let Some(c) = self.kernel.containers.get(&container).filter(|c| c.running) {
            let init = c.init;
            self.kernel.signal(init, signal, false);
        }
    }

    /// Ask a container to stop: its image's `STOPSIGNAL`, or `TERM`.
    pub fn stop(&mut self, now: SimTime, container: ContainerId) {
        self.signal(now, container, self.stop_signal(container));
    }

    /// The signal that asks a container to stop: its image's `STOPSIGNAL`, or `TERM`. A scripted process
    /// understands `TERM`.
    pub fn stop_signal(&self, container: ContainerId) -> Signal {
        let container = self.kernel.containers.get(&container).filter(|c| c.config.behavior.is_none());
        container.map_or(Signal::TERM, |c| c.image.stop_signal)
    }

    /// Let a container's first process end by itself, with this exit code.
    pub fn exit(&mut self, now: SimTime, container: ContainerId, code: i32) {
        self.pass(now);
        if let Some(c) = self.kernel.containers.get(&container).filter(|c| c.running) {
            let init = c.init;
            self.kernel.end(init, Status::Code(code));
        }
    }

    /// Have the kernel kill a container's processes for memory: exit code 137, `OOMKilled`.
    pub fn out_of_memory(&mut self, now: SimTime, container: ContainerId) {
        self.pass(now);
        self.kernel.oom(container);
    }

    /// Freeze a container's processes where they are, or let them go on. They can be killed, and hear nothing else.
    pub fn set_frozen(&mut self, now: SimTime, container: ContainerId, frozen: bool) {
        self.pass(now);
        self.kernel.set_frozen(container, frozen);
    }

    /// Kill a container's processes: exit code 137.
    pub fn kill(&mut self, now: SimTime, container: ContainerId) {
        self.signal(now, container, Signal::KILL);
    }

    /// Run a command in a container. The result comes as [`Happening::ExecDone`]; in a container that does not run,
    /// none comes.
    pub fn exec(&mut self, now: SimTime, container: ContainerId, argv: &[String]) -> ExecId {
        self.pass(now);
        let exec = ExecId(self.kernel.id());
        let Some(c) = self.kernel.containers.get(&container).filter(|c| c.running) else { return exec };
        let (config, image, started) = (c.config.clone(), c.image.clone(), c.started);
        let env = environment(&config, &image);
        let who = identity(&config, &image);
        let cwd = config.working_dir.clone().unwrap_or_else(|| image.working_dir.to_string());
        let cwd = fs::absolute("/", &cwd);
        let scripted = config.behavior.as_ref().and_then(|b| Scripted::exec(b, argv, started, now));
        let program = match scripted {
            Some(program) => Ok(program),
            None => exec::first_program(&self.kernel, container, who, &cwd, argv, &env),
        };
        let program =
            program.or_else(|errno| exec::assumed(&self.kernel, container, argv, errno, false).ok_or(errno));
        match program {
            Ok(program) => {
                let null = self.kernel.open_file(Target::Null, true, false, false);
                let out = self.kernel.open_file(Target::Capture(exec), false, true, false);
                self.kernel.retain(out);
                let fds = BTreeMap::from([(0, null), (1, out), (2, out)]);
                let argv = argv.to_vec();
                let process = self.kernel.spawn(container, program, argv, fds, cwd, env, who, Some(exec));
                self.kernel.execs.insert(exec, (process, Vec::new()));
            }
            Err(errno) => {
                let output = exec::exec_error(argv, errno);
                self.kernel.say(Happening::ExecDone { exec, exit_code: None, output });
            }
        }
        exec
    }

    /// Stop a command that [`Sandbox::exec`] started, as on a probe's timeout. No [`Happening::ExecDone`] comes.
    pub fn cancel_exec(&mut self, now: SimTime, exec: ExecId) {
        self.pass(now);
        if let Some((process, _)) = self.kernel.execs.remove(&exec) {
            self.kernel.signal(process, Signal::KILL, false);
        }
    }

    /// Ask something of a port of the pod. The answer comes as [`Happening::Response`], or never.
    pub fn request(&mut self, now: SimTime, request: Request) -> RequestId {
        self.pass(now);
        let id = RequestId(self.kernel.id());
        let Request { port, ask, from, quiet } = request;
        if !quiet {
            self.kernel.asking = from.unwrap_or_else(|| self.kernel.config.gateway.clone());
        }
        self.kernel.serve(Client::Outside(id), port, ask, quiet);
        id
    }

    /// Forget a request, as its client did on its timeout.
    pub fn cancel_request(&mut self, now: SimTime, request: RequestId) {
        self.pass(now);
        self.kernel.forget(Client::Outside(request));
    }

    /// Answer a [`Happening::Dial`].
    pub fn deliver(&mut self, now: SimTime, dial: DialId, result: DialResult) {
        self.pass(now);
        self.kernel.answered(dial, result);
    }

    /// When something happens by itself; `None` when everything waits for the outside.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        if self.kernel.happened.is_empty() { self.kernel.next_wakeup() } else { Some(self.kernel.now) }
    }

    /// Let the time pass until `now` and take everything that happened since the last call, in order.
    pub fn advance(&mut self, now: SimTime) -> Vec<Happened> {
        self.pass(now);
        self.kernel.run();
        core::mem::take(&mut self.kernel.happened)
    }

    /// Everything due up to and including `now` takes place.
    fn pass(&mut self, now: SimTime) {
        while let Some(at) = self.kernel.next_wakeup().filter(|at| *at <= now) {
            self.kernel.now = self.kernel.now.max(at);
            self.kernel.run();
        }
        self.kernel.now = self.kernel.now.max(now);
    }

    /// Whether a container's first process runs.
    pub fn is_running(&self, container: ContainerId) -> bool {
        self.kernel.containers.get(&container).is_some_and(|c| c.running)
    }

    /// What a container left in its termination message file: at most 4096 bytes. `None` when it wrote none.
    /// (`FallbackToLogsOnError` is the kubelet's to do, from the lines it was told.)
    pub fn termination_message(&self, container: ContainerId) -> Option<String> {
        let c = self.kernel.containers.get(&container)?;
        let path = match c.config.termination_message_path.as_str() {
            "" => TERMINATION_LOG,
            path => path,
        };
        let bytes = self.read_file(container, path)?;
        let start = bytes.len().saturating_sub(TERMINATION_MESSAGE_BYTES);
        (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes[start..]).into_owned())
    }

    /// The bytes of a file as a container sees it, also after its end.
    pub fn read_file(&self, container: ContainerId, path: &str) -> Option<Vec<u8>> {
        let c = self.kernel.containers.get(&container)?;
        let root = Who { uid: 0, gid: 0 };
        let node = fs::walk(&self.kernel.trees, &c.mounts, root, "/", path, true).ok()?.node?;
        match &self.kernel.trees[node.tree as usize].node(node.ino).kind {
            Kind::File(content) => Some(content.read_at(0, content.len().min(64 << 20) as usize)),
            _ => None,
        }
    }

    /// Every file, directory and link of a container's own layer, by path (volumes are not entered).
    pub fn files(&self, container: ContainerId) -> Vec<(String, Entry)> {
        let Some(c) = self.kernel.containers.get(&container) else { return Vec::new() };
        let tree = &self.kernel.trees[c.mounts.root.tree as usize];
        let mut out = Vec::new();
        for (path, node) in tree.list() {
            let entry = match &node.kind {
                Kind::File(content) => Entry::File(content.read_at(0, content.len().min(64 << 20) as usize)),
                Kind::Dir(_) => Entry::Directory,
                Kind::Link(target) => Entry::Link(target.clone()),
                _ => continue,
            };
            out.push((path, entry));
        }
        out
    }

    /// Put a file into a container's layer from outside, as `kubectl cp` does.
    pub fn write_file(&mut self, container: ContainerId, path: &str, bytes: &[u8], mode: u16) {
        let wall = self.kernel.wall();
        if let Some(c) = self.kernel.containers.get(&container) {
            let content = fs::Content { bytes: Arc::new(bytes.to_vec()), zeros: 0 };
            self.kernel.trees[c.mounts.root.tree as usize].put(path, Kind::File(content), mode, wall);
        }
    }

    /// Changes how many bytes of memory a container may hold. Who holds more already is killed at its next growth.
    pub fn set_memory_limit(&mut self, container: ContainerId, limit: Option<u64>) {
        self.kernel.set_memory_limit(container, limit);
    }

    /// Bytes of memory that a container's processes hold.
    pub fn memory(&self, container: ContainerId) -> u64 {
        self.kernel.memory(container)
    }

    /// How many processes a container has.
    pub fn process_count(&self, container: ContainerId) -> u64 {
        self.kernel.processes.values().filter(|p| p.container == container).count() as u64
    }

    /// The process of a container that holds most memory, as the kernel names it: the program, cut to 15 bytes.
    pub fn largest_process(&self, container: ContainerId) -> Option<String> {
        let mine = self.kernel.processes.values().filter(|p| p.container == container);
        let program = mine.max_by_key(|p| p.rss)?.argv.first()?;
        let name = program.rsplit('/').next().unwrap_or(program);
        Some(name.chars().take(15).collect()).filter(|name: &String| !name.is_empty())
    }

    /// Bytes of files in a container's own writable layer (its image's files among them).
    pub fn layer_used(&self, container: ContainerId) -> u64 {
        self.layer(container).map_or(0, |tree| tree.used)
    }

    /// Files, directories and links that the container made in its own layer, which is one itself.
    pub fn layer_inodes(&self, container: ContainerId) -> u64 {
        self.layer(container).map_or(0, |tree| tree.inodes)
    }

    fn layer(&self, container: ContainerId) -> Option<&fs::Tree> {
        let container = self.kernel.containers.get(&container)?;
        Some(&self.kernel.trees[container.mounts.root.tree as usize])
    }

    /// The ports that are listened on, and by which container.
    pub fn listening(&self) -> Vec<(u16, ContainerId)> {
        self.kernel.ports.iter().map(|(port, l)| (*port, l.container)).collect()
    }

    fn mount(&mut self, config: &ContainerConfig, image: &Unpacked) -> Mounts {
        let wall = self.kernel.wall();
        let mut layer = image.layer(&self.kernel.config, wall);
        let mut table = BTreeMap::new();
        let root_tree = self.kernel.trees.len() as u32;
        let message_path = if config.termination_message_path.is_empty() {
            TERMINATION_LOG
        } else {
            &config.termination_message_path
        };
        if message_path != TERMINATION_LOG {
            layer.take_out(TERMINATION_LOG, wall);
        }
        layer.renew(message_path, fs::Content::default(), 0o666, wall);
        for (path, bytes, mode) in &config.files {
            if path.ends_with('/') {
                let ino = layer.make_dirs(path, 0o755, wall);
                layer.node_mut(ino).mode = if path == "/tmp/" { 0o1777 } else { *mode };
            } else {
                let content = fs::Content { bytes: Arc::new(bytes.clone()), zeros: 0 };
                layer.put(path, Kind::File(content), *mode, wall);
            }
        }
        for path in &config.absent {
            layer.take_out(path, wall);
        }
        self.kernel.trees.push(layer);
        let mut mounts = Mounts {
            root: NodeRef { tree: root_tree, ino: 0 },
            table: BTreeMap::new(),
            root_read_only: false,
        };
        let mut by_depth: Vec<_> = config.mounts.iter().collect();
        by_depth.sort_by_key(|m| m.path.split('/').filter(|p| !p.is_empty()).count());
        for mount in by_depth {
            let Some(volume) = self.kernel.volumes.get(&mount.volume).copied() else { continue };
            let source = self.volume_root(volume, &mount.sub_path);
            let point = self.mount_point(&mounts, &mount.path, source);
            table.insert(point, (source, mount.read_only));
            mounts.table.insert(point, (source, mount.read_only));
        }
        mounts
    }

    /// The node of a volume that a mount shows: its root, or what is at the sub-path.
    fn volume_root(&mut self, tree: u32, sub_path: &str) -> NodeRef {
        let wall = self.kernel.wall();
        let t = &mut self.kernel.trees[tree as usize];
        let mut ino = Some(0);
        for name in sub_path.split('/').filter(|n| !n.is_empty()) {
            ino = ino.and_then(|dir| t.child(dir, name));
        }
        let ino = ino.unwrap_or_else(|| t.make_dirs(sub_path, 0o777, wall));
        // A mount holds what it shows, even when its name is gone.
        t.node_mut(ino).opens += 1;
        NodeRef { tree, ino }
    }

    /// The node that is mounted over, made when it is missing.
    fn mount_point(&mut self, mounts: &Mounts, path: &str, source: NodeRef) -> NodeRef {
        let wall = self.kernel.wall();
        let is_dir = self.kernel.trees[source.tree as usize].node(source.ino).is_dir();
        let root = Who { uid: 0, gid: 0 };
        let mut at = mounts.root;
        let path = fs::absolute("/", path);
        let names: Vec<&str> = path.split('/').filter(|n| !n.is_empty()).collect();
        for (i, _) in names.iter().enumerate() {
            let prefix = format!("/{}", names[..=i].join("/"));
            at = match fs::walk(&self.kernel.trees, mounts, root, "/", &prefix, true) {
                Ok(fs::Walk { node: Some(node), .. }) => node,
                Ok(w) => {
                    let last_file = i + 1 == names.len() && !is_dir;
                    let kind = if last_file {
                        Kind::File(fs::Content::default())
                    } else {
                        Kind::Dir(BTreeMap::new())
                    };
                    let tree = &mut self.kernel.trees[w.dir.tree as usize];
                    let ino = tree.add(w.dir.ino, &w.name, kind, 0o755, (0, 0), wall);
                    NodeRef { tree: w.dir.tree, ino }
                }
                Err(_) => at,
            };
        }
        at
    }

    /// The runtime makes a working directory that is missing.
    fn make_working_dir(&mut self, mounts: &Mounts, cwd: &str) {
        let root = Who { uid: 0, gid: 0 };
        if fs::walk(&self.kernel.trees, mounts, root, "/", cwd, true).is_ok_and(|w| w.node.is_some()) {
            return;
        }
        let source = NodeRef { tree: mounts.root.tree, ino: 0 };
        self.mount_point(mounts, cwd, source);
    }
}

/// One entry of [`Sandbox::files`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A regular file with its bytes.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// A symbolic link with its target.
    Link(String),
}

fn scripted_start_error(config: &ContainerConfig) -> Option<StartError> {
    let run = config.behavior.as_ref()?.run(config.restart_count)?;
    let scripted = run.start_error.as_ref()?;
    Some(StartError {
        exit_code: scripted.exit_code,
        reason: scripted.reason.clone(),
        message: scripted.message.clone(),
        errno: "",
    })
}

/// The words of the first process: `command` replaces entrypoint and cmd, `args` alone replaces cmd.
fn command_line(config: &ContainerConfig, image: &images::Image) -> Vec<String> {
    let own = |words: &[String]| words.to_vec();
    let mut argv = if config.command.is_empty() { own(&image.entrypoint) } else { config.command.clone() };
    if !config.args.is_empty() {
        argv.extend(config.args.iter().cloned());
    } else if config.command.is_empty() {
        argv.extend(own(&image.cmd));
    }
    argv
}

/// The image's variables, then the kubelet's, then `HOME` when nobody set it, as runc does.
fn environment(config: &ContainerConfig, image: &images::Image) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> =
        image.env.iter().filter(|(n, _)| !config.env.iter().any(|(m, _)| m == n)).cloned().collect();
    for (name, value) in &config.env {
        match env.iter_mut().find(|(n, _)| n == name) {
            Some(found) => found.1.clone_from(value),
            None => env.push((name.clone(), value.clone())),
        }
    }
    if !env.iter().any(|(n, _)| n == "HOME") {
        let home = if identity(config, image).0 == 0 { "/root" } else { "/" };
        env.push(("HOME".to_string(), home.to_string()));
    }
    env
}

fn identity(config: &ContainerConfig, image: &images::Image) -> (u32, u32) {
    let uid = config.run_as_user.and_then(|u| u32::try_from(u).ok()).unwrap_or(image.uid);
    let own = if config.run_as_user.is_some() { 0 } else { image.uid };
    (uid, config.run_as_group.and_then(|g| u32::try_from(g).ok()).unwrap_or(own))
}
