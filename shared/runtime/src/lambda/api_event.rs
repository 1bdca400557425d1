//! The event of API Gateway. Its body is neither copied nor decoded until it is read.
//!
//! A body of 6 MB, the maximum of Lambda, would otherwise be unescaped and copied for every caller, before a function can
//! reject the request for its path, its credentials or its size (SR-01). An event with more than [`ESCAPES`] is rejected
//! before it is parsed.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use jean_auth::error::{ErrorCode, OAuthError};
use serde_json::value::RawValue;

use crate::OAuthResponse;

/// Maximum of backslashes in an event. An event has one for each quotation mark, line break or control character of a body,
/// and two for `\u0444` in JSON, so that a document of 1 MB fits in any escaping (TO-24). Three million quotation marks, which
/// also fit in an event, take four times as long to scan as letters.
const ESCAPES: usize = 1_100_000;

/// The body of the event that is being served. The runtime deserializes an event into owned values only, so the body passes
/// around it. One suffices, since an instance serves one event after the other.
#[derive(Clone, Default)]
pub(super) struct CurrentBody(Arc<Mutex<UndecodedBody>>);

impl CurrentBody {
    /// Replaces the body of the event before with that of `event`, and returns the rest.
    pub(super) fn split_from(&self, event: Bytes) -> Bytes {
        let (rest, body) = split(event);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        rest
    }

    pub(super) fn take(&self) -> UndecodedBody {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Splits an event into its other fields and its body, or returns `null` if it has too many escapes. An event that is no JSON
/// object is left to the runtime.
fn split(event: Bytes) -> (Bytes, UndecodedBody) {
    if memchr::memchr_iter(b'\\', &event).count() > ESCAPES {
        return (Bytes::from_static(b"null"), UndecodedBody::default());
    }
    let Ok(mut fields) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&event) else {
        return (event, UndecodedBody::default());
    };
    let body = fields.remove("body").map(RawValue::get).filter(|body| body.starts_with('"'));
    let is_base64 = fields.remove("isBase64Encoded").is_some_and(|value| value.get() == "true");
    let body = UndecodedBody { literal: body.map(|body| event.slice_ref(body.as_bytes())), is_base64 };
    match serde_json::to_vec(&fields) {
        Ok(rest) => (rest.into(), body),
        Err(_) => (event, UndecodedBody::default()),
    }
}

/// The response to an event that has too many escapes.
pub(super) fn too_large() -> OAuthResponse {
    let description = "The body has too many quotation marks, line breaks or control characters. Send it in parts.";
    OAuthResponse::with_status(OAuthError::new(ErrorCode::InvalidRequest, description), StatusCode::PAYLOAD_TOO_LARGE)
}

/// The body as a JSON string, or `None` once it has been read.
#[derive(Debug, Default)]
pub(super) struct UndecodedBody {
    literal: Option<Bytes>,
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
fn decode(literal: &[u8], is_base64: bool) -> Bytes {
    let text = serde_json::from_slice::<String>(literal).unwrap_or_else(|_| String::from_utf8_lossy(literal).into());
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

    fn event(body: &Value, is_base64: bool) -> UndecodedBody {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {"a": "\"body\": 1"},
            "body": body, "isBase64Encoded": is_base64,
            "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "203.0.113.7"}, "stage": "$default"},
        });
        let (rest, body) = split(event.to_string().into());
        let expected = without_body(event);
        assert_eq!(serde_json::from_slice::<Value>(&rest).expect("JSON"), expected);
        body
    }

    fn without_body(mut event: Value) -> Value {
        event
            .as_object_mut()
            .expect("an object")
            .retain(|name, _| !["body", "isBase64Encoded"].contains(&name.as_str()));
        event
    }

    fn read(body: UndecodedBody) -> Bytes {
        let hint = body.size_hint();
        let read = collected(body.collect());
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
            let backslashes = payload.to_string().matches('\\').count();
            let (rest, body) = split(payload.to_string().into());
            assert_eq!(rest != "null", is_parsed, "{backslashes} backslashes");
            assert_eq!(!body.is_end_stream(), is_parsed, "{backslashes} backslashes");
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
        let (_, body) = split(lone.into());
        assert!(!read(body).is_empty(), "half of a surrogate pair is no reason to fail");
    }

    /// The body of a request never reaches the one after it.
    #[test]
    fn body_is_of_the_current_event() {
        let current = CurrentBody::default();
        current.split_from(r#"{"body": "secret"}"#.into());
        for next in [r#"{"rawPath": "/"}"#, "[", "null"] {
            assert_eq!(current.split_from(next.into()), next.replace(' ', ""));
            assert!(current.take().is_end_stream(), "{next}");
        }
    }
}
