//! `/account/users`: the accounts of all users, for owners.

use http::{Method, StatusCode};
use jean_auth::user::User;
use jean_store::account_access::{AccountAccess, Administrator};
use jean_testing::{
    Answer, Browser, TestServer,
    account::{bob, buttons, form_with, open_signed_in, signed_in, signed_in_as},
    log::told,
};
use jiff::SignedDuration;
use serde_json::json;

const USERS: &str = "/account/users";

/// A page that a browser opens by itself, as a navigation.
async fn navigate(server: &TestServer, browser: &Browser, path: &str) -> Answer {
    let cookies = browser.cookie_header();
    let headers = [("cookie", cookies.as_str()), ("sec-fetch-mode", "navigate"), ("accept", "text/html")];
    server.send(Method::GET, path, &headers, "").await
}

/// The path of the page of a user.
fn page_of(user: &User) -> String {
    format!("{USERS}/{}", user.user_id)
}

/// Presses a button on the page of a user.
async fn press(server: &TestServer, browser: &mut Browser, user: &User, change: &str) -> Answer {
    let path = page_of(user);
    let page = browser.open(server, &path).await;
    browser.submit(server, &form_with(&page, "token"), &[("change", change)]).await
}

/// Invites an address, and returns the page with the link.
async fn invite(server: &TestServer, browser: &mut Browser, email: &str) -> Answer {
    let page = browser.open(server, USERS).await;
    browser.submit(server, &form_with(&page, "next"), &[("email", email)]).await
}

/// The path of the link on the page.
fn link_on(server: &TestServer, page: &Answer) -> Option<String> {
    let text = page.text();
    let link = text.split("<code>").nth(1)?.split('<').next()?;
    Some(server.path(link).to_owned())
}

/// The addresses on the page.
fn addresses(page: &Answer) -> Vec<String> {
    let text = page.text();
    let rows = text.split("<a href=\"/account/users/").skip(1);
    rows.map(|row| row.split("<bdi>").nth(1).and_then(|rest| rest.split('<').next()).expect("an address").into())
        .collect()
}

/// The stored items in a stable order.
async fn kept(server: &TestServer) -> Vec<String> {
    let kept = server.everything_kept().await;
    let mut parts: Vec<_> = kept.split(['{', '}', ',']).map(|part| part.trim().into()).collect();
    parts.sort();
    parts
}

/// The text of a page up to the id of the request.
fn shown(page: &Answer) -> String {
    page.words().split("Reference").next().unwrap_or_default().into()
}

/// SR-32
#[tokio::test]
async fn page_does_not_exist_for_other_users() {
    let server = TestServer::new().await;
    let (mut bobs, owner) = (bob(&server).await, server.owner().await);
    let unknown = navigate(&server, &bobs, "/account/unknown").await;
    for path in [USERS, &page_of(&owner), &page_of(&server.user("bob@example.org").await)] {
        let found = navigate(&server, &bobs, path).await;
        assert_eq!((found.status, shown(&found)), (StatusCode::NOT_FOUND, shown(&unknown)), "{path}");
    }
    assert!(!bobs.open(&server, "/account").await.text().contains(USERS), "the navigation has no such section");
    assert!(open_signed_in(&server, &mut Browser::default(), "/account").await.text().contains(USERS));
}

