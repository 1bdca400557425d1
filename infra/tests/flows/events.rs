//! The payloads in events/, sent through the Lambda adapter and compared with infra/tools/sam-local/expected.

use jean_testing::TestServer;
use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The expected responses: event name, status, and text in the headers or the body.
fn expected() -> Vec<(String, u64, String)> {
    let list = fs::read_to_string(project("infra/tools/sam-local/expected")).expect("the list");
    let lines = list.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut columns = line.splitn(2, ' ');
            let name = columns.next().expect("a name").to_owned();
            let (status, text) = columns.next().expect("more").trim().split_once(' ').expect("a status and a text");
            (name, status.parse().expect("a number"), text.trim().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn every_event_gets_the_expected_response() {
    let world = TestServer::empty().await;
    for (name, status, text) in expected() {
        let event = fs::read(project(&format!("events/{name}.json"))).expect(&name);
        let answer = jean_runtime::lambda::answer(world.router(), event).await.expect(&name);
        assert_eq!(answer["statusCode"], status, "{name}: {answer}");
        assert!(head_and_body(&answer).contains(&text), "{name}: {text} not found in {}", head_and_body(&answer));
    }
}

#[tokio::test]
async fn every_event_is_listed_and_has_a_route() {
    let listed: BTreeSet<_> = expected().into_iter().map(|(name, ..)| name).collect();
    let files: Vec<_> = fs::read_dir(project("events"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    // Invocations by CloudFormation and Secrets Manager, tested beside the functions.
    let (invocations, files): (BTreeSet<_>, BTreeSet<_>) =
        files.into_iter().partition(|name| name.starts_with("owner-") || name.starts_with("rotate-"));
    let tested = ["owner-create", "rotate-create", "rotate-finish", "rotate-set", "rotate-test"];
    assert_eq!(invocations, tested.map(str::to_owned).into());
    assert_eq!(files, listed);

    let world = TestServer::empty().await;
    for name in files {
        let event: Value =
            serde_json::from_slice(&fs::read(project(&format!("events/{name}.json"))).expect(&name)).expect(&name);
        let key = event["routeKey"].as_str().expect("a route").to_owned();
        let function = world.function_of(&key).unwrap_or_else(|| panic!("{name}: no route {key}"));
        let prefix = name.split('-').next().expect("a prefix").to_owned();
        assert_eq!(function, prefix, "{name} is routed to another function");
    }
}

fn head_and_body(answer: &Value) -> String {
    let headers = answer["headers"].as_object().expect("headers");
    let headers = headers.iter().map(|(name, value)| format!("{name}: {}\n", value.as_str().unwrap_or_default()));
    headers.chain([answer["body"].as_str().unwrap_or_default().to_owned()]).collect()
}
