//! `/account/security`: sessions of the user.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use jean_store::{Table, sessions::Sessions};
use jean_testing::{
    Browser, TestServer,
    account::{buttons, open_signed_in, signed_in},
    faulty_store::{Fate, FaultyStore, Passage},
};
use jiff::SignedDuration;

#[tokio::test]
async fn user_ends_a_session_from_another_browser() {
    let server = TestServer::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    open_signed_in(&server, &mut there, "/account").await;
    let page = open_signed_in(&server, &mut here, "/account/security").await;
    let sid = buttons(&page, "end").swap_remove(0);
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
    let sid = buttons(&page, "end").swap_remove(0);
    let bobs_page = bobs.open(&server, "/account/security").await;
    bobs.submit(&server, &bobs_page.form("/account/security"), &[("end", &sid)]).await;
    assert!(ours.open(&server, "/account/security").await.text().contains(&sid));
}

/// The clock starts at 08:00 UTC.
#[tokio::test]
async fn last_day_of_a_session_is_recorded_once() {
    let server = TestServer::with_secrets_manager().await;
    let mut used = signed_in(&server).await;
    signed_in(&server).await;
    let mut updates = async || {
        server.calls();
        assert_eq!(used.open(&server, "/account").await.status, StatusCode::OK);
        server.calls().1.iter().filter(|(operation, _)| operation == "UpdateItem").count()
    };
    assert_eq!(updates().await, 0);
    server.turn_clock(SignedDuration::from_hours(17));
    assert_eq!([updates().await, updates().await], [1, 0]);
    let page = open_signed_in(&server, &mut Browser::default(), "/account/security").await.words();
    for last in ["today", "1 d ago"] {
        let shown = format!("signed in 17 h ago · account last opened {last}");
        assert_eq!(page.matches(&shown).count(), 1, "{shown} in:\n{page}");
    }
}

/// A request can be under way while its session is revoked.
#[tokio::test]
async fn revoked_session_is_not_restored_by_a_use() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let (sessions, user_id) = (sessions_of(&server), server.owner().await.user_id);
    let [session] = sessions.list(&user_id, server.now()).await.expect("reads").try_into().expect("one session");
    sessions.end(&user_id, &session.session.sid).await.expect("writes");
    sessions.note_use(&session, server.now() + SignedDuration::from_hours(24)).await;
    assert_eq!(sessions.list(&user_id, server.now()).await.expect("reads"), []);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn page_is_shown_if_its_use_cannot_be_recorded() {
    let fails = Arc::new(AtomicBool::default());
    let switch = fails.clone();
    let decide = move |operation: &str| {
        let fate = if operation == "UpdateItem" && switch.load(Ordering::SeqCst) { Fate::Failed } else { Fate::Done };
        Passage { there: Duration::ZERO, fate, back: Duration::ZERO }
    };
    let server = TestServer::behind(|engine| FaultyStore::http_client(engine, decide), &[("SignUp", "closed")]).await;
    let mut browser = signed_in(&server).await;
    server.turn_clock(SignedDuration::from_hours(17));
    let (sessions, user_id) = (sessions_of(&server), server.owner().await.user_id);
    let before = sessions.list(&user_id, server.now()).await.expect("reads");
    fails.store(true, Ordering::SeqCst);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::OK);
    assert_eq!(sessions.list(&user_id, server.now()).await.expect("reads"), before);
    fails.store(false, Ordering::SeqCst);
    browser.open(&server, "/account").await;
    assert_ne!(sessions.list(&user_id, server.now()).await.expect("reads"), before);
}

fn sessions_of(server: &TestServer) -> Sessions {
    let platform = server.platform_of("functions/account");
    Sessions::new(Table::new(&platform.aws, &platform.environment.require("AUTH_TABLE").expect("set")))
}
