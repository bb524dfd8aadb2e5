//! What a field does to a pod's life, in a line, in English and Chinese, with its default.

use lifepod_api::schema::{StructType, Type};

/// A line on a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doc {
    /// In English.
    pub en: &'static str,
    /// In Simplified Chinese.
    pub zh: &'static str,
    /// What the API server fills in; empty for nothing.
    pub default: &'static str,
}

/// The line on a field of a Go struct, where there is one. Fields without one do nothing in the simulation.
pub fn doc(owner: &str, field: &str) -> Option<Doc> {
    TABLE.iter().find(|(s, f, ..)| *s == owner && *f == field).map(|(_, _, default, en, zh)| Doc {
        en,
        zh,
        default,
    })
}

/// Lines whose struct or field does not exist: a test keeps this empty.
pub fn stray() -> Vec<String> {
    let mut structs = std::collections::BTreeMap::new();
    fn gather(ty: &'static Type, into: &mut std::collections::BTreeMap<&'static str, &'static StructType>) {
        match ty {
            Type::List(inner) | Type::Map(inner) => gather(inner, into),
            Type::Struct(inner) if into.insert(inner.name, inner).is_none() => {
                inner.fields.iter().for_each(|f| gather(f.ty, into));
            }
            _ => {}
        }
    }
    let roots = lifepod_api::KINDS.iter().map(|kind| kind.ty).chain([crate::scenario::Scenario::STRUCT]);
    for root in roots {
        root.fields.iter().for_each(|f| gather(f.ty, &mut structs));
    }
    let known = |owner: &str, field: &str| structs.get(owner).is_some_and(|s| s.field(field).is_some());
    TABLE.iter().filter(|(s, f, ..)| !known(s, f)).map(|(s, f, ..)| format!("{s}.{f}")).collect()
}

