//! Questions that clients ask about themselves: who am I, and what may I do. Nobody is told apart here, and everything
//! is allowed (`pkg/registry/{authentication,authorization}`).

use super::answer::{Body, failure, json};
use super::write::Sent;
use hyper::Response;
use lifepod_api::Refusal;
use lifepod_kubectl::Kind;
use serde_json::{Value, json as value};

const fn review(kind: &'static str, group: &'static str, plural: &'static str) -> Kind {
    Kind { kind, group, version: "v1", plural, short: "", namespaced: false }
}

/// The kinds of questions. They are answered, not stored.
pub static REVIEWS: [Kind; 3] = [
    review("SelfSubjectReview", "authentication.k8s.io", "selfsubjectreviews"),
    review("SelfSubjectAccessReview", "authorization.k8s.io", "selfsubjectaccessreviews"),
    review("SelfSubjectRulesReview", "authorization.k8s.io", "selfsubjectrulesreviews"),
];

/// The answer to `POST` on a path, if that is a question.
pub fn answer(path: &str, sent: &Sent<'_>) -> Option<Result<Response<Body>, Refusal>> {
    let asked = |kind: &&Kind| path == format!("/apis/{}/{}", kind.api_version(), kind.plural);
    let kind = REVIEWS.iter().find(asked)?;
    Some(sent.json().and_then(|body| reviewed(kind, body)))
}

fn reviewed(kind: &Kind, mut body: Value) -> Result<Response<Body>, Refusal> {
    if !body.is_object() {
        return Err(failure(400, "BadRequest", "the object provided is unrecognized"));
    }
    body["apiVersion"] = kind.api_version().into();
    body["kind"] = kind.kind.into();
    body["status"] = match kind.kind {
        "SelfSubjectReview" => {
            let groups = ["system:masters", "system:authenticated"];
            value!({"userInfo": {"username": "kubernetes-admin", "groups": groups}})
        }
        "SelfSubjectAccessReview" => {
            value!({"allowed": true, "reason": "nothing is forbidden in a simulated cluster"})
        }
        _ => value!({
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        }),
    };
    Ok(json(201, &body))
}
