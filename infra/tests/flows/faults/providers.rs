//! Sign-in with identity providers, and the page of linked accounts, for the fault tests.

use http::StatusCode;
use jean_auth::{
    identity::IdentityId,
    identity_provider::{GITHUB, Issuer},
};
use jean_store::identities::Identities;
use jean_testing::{Browser, TestServer, account::buttons, identity_provider::ProviderAccount};
use serde_json::json;

use super::{
    request::Sent,
    stage::{Scene, Stage},
    steps::Step,
};

/// A provider with metadata and keys, which are stored.
const OPENID: &str = "https://open.example";
const LINKED_ACCOUNTS: &str = "/account/identities";

/// A request of the sign-in with identity providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProviderRequest {
    /// The button on the sign-in page.
    Start,
    /// The answer to a sign-in without an account.
    SignUp,
    /// The page of linked accounts.
    Page,
    /// The button on that page.
    StartLink,
    /// The answer that links an account.
    Link,
    /// Unlinks an account.
    Unlink,
}

pub(super) const REQUESTS: [Step; 6] = [
    Step::Provider(ProviderRequest::Start),
    Step::Provider(ProviderRequest::SignUp),
    Step::Provider(ProviderRequest::Page),
    Step::Provider(ProviderRequest::StartLink),
    Step::Provider(ProviderRequest::Link),
    Step::Provider(ProviderRequest::Unlink),
];

impl ProviderRequest {
    /// The status of success.
    pub(super) fn status(self) -> StatusCode {
        if self == Self::Page { StatusCode::OK } else { StatusCode::FOUND }
    }
}

impl Stage {
    /// Starts a server with GitHub and another provider. GitHub's answers are not signed, since that would take most of the time.
    pub(super) async fn with_providers() -> Self {
        let providers = json!([
            {"id": "github", "label": "GitHub", "issuer": GITHUB, "client_id": "c1", "sign_up": "open"},
            {"id": "open", "label": "Open ID", "issuer": OPENID, "client_id": "c2"},
        ]);
        let secrets = json!({"github": "secret of c1", "open": "secret of c2"}).to_string();
        let parameters = [("IdentityProviders", &*providers.to_string()), ("IdentitySecretsJson", &secrets)];
        let stage = Self::with(&parameters).await;
        for issuer in [GITHUB, OPENID] {
            stage.world.identities.start(issuer, stage.world.now().as_second());
        }
        stage
    }

    pub(super) async fn provider_scene(&self, request: ProviderRequest) -> Scene {
        let world = &self.world;
        let identity = ProviderAccount::new("", &self.new_email("guest")).with("sub", json!(self.number()));
        let mut browser = match request {
            ProviderRequest::Start | ProviderRequest::SignUp => Browser::default(),
            _ => self.signed_in().await,
        };
        let sent = match request {
            ProviderRequest::Start => {
                let form = browser.open(world, "/account/sign-in").await.form("/federate");
                Sent::of_page(&browser, &form, &[("provider", "open")])
            }
            ProviderRequest::SignUp => {
                let answer = answer_to_sign_in(world, &mut browser, &identity).await;
                Sent::get(&answer, &browser)
            }
            ProviderRequest::Page => Sent::get(LINKED_ACCOUNTS, &browser),
            ProviderRequest::StartLink => {
                let form = browser.open(world, LINKED_ACCOUNTS).await.form(LINKED_ACCOUNTS);
                Sent::of_page(&browser, &form, &[("link", "open")])
            }
            ProviderRequest::Link => {
                let answer = answer_to_link(world, &mut browser, &identity).await;
                Sent::get(&answer, &browser)
            }
            ProviderRequest::Unlink => {
                let answer = answer_to_link(world, &mut browser, &identity).await;
                browser.open(world, &answer).await;
                let form = browser.open(world, LINKED_ACCOUNTS).await.form(LINKED_ACCOUNTS);
                Sent::of_page(&browser, &form, &[("unlink", id_of(&identity).as_str())])
            }
        };
        Scene { identity: Some(identity), ..Scene::new(sent, browser) }
    }
}

/// Clicks the provider's button on the sign-in page, and returns the path of the provider's answer.
async fn answer_to_sign_in(world: &TestServer, browser: &mut Browser, identity: &ProviderAccount) -> String {
    let form = browser.open(world, "/account/sign-in").await.form("/federate");
    let asked = browser.submit(world, &form, &[("provider", "github")]).await;
    world.path(&world.identities.sign_in(asked.location(), identity)).to_owned()
}

/// Clicks the provider's button on the page of linked accounts, and returns the path of the provider's answer.
async fn answer_to_link(world: &TestServer, browser: &mut Browser, identity: &ProviderAccount) -> String {
    let form = browser.open(world, LINKED_ACCOUNTS).await.form(LINKED_ACCOUNTS);
    let asked = browser.submit(world, &form, &[("link", "github")]).await;
    world.path(&world.identities.sign_in(asked.location(), identity)).to_owned()
}

fn id_of(identity: &ProviderAccount) -> IdentityId {
    let github: Issuer = GITHUB.parse().expect("an issuer");
    IdentityId::of(&github, &identity.claims["sub"].to_string())
}

/// Asserts that an account has been created, linked or unlinked completely, or that a user who starts again completes it.
pub(super) async fn assert_effect(world: &TestServer, request: ProviderRequest, scene: &Scene, what: &str) {
    let identity = scene.identity.as_ref().expect("an identity");
    let stored = Identities::new(world.table("UsersTable"));
    let mut browser = scene.browser.clone();
    match request {
        ProviderRequest::SignUp => {
            let answer = answer_to_sign_in(world, &mut browser, identity).await;
            assert_eq!(browser.open(world, &answer).await.status, StatusCode::FOUND, "{what}: the user cannot sign in");
        }
        ProviderRequest::Link => {
            let answer = answer_to_link(world, &mut browser, identity).await;
            assert_eq!(browser.open(world, &answer).await.location(), LINKED_ACCOUNTS, "{what}: it cannot be linked");
            let id = id_of(identity);
            let found = stored.find(&id).await.expect("reads").expect("is linked");
            assert_eq!(found.user_id, world.owner().await.user_id, "{what}");
            let page = browser.open(world, LINKED_ACCOUNTS).await;
            assert!(buttons(&page, "unlink").contains(&id.to_string()), "{what}: the page does not list it");
        }
        ProviderRequest::Unlink => {
            let id = id_of(identity);
            assert_eq!(stored.find(&id).await.expect("reads"), None, "{what}: it still signs in");
            assert!(!world.everything_kept().await.contains(id.as_str()), "{what}: a part of it is still stored");
        }
        ProviderRequest::Start | ProviderRequest::Page | ProviderRequest::StartLink => {}
    }
}
