//! Histories of the token endpoint: concurrent clients redeem codes, refresh, revoke and misuse tokens.

mod model;

use jean_testing::{
    CALLBACK, Pkce,
    faulty_store::FaultyStore,
    log::{self, Confidences},
};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    ops::RangeInclusive,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use base64::{Engine as _, engine::general_purpose};
use fastrand::Rng;
use futures::future::{LocalBoxFuture, join_all};
use http::{Request, StatusCode};
use jean_auth::{
    client::{AuthenticationMethod, Client},
    code::{self, IssuedCode},
    secret::AuthorizationCode,
};
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_runtime::{Clock, Platform, Random, Shutdown};
use jean_store::{Table, clients::Clients, codes::Codes, grants::Grants};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use self::model::{Answer, Asked, Event, KINDS, kind};
use super::{VARIABLE, Weather, assert_valid, check_all};

const BEGIN: i64 = 1_800_000_000;

/// The random decisions of the current history.
struct Chance {
    weather: Weather,
    secrets: Rng,
    began: Option<Instant>,
}

/// A token function and its database. Each history has its own user, so histories share no items.
struct Stage {
    router: Router,
    chance: Arc<Mutex<Chance>>,
    clients: Clients,
    codes: Codes,
    grants: Grants,
    confidences: Confidences,
}

impl Stage {
    async fn new() -> Self {
        log::begin();
        let weather = Weather { rng: Rng::with_seed(0), faults: 0 };
        let chance = Arc::new(Mutex::new(Chance { weather, secrets: Rng::with_seed(0), began: None }));
        let of_clock = Arc::clone(&chance);
        let clock = Clock::new(move || {
            let began = of_clock.lock().expect("not poisoned").began;
            let second = began.map_or(0, |began| began.elapsed().as_secs());
            Timestamp::from_second(BEGIN + i64::try_from(second).expect("in range")).expect("in range")
        });
        let of_random = Arc::clone(&chance);
        let random = Random::new(move |buffer| of_random.lock().expect("not poisoned").secrets.fill(buffer));
        let engine = Engine::in_memory(clock.clone()).expect("starts");
        engine
            .create_tables(&Template::of_project(&ParameterValues::for_tables()).expect("a template").tables)
            .expect("creates");
        let table = Table::new(&engine.aws(), "AuthTable");
        let of_store = Arc::clone(&chance);
        let network =
            FaultyStore::http_client(engine.clone(), move |_| of_store.lock().expect("not poisoned").weather.passage());
        let variables = [
            ("PUBLIC_URL", "https://memory.example"),
            ("SERVICE_NAME", "Jean Memory"),
            ("ACCENT_COLOR", "#3d4fbf"),
            ("AUTH_TABLE", "AuthTable"),
            ("ACCESS_TOKEN_SECONDS", "3600"),
            ("REFRESH_SLIDING_DAYS", "90"),
            ("REFRESH_ABSOLUTE_DAYS", "365"),
            ("REFRESH_GRACE_SECONDS", "60"),
            ("JWT_SECRET_KEY", "a secret of more than thirty-two bytes"),
            ("ROOT_SECRET_KEY", "another secret, which no verifier holds"),
        ];
        let platform = Platform {
            environment: variables.map(|(name, value)| (name.into(), value.into())).into_iter().collect(),
            aws: engine.aws().into_builder().http_client(network).build(),
            clock,
            random,
            shutdown: Shutdown::default(),
        };
        let router = jean_token::router(&platform).await.expect("starts");
        let (clients, codes) = (Clients::new(table.clone()), Codes::new(table.clone()));
        Self { router, chance, clients, codes, grants: Grants::new(table), confidences: Confidences::default() }
    }
}

/// The history that is being recorded.
struct History<'a> {
    stage: &'a Stage,
    began: Instant,
    events: RefCell<Vec<Event>>,
}

/// A client that has received a code.
struct Device {
    client_id: String,
    code: String,
    pkce: Pkce,
    rng: Rng,
}

