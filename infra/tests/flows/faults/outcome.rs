//! Checks of responses and of their effects.

use jean_testing::{Answer, Pkce, TestServer, faulty_store::Fate};

use http::StatusCode;
use serde_json::json;

use super::{
    fault::Fault,
    own_pages,
    providers::{self, ProviderRequest},
    stage::Scene,
    steps::Step,
};

/// Asserts that a response shows no internals. Returns `true` if it is a documented server error.
pub(super) fn is_clean_failure(step: Step, answer: &Answer) -> bool {
    let text = answer.text();
    assert!(!text.contains("DynamoDB") && !text.contains("dispatch"), "{step:?}: {text}");
    match step {
        Step::Tool(_) | Step::LegacyEndpoint if answer.status == StatusCode::OK => {
            let error = &answer.json()["error"];
            let is_ours = error["code"] == -32603;
            assert!(!is_ours || error["message"].as_str().is_some_and(|text| text.contains("try again")), "{text}");
            is_ours
        }
        Step::Register | Step::Exchange | Step::Refresh | Step::Revoke | Step::LegacyEndpoint => {
            answer.status == StatusCode::INTERNAL_SERVER_ERROR && answer.error() == "server_error"
        }
        _ => answer.status == StatusCode::INTERNAL_SERVER_ERROR && text.contains("Something went wrong"),
    }
}

pub(super) fn is_success(step: Step, answer: &Answer) -> bool {
    let expected = match step {
        Step::Register => StatusCode::CREATED,
        Step::SignIn | Step::WrongPassword | Step::Consent | Step::SignOut | Step::Password => StatusCode::FOUND,
        // The email address is taken.
        Step::FirstPassword => StatusCode::UNPROCESSABLE_ENTITY,
        Step::Provider(request) => request.status(),
        // These forms answer with a page, the others with a redirect.
        Step::OwnForm("/account/trash" | "/account/data" | "/account/keys" | "/account/users" | "/account/delete") => {
            StatusCode::OK
        }
        Step::OwnForm(_) => StatusCode::FOUND,
        _ => StatusCode::OK,
    };
    let is_result = |answer: &Answer| answer.json().get("result").is_some_and(|result| result["isError"] != true);
    answer.status == expected && (!matches!(step, Step::Tool(_) | Step::LegacyEndpoint) || is_result(answer))
}

/// `true` if a retry is rejected because the first request took effect: the code has been redeemed, or the memory
/// deleted.
pub(super) fn is_done(step: Step, fault: Fault, again: &Answer) -> bool {
    let was_done = matches!(fault.first, Fate::Cut | Fate::Garbled);
    match step {
        // The responses to the transaction and to the read that checks it were lost. The replay of the code revokes the
        // grant (AS-10), so the client has to connect again.
        Step::Exchange => {
            was_done && fault.then != Fate::Done && again.status.is_client_error() && again.error() == "invalid_grant"
        }
        // The session has been deleted, with or before the rest of the account.
        Step::OwnForm("/account/delete") if again.status == StatusCode::FOUND => {
            again.location().starts_with("/account/sign-in?")
        }
        // The provider's answer is used up before its account is created or linked, so the user starts again.
        Step::Provider(ProviderRequest::SignUp | ProviderRequest::Link) => {
            again.status == StatusCode::BAD_REQUEST && again.text().contains("was completed already")
        }
        Step::Tool("delete_memory") => again.text().contains("No memory has this id."),
        _ => false,
    }
}

/// Asserts that a successful request took effect.
pub(super) async fn assert_effect(world: &TestServer, step: Step, scene: &Scene, what: &str) {
    match (step, &scene.pair) {
        (Step::Revoke, Some(pair)) => {
            let refused = world.refresh(&pair.client_id, &pair.refresh_token).await;
            assert_eq!(refused.error(), "invalid_grant", "{what}: the grant is still valid");
        }
        (Step::Password, _) => {
            let authorize = world.authorize_path(&world.register("Claude").await, &Pkce::new(1), "s");
            let page = scene.browser.clone().open(world, &authorize).await;
            assert!(page.text().contains("/oauth/sign-in"), "{what}: the old session is still valid");
        }
        (Step::Provider(request), _) => providers::assert_effect(world, request, scene, what).await,
        (Step::OwnForm("/account/users/"), _) => own_pages::assert_disabled(world, &scene.sent, what).await,
        (Step::OwnForm("/account/delete"), _) => own_pages::assert_gone(world, &scene.sent, what).await,
        (Step::Tool("delete_all_memories"), Some(pair)) => {
            let left = world.call(&pair.access_token, "list_memories", &json!({})).await;
            assert_ne!(left["structuredContent"]["memories"], json!([]), "{what}: deleted without confirmation");
            assert!(world.everything_kept().await.contains("REQUEST#"), "{what}: the request is lost");
        }
        (Step::Tool("update_memory"), Some(pair)) => {
            let found = world.call(&pair.access_token, "search_memory", &json!({"query": "green"})).await;
            assert!(found.to_string().contains("green tea"), "{what}");
        }
        _ => {}
    }
}
