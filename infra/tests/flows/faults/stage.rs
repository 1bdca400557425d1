//! The server under test, on a network that can fail.

use jean_testing::{
    Answer, Browser, Pkce, TestServer, TokenPair, faulty_store::FaultyStore, identity_provider::ProviderAccount,
};
use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    fault::{Fault, Weather},
    request::Sent,
};

/// The server under test and its network.
pub(super) struct Stage {
    pub(super) world: TestServer,
    pub(super) weather: Arc<Mutex<Weather>>,
    /// The owner's browser; it signs in again when the session has expired.
    pub(super) browser: RefCell<Browser>,
    /// Count of unique numbers given out.
    pub(super) drawn: Cell<usize>,
}

/// A prepared request with its browser and tokens.
pub(super) struct Scene {
    pub(super) sent: Sent,
    pub(super) browser: Browser,
    pub(super) pair: Option<TokenPair>,
    /// The account at the provider that the request is about.
    pub(super) identity: Option<ProviderAccount>,
}

impl Scene {
    pub(super) fn new(sent: Sent, browser: Browser) -> Self {
        Self { sent, browser, pair: None, identity: None }
    }
}

impl Stage {
    /// Starts a server with these template parameters.
    pub(super) async fn with(parameters: &[(&str, &str)]) -> Self {
        let weather = Arc::new(Mutex::new(Weather::default()));
        let network = Arc::clone(&weather);
        let network =
            |engine| FaultyStore::http_client(engine, move |_| network.lock().expect("not poisoned").passage());
        let world = TestServer::behind(network, parameters).await;
        Self { world, weather, browser: RefCell::default(), drawn: Cell::default() }
    }

    pub(super) async fn with_open_sign_up() -> Self {
        Self::with(&[("SignUp", "open")]).await
    }

    /// Starts a server with a limit so low that each tool call is counted in the store.
    pub(super) async fn counting_calls() -> Self {
        Self::with(&[("RequestsPerMinute", "10")]).await
    }

    /// Authorizes a new client. Returns its id, code and PKCE pair.
    pub(super) async fn code(&self) -> (String, String, Pkce) {
        let (client_id, pkce) = (self.world.register("Claude").await, Pkce::new(1));
        let mut browser = self.browser.take();
        let code = self.world.approve(&mut browser, &self.world.authorize_path(&client_id, &pkce, "s")).await;
        self.browser.replace(browser);
        (client_id, code, pkce)
    }

    pub(super) async fn connect(&self) -> TokenPair {
        let (client_id, code, pkce) = self.code().await;
        self.world.exchange(&client_id, &code, &pkce).await.tokens(&client_id)
    }

    /// Sends the request with a fault in store call number `call`.
    pub(super) async fn answer(&self, sent: &Sent, call: usize, fault: Fault) -> (Answer, Duration) {
        *self.weather.lock().expect("not poisoned") = Weather { calls: 0, trouble: Some((call, fault)) };
        let begun = Instant::now();
        let answer = sent.send(&self.world).await;
        self.weather.lock().expect("not poisoned").trouble = None;
        (answer, begun.elapsed())
    }
}