impl History<'_> {
    async fn ask(&self, entitled: bool, asked: Asked, client_id: &str, pkce: Option<&Pkce>) -> Answer {
        let mut form = vec![("client_id", client_id)];
        let path = match &asked {
            Asked::Exchange { code } => {
                form.extend([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]);
                form.extend(pkce.map(|pkce| ("code_verifier", pkce.verifier.as_str())));
                "/oauth/token"
            }
            Asked::Refresh { token } => {
                form.extend([("grant_type", "refresh_token"), ("refresh_token", token)]);
                "/oauth/token"
            }
            Asked::Revoke { token } => {
                form.push(("token", token));
                "/oauth/revoke"
            }
        };
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(body).expect("a request");
        self.stage.confidences.hear(&request);
        let invoked = self.began.elapsed();
        let response = self.stage.router.clone().oneshot(request.map(Body::from)).await.expect("infallible");
        let response = jean_testing::Answer::read(response).await;
        self.stage.confidences.hear_answer(&response);
        let answer = match response.status {
            StatusCode::OK if response.text().is_empty() => Answer::Done,
            StatusCode::OK => tokens(&response.json()),
            status if status.is_server_error() => Answer::Failed,
            _ => Answer::Refused,
        };
        let event = Event { entitled, asked, invoked, returned: self.began.elapsed(), answer: answer.clone() };
        self.events.borrow_mut().push(event);
        answer
    }

    /// Runs a client: it connects, refreshes (sometimes concurrently), loses responses, retries after server errors,
    /// and may revoke its grant. It also misuses codes and tokens.
    async fn live(&self, mut device: Device) {
        let Device { client_id, code, pkce, rng } = &mut device;
        sleep(Duration::from_millis(rng.u64(0..5_000))).await;
        let exchange = || self.ask(true, Asked::Exchange { code: code.clone() }, client_id, Some(pkce));
        if rng.u8(0..10) == 0 {
            // An attacker with the code but without the verifier gets no tokens and revokes nothing.
            let wrong = Pkce::new(99);
            self.ask(false, Asked::Exchange { code: code.clone() }, client_id, Some(&wrong)).await;
        }
        let mut answer = if rng.u8(0..8) == 0 {
            let answers = join_all([exchange(), exchange()]).await;
            answers.into_iter().max_by_key(|answer| matches!(answer, Answer::Tokens { .. })).expect("two")
        } else {
            exchange().await
        };
        for _ in 0..3 {
            if answer == Answer::Failed {
                sleep(Duration::from_millis(rng.u64(500..3_000))).await;
                answer = exchange().await;
            }
        }
        let Answer::Tokens { refresh_token, .. } = answer else { return };
        let mut held = vec![refresh_token];
        for _ in 0..rng.u8(0..6) {
            let wait = [0..=5, 30..=150, 3_000..=4_000][rng.usize(0..3)].clone();
            sleep(seconds(rng, wait)).await;
            let Some(next) = self.refresh(&client_id.clone(), held.last().expect("one"), rng).await else { return };
            held.push(next);
            if rng.u8(0..12) == 0 {
                exchange().await;
            }
            if rng.u8(0..8) == 0 {
                // Another client presents the token.
                let token = held.last().expect("one").clone();
                self.ask(false, Asked::Refresh { token: token.clone() }, "stranger_1", None).await;
                self.ask(false, Asked::Revoke { token }, "stranger_1", None).await;
            }
            if rng.u8(0..10) == 0 {
                // An old token is reused, within the grace period or after it.
                let old = held[rng.usize(0..held.len())].clone();
                let wait = [0..=50, 65..=1_000][rng.usize(0..2)].clone();
                sleep(seconds(rng, wait)).await;
                self.ask(true, Asked::Refresh { token: old }, client_id, None).await;
            }
        }
        if rng.u8(0..3) == 0 {
            let token = held[rng.usize(0..held.len())].clone();
            for _ in 0..3 {
                if self.ask(true, Asked::Revoke { token: token.clone() }, client_id, None).await == Answer::Done {
                    break;
                }
            }
            self.ask(true, Asked::Refresh { token: held.last().expect("one").clone() }, client_id, None).await;
        }
    }

    /// Refreshes with one to three concurrent requests, and retries until a response arrives.
    async fn refresh(&self, client_id: &str, token: &str, rng: &mut Rng) -> Option<String> {
        for _ in 0..4 {
            let mut delays: Vec<_> = (0..rng.u8(1..=3)).map(|_| rng.u64(0..2_000)).collect();
            delays[0] = 0;
            let asked = delays.into_iter().map(async |delay| {
                sleep(Duration::from_millis(delay)).await;
                self.ask(true, Asked::Refresh { token: token.into() }, client_id, None).await
            });
            for answer in join_all(asked).await {
                match answer {
                    Answer::Tokens { refresh_token, .. } if rng.u8(0..5) > 0 => return Some(refresh_token),
                    Answer::Refused => return None,
                    _ => {}
                }
            }
            sleep(Duration::from_millis(rng.u64(100..5_000))).await;
        }
        None
    }
}

