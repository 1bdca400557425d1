//! `/account/security`: sessions of the user.

use http::StatusCode;
use jean_testing::{Answer, Browser, TestServer, account::open_signed_in};

/// Values of the buttons with this name.
fn values_of(page: &Answer, name: &str) -> Vec<String> {
    let (text, needle) = (page.text(), format!("name=\"{name}\" value=\""));
    text.split(&needle).skip(1).map(|rest| rest[..rest.find('"').expect("an end")].into()).collect()
}

/// Value of the first button with this name.
fn value_of(page: &Answer, name: &str) -> String {
    values_of(page, name).into_iter().next().unwrap_or_else(|| panic!("no {name} in:\n{}", page.text()))
}

#[tokio::test]
async fn user_ends_a_session_from_another_browser() {
    let server = TestServer::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    open_signed_in(&server, &mut there, "/account").await;
    let page = open_signed_in(&server, &mut here, "/account/security").await;
    let sid = value_of(&page, "end");
    for _ in 0..2 {
        let ended = here.submit(&server, &page.form("/account/security"), &[("end", &sid)]).await;
        assert_eq!(ended.location(), "/account/security");
    }
    assert_eq!(there.open(&server, "/account").await.status, StatusCode::FOUND);
    assert_eq!(here.open(&server, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn all_other_sessions_end_at_once() {
    let server = TestServer::new().await;
    let mut others = [Browser::default(), Browser::default()];
    for other in &mut others {
        open_signed_in(&server, other, "/account").await;
    }
    let mut here = Browser::default();
    let page = open_signed_in(&server, &mut here, "/account/security").await;
    here.submit(&server, &page.form("/account/security"), &[("end", "others")]).await;
    for mut other in others {
        assert_eq!(other.open(&server, "/account").await.status, StatusCode::FOUND);
    }
    assert_eq!(here.open(&server, "/account").await.status, StatusCode::OK);
}

/// T-27
#[tokio::test]
async fn session_of_another_user_cannot_be_ended() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let (mut bobs, mut ours) = (Browser::default(), Browser::default());
    let asked = bobs.open(&server, "/account/sign-in").await;
    let typed = [("email", bob.email.as_str()), server.credentials()[1]];
    bobs.submit(&server, &asked.form("/account/sign-in"), &typed).await;
    open_signed_in(&server, &mut Browser::default(), "/account").await;
    let page = open_signed_in(&server, &mut ours, "/account/security").await;
    let sid = value_of(&page, "end");
    let bobs_page = bobs.open(&server, "/account/security").await;
    bobs.submit(&server, &bobs_page.form("/account/security"), &[("end", &sid)]).await;
    assert!(ours.open(&server, "/account/security").await.text().contains(&sid));
}
