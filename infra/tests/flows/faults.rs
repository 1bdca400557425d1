//! Each call a request makes to the store goes wrong once, in each way there is, from the first request of the flow to the
//! last: the answer is clean and in time, the same request sent again succeeds, and nothing is half done.
//!
//! The functions have the patience they have in Lambda. Time is virtual: what hangs takes none.

mod own_pages;

use jean_testing::{
    Answer, Browser, PageForm, Pkce, TestServer, TokenPair,
    faulty_store::{Fate, FaultyStore, Passage},
};
use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::Instant;

/// What Lambda gives a request before it ends it: Timeout, in template.yaml.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What goes wrong: with one call, and with every one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    first: Fate,
    then: Fate,
}

/// The call goes wrong in one way or another and the SDK's next attempt is well; or the store is gone from then on.
const FAULTS: [Fault; 6] = [
    Fault { first: Fate::Throttled, then: Fate::Done },
    Fault { first: Fate::Cut, then: Fate::Done },
    Fault { first: Fate::Conflict, then: Fate::Conflict },
    Fault { first: Fate::Cut, then: Fate::Failed },
    Fault { first: Fate::Hangs, then: Fate::Hangs },
    Fault { first: Fate::Garbled, then: Fate::Garbled },
];

/// The network, which is well but for one request.
#[derive(Default)]
struct Weather {
    calls: usize,
    trouble: Option<(usize, Fault)>,
}

impl Weather {
    fn passage(&mut self) -> Passage {
        let call = self.calls;
        self.calls += 1;
        let fate = match self.trouble {
            Some((at, fault)) if call == at => fault.first,
            Some((at, fault)) if call > at => fault.then,
            _ => Fate::Done,
        };
        Passage { there: Duration::ZERO, fate, back: Duration::ZERO }
    }
}

/// A request that can be sent again.
struct Sent {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Sent {
    fn get(path: &str, browser: &Browser) -> Self {
        let headers = vec![("cookie", browser.cookie_header())];
        Self { method: Method::GET, path: path.into(), headers, body: String::new() }
    }

    fn form(path: &str, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = vec![("content-type", "application/x-www-form-urlencoded".into())];
        Self { method: Method::POST, path: path.into(), headers, body }
    }

    fn of_page(browser: &Browser, form: &PageForm, typed: &[(&str, &str)]) -> Self {
        let (content_type, body) = form.encode(typed);
        let headers = vec![
            ("content-type", content_type.into()),
            ("cookie", browser.cookie_header()),
            ("sec-fetch-site", "same-origin".into()),
        ];
        Self { method: Method::POST, path: form.action.clone(), headers, body }
    }