/// SR-32
#[tokio::test]
async fn form_of_another_user_changes_nothing() {
    let server = TestServer::new().await;
    let (mut bobs, owner) = (bob(&server).await, server.owner().await);
    let own = bobs.open(&server, "/account/security").await;
    let mut form = own.form("/account/security");
    let before = kept(&server).await;
    for (path, typed) in [(USERS.to_owned(), ("email", "eve@example.org")), (page_of(&owner), ("change", "disable"))] {
        form.action.clone_from(&path);
        assert_eq!(bobs.submit(&server, &form, &[typed]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(kept(&server).await, before);
}

/// T-16
#[tokio::test]
async fn owners_form_of_another_site_session_or_page_changes_nothing() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let (mut owners, mut others) = (signed_in(&server).await, signed_in(&server).await);
    let form = form_with(&owners.open(&server, &page_of(&bob)).await, "token");
    let refused = others.submit(&server, &form, &[("change", "disable")]).await;
    assert_eq!(refused.location(), page_of(&bob), "the form is bound to its session");
    let mut of_another_page = form_with(&owners.open(&server, USERS).await, "token");
    of_another_page.action = page_of(&bob);
    owners.submit(&server, &of_another_page, &[("change", "disable")]).await;
    let cookies = owners.cookie_header();
    let (content_type, body) = form.encode(&[("change", "disable")]);
    let headers = [("cookie", cookies.as_str()), ("content-type", content_type), ("sec-fetch-site", "cross-site")];
    assert_eq!(server.send(Method::POST, &form.action, &headers, &body).await.status, StatusCode::FORBIDDEN);
    assert!(!server.user("bob@example.org").await.is_disabled);
}

/// SR-32
#[tokio::test]
async fn owner_needs_a_recent_sign_in() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, &page_of(&bob)).await, "token");
    server.turn_clock(SignedDuration::from_mins(15));
    for path in [USERS, &page_of(&bob)] {
        assert!(browser.open(&server, path).await.location().starts_with("/account/sign-in?return_to="), "{path}");
    }
    let refused = browser.submit(&server, &form, &[("change", "disable")]).await;
    assert!(refused.location().starts_with("/account/sign-in?return_to="));
    assert!(!server.user("bob@example.org").await.is_disabled);
}

/// The page was open when the role was taken away: the transaction requires it.
///
/// SR-32
#[tokio::test]
async fn store_requires_an_enabled_owner() {
    let server = TestServer::new().await;
    let (ada, bob) = (server.add_user("ada@example.org").await, server.add_user("bob@example.org").await);
    let access = AccountAccess::new(server.table("AuthTable"), server.table("UsersTable"));
    let adas = Administrator::Owner(&ada.user_id);
    for (is_owner, is_disabled, may) in [(false, false, false), (true, true, false), (true, false, true)] {
        if is_owner {
            server.make_owner(&ada).await;
        }
        if is_disabled {
            server.disable(&ada).await;
        } else {
            server.enable(&ada).await;
        }
        assert_eq!(access.disable(&bob.user_id, adas, server.now()).await.expect("answers").is_some(), may);
        assert_eq!(server.user("bob@example.org").await.is_disabled, may);
    }
    assert!(access.enable(&bob.user_id, adas).await.expect("answers"));
    let unknown = "unknown".parse().expect("valid");
    assert_eq!(access.disable(&unknown, adas, server.now()).await.expect("answers"), None);
}

/// SR-32
#[tokio::test]
async fn former_owner_can_do_nothing() {
    let server = TestServer::new().await;
    let ada = server.add_user("ada@example.org").await;
    server.make_owner(&ada).await;
    let mut adas = signed_in_as(&server, &ada).await;
    let owner = server.owner().await;
    let form = form_with(&adas.open(&server, &page_of(&owner)).await, "token");
    let mut owners = signed_in(&server).await;
    press(&server, &mut owners, &ada, "disable").await;
    assert!(adas.submit(&server, &form, &[("change", "disable")]).await.location().starts_with("/account/sign-in"));
    assert!(!server.owner().await.is_disabled);
}

