//! Each fault that people report, switched on in turn: it is named by its own check, and what is said besides follows
//! from it.

mod authorization;
mod browser;
mod endpoint;
mod front;
mod metadata;
mod registration;
mod token;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::{StreamExt, stream};
use jean_cli::doctor::Status;

use crate::server::{Answered, Asked, Fault, PASSWORD, Server, examine};

/// What goes wrong, and which checks tell, the one whose fault it is first.
type Case = (&'static str, &'static [&'static str], Fault);

fn case(says: &'static str, told: &'static [&'static str], spoil: fn(&Asked, &mut Answered)) -> Case {
    (says, told, Fault::new(spoil))
}

fn is_unsigned(asked: &Asked) -> bool {
    asked.path == "/mcp" && asked.header("authorization").is_empty()
}

fn is_html(answer: &mut Answered, status: u16) {
    answer.refuse(status, "");
    answer.body = "<html><body><h1>Error</h1></body></html>".into();
    answer.set("content-type", "text/html");
}

const SERVER: &str = "/.well-known/oauth-authorization-server";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const RESOURCE_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

async fn tell((says, told, fault): Case, password: Option<&str>) -> Result<(), String> {
    let server = Server::start(fault).await;
    let report = server.examine_as(password).await;
    let found = report.findings.iter().filter(|finding| matches!(finding.status, Status::Warn | Status::Fail));
    // How fast this computer is just now is not what is tested.
    let is_slow = |check: &str| check.starts_with("timing.") && check != "timing.clock";
    let found: Vec<_> = found.filter(|finding| !is_slow(finding.check)).collect();
    let names: Vec<_> = found.iter().map(|finding| finding.check).collect();
    let all_say_what_to_do = found.iter().all(|finding| finding.mend.as_deref().is_some_and(|mend| !mend.is_empty()));
    if names == told && all_say_what_to_do {
        Ok(())
    } else {
        Err(format!("{says}: {told:?} should tell, and {found:#?} do"))
    }
}

/// As a stranger, for what a stranger meets, or as somebody with an account.
async fn tell_all(cases: Vec<Case>, password: Option<&str>) {
    let told = stream::iter(cases).map(|case| tell(case, password)).buffer_unordered(4);
    let told: Vec<_> = told.collect().await;
    let untold: Vec<_> = told.into_iter().filter_map(Result::err).collect();
    assert!(untold.is_empty(), "{}", untold.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_check_is_shown_to_tell() {
    let cases = [front::cases(), metadata::cases(), browser::cases(), registration::cases(), authorization::cases()];
    let told: BTreeSet<_> =
        cases.into_iter().chain([token::cases(), endpoint::cases()]).flatten().flat_map(|case| case.1).collect();
    let report = Server::start(Fault::none()).await.examine().await;
    let untold: Vec<_> =
        report.findings.iter().map(|finding| finding.check).filter(|check| !told.contains(check)).collect();
    // The first can't fail in a report, the second has a test beside it, the third one in main.rs; the rest of timing is
    // judged as registration is, below.
    let elsewhere = ["connection.answers", "connection.https", "sign-in.password"];
    let timing = ["timing.discovery", "timing.registration", "timing.token", "timing.endpoint", "timing.refresh"];
    assert_eq!(untold, [&elsewhere[..], &timing[..]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_front_are_named() {
    tell_all(front::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_in_the_metadata_are_named() {
    tell_all(metadata::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_that_only_a_browser_meets_are_named() {
    tell_all(browser::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_registration_are_named() {
    tell_all(registration::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_authorization_are_named() {
    tell_all(authorization::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_token_endpoint_are_named() {
    tell_all(token::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_endpoint_and_when_refreshing_are_named() {
    tell_all(endpoint::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_takes_longer_than_clients_wait_is_named() {
    let first = AtomicUsize::new(0);
    let server = Server::start(Fault::new(move |asked, answer| {
        if asked.path == "/oauth/register" && asked.says("client_name") && first.fetch_add(1, Ordering::Relaxed) == 0 {
            answer.delay = Duration::from_millis(2500);
        }
    }));
    let server = server.await;
    let report = examine(&server.url, Some(PASSWORD), Some(Duration::from_secs(2))).await.expect("a report");
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Fail).collect();
    assert_eq!(failed.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["timing.registration"], "{failed:#?}");
    assert!(failed[0].saw.contains("Claude gives up after 2 s"), "{:?}", failed[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_url_with_a_slash_that_the_metadata_do_not_have_is_named() {
    let server = Server::start(Fault::none()).await;
    let report = examine(&format!("{}/mcp/", server.url), None, None).await.expect("a report");
    let resource = report.findings.iter().find(|finding| finding.check == "discovery.resource").expect("a check");
    assert_eq!(resource.status, Status::Fail);
    assert!(resource.mend.as_deref().is_some_and(|mend| mend.contains("a slash at the end")), "{resource:?}");
}
