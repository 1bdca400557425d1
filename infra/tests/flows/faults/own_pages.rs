//! Account pages and forms for the fault tests.

use http::StatusCode;
use jean_store::{api_keys::ApiKeys, grants::Grants, users::Users};
use jean_testing::{
    Browser, PageForm, TestServer,
    account::{buttons, form_with, open_signed_in},
    device::{Device, asking, make},
};

use super::{
    request::Sent,
    stage::{Scene, Stage},
    steps::Step,
};

pub(super) const PAGES: [Step; 15] = [
    Step::OwnPage("/account"),
    Step::OwnPage("/account/memories"),
    Step::OwnPage("/account/memories?q=tea"),
    Step::OwnPage("/account/memories/"),
    Step::OwnPage("/account/connections/"),
    Step::OwnPage("/account/security"),
    Step::OwnPage("/account/keys"),
    Step::OwnPage("/account/passkeys"),
    Step::OwnPage("/account/users"),
    Step::OwnPage("/account/users/"),
    Step::OwnPage("/account/connect"),
    Step::OwnPage("/account/timeline"),
    Step::OwnPage("/account/trash"),
    Step::OwnPage("/account/data"),
    Step::OwnPage("/account/data/export?"),
];

pub(super) const FORMS: [Step; 11] = [
    Step::OwnForm("/account/memories"),
    Step::OwnForm("/account/trash"),
    Step::OwnForm("/account/data"),
    Step::OwnForm("/account/keys"),
    Step::OwnForm("/account/connections/"),
    Step::OwnForm("/account/passkeys"),
    Step::OwnForm("/account/users"),
    Step::OwnForm("/account/users/"),
    Step::OwnForm("/account/sign-in"),
    Step::OwnForm("/account/sign-up"),
    Step::OwnForm("/account/delete"),
];

impl Stage {
    /// Signs the owner in and returns the browser.
    pub(super) async fn signed_in(&self) -> Browser {
        let mut browser = Browser::default();
        open_signed_in(&self.world, &mut browser, "/account").await;
        browser
    }

    /// Appends the id of a new memory or connection to a path that ends with `/`.
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
            "/account/users/" => {
                let user = self.world.add_user(&self.new_email("user")).await;
                self.world.api_key(&user).await;
                self.world.connect_as(&user).await;
                format!("{path}{}", user.user_id)
            }
            whole => whole.into(),
        }
    }

    pub(super) async fn own_page(&self, path: &str) -> Scene {
        let mut browser = self.signed_in().await;
        let path = self.complete(&mut browser, path).await;
        Scene::new(Sent::get(&path, &browser), browser)
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
            "/account/trash" => {
                let memory = self.complete(&mut browser, "/account/memories/").await;
                let page = browser.open(world, &memory).await;
                browser.submit(world, &page.form(&memory), &[("delete", "memory")]).await;
                let page = browser.open(world, path).await;
                let restore = buttons(&page, "restore").swap_remove(0);
                (page.form(path), vec![("restore", restore)])
            }
            "/account/data" => {
                let file = "{\"id\": \"1\", \"memory\": \"Ada has two cats.\"}\n{\"id\": \"2\", \"memory\": \"Ada has three cats.\"}\n";
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
            "/account/users" => {
                let page = browser.open(world, path).await;
                (form_with(&page, "next"), vec![("email", self.new_email("guest"))])
            }
            "/account/users/" => {
                let path = self.complete(&mut browser, path).await;
                (browser.open(world, &path).await.form(&path), vec![("change", "disable".into())])
            }
            "/account/passkeys" => {
                let form = form_with(&browser.open(world, path).await, "seal");
                let credential = Device::default().make(&form).await;
                (form, vec![("credential", credential)])
            }
            "/account/sign-in" => {
                let mut device = Device::default();
                make(world, &mut device).await;
                let form = asking(&browser.open(world, path).await);
                let credential = device.sign(&form).await;
                (form, vec![("credential", credential)])
            }
            "/account/sign-up" => {
                let form = browser.open(world, path).await.form(path);
                (form, vec![("email", self.new_email("new")), ("password", "a lantern in the boat house".into())])
            }
            "/account/delete" => {
                let email = self.new_email("leaver");
                world.add_user(&email).await;
                let form = open_deletion_form(world, &mut browser, &email).await;
                world.add_own_memory(&mut browser, "Nobody may read this.").await;
                (form, vec![("email", email)])
            }
            other => panic!("no form {other}"),
        };
        let typed: Vec<_> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Scene::new(Sent::of_page(&browser, &form, &typed), browser)
    }

    /// An unused email address.
    pub(super) fn new_email(&self, who: &str) -> String {
        format!("{who}{}@example.org", self.number())
    }

    /// A number unique to this stage.
    pub(super) fn number(&self) -> usize {
        self.drawn.replace(self.drawn.get() + 1)
    }
}

/// Signs a user in and opens the form that deletes their account.
async fn open_deletion_form(world: &TestServer, browser: &mut Browser, email: &str) -> PageForm {
    let page = browser.open(world, "/account/sign-in?return_to=%2Faccount%2Fdelete").await;
    let typed = [("email", email), world.credentials()[1]];
    let signed_in = browser.submit(world, &page.form("/account/sign-in"), &typed).await;
    browser.follow(world, &signed_in).await.form("/account/delete")
}

/// Asserts that no app and no API key of a disabled account is left.
pub(super) async fn assert_disabled(world: &TestServer, sent: &Sent, what: &str) {
    let user_id = sent.path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let user = Users::new(world.table("UsersTable")).by_id(&user_id).await.expect("reads").expect("is there");
    assert!(user.is_disabled, "{what}");
    let grants = Grants::new(world.table("AuthTable")).with_expired(&user_id).await.expect("reads");
    let keys = ApiKeys::new(world.table("UsersTable")).count(&user_id).await.expect("reads");
    assert_eq!((grants.len(), keys), (0, 0), "{what}: access is left");
}

/// Asserts that nothing of an account is stored after a successful deletion.
///
/// If the deletion failed after the session was deleted, the user signs in and repeats it.
pub(super) async fn assert_gone(world: &TestServer, sent: &Sent, what: &str) {
    let email = url::form_urlencoded::parse(sent.body.as_bytes()).find(|(name, _)| name == "email");
    let (_, email) = email.expect("an address");
    if world.everything_kept().await.contains("EMAIL#leaver") {
        let mut browser = Browser::default();
        let form = open_deletion_form(world, &mut browser, &email).await;
        let receipt = browser.submit(world, &form, &[("email", &email)]).await;
        assert_eq!(receipt.status, StatusCode::OK, "{what}");
    }
    let kept = world.everything_kept().await;
    for left in ["EMAIL#leaver", "Nobody may read this."] {
        assert!(!kept.contains(left), "{what}: {left} is still stored");
    }
}
