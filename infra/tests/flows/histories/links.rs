//! Histories of linked accounts: users sign up, sign in, link, unlink and delete their accounts in several browsers at once,
//! while an owner disables and enables them.

mod model;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fastrand::Rng;
use futures::future::{join, join_all};
use http::{StatusCode, header};
use jean_auth::{identity::IdentityId, identity_provider::GITHUB};
use jean_testing::{
    Answer as Response, Browser, PageForm, TestServer,
    account::{buttons, signed_in},
    faulty_store::{Fate, FaultyStore, Passage},
    identity_provider::ProviderAccount,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use self::model::{Account, Answer, Asked, Event, Identity, KINDS, kind};
use super::{Weather, assert_valid, check_all};

/// The identities of a history. GitHub's are numbers, and its answers are not signed, which would take most of the time.
const IDENTITIES: [Identity; 3] = [1, 2, 3];
const SESSION: &str = "jean_session";
const LINKED_ACCOUNTS: &str = "/account/identities";

/// The history that is being recorded, on a server of its own.
struct History {
    world: TestServer,
    /// `None` if the store is calm: each call succeeds at once.
    weather: Arc<Mutex<Option<Weather>>>,
    began: Instant,
    events: RefCell<Vec<Event>>,
}

impl History {
    async fn new() -> Self {
        let weather = Arc::new(Mutex::new(None::<Weather>));
        let network = Arc::clone(&weather);
        let network = |engine| {
            FaultyStore::http_client(engine, move |_| match &mut *network.lock().expect("not poisoned") {
                Some(weather) => weather.passage(),
                None => Passage { there: Duration::ZERO, fate: Fate::Done, back: Duration::ZERO },
            })
        };
        let github =
            json!([{"id": "github", "label": "GitHub", "issuer": GITHUB, "client_id": "c3", "sign_up": "open"}]);
        let secrets = json!({"github": "secret of c3"}).to_string();
        let parameters = [("IdentityProviders", &*github.to_string()), ("IdentitySecretsJson", &secrets)];
        let world = TestServer::behind(network, &parameters).await;
        world.identities.start(GITHUB, world.now().as_second());
        Self { world, weather, began: Instant::now(), events: RefCell::default() }
    }

    fn record(&self, asked: Asked, invoked: Duration, answer: Answer) {
        self.events.borrow_mut().push(Event { asked, invoked, returned: self.began.elapsed(), answer });
    }

    /// Opens a page and returns it with its form, if it has one.
    async fn form(&self, browser: &mut Browser, page: &str, action: &str) -> Option<(Response, PageForm)> {
        let page = browser.try_open(&self.world, page).await;
        let form = page.forms().into_iter().find(|form| form.action.starts_with(action))?;
        Some((page, form))
    }

    /// Goes to the provider by a button, and returns the path of the provider's answer.
    async fn answered(
        &self,
        browser: &mut Browser,
        form: &PageForm,
        button: &str,
        identity: Identity,
    ) -> Option<String> {
        let sent = browser.try_submit(&self.world, form, &[(button, "github")]).await;
        // A user who is no longer signed in is redirected to the sign-in page.
        let url = redirect(&sent).filter(|url| url.starts_with(GITHUB))?;
        let account = ProviderAccount::new("", &format!("user{identity}@example.org")).with("sub", json!(identity));
        let answer = self.world.identities.sign_in(url, &account);
        Some(self.world.path(&answer).to_owned())
    }

    async fn sign_in(&self, browser: &mut Browser, identity: Identity) -> Option<()> {
        let (_, form) = self.form(browser, "/account/sign-in", "/federate").await?;
        let path = self.answered(browser, &form, "provider", identity).await?;
        let invoked = self.began.elapsed();
        let response = browser.try_open(&self.world, &path).await;
        let answer = match redirect(&response) {
            Some("/account/connect") => Answer::SignedUp(account(browser)?),
            Some(_) => Answer::Opened(account(browser)?),
            None => outcome(&response, false),
        };
        self.record(Asked::SignIn(identity), invoked, answer);
        Some(())
    }

    async fn link(&self, browser: &mut Browser, identity: Identity) -> Option<()> {
        let account = account(browser)?;
        let (_, form) = self.form(browser, LINKED_ACCOUNTS, LINKED_ACCOUNTS).await?;
        let path = self.answered(browser, &form, "link", identity).await?;
        let invoked = self.began.elapsed();
        let response = browser.try_open(&self.world, &path).await;
        self.record(Asked::Link(identity, account), invoked, outcome(&response, is_confirmed(&response)));
        Some(())
    }

    async fn unlink(&self, browser: &mut Browser, rng: &mut Rng) -> Option<()> {
        let account = account(browser)?;
        let (page, form) = self.form(browser, LINKED_ACCOUNTS, LINKED_ACCOUNTS).await?;
        let id = rng.choice(buttons(&page, "unlink"))?;
        let issuer = GITHUB.parse().expect("an issuer");
        let is_unlinked = |identity: &Identity| IdentityId::of(&issuer, &identity.to_string()).as_str() == id;
        let identity = IDENTITIES.into_iter().find(is_unlinked)?;
        let invoked = self.began.elapsed();
        let response = browser.try_submit(&self.world, &form, &[("unlink", &id)]).await;
        self.record(Asked::Unlink(identity, account), invoked, outcome(&response, is_confirmed(&response)));
        Some(())
    }

    async fn delete(&self, browser: &mut Browser) -> Option<()> {
        let account = account(browser)?;
        let (page, form) = self.form(browser, "/account/delete", "/account/delete").await?;
        let text = page.text();
        let email = text.split("<strong><bdi>").nth(1)?.split('<').next()?;
        let invoked = self.began.elapsed();
        let response = browser.try_submit(&self.world, &form, &[("email", email)]).await;
        let is_deleted = response.status == StatusCode::OK && !browser.cookies.contains_key(SESSION);
        self.record(Asked::Delete(account), invoked, outcome(&response, is_deleted));
        Some(())
    }

    async fn disable(&self, owner: &mut Browser, account: &Account) -> Option<()> {
        self.change(owner, account, "disable", Asked::Disable(account.clone())).await
    }

    async fn enable(&self, owner: &mut Browser, account: &Account) -> Option<()> {
        self.change(owner, account, "enable", Asked::Enable(account.clone())).await
    }

    /// Presses a button on the owner's page of an account.
    async fn change(&self, owner: &mut Browser, account: &Account, button: &str, asked: Asked) -> Option<()> {
        let path = format!("/account/users/{account}");
        let (_, form) = self.form(owner, &path, &path).await?;
        let invoked = self.began.elapsed();
        let response = owner.try_submit(&self.world, &form, &[("change", button)]).await;
        self.record(asked, invoked, outcome(&response, is_confirmed(&response)));
        Some(())
    }

    /// The accounts that have been opened so far.
    fn accounts(&self) -> BTreeSet<Account> {
        self.events.borrow().iter().filter_map(Event::opened).cloned().collect()
    }

    /// Runs the acts of a user in one browser. An act that does not get as far as its request is left out.
    async fn live(&self, mut rng: Rng) {
        let mut browser = Browser::default();
        for _ in 0..rng.u8(3..10) {
            sleep(Duration::from_millis(rng.u64(0..3_000))).await;
            let identity = rng.choice(IDENTITIES).expect("several");
            match rng.u8(0..12) {
                3..=6 if account(&browser).is_some() => self.link(&mut browser, identity).await,
                7..=10 if account(&browser).is_some() => self.unlink(&mut browser, &mut rng).await,
                11 if account(&browser).is_some() => self.delete(&mut browser).await,
                _ => self.sign_in(&mut browser, identity).await,
            };
        }
    }

    /// Runs the acts of the owner, who enables most of the accounts again.
    async fn administer(&self, owner: &mut Browser, mut rng: Rng) {
        for _ in 0..rng.u8(0..4) {
            sleep(Duration::from_millis(rng.u64(2_000..12_000))).await;
            let Some(account) = rng.choice(self.accounts()) else { continue };
            self.disable(owner, &account).await;
            if rng.u8(0..4) > 0 {
                sleep(Duration::from_millis(rng.u64(0..6_000))).await;
                self.enable(owner, &account).await;
            }
        }
    }
}

/// The target of a redirect.
fn redirect(response: &Response) -> Option<&str> {
    response.headers.get(header::LOCATION).map(|location| location.to_str().expect("ascii"))
}

/// `true` if the next page confirms that a form was carried out.
fn is_confirmed(response: &Response) -> bool {
    let cookies = response.headers.get_all(header::SET_COOKIE);
    cookies.iter().any(|cookie| cookie.as_bytes().starts_with(b"jean_done=done-"))
}

fn outcome(response: &Response, is_done: bool) -> Answer {
    match response.status {
        status if status.is_server_error() => Answer::Failed,
        _ if is_done => Answer::Done,
        _ => Answer::Refused,
    }
}

/// The account of the browser's session.
fn account(browser: &Browser) -> Option<Account> {
    let claims = browser.cookies.get(SESSION)?.split('.').nth(1).expect("three parts");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    Some(claims["sub"].as_str().expect("an id").into())
}

/// Runs the history of a seed. Returns its events, and the sign-ins with each identity after its end.
async fn history_of(seed: u64) -> (Vec<Event>, Vec<Event>) {
    let history = History::new().await;
    // The store draws the jitter of its retries from here.
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let mut owner = signed_in(&history.world).await;
    let faults = [0, 5, 25][rng.usize(0..3)];
    *history.weather.lock().expect("not poisoned") = Some(Weather { rng: rng.fork(), faults });
    let users = (0..rng.u8(2..=4)).map(|_| history.live(rng.fork())).collect::<Vec<_>>();
    join(join_all(users), history.administer(&mut owner, rng.fork())).await;

    *history.weather.lock().expect("not poisoned") = None;
    for account in history.accounts() {
        history.enable(&mut owner, &account).await;
    }
    let events = history.events.take();
    for identity in IDENTITIES {
        history.sign_in(&mut Browser::default(), identity).await.expect("the store is calm");
    }
    // The next server draws the same numbers, as other ids.
    history.world.confidences.assert_kept(&format!("seed {seed}"));
    (events, history.events.take())
}

/// SR-30, SR-33
#[test]
fn histories_match_the_model() {
    check_all(
        &KINDS,
        async || (),
        async |(), seed| {
            let (history, last) = history_of(seed).await;
            assert_valid(seed, model::check(&history, &last), &[&history[..], &last].concat());
            history.iter().map(kind).collect()
        },
    );
}

#[tokio::test(start_paused = true)]
async fn seed_gives_the_same_history_each_time() {
    for seed in [1, 13, 17] {
        assert_eq!(format!("{:?}", history_of(seed).await), format!("{:?}", history_of(seed).await));
    }
}
