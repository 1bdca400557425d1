//! The event of API Gateway, with a body decoded on its first read.
//!
//! A body of 6 MB, the maximum of Lambda, would otherwise be unescaped and copied for every caller, before a function can
//! reject the request for its path, its credentials or its size (SR-01). An event with more than [`ESCAPES`] is rejected
//! before it is parsed.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use jean_auth::error::{ErrorCode, OAuthError};
use lambda_http::request::LambdaRequest;
use lambda_runtime::LambdaInvocation;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

use crate::OAuthResponse;

/// Maximum of backslashes in an event. An event has one for each quotation mark, line break or control character of a body,
/// and two for `\u0444` in JSON, so that a document of 1 MB fits in any escaping (TO-24). Three million quotation marks, which
/// also fit in an event, take four times as long to scan as letters.
const ESCAPES: usize = 1_100_000;

/// An event and the body of its request.
#[derive(Debug)]
pub struct ApiEvent {
    /// The event without its body, or `None` if it has too many escapes.
    pub(super) request: Option<LambdaRequest>,
    pub(super) body: UndecodedBody,
}

impl<'de> Deserialize<'de> for ApiEvent {
    /// Scans the event once.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(mut event) = Option::<BTreeMap<String, Box<RawValue>>>::deserialize(deserializer)? else {
            return Ok(Self { request: None, body: UndecodedBody { literal: None, is_base64: false } });
        };
        let literal = event.remove("body").map(|body| String::from(Box::<str>::from(body)));
        let rest = serde_json::to_string(&event).map_err(D::Error::custom)?;
        let mut request = serde_json::from_str(&rest).map_err(D::Error::custom)?;
        let is_base64 = match &mut request {
            LambdaRequest::ApiGatewayV2(event) => std::mem::take(&mut event.is_base64_encoded),
            _ => false,
        };
        let body = UndecodedBody { literal: literal.filter(|body| body.starts_with('"')), is_base64 };
        Ok(Self { request: Some(request), body })
    }
}

/// Replaces an event that has too many escapes with `null`.
pub(super) fn bounded(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if memchr::memchr_iter(b'\\', &invocation.body).count() > ESCAPES {
        invocation.body = Bytes::from_static(b"null");
    }
    invocation
}

/// The response to an event that has too many escapes.
pub(super) fn too_large() -> OAuthResponse {
    let description = "The body has too many quotation marks, line breaks or control characters. Send it in parts.";
    OAuthResponse::with_status(OAuthError::new(ErrorCode::InvalidRequest, description), StatusCode::PAYLOAD_TOO_LARGE)
}

/// The body as a JSON string, or `None` once it has been read.
#[derive(Debug)]
pub(super) struct UndecodedBody {
    literal: Option<String>,
    is_base64: bool,
}

impl Body for UndecodedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.literal.take().map(|literal| decode(&literal, self.is_base64));
        Poll::Ready(body.filter(|body| !body.is_empty()).map(|body| Ok(Frame::data(body))))
    }

    fn is_end_stream(&self) -> bool {
        self.literal.is_none()
    }

    /// Bounds of the size, by which too large a body is rejected without decoding it.
    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        let length = self.literal.as_ref().map_or(0, |literal| literal.len() as u64);
        hint.set_upper(length);
        // An escape has up to 6 characters for a byte. Base64 has 4 for 3 bytes, and its only escape 2 for a character.
        hint.set_lower(length.saturating_sub(4) / 6);
        hint
    }
}

/// Decodes a body. One wrongly marked as Base64 is passed as is, and half of a surrogate pair as its escape.
fn decode(literal: &str, is_base64: bool) -> Bytes {
    let text = serde_json::from_str::<String>(literal).unwrap_or_else(|_| literal.to_owned());
    match is_base64.then(|| STANDARD.decode(&text)) {
        Some(Ok(bytes)) => bytes.into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn event(body: &Value, is_base64: bool) -> ApiEvent {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {"a": "\"body\": 1"},
            "body": body, "isBase64Encoded": is_base64,
            "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "203.0.113.7"}, "stage": "$default"},
        });
        serde_json::from_str(&event.to_string()).expect("an event")
    }

    fn read(event: ApiEvent) -> Bytes {
        let hint = event.body.size_hint();
        let read = collected(event.body.collect());
        let length = read.len() as u64;
        assert!(hint.lower() <= length && length <= hint.upper().expect("a bound"), "{hint:?} {length}");
        read
    }

    fn collected(body: http_body_util::combinators::Collect<UndecodedBody>) -> Bytes {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(body).expect("infallible").to_bytes()
    }

    proptest! {
        /// SR-01
        #[test]
        fn body_is_read_as_it_was_sent(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(read(event(&text.as_str().into(), false)), text.as_bytes());
            prop_assert_eq!(read(event(&STANDARD.encode(&bytes).into(), true)), bytes);
        }
    }

    /// SR-01, TO-24
    #[test]
    fn event_of_escapes_is_not_parsed() {
        let document = |unit: &str| json!({"text": unit.repeat(1_000_000 / unit.len())}).to_string();
        let escaped = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        for (body, is_parsed) in [
            (document("let name = \"Ada\";\n"), true),
            (escaped(&document("\u{1f600}")), true),
            (escaped(&document("\u{444}")), true),
            ("\"".repeat(ESCAPES - 100), true),
            ("\"".repeat(ESCAPES + 1), false),
            ("\\".repeat(2_900_000), false),
        ] {
            let payload =
                json!({"rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "POST"}}, "body": body});
            let (parts, ()) = http::Response::new(()).into_parts();
            let body = payload.to_string().into();
            let invocation = bounded(LambdaInvocation { parts, body, context: lambda_runtime::Context::default() });
            let event: ApiEvent = serde_json::from_slice(&invocation.body).expect("an event");
            assert_eq!(event.request.is_some(), is_parsed, "{} backslashes", payload.to_string().matches('\\').count());
        }
        assert_eq!(too_large().status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn odd_bodies_are_read() {
        for (body, is_base64, expected) in [
            (json!(null), false, ""),
            (json!(null), true, ""),
            (json!(""), true, ""),
            (json!("not Base64"), true, "not Base64"),
        ] {
            assert_eq!(read(event(&body, is_base64)), expected, "{body} {is_base64}");
        }
        let lone =
            r#"{"rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "POST"}}, "body": "\ud800"}"#;
        let parsed: Result<ApiEvent, _> = serde_json::from_str(lone);
        assert!(parsed.is_ok_and(|event| !read(event).is_empty()), "half of a surrogate pair is no reason to fail");
    }
}
