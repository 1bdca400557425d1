//! What the log tells, and what it never does (T-20). Every story is captured: when its world ends, what was logged is
//! looked through for whatever went over the wire that nobody else may know.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    io, mem,
    sync::{Mutex, Once},
};

use http::{HeaderMap, Request};
use jean_runtime::event;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    browser::Browser,
    world::{Answer, Pkce, World},
};

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
pub(crate) fn begin() {
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
pub(crate) fn told() -> String {
    String::from_utf8(LINES.take()).expect("text")
}

/// What went over the wire in one world and must not be in its log: whatever lets somebody in, addresses, and what people
/// keep or look for.
#[derive(Default)]
pub(crate) struct Confidences(Mutex<BTreeSet<String>>);

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
    pub(crate) fn hear(&self, request: &Request<String>) {
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
    pub(crate) fn hear_answer(&self, answer: &Answer) {
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
    pub(crate) fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let long = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).map(Into::into);
        self.0.lock().expect("not poisoned").extend(long);
    }

    /// Sees to it that none of them was logged since this was asked last, and begins anew.
    pub(crate) fn assert_kept(&self, what: &str) {
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
            // Another world of this test may still have to look at the same lines.
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

/// Everything secret that a flow hands out or is given.
async fn secrets_of_a_flow(world: &World) -> Vec<String> {
    let (client_id, client_secret) = world.register_confidential().await;
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let code = world.approve(&mut browser, &world.authorize_path(&client_id, &pkce, "a-state-of-its-own")).await;
    let exchange =
        async |in_header| world.exchange_with_secret(&client_id, &code, &pkce, Some(&client_secret), in_header).await;
    let pair = exchange(true).await.tokens(&client_id);
    exchange(false).await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "zanzibar"})).await;
    world.call(&pair.access_token, "search_memory", &json!({"query": "zanzibar"})).await;
    let api_key = world.api_key(&world.owner().await).await;
    let link = world.password_link(None).await.rsplit('=').next().expect("a secret").to_owned();
    let [_, (_, password)] = world.credentials();
    let signature = |token: &str| token.rsplit('.').next().expect("a part").to_owned();
    let cookies = browser.cookies.values().map(|cookie| signature(cookie)).collect::<Vec<_>>();
    let rest = [
        code,
        client_secret,
        api_key,
        link,
        pkce.verifier,
        password.into(),
        signature(&pair.access_token),
        pair.refresh_token,
        "a-state-of-its-own".into(),
    ];
    [cookies, rest.into()].concat()
}

#[tokio::test]
async fn no_secret_is_kept_as_itself_t18() {
    let world = World::new().await;
    let secrets = secrets_of_a_flow(&world).await;
    let kept = world.everything_kept().await;
    assert!(kept.contains("zanzibar"), "the memory is what is kept");
    for secret in secrets {
        assert!(!kept.contains(&secret), "{secret} is kept");
    }
}

/// What else happens to a connection: it goes on, somebody has an old token, and it is given back.
async fn secrets_of_what_follows(world: &World) -> Vec<String> {
    let (stolen, other) = (world.connect().await, world.connect().await);
    let mut browser = Browser::default();
    let page = browser.open(world, &world.authorize_path(&other.client_id, &Pkce::new(1), "s")).await;
    let wrong = [("email", "owner@example.org"), ("password", "a wrong password")];
    browser.submit(world, &page.form("/oauth/sign-in"), &wrong).await;
    let next = world.refresh(&stolen.client_id, &stolen.refresh_token).await.tokens(&stolen.client_id);
    world.turn_clock(SignedDuration::from_secs(121));
    world.refresh(&stolen.client_id, &stolen.refresh_token).await;
    world.revoke(&other.client_id, &other.refresh_token).await;
    world.works("forged").await;
    vec![stolen.refresh_token, next.refresh_token, other.refresh_token, "a wrong password".into()]
}

#[tokio::test]
async fn the_whole_flow_logs_what_happened_and_no_secret_t20() {
    let world = World::new().await;
    let mut secrets = secrets_of_a_flow(&world).await;
    secrets.extend(secrets_of_what_follows(&world).await);
    secrets.extend(["zanzibar".into(), "owner@example.org".into()]);

    let told = told();
    for event in [
        event::REGISTRATION,
        event::SIGN_IN,
        event::SIGN_IN_REFUSED,
        event::CONSENT,
        event::CODE,
        event::REPLAY,
        event::REFRESH,
        event::REUSE,
        event::TOKEN_REFUSED,
        event::ACCESS_REFUSED,
        event::REVOCATION,
        event::TOOL_CALL,
    ] {
        let line = told.lines().find(|line| line.contains(&format!("event=\"{event}\"")));
        let line = line.unwrap_or_else(|| panic!("{event} is not in the log:\n{told}"));
        assert!(line.contains("request_id="), "{line}");
    }
    assert!(told.contains("answered"));
    for secret in secrets {
        let line = told.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret} is in the log");
    }
}
