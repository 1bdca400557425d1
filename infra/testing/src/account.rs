//! The account pages, used as a signed-in user would.

use jean_auth::user::User;

use crate::{Answer, Browser, PageForm, TestServer};

/// Opens an account page in a signed-out browser and signs in as the owner.
pub async fn open_signed_in(server: &TestServer, browser: &mut Browser, path: &str) -> Answer {
    let asked = browser.open(server, path).await;
    let page = browser.follow(server, &asked).await;
    let signed_in = browser.submit(server, &page.form("/account/sign-in"), &server.credentials()).await;
    browser.follow(server, &signed_in).await
}

/// The form of the page with a hidden field of this name.
pub fn form_with(page: &Answer, field: &str) -> PageForm {
    let forms = page.forms();
    let found = forms.into_iter().find(|form| form.fields.iter().any(|(name, _)| name == field));
    found.unwrap_or_else(|| panic!("no form with {field} in:\n{}", page.text()))
}

/// The values of the buttons of this name on a page.
pub fn buttons(page: &Answer, name: &str) -> Vec<String> {
    let (text, start) = (page.text(), format!("name=\"{name}\" value=\""));
    let values = text.split(&start).skip(1);
    values.map(|rest| rest[..rest.find('"').expect("an end")].to_owned()).collect()
}

/// The paths of the connection pages that the page links to.
pub fn connections(page: &Answer) -> Vec<String> {
    let text = page.text();
    let links = text.split("href=\"/account/connections/").skip(1);
    links.map(|rest| format!("/account/connections/{}", &rest[..rest.find('"').expect("an end")])).collect()
}

impl TestServer {
    /// Adds a memory on the memories page and returns the path of its page, to which a second click redirects.
    pub async fn add_own_memory(&self, browser: &mut Browser, text: &str) -> String {
        let page = browser.open(self, "/account/memories").await;
        let add = form_with(&page, "token");
        assert_eq!(browser.submit(self, &add, &[("text", text)]).await.location(), "/account/memories");
        browser.submit(self, &add, &[("text", text)]).await.location().into()
    }
}

/// Signs the owner in at the account pages.
pub async fn signed_in(server: &TestServer) -> Browser {
    let mut browser = Browser::default();
    open_signed_in(server, &mut browser, "/account").await;
    browser
}

/// Adds another user and returns a browser in which they are signed in.
pub async fn bob(server: &TestServer) -> Browser {
    let bob = server.add_user("bob@example.org").await;
    signed_in_as(server, &bob).await
}

/// Signs a user in who has the owner's password.
pub async fn signed_in_as(server: &TestServer, user: &User) -> Browser {
    let mut browser = Browser::default();
    let page = browser.open(server, "/account/sign-in").await;
    let typed = [("email", user.email.as_str()), server.credentials()[1]];
    browser.submit(server, &page.form("/account/sign-in"), &typed).await;
    browser
}

/// Confirms the requests of apps to delete all memories, on `/account`.
pub async fn confirm_deletions(server: &TestServer, browser: &mut Browser) {
    let page = browser.open(server, "/account").await;
    for request in buttons(&page, "confirm") {
        let answer = browser.submit(server, &page.form("/account"), &[("confirm", &request)]).await;
        assert_eq!(answer.location(), "/account/trash");
    }
}
