//! Known faults, injected one at a time. Each is reported by its own check; further findings are consequences.

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

/// The name of a fault, the checks that report it, and the fault.
type Case = (&'static str, &'static [&'static str], Fault);

fn case(name: &'static str, expected: &'static [&'static str], spoil: fn(&Asked, &mut Answered)) -> Case {
    (name, expected, Fault::new(spoil))
}

fn is_unsigned(asked: &Asked) -> bool {
    asked.path == "/mcp" && asked.header("authorization").is_empty()
}

pub(crate) fn is_html(answer: &mut Answered, status: u16) {
    answer.refuse(status, "");
    answer.body = "<html><body><h1>Error</h1></body></html>".into();
    answer.set("content-type", "text/html");
}

const SERVER: &str = "/.well-known/oauth-authorization-server";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const RESOURCE_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

async fn run_case((name, expected, fault): Case, password: Option<&str>) -> Result<(), String> {
    let server = Server::start(fault).await;
    let report = server.examine_as(password).await;
    let found = report.findings.iter().filter(|finding| matches!(finding.status, Status::Warn | Status::Fail));
    // The speed of this computer is not under test.
    let is_slow = |check: &str| check.starts_with("timing.") && check != "timing.clock";
    let found: Vec<_> = found.filter(|finding| !is_slow(finding.check)).collect();
    let names: Vec<_> = found.iter().map(|finding| finding.check).collect();
    let all_have_a_fix = found.iter().all(|finding| finding.fix.as_deref().is_some_and(|fix| !fix.is_empty()));
    if names == expected && all_have_a_fix {
        Ok(())
    } else {
        Err(format!("{name}: {expected:?} expected, found {found:#?}"))
    }
}

/// Examines a server for each case, with an account if a password is given.
async fn run_all(cases: Vec<Case>, password: Option<&str>) {
    let expected = stream::iter(cases).map(|case| run_case(case, password)).buffer_unordered(4);
    let expected: Vec<_> = expected.collect().await;
    let unreported: Vec<_> = expected.into_iter().filter_map(Result::err).collect();
    assert!(unreported.is_empty(), "{}", unreported.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_check_has_a_fault() {
    let cases = [front::cases(), metadata::cases(), browser::cases(), registration::cases(), authorization::cases()];
    let expected: BTreeSet<_> =
        cases.into_iter().chain([token::cases(), endpoint::cases()]).flatten().flat_map(|case| case.1).collect();
    let report = Server::start(Fault::none()).await.examine().await;
    let unreported: Vec<_> =
        report.findings.iter().map(|finding| finding.check).filter(|check| !expected.contains(check)).collect();
    // The first cannot fail in a report, the second has a unit test, the third a test in main.rs. The other timings are
    // judged like registration, below.
    let elsewhere = ["connection.answers", "connection.https", "sign-in.password"];
    let timing = ["timing.discovery", "timing.registration", "timing.token", "timing.endpoint", "timing.refresh"];
    assert_eq!(unreported, [&elsewhere[..], &timing[..]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_before_sign_in_are_reported() {
    run_all(front::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_faults_are_reported() {
    run_all(metadata::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_faults_are_reported() {
    run_all(browser::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_faults_are_reported() {
    run_all(registration::cases(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorization_faults_are_reported() {
    run_all(authorization::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_faults_are_reported() {
    run_all(token::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoint_and_refresh_faults_are_reported() {
    run_all(endpoint::cases(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn step_slower_than_the_budget_is_reported() {
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
    assert!(failed[0].observed.contains("Claude gives up after 2 s"), "{:?}", failed[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn url_with_a_trailing_slash_is_reported() {
    let server = Server::start(Fault::none()).await;
    let report = examine(&format!("{}/mcp/", server.url), None, None).await.expect("a report");
    let resource = report.findings.iter().find(|finding| finding.check == "discovery.resource").expect("a check");
    assert_eq!(resource.status, Status::Fail);
    assert!(resource.fix.as_deref().is_some_and(|fix| fix.contains("a trailing slash")), "{resource:?}");
}