    fn json(path: &str, header: (&'static str, String), body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".into()), header];
        Self { method: Method::POST, path: path.into(), headers, body: body.to_string() }
    }

    async fn send(&self, world: &TestServer) -> Answer {
        let mut request = Request::builder().method(&self.method).uri(&self.path).header("host", "localhost:3000");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        world.ask(request.body(self.body.clone()).expect("a request")).await
    }
}

/// The requests of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Discover,
    Register,
    SignInPage,
    SignIn,
    WrongPassword,
    ConsentPage,
    Consent,
    Exchange,
    Refresh,
    Revoke,
    Tool(&'static str),
    LegacyEndpoint,
    SignOut,
    PasswordPage,
    Password,
    FirstPassword,
    /// A page of the person's own, at this path.
    OwnPage(&'static str),
    /// A form of theirs.
    OwnForm(&'static str),
}

const UNTIL_IT_IS_CONNECTED: [Step; 10] = [
    Step::Discover,
    Step::Register,
    Step::SignInPage,
    Step::SignIn,
    Step::WrongPassword,
    Step::ConsentPage,
    Step::Consent,
    Step::Exchange,
    Step::Refresh,
    Step::Revoke,
];

const CONNECTED: [Step; 12] = [
    Step::Tool("add_memory"),
    Step::Tool("search_memory"),
    Step::Tool("list_memories"),
    Step::Tool("get_memory"),
    Step::Tool("update_memory"),
    Step::Tool("delete_memory"),
    Step::Tool("delete_all_memories"),
    Step::Tool("whoami"),
    Step::Tool("search"),
    Step::Tool("fetch"),
    Step::LegacyEndpoint,
    Step::Tool("store_document"),
];

const ABOUT_THE_ACCOUNT: [Step; 4] = [Step::SignOut, Step::PasswordPage, Step::Password, Step::FirstPassword];

/// What has been done before a request, and is looked at after it.
struct Stage {
    world: TestServer,
    weather: Arc<Mutex<Weather>>,
    /// In which the owner signs in once, and again when that is over.
    browser: RefCell<Browser>,
    /// How many numbers were drawn.
    drawn: Cell<usize>,
}

/// One request, ready, and what belongs to it.
struct Scene {
    sent: Sent,
    browser: Browser,
    pair: Option<TokenPair>,
}

impl Stage {
    /// With one of the template's parameters set.
    async fn with(parameter: &str, value: &str) -> Self {
        let weather = Arc::new(Mutex::new(Weather::default()));
        let network = Arc::clone(&weather);
        let network =
            |engine| FaultyStore::http_client(engine, move |_| network.lock().expect("not poisoned").passage());
        let world = TestServer::behind(network, parameter, value).await;
        Self { world, weather, browser: RefCell::default(), drawn: Cell::default() }
    }

    /// With a limit so low that every call of a tool is counted in the store.
    async fn counting_calls() -> Self {
        Self::with("RequestsPerMinute", "10").await
    }

    /// A client the owner allowed in, about to redeem its code.
    async fn code(&self) -> (String, String, Pkce) {
        let (client_id, pkce) = (self.world.register("Claude").await, Pkce::new(1));
        let mut browser = self.browser.take();
        let code = self.world.approve(&mut browser, &self.world.authorize_path(&client_id, &pkce, "s")).await;
        self.browser.replace(browser);
        (client_id, code, pkce)
    }

    async fn connect(&self) -> TokenPair {
        let (client_id, code, pkce) = self.code().await;
        self.world.exchange(&client_id, &code, &pkce).await.tokens(&client_id)
    }

    /// Does all that comes before a step.
    async fn scene(&self, step: Step) -> Scene {
        let world = &self.world;
        // Whatever throttle and limit the last scene has filled is empty again.
        world.turn_clock(SignedDuration::from_mins(15));
        let (mut browser, pkce) = (Browser::default(), Pkce::new(1));
        let alone = |sent| Scene { sent, browser: Browser::default(), pair: None };
        match step {
            Step::Discover => alone(Sent::get("/.well-known/oauth-authorization-server", &browser)),
            Step::Register => {
                let body =
                    json!({"client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"]});
                alone(Sent::json("/oauth/register", ("accept", "*/*".into()), &body))
            }
            Step::SignInPage
            | Step::SignIn
            | Step::WrongPassword
            | Step::ConsentPage
            | Step::Consent
            | Step::SignOut => {
                let authorize = world.authorize_path(&world.register("Claude").await, &pkce, "s");
                if step == Step::SignInPage {
                    return alone(Sent::get(&authorize, &browser));
                }
                let page = browser.open(world, &authorize).await.form("/oauth/sign-in");
                match step {
                    Step::SignIn => {
                        return Scene {
                            sent: Sent::of_page(&browser, &page, &world.credentials()),
                            browser,
                            pair: None,
                        };
                    }
                    Step::WrongPassword => {
                        let typed = [("email", "nobody@example.org"), ("password", "not the password")];
                        return Scene { sent: Sent::of_page(&browser, &page, &typed), browser, pair: None };
                    }
                    _ => {}
                }
                let signed_in = browser.submit(world, &page, &world.credentials()).await;
                if step == Step::ConsentPage {
                    return Scene { sent: Sent::get(signed_in.location(), &browser), browser, pair: None };
                }
                let page = browser.follow(world, &signed_in).await;
                let (form, typed): (_, &[_]) = match step {
                    Step::SignOut => (page.form("/oauth/sign-out"), &[]),
                    _ => (page.form("/oauth/consent"), &[("decision", "allow")]),
                };
                Scene { sent: Sent::of_page(&browser, &form, typed), browser, pair: None }
            }
            Step::Exchange => {
                let (client_id, code, pkce) = self.code().await;
                alone(Sent::form("/oauth/token", &world.exchange_body(&client_id, &code, &pkce)))
            }
            Step::Refresh | Step::Revoke => {
                let pair = self.connect().await;
                let token = pair.refresh_token.as_str();
                let sent = match step {
                    Step::Revoke => Sent::form("/oauth/revoke", &[("client_id", &pair.client_id), ("token", token)]),
                    _ => Sent::form(
                        "/oauth/token",
                        &[("grant_type", "refresh_token"), ("client_id", &pair.client_id), ("refresh_token", token)],
                    ),
                };
                Scene { sent, browser, pair: Some(pair) }
            }
            Step::Tool(tool) => {
                let pair = self.connect().await;
                let added = world.call(&pair.access_token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
                let id = &added["structuredContent"]["id"];
                let arguments = match tool {
                    "add_memory" => json!({"text": "Ada has a cat."}),
                    "search_memory" | "search" => json!({"query": "tea"}),
                    "update_memory" => json!({"id": id, "text": "Ada drinks green tea."}),
                    "get_memory" | "fetch" | "delete_memory" => json!({"id": id}),
                    "delete_all_memories" => json!({"confirm": "delete all memories"}),
                    "store_document" => json!({"title": "Menu", "content": "tea and cake\n\n".repeat(400)}),
                    _ => json!({}),
                };
                let bearer = ("authorization", format!("Bearer {}", pair.access_token));
                let message = json!({"jsonrpc": "2.0", "id": 1, "method": tool, "params": arguments});
                Scene { sent: Sent::json("/mcp", bearer, &message), browser, pair: Some(pair) }
            }
            Step::LegacyEndpoint => {
                let owner = world.owner().await;
                let key = ("x-api-key", world.api_key(&owner).await);
                let message = json!({"jsonrpc": "2.0", "id": 1, "method": "list_memories", "params": {}});
                alone(Sent::json(&format!("/mcp/v2/claude/{}", owner.user_id), key, &message))
            }
            Step::PasswordPage => {
                let link = world.password_link(Some(&world.owner().await)).await;
                alone(Sent::get(&link, &browser))
            }
            Step::Password => {
                // Somebody is signed in with the old password, and must not stay so.
                let authorize = world.authorize_path(&world.register("Claude").await, &pkce, "s");
                let mut intruder = Browser::default();
                world.approve(&mut intruder, &authorize).await;
                let link = world.password_link(Some(&world.owner().await)).await;
                let form = browser.open(world, &link).await.form("/account/password");
                let [_, (_, password)] = world.credentials();
                Scene { sent: Sent::of_page(&browser, &form, &[("password", password)]), browser: intruder, pair: None }
            }
            Step::FirstPassword => {
                let link = world.password_link(None).await;
                let form = browser.open(world, &link).await.form("/account/password");
                let typed = [("email", "owner@example.org"), ("password", "correct horse battery staple")];
                alone(Sent::of_page(&browser, &form, &typed))
            }
            Step::OwnPage(path) => self.own_page(path).await,
            Step::OwnForm(path) => self.own_form(path).await,
        }
    }

    /// How many calls to the store a request makes on a good day.
    async fn calls(&self, step: Step) -> usize {
        let scene = self.scene(step).await;
        self.weather.lock().expect("not poisoned").calls = 0;
        let answer = scene.sent.send(&self.world).await;
        assert!(is_well(step, &answer), "{step:?}: {}", answer.text());
        let calls = self.weather.lock().expect("not poisoned").calls;
        assert!(calls > 0 || step == Step::Discover, "{step:?} asks the store for nothing");
        calls
    }

    /// Sends the request while its `call`th call to the store goes wrong.
    async fn answer(&self, sent: &Sent, call: usize, fault: Fault) -> (Answer, Duration) {
        *self.weather.lock().expect("not poisoned") = Weather { calls: 0, trouble: Some((call, fault)) };
        let begun = Instant::now();
        let answer = sent.send(&self.world).await;
        self.weather.lock().expect("not poisoned").trouble = None;
        (answer, begun.elapsed())
    }

    /// Looks at what is left, once the request was answered well.
    async fn look(&self, step: Step, scene: &Scene, what: &str) {
        let world = &self.world;
        match (step, &scene.pair) {
            (Step::Revoke, Some(pair)) => {
                let refused = world.refresh(&pair.client_id, &pair.refresh_token).await;
                assert_eq!(refused.error(), "invalid_grant", "{what}: the grant goes on");
            }
            (Step::Password, _) => {
                let authorize = world.authorize_path(&world.register("Claude").await, &Pkce::new(1), "s");
                let page = scene.browser.clone().open(world, &authorize).await;
                assert!(page.text().contains("/oauth/sign-in"), "{what}: the old password's sign-in goes on");
            }
            (Step::OwnForm("/account/delete"), _) => own_pages::assert_gone(world, &scene.sent, what).await,
            (Step::Tool("delete_all_memories"), Some(pair)) => {
                let left = world.call(&pair.access_token, "list_memories", &json!({})).await;
                assert_eq!(left["structuredContent"]["memories"], json!([]), "{what}");
            }
            (Step::Tool("update_memory"), Some(pair)) => {
                let found = world.call(&pair.access_token, "search_memory", &json!({"query": "green"})).await;
                assert!(found.to_string().contains("green tea"), "{what}");
            }
            _ => {}
        }
    }
}

/// What a program or a person can make something of, and nothing else. Whether it says that something failed.
fn is_clean_failure(step: Step, answer: &Answer) -> bool {
    let text = answer.text();
    assert!(!text.contains("DynamoDB") && !text.contains("dispatch"), "{step:?}: {text}");
    match step {
        Step::Tool(_) | Step::LegacyEndpoint if answer.status == StatusCode::OK => {
            let error = &answer.json()["error"];
            let is_ours = error["code"] == -32603;
            assert!(!is_ours || error["message"].as_str().is_some_and(|text| text.contains("try again")), "{text}");
            is_ours
        }
        Step::Register | Step::Exchange | Step::Refresh | Step::Revoke | Step::LegacyEndpoint => {
            answer.status == StatusCode::INTERNAL_SERVER_ERROR && answer.error() == "server_error"
        }
        _ => answer.status == StatusCode::INTERNAL_SERVER_ERROR && text.contains("Something went wrong"),
    }
}

fn is_well(step: Step, answer: &Answer) -> bool {
    let expected = match step {
        Step::Register => StatusCode::CREATED,
        Step::SignIn | Step::WrongPassword | Step::Consent | Step::SignOut => StatusCode::FOUND,
        // There is an account already, whose address it is.
        Step::FirstPassword => StatusCode::UNPROCESSABLE_ENTITY,
        // These show what they did, and the others lead to a page that does.
        Step::OwnForm("/account/data" | "/account/keys" | "/account/delete") => StatusCode::OK,
        Step::OwnForm(_) => StatusCode::FOUND,
        _ => StatusCode::OK,
    };
    let is_result = |answer: &Answer| answer.json().get("result").is_some_and(|result| result["isError"] != true);
    answer.status == expected && (!matches!(step, Step::Tool(_) | Step::LegacyEndpoint) || is_result(answer))
}

/// What the texts of memories begin with here: an answer of the store may be cut in the middle of one.
const BEGINNINGS: [&str; 4] = ["Ada drinks", "green tea", "tea and cake", "Nobody may read"];

/// What can't be had again, because it was had: the code is used up, or the memory gone.
fn is_done(step: Step, fault: Fault, again: &Answer) -> bool {
    let was_done = matches!(fault.first, Fate::Cut | Fate::Garbled);
    match step {
        // Neither the transaction's answer arrived nor that to the question what became of it. Showing a code again ends
        // its grant (AS-10): the client connects anew.
        Step::Exchange => {
            was_done && fault.then != Fate::Done && again.status.is_client_error() && again.error() == "invalid_grant"
        }
        // The sign-in went with the rest of the account, or before it.
        Step::OwnForm("/account/delete") if again.status == StatusCode::FOUND => {
            again.location().starts_with("/account/sign-in?")
        }
        Step::Tool("delete_memory") => again.text().contains("No memory has this id."),
        _ => false,
    }
}

/// Sees to it that each of these requests gets over whatever goes wrong with any of its calls.
async fn assert_endured(steps: &[Step], stage: Stage) {
    let (mut faults, mut failures) = (0, 0);
    for &step in steps {
        let calls = stage.calls(step).await;
        for (fault, call) in FAULTS.iter().flat_map(|fault| (0..calls).map(move |call| (*fault, call))) {
            let scene = stage.scene(step).await;
            let (answer, took) = stage.answer(&scene.sent, call, fault).await;
            let what = format!("{step:?}, call {call}, {fault:?}: {}", answer.status);
            assert!(took < TIMEOUT, "{what}: it took {took:?}");
            let is_well = |answer: &Answer| is_well(step, answer) || is_done(step, fault, answer);
            if !is_well(&answer) {
                assert!(is_clean_failure(step, &answer), "{what}: {}", answer.text());
                // One attempt that goes wrong is the SDK's to mend.
                assert!(fault.then != Fate::Done, "{what}: {}", answer.text());
                let again = scene.sent.send(&stage.world).await;
                assert!(is_well(&again), "{what}, again: {}", again.text());
                failures += 1;
            }
            faults += 1;
            stage.look(step, &scene, &what).await;
            stage.world.confidences.learn(BEGINNINGS);
            stage.world.confidences.assert_kept(&what);
        }
    }
    assert!(faults > 30 && failures > 10, "{faults} calls went wrong, and {failures} requests failed");
}

/// T-20
#[tokio::test(start_paused = true)]
async fn whichever_call_goes_wrong_a_client_gets_in_when_it_asks_again_and_no_secret_is_logged() {
    assert_endured(&UNTIL_IT_IS_CONNECTED, Stage::counting_calls().await).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn whichever_call_goes_wrong_a_tool_says_so_and_works_when_it_is_called_again_and_no_memory_is_logged() {
    assert_endured(&CONNECTED, Stage::counting_calls().await).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn whichever_call_goes_wrong_a_password_is_set_and_a_sign_in_ended_or_it_is_said_that_it_is_not() {
    assert_endured(&ABOUT_THE_ACCOUNT, Stage::counting_calls().await).await;
}

/// T-20
#[tokio::test(start_paused = true)]
async fn whichever_call_goes_wrong_a_person_gets_their_page_when_they_ask_again_and_nothing_they_wrote_is_logged() {
    assert_endured(&own_pages::STEPS, Stage::with("SignUp", "open").await).await;
}
