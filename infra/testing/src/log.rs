//! Log capture (T-20). The log of every test is captured, and searched for secrets that went over the wire when its
//! server is dropped.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    io, mem,
    sync::{Mutex, Once},
    thread::LocalKey,
};

use http::{HeaderMap, Request};
use serde_json::Value;
use tracing::Level;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Answer;

thread_local! {
    /// The log of this thread, which is the log of one test.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The same as Lambda would store it.
    static LINES_IN_LAMBDA: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to one of these logs.
struct Captured(&'static LocalKey<RefCell<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the log of all servers at the highest level that Lambda offers: INFO of every crate, TRACE of this project's.
pub fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ours = [
            "jean_account",
            "jean_auth",
            "jean_authorize",
            "jean_discovery",
            "jean_federate",
            "jean_maintain",
            "jean_mcp",
            "jean_memory",
            "jean_memory_service",
            "jean_owner",
            "jean_pages",
            "jean_public_web",
            "jean_register",
            "jean_rotate",
            "jean_runtime",
            "jean_sign_in",
            "jean_store",
            "jean_token",
        ];
        let targets = Targets::new().with_default(Level::INFO).with_targets(ours.map(|target| (target, Level::TRACE)));
        let layer = tracing_subscriber::fmt::layer().with_writer(|| Captured(&LINES)).with_filter(targets);
        tracing_subscriber::registry().with(layer).with(jean_runtime::lambda_log(|| Captured(&LINES_IN_LAMBDA))).init();
    });
}

/// Takes the log of this thread since the previous call.
pub fn told() -> String {
    String::from_utf8(LINES.take()).expect("text")
}

/// Takes the lines that Lambda would have stored since the previous call.
pub fn told_in_lambda() -> String {
    String::from_utf8(LINES_IN_LAMBDA.take()).expect("text")
}

/// Secrets that went over the wire of one server and must not be in its log: credentials, e-mail addresses, memories and
/// queries.
#[derive(Default)]
pub struct Confidences(Mutex<BTreeSet<String>>);

/// Names of form and JSON parameters with confidential values.
const CONFIDENTIAL: [&str; 20] = [
    "access_token",
    "challenge",
    "client_secret",
    "code",
    "code_verifier",
    "content",
    "credential",
    "email",
    "link",
    "new_password",
    "page",
    "password",
    "query",
    "refresh_token",
    "registration",
    "seal",
    "state",
    "text",
    "title",
    "token",
];
/// Minimum length of a secret: shorter ones occur in a log by chance.
const SHORTEST: usize = 8;
/// The domain of all e-mail addresses in tests.
const ADDRESSES: &str = "@example.org";

impl Confidences {
    /// Records the secrets of a request.
    pub fn hear(&self, request: &Request<String>) {
        let headers = ["authorization", "x-api-key"].iter().filter_map(|name| text(request.headers(), name));
        self.learn(headers.map(last_part));
        let cookies = text(request.headers(), "cookie").unwrap_or_default();
        self.learn(cookies.split("; ").map(last_part));
        for pairs in [request.uri().query().unwrap_or_default(), request.body()] {
            self.learn_form(pairs);
        }
        self.learn_json(request.body());
    }

    /// Records the secrets of requests to identity providers, and of the bodies of their responses.
    pub(crate) fn hear_providers(&self, exchanges: &[(Request<String>, String)]) {
        for (request, body) in exchanges {
            self.hear(request);
            self.learn_json(body);
        }
    }

    /// Records the secrets of a response.
    pub fn hear_answer(&self, answer: &Answer) {
        let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        self.learn(cookies.filter_map(|cookie| cookie.split(';').next().map(last_part)));
        let location = text(&answer.headers, "location").and_then(|location| location.split_once('?'));
        self.learn_form(location.map_or("", |(_, query)| query));
        self.learn_json(&answer.text());
    }

    fn learn_form(&self, pairs: &str) {
        let pairs = url::form_urlencoded::parse(pairs.as_bytes());
        for (_, value) in pairs.filter(|(name, _)| CONFIDENTIAL.contains(&&**name)) {
            self.learn(value.lines());
        }
    }

    fn learn_json(&self, body: &str) {
        let mut values: Vec<Value> = serde_json::from_str(body).into_iter().collect();
        while let Some(value) = values.pop() {
            match value {
                Value::Array(parts) => values.extend(parts),
                Value::Object(members) => {
                    for (name, value) in members {
                        match value {
                            Value::String(token) if ["access_token", "id_token"].contains(&name.as_str()) => {
                                self.learn([last_part(&token)]);
                            }
                            Value::String(text) if CONFIDENTIAL.contains(&name.as_str()) => self.learn(text.lines()),
                            value => values.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Records secrets, each of at most one line, since the log is searched by line.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let long = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).map(Into::into);
        self.0.lock().expect("not poisoned").extend(long);
    }

    /// Asserts that none of them was logged since the previous call, and forgets them.
    pub fn assert_kept(&self, what: &str) {
        assert_eq!(self.betrayed_by(&told()), None, "{what}: this is in the log");
    }

    /// A logged secret and its line.
    fn betrayed_by(&self, told: &str) -> Option<(String, String)> {
        let secrets = mem::take(&mut *self.0.lock().expect("not poisoned"));
        secrets.into_iter().chain([ADDRESSES.into()]).find_map(|secret| {
            let line = told.lines().find(|line| line.contains(&secret))?.to_owned();
            Some((secret, line))
        })
    }
}

impl Drop for Confidences {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Another server of this test may still have to search the same lines.
            let told = LINES.with_borrow(|lines| String::from_utf8_lossy(lines).into_owned());
            assert_eq!(self.betrayed_by(&told), None, "this is in the log");
        }
    }
}

/// The part that authenticates: the signature of a JWT, the token of a header, the value of a cookie.
fn last_part(secret: &str) -> &str {
    secret.trim_end_matches('=').rsplit(['.', ' ', '=']).next().unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-20
    #[test]
    fn secret_from_the_wire_is_found_in_the_log() {
        let betrayed = |request: http::request::Builder, body: &str, told: &str| {
            let confidences = Confidences::default();
            confidences.hear(&request.body(body.into()).expect("a request"));
            confidences.betrayed_by(told).map(|(secret, _)| secret)
        };
        let (get, post) = (|| Request::get("/"), || Request::post("/"));
        let found = Some("a-secret".to_owned());
        let told = "INFO asked\nINFO a-secret memory:write\n";
        assert_eq!(betrayed(post(), "refresh_token=a-secret", told), found);
        assert_eq!(betrayed(Request::get("/oauth/authorize?code=a-secret"), "", told), found);
        assert_eq!(betrayed(get().header("authorization", "Bearer a.b.a-secret"), "", told), found);
        assert_eq!(betrayed(get().header("authorization", "Basic a-secret=="), "", told), found);
        assert_eq!(betrayed(get().header("cookie", "session=a-secret; theme=dark"), "", told), found);
        assert_eq!(betrayed(post(), r#"[{"params": {"arguments": {"text": "a-secret"}}}]"#, told), found);
        assert_eq!(betrayed(post(), "text=first%0Aa-secret", told), found);
        assert_eq!(betrayed(post(), "password=half.a-secret", "INFO half.a-secret"), Some("half.a-secret".into()));
        assert_eq!(betrayed(get(), "", "INFO ada@example.org"), Some(ADDRESSES.into()));
        // Public values, and secrets that are not in the log.
        assert_eq!(betrayed(post(), "scope=memory:write", told), None);
        assert_eq!(betrayed(post(), "refresh_token=another-secret", told), None);
    }
}
