//! What the log tells, and what it never does (T-20). Every story is captured: when its server ends, what was logged is
//! looked through for whatever went over the wire that nobody else may know.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    io, mem,
    sync::{Mutex, Once},
};

use http::{HeaderMap, Request};
use serde_json::Value;
use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Answer;

thread_local! {
    /// What was logged on this thread, which is what one test did.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs for all worlds what Lambda logs when it is told to log the most: INFO of every crate, all there is of ours.
pub fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ours = [
            "jean_account",
            "jean_auth",
            "jean_authorize",
            "jean_discovery",
            "jean_mcp",
            "jean_memory",
            "jean_memory_service",
            "jean_pages",
            "jean_register",
            "jean_rotate",
            "jean_runtime",
            "jean_store",
            "jean_token",
        ];
        let targets = Targets::new().with_default(Level::INFO).with_targets(ours.map(|target| (target, Level::TRACE)));
        let layer = tracing_subscriber::fmt::layer().with_writer(|| ThisThread);
        tracing_subscriber::registry().with(targets).with(layer).init();
    });
}

/// What was logged on this thread since it was asked last.
pub fn told() -> String {
    String::from_utf8(LINES.take()).expect("text")
}

/// What went over the wire in one server and must not be in its log: whatever lets somebody in, addresses, and what people
/// keep or look for.
#[derive(Default)]
pub struct Confidences(Mutex<BTreeSet<String>>);

/// Parameters, of a form or of JSON, that are not for the log.
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
/// What is shorter stands in a log by chance.
const SHORTEST: usize = 8;
/// What everybody's address ends with in these stories.
const ADDRESSES: &str = "@example.org";

impl Confidences {
    /// Learns those of a request.
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

    /// Learns those of an answer.
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
                            Value::String(token) if name == "access_token" => self.learn([last_part(&token)]),
                            Value::String(text) if CONFIDENTIAL.contains(&name.as_str()) => self.learn(text.lines()),
                            value => values.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Learns these: each a line at most, since a log is looked through by lines.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let long = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).map(Into::into);
        self.0.lock().expect("not poisoned").extend(long);
    }

    /// Sees to it that none of them was logged since this was asked last, and begins anew.
    pub fn assert_kept(&self, what: &str) {
        assert_eq!(self.betrayed_by(&told()), None, "{what}: this is in the log");
    }

    /// One of them that was logged, and the line it is in.
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
            // Another server of this test may still have to look at the same lines.
            let told = LINES.with_borrow(|lines| String::from_utf8_lossy(lines).into_owned());
            assert_eq!(self.betrayed_by(&told), None, "this is in the log");
        }
    }
}

/// Of a JWT its signature, of a header its token, of a cookie its value: with that, somebody gets in.
fn last_part(secret: &str) -> &str {
    secret.rsplit(['.', ' ', '=']).next().unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_over_the_wire_is_found_in_a_log_that_tells_it_t20() {
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
        assert_eq!(betrayed(get().header("cookie", "session=a-secret; theme=dark"), "", told), found);
        assert_eq!(betrayed(post(), r#"[{"params": {"arguments": {"text": "a-secret"}}}]"#, told), found);
        assert_eq!(betrayed(post(), "text=first%0Aa-secret", told), found);
        assert_eq!(betrayed(post(), "password=half.a-secret", "INFO half.a-secret"), Some("half.a-secret".into()));
        assert_eq!(betrayed(get(), "", "INFO ada@example.org"), Some(ADDRESSES.into()));
        // What is no secret, and what was not told.
        assert_eq!(betrayed(post(), "scope=memory:write", told), None);
        assert_eq!(betrayed(post(), "refresh_token=another-secret", told), None);
    }
}
