//! Connections under way: from whoever asks to whoever answers, and back.
//!
//! A flow goes to the endpoint that was chosen when it began, whatever the proxies learn later (conntrack). A node that
//! cannot be reached neither gets nor gives anything: its clients wait until they give up.

use crate::kernel::{Component, Kernel, Wake};
use crate::kubelet::PodUid;
use crate::kubelet::hooks::Waiter;
use crate::network::Place;
use crate::network::outside::Answer;
use crate::network::route::{Route, Target};
use crate::trace::EntryId;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_workload::{Ask, DialId, Reply};

/// How long a router looks for the machine of an address before it says that there is none: three times a second.
const NEIGHBOUR_LOOKUP: SimTime = SimTime::from_secs(3);
/// How long a kernel tries to connect before it gives up (`tcp_syn_retries` 6).
const CONNECT_TIMEOUT: SimTime = SimTime::from_secs(127);

/// A flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowId(u64);

/// Who asked.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A process of a pod on the node with this place in the configuration.
    Process { node: u32, uid: PodUid, dial: DialId },
    /// The kubelet of that node, for a probe or a hook of a pod; the number names the run.
    Kubelet { node: u32, uid: PodUid, waiter: Waiter, ticket: u64 },
    /// A client of the scenario.
    Client(u32),
}

impl Origin {
    fn component(&self) -> Component {
        match self {
            Origin::Process { node, .. } | Origin::Kubelet { node, .. } => Component::Kubelet(*node),
            Origin::Client(_) => Component::Network,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub(crate) origin: Origin,
    pub(crate) place: Place,
    /// The client's own address.
    pub(crate) client: String,
    /// The host as it was written, for the outside.
    pub(crate) host: String,
    /// The address that it means.
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) ask: Ask,
}

/// A connection under way.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) errand: Errand,
    pub(crate) target: Option<Target>,
    /// The entry that explains why it was rejected.
    pub(crate) why: Option<EntryId>,
    pub(crate) reply: Option<Reply>,
}

/// All connections under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flows {
    last: u64,
    open: BTreeMap<FlowId, Flow>,
}

impl Flows {
    pub(crate) fn get(&self, id: FlowId) -> Option<&Flow> {
        self.open.get(&id)
    }

    /// A connection that nobody ever answers.
    pub(crate) fn silent(&mut self) -> FlowId {
        self.last += 1;
        FlowId(self.last)
    }

    /// Nobody waits for it any more.
    pub(crate) fn take(&mut self, id: FlowId) -> Option<Flow> {
        self.open.remove(&id)
    }
}

impl Kernel {
    /// Sends a request on its way.
    pub(crate) fn open_flow(&mut self, errand: Errand) -> FlowId {
        let route = self.route(errand.place, &errand.client, &errand.address, errand.port);
        self.open_flow_to(errand, route)
    }

    /// Sends a request on a way that is known.
    pub(crate) fn open_flow_to(&mut self, errand: Errand, route: Route) -> FlowId {
        let id = self.network.flows.silent();
        let half = SimTime(self.config.latency.request.0 / 2);
        let (now, place) = (self.now, errand.place);
        let to_a_process = matches!(errand.origin, Origin::Process { .. });
        let mut flow = Flow { errand, target: None, why: None, reply: None };
        // What becomes of it without anybody's doing: when, and what its client sees.
        let by_itself = match route {
            Route::To(target) => {
                let reached = self.network.addresses.connects(place, target.node);
                if reached {
                    let to = Component::Kubelet(target.node);
                    self.wake_at(now + half, to, Wake::Arrives(id));
                }
                flow.target = Some(target);
                (!reached && to_a_process).then_some((CONNECT_TIMEOUT, None))
            }
            Route::Rejected { why } => {
                flow.why = why;
                Some((half, Some(Reply::Refused)))
            }
            Route::Unreachable => Some((NEIGHBOUR_LOOKUP, Some(Reply::Unreachable))),
            Route::Silence => to_a_process.then_some((CONNECT_TIMEOUT, None)),
            Route::ApiServer => Some((half + half, Some(api_server(&flow.errand.ask)))),
            Route::Outside(endpoint) => {
                flow.errand.host = endpoint.unwrap_or(flow.errand.host);
                match self.outside_answer(&flow.errand) {
                    Answer::After(took, reply) => Some((took, Some(reply))),
                    Answer::Never => to_a_process.then_some((CONNECT_TIMEOUT, None)),
                }
            }
        };
        if let Some((after, reply)) = by_itself {
            flow.reply = reply;
            self.wake_at(now + after, flow.errand.origin.component(), Wake::Answered(id));
        }
        self.network.flows.open.insert(id, flow);
        id
    }

    /// The process at the far end has answered, or its node has for it.
    pub(crate) fn answer_flow(&mut self, id: FlowId, reply: Reply) {
        let half = SimTime(self.config.latency.request.0 / 2);
        let Some(flow) = self.network.flows.open.get_mut(&id) else { return };
        let Some(target) = &flow.target else { return };
        if !self.network.addresses.connects(flow.errand.place, target.node) {
            return;
        }
        flow.reply = Some(reply);
        let to = flow.errand.origin.component();
        self.wake_at(self.now + half, to, Wake::Answered(id));
    }

    /// A node has nobody at the address that a flow goes to.
    pub(crate) fn nobody_home(&mut self, id: FlowId) {
        if self.crossed_the_close(id) {
            return self.answer_flow(id, Reply::Refused);
        }
        let Some(flow) = self.network.flows.open.get_mut(&id) else { return };
        flow.reply = Some(Reply::Unreachable);
        let to = flow.errand.origin.component();
        self.wake_at(self.now + NEIGHBOUR_LOOKUP, to, Wake::Answered(id));
    }
}

/// What the API server says to somebody without a name: its health is everybody's business, its objects are not
/// (`plugin/pkg/auth/authorizer/rbac/bootstrappolicy`, `system:public-info-viewer`).
fn api_server(ask: &Ask) -> Reply {
    let Ask::Http { path, headers, tls, .. } = ask else { return Reply::Connected };
    if !*tls {
        return Reply::TlsExpected;
    }
    let bare = path.split('?').next().unwrap_or(path);
    let open = ["/healthz", "/livez", "/readyz", "/version"].contains(&bare.trim_end_matches('/'));
    let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let (status, body) = match open || named {
        true => (200, "ok".to_string()),
        false => (403, forbidden(bare)),
    };
    Reply::Http { status, headers: Vec::new(), body }
}

fn forbidden(path: &str) -> String {
    alloc::format!(
        "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \
         \"message\": \"forbidden: User \\\"system:anonymous\\\" cannot get path \\\"{path}\\\"\",\n  \
         \"reason\": \"Forbidden\",\n  \"details\": {{}},\n  \"code\": 403\n}}"
    )
}
