//! What a container's process does, where a scenario or an annotation says so.

use lifepod_api::duration::Duration;
use lifepod_api::{Map, Quantity, object};

object! {
    /// A behaviour, and the containers that have it: `pods` by name, `*` for any run of characters; without
    /// `container`, every container of them.
    v1alpha1 ScenarioBehavior {
        pods: String = "pods",
        container: String = "container",
        behavior: ContainerBehavior = "" inline,
    }
    /// What the processes of a container do, instead of the command: one life after the other. `run` is short for
    /// `runs` with one life; the last life repeats.
    v1alpha1 ContainerBehavior {
        run: Vec<BehaviorStep> = "run",
        runs: Vec<BehaviorRun> = "runs",
        on_term: Option<BehaviorOnTerm> = "onTerm",
        exec: Vec<ExecAnswers> = "exec",
        http: Vec<HttpAnswers> = "http",
        grpc: Vec<GrpcAnswers> = "grpc",
        memory: Vec<MemoryPoint> = "memory",
    }
    /// One life of the process, or the start that fails.
    v1alpha1 BehaviorRun {
        start_error: String = "startError",
        steps: Vec<BehaviorStep> = "steps",
    }
    /// Something that happens `at` a time since the start of the process, or `after` the step before: exactly one
    /// of the other fields says what. Without a time it happens together with the step before.
    v1alpha1 BehaviorStep {
        at: Option<Duration> = "at",
        after: Option<Duration> = "after",
        listen: Option<i32> = "listen",
        protocol: String = "protocol" ("lifepod.ListenProtocol"),
        close: Option<i32> = "close",
        http: Option<HttpStep> = "http",
        grpc: Option<GrpcStep> = "grpc",
        hang: bool = "hang",
        resume: bool = "resume",
        print: Option<String> = "print",
        stderr: bool = "stderr",
        memory: Option<MemoryStep> = "memory",
        write: Option<WriteStep> = "write",
        remove: Option<String> = "remove",
        exit: Option<i32> = "exit",
        message: String = "message",
        signal: Option<String> = "signal",
        oom: bool = "oom",
    }
    /// From now on HTTP requests are answered so.
    v1alpha1 HttpStep {
        port: Option<i32> = "port",
        path: String = "path",
        answer: HttpAnswer = "" inline,
    }
    /// An HTTP answer, or the `fault` in its place.
    v1alpha1 HttpAnswer {
        status: Option<i32> = "status",
        headers: Map<String> = "headers",
        body: Option<String> = "body",
        took: Option<Duration> = "took",
        fault: String = "fault" ("lifepod.HttpFault"),
    }
    /// From now on gRPC health checks are answered so.
    v1alpha1 GrpcStep {
        service: String = "service",
        status: String = "status" ("lifepod.GrpcStatus"),
    }
    /// From now on so much memory is used, rising evenly over a time.
    v1alpha1 MemoryStep {
        to: Option<Quantity> = "to",
        over: Option<Duration> = "over",
    }
    /// A file is written.
    v1alpha1 WriteStep {
        path: String = "path",
        text: String = "text",
    }
    /// What TERM does: nothing, or the end after a time; with `drain`, once what was begun is finished.
    v1alpha1 BehaviorOnTerm {
        ignore: bool = "ignore",
        drain: bool = "drain",
        after: Option<Duration> = "after",
        exit: Option<i32> = "exit",
    }
    /// How commands run from outside end, by time since the start of the container; `command` is what their words
    /// begin with.
    v1alpha1 ExecAnswers {
        command: Vec<String> = "command",
        answers: Vec<ExecAnswerAt> = "answers",
    }
    /// From a time on, an exec answer.
    v1alpha1 ExecAnswerAt {
        at: Option<Duration> = "at",
        exit: Option<i32> = "exit",
        output: String = "output",
        took: Option<Duration> = "took",
    }
    /// How HTTP requests are answered, by time.
    v1alpha1 HttpAnswers {
        port: Option<i32> = "port",
        path: String = "path",
        answers: Vec<HttpAnswerAt> = "answers",
    }
    /// From a time on, an HTTP answer.
    v1alpha1 HttpAnswerAt {
        at: Option<Duration> = "at",
        answer: HttpAnswer = "" inline,
    }
    /// How gRPC health checks are answered, by time.
    v1alpha1 GrpcAnswers {
        service: String = "service",
        answers: Vec<GrpcAnswerAt> = "answers",
    }
    /// From a time on, a gRPC status.
    v1alpha1 GrpcAnswerAt {
        at: Option<Duration> = "at",
        status: String = "status" ("lifepod.GrpcStatus"),
    }
    /// A point of the memory curve; between points the use changes evenly.
    v1alpha1 MemoryPoint {
        at: Option<Duration> = "at",
        use_: Option<Quantity> = "use",
    }
}
