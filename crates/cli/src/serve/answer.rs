//! Responses: objects, tables, and the API server's Status for everything that is refused.

use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WARNING};
use hyper::{Response, StatusCode};
use lifepod_api::{Refusal, Status};
use serde_json::{Value, json};
use std::convert::Infallible;

/// The body of every response: a text, or a stream.
pub type Body = BoxBody<Bytes, Infallible>;

/// A response with a JSON body.
pub fn json(code: u16, value: &Value) -> Response<Body> {
    with(code, "application/json", format!("{value}\n"))
}

/// A response with a text.
pub fn with(code: u16, content_type: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(text.into()).boxed());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A response whose body comes bit by bit.
pub fn stream(content_type: &'static str, body: Channel<Bytes, Infallible>) -> Response<Body> {
    let mut response = Response::new(body.boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A refusal as a response.
pub fn refusal(status: &Status) -> Response<Body> {
    let code = u16::try_from(status.code).ok().filter(|c| (400..600).contains(c)).unwrap_or(500);
    let mut response = json(code, &value_of(status));
    let retry = status.details.as_ref().map_or(0, |d| d.retry_after_seconds);
    if retry > 0 {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry));
    }
    response
}

/// A Status as JSON.
pub fn value_of(status: &Status) -> Value {
    let mut value = json!(status);
    value["kind"] = "Status".into();
    value["apiVersion"] = "v1".into();
    value
}

/// A refusal in the making.
pub fn failure(code: i32, reason: &str, message: impl Into<String>) -> Refusal {
    Box::new(Status {
        status: "Failure".into(),
        code,
        reason: reason.into(),
        message: message.into(),
        ..Status::default()
    })
}

/// 404 for a path that is no resource.
pub fn no_such_path() -> Response<Body> {
    with(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// 405 for a verb that a resource does not have.
pub fn not_allowed() -> Response<Body> {
    let message = "the server does not allow this method on the requested resource";
    refusal(&failure(405, "MethodNotAllowed", message))
}

/// Adds the server's warnings to a response (`299 - "…"`).
pub fn warned(mut response: Response<Body>, warnings: &[String]) -> Response<Body> {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(WARNING, value);
        }
    }
    response
}