/// SR-32
#[tokio::test]
async fn owner_cannot_disable_or_sign_out_the_own_account() {
    let server = TestServer::new().await;
    let (bob, owner) = (server.add_user("bob@example.org").await, server.owner().await);
    let mut browser = signed_in(&server).await;
    let own = browser.open(&server, &page_of(&owner)).await;
    assert!(buttons(&own, "change").is_empty() && own.words().contains("This is your own account"), "{}", own.words());
    assert_eq!(buttons(&browser.open(&server, &page_of(&bob)).await, "change"), ["lift-lock", "sign-out", "disable"]);
    // The store refuses it, too, in case a form is sent.
    let access = AccountAccess::new(server.table("AuthTable"), server.table("UsersTable"));
    let own = Administrator::Owner(&owner.user_id);
    assert_eq!(access.disable(&owner.user_id, own, server.now()).await.expect("answers"), None);
    assert_eq!(access.end_all(&owner.user_id, own, server.now()).await.expect("answers"), None);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::OK);
}

/// Each of two owners disables the other one. The transaction of each requires that its owner is enabled.
///
/// SR-32
#[tokio::test]
async fn concurrent_owners_leave_one_enabled() {
    let server = TestServer::new().await;
    let (owner, ada) = (server.owner().await, server.add_user("ada@example.org").await);
    server.make_owner(&ada).await;
    let (mut owners, mut adas) = (signed_in(&server).await, signed_in_as(&server, &ada).await);
    let on_ada = form_with(&owners.open(&server, &page_of(&ada)).await, "token");
    let on_owner = form_with(&adas.open(&server, &page_of(&owner)).await, "token");
    let disable = [("change", "disable")];
    tokio::join!(owners.submit(&server, &on_ada, &disable), adas.submit(&server, &on_owner, &disable));
    let enabled =
        [server.owner().await, server.user("ada@example.org").await].iter().filter(|user| !user.is_disabled).count();
    assert_eq!(enabled, 1);
}

/// SR-33, SR-11, SR-12
#[tokio::test]
async fn owner_disables_a_user_and_enables_them_again() {
    let server = TestServer::new().await;
    let mut bobs = bob(&server).await;
    let bob = server.user("bob@example.org").await;
    let pair = server.connect_as(&bob).await;
    server.api_key(&bob).await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "list_memories", "arguments": {}}});
    assert_eq!(server.mcp(Some(&pair.access_token), &call).await.status, StatusCode::OK);
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, &page_of(&bob)).await.words();
    assert!(
        page.contains("Claude (claude.ai)") && page.contains("was connected") && page.contains("password"),
        "{page}"
    );
    let done = press(&server, &mut browser, &bob, "disable").await;
    assert_eq!(done.location(), page_of(&bob));
    let page = browser.open(&server, &page_of(&bob)).await;
    assert!(
        page.words().contains("Account disabled.") && page.words().contains("No apps are connected."),
        "{}",
        page.words()
    );
    assert_eq!(buttons(&page, "change"), ["lift-lock", "sign-out", "enable"]);
    assert!(browser.open(&server, USERS).await.words().contains("disabled"));

    assert!(bobs.open(&server, "/account").await.location().starts_with("/account/sign-in"));
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    server.turn_clock(SignedDuration::from_secs(30));
    assert_eq!(server.mcp(Some(&pair.access_token), &call).await.status, StatusCode::UNAUTHORIZED);
    let page = browser.open(&server, &page_of(&bob)).await.words();
    assert!(page.contains("API keys0"), "{page}");
    let again = press(&server, &mut browser, &bob, "disable").await;
    assert_eq!(again.location(), page_of(&bob), "a second click completes an interrupted one");

    server.turn_clock(SignedDuration::from_secs(1));
    press(&server, &mut browser, &bob, "enable").await;
    assert!(browser.open(&server, &page_of(&bob)).await.words().contains("Account enabled."));
    let mut bobs = signed_in_as(&server, &bob).await;
    let overview = bobs.open(&server, "/account").await.words();
    for notice in ["disabled your account", "enabled your account again"] {
        assert!(overview.contains(&format!("The operator of this server {notice}")), "{overview}");
    }
    assert!(server.works(&server.connect_as(&bob).await.access_token).await);
}