fn seconds(rng: &mut Rng, range: RangeInclusive<u64>) -> Duration {
    Duration::from_secs(rng.u64(range)) + Duration::from_millis(rng.u64(0..1_000))
}

/// Parses a token response and the claims of its access token.
fn tokens(body: &Value) -> Answer {
    let token = |name: &str| body[name].as_str().expect("a token").to_owned();
    let access_token = token("access_token");
    let claims = access_token.split('.').nth(1).expect("three parts");
    let claims = general_purpose::URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    let ends = claims["exp"].as_i64().expect("a time") - BEGIN;
    Answer::Tokens {
        grant: claims["grant_id"].as_str().expect("an id").into(),
        refresh_token: token("refresh_token"),
        access_token_ends: Duration::from_secs(ends.try_into().expect("after the beginning")),
    }
}

/// Runs the history of a seed. Returns its events and the ids of the grants left at the end.
async fn history_of(stage: &Stage, seed: u64) -> (Vec<Event>, Vec<String>) {
    // The store draws the jitter of its retries from here.
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let began = Instant::now();
    {
        let mut chance = stage.chance.lock().expect("not poisoned");
        let (store, secrets) = (rng.fork(), rng.fork());
        *chance = Chance { weather: Weather { rng: store, faults: 0 }, secrets, began: Some(began) };
    }
    let now = Timestamp::from_second(BEGIN).expect("in range");
    let user_id: jean_auth::user::UserId = format!("user-{seed}").parse().expect("valid");
    let mut devices = Vec::new();
    for number in 0..rng.u8(1..=3) {
        let client = Client {
            client_id: format!("claude_{seed}_{}", rng.u8(0..2)).parse().expect("valid"),
            short_name: "claude".parse().expect("valid"),
            client_name: "Claude".into(),
            redirect_uris: vec![CALLBACK.parse().expect("valid")],
            token_endpoint_auth_method: AuthenticationMethod::None,
            client_secret: None,
            must_ask_to_stay: false,
            created_at: now,
            expires_at: now + jean_auth::client::UNUSED_LIFETIME,
        };
        stage.clients.register(&client).await.expect("writes");
        let mut entropy = [0; 32];
        rng.fill(&mut entropy);
        let (code, pkce) = (AuthorizationCode::new(entropy), Pkce::new(number));
        let issued = IssuedCode {
            client_id: client.client_id.clone(),
            client: client.short_name,
            redirect_uri: CALLBACK.parse().expect("valid"),
            code_challenge: pkce.challenge.parse().expect("valid"),
            user_id: user_id.clone(),
            email: "ada@example.org".parse().expect("valid"),
            scope: jean_auth::scope::Scopes::all(),
            expires_at: now + code::LIFETIME,
            redeemed_for: None,
        };
        stage.codes.issue(&issued, &code.hash()).await.expect("writes");
        let code = code.expose().to_string();
        devices.push(Device { client_id: client.client_id.to_string(), code, pkce, rng: rng.fork() });
    }
    stage.chance.lock().expect("not poisoned").weather.faults = [0, 5, 25][rng.usize(0..3)];
    let history = Rc::new(History { stage, began, events: RefCell::default() });
    let lives = devices.into_iter().map(|device| -> LocalBoxFuture<'_, ()> { Box::pin(history.live(device)) });
    join_all(lives).await;
    let left = stage.grants.with_expired(&user_id).await.expect("reads");
    let events = history.events.take();
    (events, left.into_iter().map(|grant| grant.grant_id.to_string()).collect())
}

/// AS-10, AS-11, AS-18, T-30
#[test]
fn histories_match_the_model() {
    check_all(&KINDS, Stage::new, async |stage, seed| {
        let (history, left) = history_of(stage, seed).await;
        stage.confidences.assert_kept(&format!("{VARIABLE}={seed}"));
        assert_valid(seed, model::check(&history), &history);
        let codes = history.iter().filter_map(|event| match &event.asked {
            Asked::Exchange { code } => Some(code),
            _ => None,
        });
        assert!(left.len() <= codes.collect::<BTreeSet<_>>().len(), "{VARIABLE}={seed}: {left:?}");
        history.iter().map(kind).collect()
    });
}

#[tokio::test(start_paused = true)]
async fn seed_gives_the_same_history_each_time() {
    for seed in [1, 13, 17] {
        let (one, other) = (Stage::new().await, Stage::new().await);
        let (one, other) = (history_of(&one, seed).await, history_of(&other, seed).await);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}
