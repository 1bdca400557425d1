//! What a person does on their own pages, for the faults.

use http::StatusCode;
use jean_testing::{
    Browser, PageForm, TestServer,
    account::{form_with, open_signed_in},
    device::{Device, asking, make},
};

use super::{Scene, Sent, Stage, Step};

/// The requests: pages that are looked at, and forms that are sent.
pub(super) const STEPS: [Step; 18] = [
    Step::OwnPage("/account"),
    Step::OwnPage("/account/memories"),
    Step::OwnPage("/account/memories?q=tea"),
    Step::OwnPage("/account/memories/"),
    Step::OwnPage("/account/connections/"),
    Step::OwnPage("/account/security"),
    Step::OwnPage("/account/keys"),
    Step::OwnPage("/account/passkeys"),
    Step::OwnPage("/account/data"),
    Step::OwnPage("/account/data/export?"),
    Step::OwnForm("/account/memories"),
    Step::OwnForm("/account/data"),
    Step::OwnForm("/account/keys"),
    Step::OwnForm("/account/connections/"),
    Step::OwnForm("/account/passkeys"),
    Step::OwnForm("/account/sign-in"),
    Step::OwnForm("/account/sign-up"),
    Step::OwnForm("/account/delete"),
];

impl Stage {
    /// The owner, signed in just now.
    async fn signed_in(&self) -> Browser {
        let mut browser = Browser::default();
        open_signed_in(&self.world, &mut browser, "/account").await;
        browser
    }

    /// A path, with the id of something that is there in the place of an ending `/`.
    async fn complete(&self, browser: &mut Browser, path: &str) -> String {
        match path {
            "/account/memories/" => {
                let text = format!("Ada drinks tea number {}.", self.number());
                self.world.add_own_memory(browser, &text).await
            }
            "/account/connections/" => {
                self.connect().await;
                let page = browser.open(&self.world, "/account").await.text();
                let id = page.split(path).nth(1).and_then(|rest| rest.split('"').next()).expect("a connection");
                format!("{path}{id}")
            }
            whole => whole.into(),
        }
    }

    pub(super) async fn own_page(&self, path: &str) -> Scene {
        let mut browser = self.signed_in().await;
        let path = self.complete(&mut browser, path).await;
        Scene { sent: Sent::get(&path, &browser), browser, pair: None }
    }

    pub(super) async fn own_form(&self, path: &str) -> Scene {
        let world = &self.world;
        let mut browser = match path {
            "/account/sign-in" | "/account/sign-up" | "/account/delete" => Browser::default(),
            _ => self.signed_in().await,
        };
        let (form, typed): (PageForm, Vec<(&str, String)>) = match path {
            "/account/memories" => {
                let page = browser.open(world, path).await;
                (form_with(&page, "token"), vec![("text", "Ada has a cat.".into())])
            }
            "/account/data" => {
                let file = "{\"memory\": \"Ada has two cats.\"}\n{\"memory\": \"Ada has three cats.\"}\n";
                (browser.open(world, path).await.form(path), vec![("file", file.into())])
            }
            "/account/keys" => {
                let page = browser.open(world, path).await;
                (form_with(&page, "next"), vec![("name", "Notes".into())])
            }
            "/account/connections/" => {
                let path = self.complete(&mut browser, path).await;
                (browser.open(world, &path).await.form(&path), vec![("access", "read".into())])
            }
            "/account/passkeys" => {
                let form = form_with(&browser.open(world, path).await, "seal");
                let credential = Device::new().make(&form).await;
                (form, vec![("credential", credential)])
            }
            "/account/sign-in" => {
                let mut device = Device::new();
                make(world, &mut device).await;
                let form = asking(&browser.open(world, path).await);
                let credential = device.sign(&form).await;
                (form, vec![("credential", credential)])
            }
            "/account/sign-up" => {
                let form = browser.open(world, path).await.form(path);
                (form, vec![("email", self.somebody("new")), ("password", "a lantern in the boat house".into())])
            }
            "/account/delete" => {
                let email = self.somebody("leaver");
                world.add_user(&email).await;
                let form = asked_to_leave(world, &mut browser, &email).await;
                world.add_own_memory(&mut browser, "Nobody may read this.").await;
                (form, vec![("email", email)])
            }
            other => panic!("no form {other}"),
        };
        let typed: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Scene { sent: Sent::of_page(&browser, &form, &typed), browser, pair: None }
    }

    /// The address of somebody who was never here.
    fn somebody(&self, who: &str) -> String {
        format!("{who}{}@example.org", self.number())
    }

    /// A number that was never drawn before.
    fn number(&self) -> usize {
        self.drawn.replace(self.drawn.get() + 1)
    }
}

/// Somebody signs in to delete their account.
async fn asked_to_leave(world: &TestServer, browser: &mut Browser, email: &str) -> PageForm {
    let page = browser.open(world, "/account/sign-in?return_to=%2Faccount%2Fdelete").await;
    let typed = [("email", email), world.credentials()[1]];
    let signed_in = browser.submit(world, &page.form("/account/sign-in"), &typed).await;
    browser.follow(world, &signed_in).await.form("/account/delete")
}

/// Nothing is left of an account once its deletion was answered well. If it failed when the sign-in was gone already, its
/// person was asked to sign in, and says it once more.
pub(super) async fn assert_gone(world: &TestServer, sent: &Sent, what: &str) {
    let email = url::form_urlencoded::parse(sent.body.as_bytes()).find(|(name, _)| name == "email");
    let (_, email) = email.expect("an address");
    if world.everything_kept().await.contains("EMAIL#leaver") {
        let mut browser = Browser::default();
        let form = asked_to_leave(world, &mut browser, &email).await;
        let receipt = browser.submit(world, &form, &[("email", &email)]).await;
        assert_eq!(receipt.status, StatusCode::OK, "{what}");
    }
    let kept = world.everything_kept().await;
    for left in ["EMAIL#leaver", "Nobody may read this."] {
        assert!(!kept.contains(left), "{what}: {left} is still kept");
    }
}