/// SR-10, SR-32
#[tokio::test]
async fn owner_lifts_a_sign_in_lock() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let mut bobs = Browser::default();
    let form = bobs.open(&server, "/account/sign-in").await.form("/account/sign-in");
    let right = [("email", "bob@example.org"), server.credentials()[1]];
    for _ in 0..10 {
        bobs.submit(&server, &form, &[right[0], ("password", "wrong, wrong, wrong")]).await;
    }
    assert_eq!(bobs.submit(&server, &form, &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut browser = signed_in(&server).await;
    told();
    assert_eq!(press(&server, &mut browser, &bob, "lift-lock").await.location(), page_of(&bob));
    let log = told();
    let by = format!("by={} user_id={}", server.owner().await.user_id, bob.user_id);
    assert!(log.contains("administration") && log.contains(&by) && log.contains("sign-in lock lifted"), "{log}");
    assert!(browser.open(&server, &page_of(&bob)).await.words().contains("Sign-in lock lifted."));
    assert_eq!(bobs.submit(&server, &form, &right).await.location(), "/account");
    let overview = bobs.open(&server, "/account").await.words();
    assert!(overview.contains("The operator of this server lifted the lock of your account"), "{overview}");
}

/// SR-33, SR-11
#[tokio::test]
async fn owner_signs_a_user_out_everywhere() {
    let server = TestServer::new().await;
    let mut bobs = bob(&server).await;
    let bob = server.user("bob@example.org").await;
    let (pair, link) = (server.connect_as(&bob).await, server.password_link(Some(&bob)).await);
    server.api_key(&bob).await;
    let ours = server.connect().await;
    let mut browser = signed_in(&server).await;
    press(&server, &mut browser, &bob, "sign-out").await;
    assert!(browser.open(&server, &page_of(&bob)).await.words().contains("Signed out everywhere."));
    assert!(bobs.open(&server, "/account").await.location().starts_with("/account/sign-in"));
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    assert_eq!(server.get(&link).await.status, StatusCode::NOT_FOUND);
    let page = browser.open(&server, &page_of(&bob)).await.words();
    assert!(page.contains("API keys0") && page.contains("Sessions0"), "{page}");
    // The user signs in again, and others are not affected.
    let mut bobs = signed_in_as(&server, &bob).await;
    assert!(bobs.open(&server, "/account").await.words().contains("signed you out everywhere"));
    assert_eq!(server.refresh(&ours.client_id, &ours.refresh_token).await.status, StatusCode::OK);
}

/// SR-32
#[tokio::test]
async fn invitation_lets_a_user_sign_up() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, USERS).await;
    let form = form_with(&page, "next");
    let invited = browser.submit(&server, &form, &[("email", "eve@example.org")]).await;
    let link = link_on(&server, &invited).expect("a link");
    assert!(invited.words().contains("eve@example.org"), "{}", invited.words());
    // A second click shows the same link.
    let again = browser.submit(&server, &form, &[("email", "eve@example.org")]).await;
    assert_eq!(link_on(&server, &again).as_ref(), Some(&link));
    let list = browser.open(&server, USERS).await.words();
    assert!(list.contains("has not signed up yet"), "{list}");

    let mut eves = Browser::default();
    let form = eves.open(&server, &link).await.form("/account/password");
    eves.submit(&server, &form, &[("password", "a lantern in the boat house")]).await;
    assert!(eves.open(&server, "/account").await.text().contains("eve@example.org"));
    assert!(!server.user("eve@example.org").await.is_owner);
}

/// A new link replaces an expired or lost one until the user has signed up.
#[tokio::test]
async fn second_invitation_ends_the_first() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let first = invite(&server, &mut browser, "eve@example.org").await;
    let second = invite(&server, &mut browser, "eve@example.org").await;
    let [first, second] = [first, second].map(|page| link_on(&server, &page).expect("a link"));
    assert_ne!(first, second);
    assert_eq!(server.get(&first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.get(&second).await.status, StatusCode::OK);
}

