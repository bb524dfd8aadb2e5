//! Responses: objects, tables, and the API server's Status for everything that is refused.

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WARNING};
use hyper::{Response, StatusCode};
use lifepod_api::{Refusal, Status};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

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

/// A response whose body comes bit by bit, from the sender that is returned. It is closed when the client has left.
pub fn stream(content_type: &'static str) -> (Sender<Bytes>, Response<Body>) {
    let (sender, receiver) = channel(16);
    let mut response = Response::new(Stream(receiver).boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    (sender, response)
}

/// What is sent, as a body.
struct Stream(Receiver<Bytes>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
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

/// 406 for a client that takes no form that there is.
pub fn not_acceptable() -> Response<Body> {
    let message = "only the following media types are accepted: application/json";
    refusal(&failure(406, "NotAcceptable", message))
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