type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("PodSpec", "containers", "", "The app containers. They start together once all init containers are done.", "应用容器。所有 init 容器完成后一起启动。"),
    ("PodSpec", "initContainers", "", "Run one after the other before the app containers; with restartPolicy Always one becomes a sidecar and stays.", "在应用容器之前依次运行；restartPolicy 为 Always 时成为常驻的 sidecar。"),
    ("PodSpec", "restartPolicy", "Always", "Whether the kubelet starts ended containers again: always, after failures, or never. Decides between Running, Succeeded and Failed.", "kubelet 是否重启已结束的容器：总是、失败时或从不。决定 Pod 是 Running、Succeeded 还是 Failed。"),
    ("PodSpec", "terminationGracePeriodSeconds", "30", "Seconds from deletion to SIGKILL; the preStop hook's time counts.", "从删除到 SIGKILL 的秒数，preStop 的时间也计算在内。"),
    ("PodSpec", "activeDeadlineSeconds", "", "Seconds after its start at which the kubelet fails the pod (DeadlineExceeded), whatever it does.", "启动后经过这么多秒，kubelet 会让 Pod 失败（DeadlineExceeded）。"),
    ("PodSpec", "nodeName", "", "Binds the pod to a node without the scheduler. Usually the scheduler writes it.", "绕过调度器直接绑定到节点；通常由调度器写入。"),
    ("PodSpec", "nodeSelector", "", "Labels that a node must have.", "节点必须具有的标签。"),
    ("PodSpec", "affinity", "", "Which nodes, and which other pods nearby, the scheduler wants or avoids.", "调度器希望或避免的节点以及邻近的 Pod。"),
    ("PodSpec", "tolerations", "not-ready and unreachable for 300 s", "Taints that the pod bears; tolerationSeconds says how long it stays on a node with a NoExecute taint.", "Pod 能容忍的污点；tolerationSeconds 决定在 NoExecute 污点的节点上停留多久。"),
    ("PodSpec", "schedulerName", "default-scheduler", "Which scheduler takes the pod; with a name that nobody has it stays Pending.", "由哪个调度器负责；若无人负责则一直 Pending。"),
    ("PodSpec", "schedulingGates", "", "While any gate is left, the scheduler does not look at the pod (SchedulingGated).", "只要还有门未移除，调度器就不处理该 Pod（SchedulingGated）。"),
    ("PodSpec", "readinessGates", "", "Conditions that somebody else must set to True before the pod is Ready.", "Pod 变为 Ready 之前，必须由他方置为 True 的条件。"),
    ("PodSpec", "priorityClassName", "", "The class that gives the pod its priority: order in the queue, and who is preempted for whom.", "决定优先级的类：排队顺序以及谁会被抢占。"),
    ("PodSpec", "priority", "0", "The number behind the priority class. Written by the API server.", "优先级类对应的数值，由 API 服务器写入。"),
    ("PodSpec", "preemptionPolicy", "PreemptLowerPriority", "Whether the scheduler may evict less important pods to make room for this one.", "调度器是否可以驱逐较低优先级的 Pod 为它腾位置。"),
    ("PodSpec", "hostNetwork", "false", "The pod uses its node's network: no IP of its own, and ports must be free on the node.", "使用节点的网络：没有自己的 IP，端口必须在节点上空闲。"),
    ("PodSpec", "shareProcessNamespace", "false", "The containers see each other's processes.", "容器之间可以看到彼此的进程。"),
    ("PodSpec", "serviceAccountName", "default", "The identity of the pod towards the API server.", "Pod 面向 API 服务器的身份。"),
    ("PodSpec", "volumes", "", "Directories that containers mount. All must be ready before any container starts.", "供容器挂载的目录；全部就绪后容器才会启动。"),
    ("PodSpec", "topologySpreadConstraints", "", "How evenly the scheduler spreads pods over zones or nodes.", "调度器在可用区或节点之间均匀分布 Pod 的程度。"),
    ("PodSpec", "runtimeClassName", "", "The container runtime's flavour; may add overhead to the pod's requests.", "容器运行时的类型；可能增加 Pod 的资源开销。"),
    ("PodSpec", "overhead", "", "Resources that the sandbox itself needs. Set by the runtime class.", "沙箱本身需要的资源，由 RuntimeClass 设置。"),
    ("PodSpec", "resources", "", "Requests and limits of the pod as a whole.", "整个 Pod 的资源请求与上限。"),
    ("PodSpec", "imagePullSecrets", "", "Credentials for private registries; without them a pull ends in ErrImagePull.", "私有镜像仓库的凭据；缺少时拉取会失败（ErrImagePull）。"),
    ("PodSpec", "dnsPolicy", "ClusterFirst", "Where names are looked up. No effect on the lifecycle.", "域名解析方式，不影响生命周期。"),
    ("PodSpec", "enableServiceLinks", "true", "Puts variables for every Service of the namespace into the containers.", "将命名空间中每个 Service 的变量注入容器。"),
    ("PodSpec", "ephemeralContainers", "", "Containers for debugging, added to a living pod. They are never restarted.", "用于调试、加到运行中 Pod 的容器，从不重启。"),
    ("Container", "name", "", "The container's name, unique in the pod.", "容器名称，在 Pod 中唯一。"),
    ("Container", "image", "", "What is pulled and run. A changed image on a living pod restarts the container.", "要拉取并运行的镜像；修改运行中 Pod 的镜像会重启容器。"),
    ("Container", "imagePullPolicy", "Always for :latest, else IfNotPresent", "Whether the image is pulled at each start, only when the node lacks it, or never.", "每次启动都拉取、仅在节点没有时拉取，或从不拉取。"),
    ("Container", "command", "", "The program, in place of the image's entrypoint. When it ends, the container ends.", "代替镜像 entrypoint 的程序；程序结束则容器结束。"),
    ("Container", "args", "", "The program's arguments, in place of the image's command.", "程序参数，代替镜像的默认命令。"),
    ("Container", "env", "", "Environment variables; $(NAME) refers to earlier ones.", "环境变量；$(NAME) 引用前面的变量。"),
    ("Container", "envFrom", "", "Variables from a whole ConfigMap or Secret; a missing one keeps the container from starting (CreateContainerConfigError).", "来自整个 ConfigMap 或 Secret 的变量；缺失时容器无法启动（CreateContainerConfigError）。"),
    ("Container", "ports", "", "Ports for people and Services to find by name. Not needed to listen.", "供人和 Service 按名称查找的端口；不声明也能监听。"),
    ("Container", "resources", "", "Requests decide where the pod fits; limits cap it: more memory ends in OOMKilled, more CPU is slowed down.", "requests 决定能调度到哪里；limits 是上限：超内存会 OOMKilled，超 CPU 会被限速。"),
    ("Container", "lifecycle", "", "Hooks after the start and before the stop.", "启动之后与停止之前的钩子。"),
    ("Container", "livenessProbe", "", "When it fails failureThreshold times in a row, the kubelet kills and restarts the container.", "连续失败 failureThreshold 次后，kubelet 会杀死并重启容器。"),
    ("Container", "readinessProbe", "", "While it fails, the pod is not Ready and gets no traffic from Services. It never restarts anything.", "失败期间 Pod 不是 Ready，Service 不会转发流量；从不触发重启。"),
    ("Container", "startupProbe", "", "Until it succeeds the other two probes wait; when it fails too often the container is restarted.", "成功之前另外两个探针等待；失败过多则重启容器。"),
    ("Container", "restartPolicy", "", "The container's own restart policy; Always makes an init container a sidecar.", "容器自己的重启策略；Always 使 init 容器成为 sidecar。"),
    ("Container", "restartPolicyRules", "", "What to do on which exit code, before the restart policy is asked.", "针对退出码的处理规则，优先于重启策略。"),
    ("Container", "securityContext", "", "Rights of the container's processes. No effect on the lifecycle.", "容器进程的权限，不影响生命周期。"),
    ("Container", "terminationMessagePath", "/dev/termination-log", "The file whose text is shown as the message of the ended container.", "容器结束后作为消息显示的文件。"),
    ("Container", "terminationMessagePolicy", "File", "Where the message of a failed container comes from: its file, or the end of its log.", "失败消息的来源：文件或日志末尾。"),
    ("Container", "volumeMounts", "", "Where the pod's volumes appear in the container.", "卷在容器中的挂载位置。"),
    ("Container", "workingDir", "", "The directory that the program starts in.", "程序启动时的目录。"),
    ("Lifecycle", "postStart", "", "Runs right after the start, beside the program; until it is done the container does not count as running, and its failure kills the container.", "启动后立即与程序并行执行；完成前容器不算运行，失败会杀死容器。"),
    ("Lifecycle", "preStop", "", "Runs before TERM when the kubelet stops the container; its time comes off the grace period.", "停止容器时在 TERM 之前执行，时间从宽限期中扣除。"),
    ("Probe", "initialDelaySeconds", "0", "Seconds after the container's start before the first probe.", "容器启动到首次探测的秒数。"),
    ("Probe", "periodSeconds", "10", "Seconds from one probe to the next.", "两次探测之间的秒数。"),
    ("Probe", "timeoutSeconds", "1", "Seconds after which a probe without answer has failed.", "超过这么多秒没有响应即为失败。"),
    ("Probe", "failureThreshold", "3", "Failures in a row until the probe acts.", "连续失败多少次后生效。"),
    ("Probe", "successThreshold", "1", "Successes in a row until a failed probe counts as good again; 1 for liveness and startup.", "失败后连续成功多少次才算恢复；liveness 与 startup 只能为 1。"),
    ("Probe", "terminationGracePeriodSeconds", "the pod's", "Grace period when this probe kills the container.", "该探针杀死容器时使用的宽限期。"),
    ("Probe", "httpGet", "", "A GET request; a status from 200 to 399 is a success.", "GET 请求；状态码 200 到 399 为成功。"),
    ("Probe", "tcpSocket", "", "Succeeds when the port takes a connection.", "端口能建立连接即成功。"),
    ("Probe", "exec", "", "A command in the container; exit code 0 is a success.", "容器中的命令；退出码 0 为成功。"),
    ("Probe", "grpc", "", "gRPC's health check.", "gRPC 健康检查。"),
    ("DeploymentSpec", "replicas", "1", "How many pods there should be.", "期望的 Pod 数量。"),
    ("DeploymentSpec", "strategy", "RollingUpdate 25%/25%", "How pods of the old template give way to the new.", "旧模板的 Pod 如何被新模板替换。"),
    ("DeploymentSpec", "minReadySeconds", "0", "Seconds a new pod must be Ready before it counts as available.", "新 Pod 保持 Ready 多少秒才算可用。"),
    ("DeploymentSpec", "progressDeadlineSeconds", "600", "Seconds without progress until the rollout is reported as stuck. Nothing is rolled back.", "多少秒没有进展即报告卡住；不会自动回滚。"),
    ("DeploymentSpec", "revisionHistoryLimit", "10", "How many old ReplicaSets are kept for rollbacks.", "为回滚保留的旧 ReplicaSet 数量。"),
    ("DeploymentSpec", "paused", "false", "While true, changes of the template start no rollout.", "为 true 时修改模板不会触发发布。"),
    ("DeploymentSpec", "selector", "", "Which pods are this Deployment's. Never changes.", "哪些 Pod 属于该 Deployment，不可修改。"),
    ("RollingUpdateDeployment", "maxSurge", "25%", "How many pods above replicas a rollout may have; rounded up.", "发布时最多可超出的 Pod 数，向上取整。"),
    ("RollingUpdateDeployment", "maxUnavailable", "25%", "How many pods may be missing during a rollout; rounded down.", "发布时最多可缺少的 Pod 数，向下取整。"),
    ("StatefulSetSpec", "podManagementPolicy", "OrderedReady", "Whether pods start and stop one after the other or all at once.", "Pod 依次启停还是同时启停。"),
    ("StatefulSetSpec", "updateStrategy", "RollingUpdate", "Whether changed templates reach the pods by themselves, from the highest ordinal down.", "模板变化是否自动更新 Pod（从最大序号开始）。"),
    ("StatefulSetSpec", "volumeClaimTemplates", "", "A PersistentVolumeClaim for each pod, which outlives the pod.", "每个 Pod 一个 PVC，寿命比 Pod 长。"),
    ("JobSpec", "completions", "1", "How many pods must succeed.", "需要成功的 Pod 数。"),
    ("JobSpec", "parallelism", "1", "How many pods run at once.", "同时运行的 Pod 数。"),
    ("JobSpec", "backoffLimit", "6", "How many failures until the Job fails; new pods wait 10, 20, 40 … s.", "失败多少次后 Job 失败；新 Pod 等待 10、20、40……秒。"),
    ("JobSpec", "activeDeadlineSeconds", "", "Seconds after which the Job is stopped and has failed.", "超过这么多秒 Job 被终止并失败。"),
    ("JobSpec", "ttlSecondsAfterFinished", "", "Seconds after its end at which the Job and its pods are deleted.", "结束后多少秒删除 Job 及其 Pod。"),
    ("JobSpec", "suspend", "false", "While true, the Job has no pods.", "为 true 时 Job 没有 Pod。"),
    ("CronJobSpec", "schedule", "", "When Jobs start: minute, hour, day, month, weekday.", "何时启动 Job：分、时、日、月、星期。"),
    ("CronJobSpec", "concurrencyPolicy", "Allow", "What happens when a Job is due while the last still runs.", "上一个 Job 未结束时如何处理新的 Job。"),
    ("CronJobSpec", "startingDeadlineSeconds", "", "How late a missed Job may still start.", "错过的 Job 最多迟多少秒仍可启动。"),
    ("PodDisruptionBudgetSpec", "minAvailable", "", "How many pods must stay healthy through evictions; percentages round up.", "驱逐期间必须保持健康的 Pod 数，百分比向上取整。"),
    ("PodDisruptionBudgetSpec", "maxUnavailable", "", "How many pods may be missing through evictions; percentages round up.", "驱逐期间可缺少的 Pod 数，百分比向上取整。"),
    ("ServiceSpec", "selector", "", "Labels of the pods that get the traffic, as long as they are Ready.", "接收流量的 Pod 的标签（需为 Ready）。"),
    ("ServiceSpec", "publishNotReadyAddresses", "false", "Pods get traffic even when they are not Ready.", "未 Ready 的 Pod 也接收流量。"),
    ("ServiceSpec", "type", "ClusterIP", "From where the Service can be reached.", "Service 的访问范围。"),
    ("ContainerPort", "containerPort", "", "The port's number.", "端口号。"),
    ("ContainerPort", "hostPort", "", "The same port on the node: only one such pod fits on it.", "节点上的同一端口：每个节点只能放一个这样的 Pod。"),
    ("ResourceRequirements", "requests", "the limits", "What the scheduler sets aside.", "调度器预留的资源。"),
    ("ResourceRequirements", "limits", "", "What the container may use at most.", "容器最多可用的资源。"),
    ("ObjectMeta", "name", "", "The object's name in its namespace.", "对象在命名空间中的名称。"),
    ("ObjectMeta", "namespace", "default", "The namespace that the object lives in.", "对象所在的命名空间。"),
    ("ObjectMeta", "labels", "", "What selectors find the object by. They may change at any time.", "选择器据此查找对象，可随时修改。"),
    ("ObjectMeta", "annotations", "", "Notes for people and tools; `lifepod.dev/…` describe a container's behaviour here.", "供人和工具使用的备注；`lifepod.dev/…` 描述容器行为。"),
    ("ObjectMeta", "finalizers", "", "While one is left, a deleted object stays.", "只要还有 finalizer，被删除的对象就会保留。"),
    ("ObjectMeta", "ownerReferences", "", "The object's owners; when the last is gone, so is the object.", "所有者；最后一个消失时对象也被删除。"),
    ("ScenarioSpec", "horizon", "30m", "How long the run lasts, such as `10m`.", "运行多长时间，例如 `10m`。"),
    ("ScenarioSpec", "seed", "1", "Where chance begins: the same seed gives the same run.", "随机的起点：相同的种子得到相同的运行。"),
    ("ScenarioSpec", "epoch", "2026-01-01T00:00:00Z", "The calendar time at which the run begins.", "运行开始的日历时间。"),
    ("ScenarioSpec", "cluster", "one node of 4 CPUs and 8Gi", "The cluster's version, nodes and latencies.", "集群的版本、节点与延迟。"),
    ("ScenarioSpec", "behaviors", "", "What containers do, instead of their commands; the first that matches counts.", "容器实际做什么（代替其命令），第一个匹配的生效。"),
    ("ScenarioSpec", "images", "", "What the registry has: sizes, slow pulls, errors.", "镜像仓库的情况：大小、缓慢的拉取、错误。"),
    ("ScenarioSpec", "actions", "", "What people and fate do, each at its time.", "人或意外在何时做什么。"),
    ("ScenarioSpec", "traffic", "", "Clients that call Services.", "访问 Service 的客户端。"),
    ("ScenarioCluster", "version", "1.36", "The Kubernetes version, where behaviour depends on it.", "Kubernetes 版本（影响行为之处）。"),
    ("ScenarioCluster", "nodes", "one node", "The nodes; `count` makes many alike.", "节点；`count` 可生成多个相同节点。"),
    ("ScenarioCluster", "jitter", "true", "false: nothing is left to chance.", "为 false 时没有任何随机。"),
    ("ScenarioCluster", "latencies", "", "How long things take that Kubernetes does not fix.", "Kubernetes 未规定的各项耗时。"),
    ("ScenarioImage", "image", "", "The image as manifests write it; `*` at the end matches any rest.", "清单中的镜像名；末尾的 `*` 匹配任意后缀。"),
    ("ScenarioImage", "present", "false", "Every node has the image from the start.", "所有节点一开始就有该镜像。"),
    ("ScenarioPull", "size", "the catalogue's", "Bytes to transfer, such as `120Mi`.", "要传输的字节数，例如 `120Mi`。"),
    ("ScenarioPull", "took", "", "How long a pull takes, whatever the size.", "拉取所需时间，与大小无关。"),
    ("ScenarioPull", "error", "", "The words with which pulls fail; `not found` stands for an image that is not there.", "拉取失败的信息；`not found` 表示镜像不存在。"),
    ("ScenarioPull", "times", "every time", "How many pulls fail before they succeed.", "成功之前失败多少次。"),
    ("ScenarioBehavior", "pods", "", "Pods by name; `*` stands for anything.", "按名称匹配 Pod，`*` 代表任意字符。"),
    ("ScenarioBehavior", "container", "every container", "The container that behaves so.", "具有该行为的容器。"),
    ("ContainerBehavior", "run", "listens on the declared ports", "The steps of the process, the same after each restart.", "进程的各个步骤，每次重启后相同。"),
    ("ContainerBehavior", "runs", "", "One life after the other, by restarts; the last repeats.", "按重启次数依次的各次运行，最后一个重复。"),
    ("ContainerBehavior", "onTerm", "ends after 100ms with 0", "What SIGTERM does.", "收到 SIGTERM 时做什么。"),
    ("ContainerBehavior", "exec", "", "How exec probes and hooks end, by time; before the first answer they fail.", "exec 探针与钩子随时间的结果；第一个回答之前为失败。"),
    ("ContainerBehavior", "http", "", "How HTTP requests are answered, by time; before the first answer with 503.", "HTTP 请求随时间的回答；第一个回答之前为 503。"),
    ("ContainerBehavior", "grpc", "", "How gRPC health checks are answered, by time; before the first answer NOT_SERVING.", "gRPC 健康检查随时间的回答；第一个之前为 NOT_SERVING。"),
    ("ContainerBehavior", "memory", "", "The memory used, as points of a curve. Above the limit the kernel kills.", "内存用量曲线上的点；超过 limit 会被内核杀死。"),
    ("BehaviorRun", "startError", "", "The process cannot be started; the runtime says this.", "进程无法启动；运行时给出此信息。"),
    ("BehaviorStep", "at", "with the step before", "When, since the start of the process.", "自进程启动起的时刻。"),
    ("BehaviorStep", "after", "", "When, since the step before.", "自上一步起的时间。"),
    ("BehaviorStep", "listen", "", "The port to listen on; a taken one ends the process.", "监听的端口；若被占用则进程结束。"),
    ("BehaviorStep", "protocol", "HTTP", "What the port speaks.", "端口使用的协议。"),
    ("BehaviorStep", "close", "", "The port to listen on no longer.", "不再监听的端口。"),
    ("BehaviorStep", "http", "", "How HTTP requests are answered from now on.", "此后如何回答 HTTP 请求。"),
    ("BehaviorStep", "hang", "false", "From now on nothing is answered, and TERM is not heard.", "此后不再响应，也听不到 TERM。"),
    ("BehaviorStep", "resume", "false", "The hang is over.", "挂起结束。"),
    ("BehaviorStep", "print", "", "A line for the log.", "写入日志的一行。"),
    ("BehaviorStep", "memory", "", "The memory to use, and over what time.", "要用的内存以及历时。"),
    ("BehaviorStep", "exit", "", "End with this code.", "以该退出码结束。"),
    ("BehaviorStep", "message", "", "The termination message.", "终止信息。"),
    ("BehaviorStep", "signal", "", "End as by a crash, such as SEGV.", "如同崩溃（例如 SEGV）那样结束。"),
    ("BehaviorStep", "oom", "false", "Be killed by the kernel for memory.", "因内存不足被内核杀死。"),
    ("BehaviorOnTerm", "ignore", "false", "Only SIGKILL ends the process.", "只有 SIGKILL 能结束进程。"),
    ("BehaviorOnTerm", "after", "0s", "From SIGTERM to the end.", "从 SIGTERM 到结束的时间。"),
    ("BehaviorOnTerm", "exit", "0", "The exit code.", "退出码。"),
    ("HttpAnswer", "status", "200", "The status code; from 400 on a probe fails.", "状态码；400 及以上探针失败。"),
    ("HttpAnswer", "took", "0s", "How long the answer takes; beyond a probe's timeoutSeconds it fails.", "回答耗时；超过探针的 timeoutSeconds 即失败。"),
    ("HttpAnswer", "fault", "", "How the server fails instead of answering.", "服务器如何不作回答。"),
    ("ScenarioAction", "at", "", "When, since the beginning of the run.", "自运行开始的时刻。"),
    ("ScenarioAction", "kubectl", "", "A kubectl command, such as `delete pod web-0`.", "kubectl 命令，例如 `delete pod web-0`。"),
    ("ScenarioAction", "apply", "", "Manifests to apply.", "要应用的清单。"),
    ("ScenarioAction", "node", "", "A node fails.", "节点故障。"),
    ("ScenarioAction", "pod", "", "A pod's sandbox fails.", "Pod 的沙箱故障。"),
    ("ScenarioAction", "container", "", "A container's processes fail.", "容器进程故障。"),
    ("ScenarioAction", "image", "", "Pulls of an image fail.", "镜像拉取失败。"),
    ("ScenarioAction", "network", "", "The cluster's network fails.", "集群网络故障。"),
    ("ScenarioNodeFault", "fails", "", "How the node fails.", "节点如何故障。"),
    ("ScenarioNodeFault", "for", "for good", "How long it lasts.", "持续多久。"),
    ("ScenarioTraffic", "service", "", "The Service that is called.", "被访问的 Service。"),
    ("ScenarioTraffic", "rps", "", "Requests a second.", "每秒请求数。"),
];