/// An owner with a link for such an account could sign in as its user and read their memories.
///
/// SR-32
#[tokio::test]
async fn user_who_has_signed_up_is_not_invited() {
    let server = TestServer::new().await;
    server.add_user("bob@example.org").await;
    let mut browser = signed_in(&server).await;
    let before = kept(&server).await;
    for (email, problem) in [
        ("bob@example.org", "This address already has an account."),
        ("BOB@example.org", "This address already has an account."),
        ("owner@example.org", "This address already has an account."),
        ("not an address", "Enter your email address."),
        ("", "Enter your email address."),
    ] {
        let refused = invite(&server, &mut browser, email).await;
        assert_eq!(link_on(&server, &refused), None, "{email}");
        assert!(refused.text().contains(problem), "{email}: {}", refused.text());
    }
    assert_eq!(kept(&server).await, before);
}

#[tokio::test]
async fn accounts_are_listed_by_address_in_pages() {
    let server = TestServer::new().await;
    for number in 0..41 {
        server.add_user(&format!("user{number:02}@example.org")).await;
    }
    let mut browser = signed_in(&server).await;
    let (mut path, mut found, mut sizes) = (USERS.to_owned(), Vec::new(), Vec::new());
    loop {
        let page = browser.open(&server, &path).await;
        let shown = addresses(&page);
        sizes.push(shown.len());
        found.extend(shown);
        let text = page.text();
        let Some(more) = text.split("href=\"").find(|link| link.starts_with("/account/users?after=")) else { break };
        path = more[..more.find('"').expect("an end")].to_owned();
        assert!(!path.contains('@'), "no address in a URL: {path}");
    }
    assert_eq!(sizes, [20, 20, 2]);
    assert!(found.is_sorted() && found[0] == "owner@example.org", "{found:?}");
    for odd in ["unknown", "%00", "", "a/b"] {
        assert_eq!(addresses(&browser.open(&server, &format!("{USERS}?after={odd}")).await).len(), 20, "{odd}");
    }
}

/// SR-32
#[tokio::test]
async fn owner_sees_neither_memories_nor_own_names_of_others() {
    let server = TestServer::new().await;
    let mut bobs = bob(&server).await;
    let bob = server.user("bob@example.org").await;
    server.connect_as(&bob).await;
    server.add_own_memory(&mut bobs, "Bob is afraid of ducks.").await;
    let path = jean_testing::account::connections(&bobs.open(&server, "/account").await).swap_remove(0);
    let form = form_with(&bobs.open(&server, &path).await, "token");
    bobs.submit(&server, &form, &[("rename", "name"), ("given_name", "Diary")]).await;
    let form = form_with(&bobs.open(&server, "/account/keys").await, "next");
    bobs.submit(&server, &form, &[("name", "Diary of a key")]).await;
    let mut browser = signed_in(&server).await;
    for path in [USERS, &page_of(&bob)] {
        let page = browser.open(&server, path).await.text();
        assert!(!page.contains("ducks") && !page.contains("Diary"), "{page}");
    }
    assert!(browser.open(&server, &page_of(&bob)).await.text().contains("An API key was created."));
    for odd in ["unknown", "%00", "x".repeat(2000).as_str()] {
        assert_eq!(browser.open(&server, &format!("{USERS}/{odd}")).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
}

#[tokio::test]
async fn deleted_account_leaves_the_list() {
    let server = TestServer::new().await;
    let mut bobs = bob(&server).await;
    let form = bobs.open(&server, "/account/delete").await.form("/account/delete");
    bobs.submit(&server, &form, &[("email", "bob@example.org")]).await;
    assert_eq!(addresses(&signed_in(&server).await.open(&server, USERS).await), ["owner@example.org"]);
    assert!(!server.everything_kept().await.contains("bob@example.org"));
}
