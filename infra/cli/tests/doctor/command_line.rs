//! The program itself: what it prints, for people and for programs, and how it ends.

use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

use crate::server::{EMAIL, Fault, PASSWORD, Server};

async fn doctor(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jean"));
    command.args(["doctor", url]).args(arguments).env_clear().env("JEAN_DOCTOR_PASSWORD", PASSWORD);
    command.stdin(Stdio::null()).output().await.expect("runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_well_is_told_in_lines_and_ends_with_0() {
    let server = Server::start(Fault::none()).await;
    let Output { status, stdout, stderr } = doctor(&server.url, &["--email", EMAIL]).await;
    let text = String::from_utf8(stdout).expect("text");
    assert_eq!(status.code(), Some(0), "{text}");
    assert_eq!(String::from_utf8_lossy(&stderr), "", "nothing of what it waits for, where no terminal is");
    assert!(text.contains("ok      challenge.header") && text.trim_end().ends_with("Clients can connect."), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours, where no terminal is");
    assert!(!text.contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_reads_the_same_and_a_failure_ends_with_1() {
    let server = Server::start(Fault::new(|_, answer| answer.drop("access-control-expose-headers"))).await;
    let Output { status, stdout, .. } = doctor(&server.url, &["--json"]).await;
    assert_eq!(status.code(), Some(1));
    let report: Value = serde_json::from_slice(&stdout).expect("one object");
    assert_eq!(report["url"], format!("{}/mcp", server.url));
    assert_eq!(report["doctor_version"], env!("CARGO_PKG_VERSION"));
    let findings = report["findings"].as_array().expect("a list");
    let failed: Vec<_> = findings.iter().filter(|finding| finding["status"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["check"], "cors.exposed");
    assert!(failed[0]["saw"].is_string() && failed[0]["mend"].is_string());
    assert!(findings.iter().any(|finding| finding["status"] == "skipped" && finding["check"] == "sign-in.page"));
}

#[tokio::test]
async fn a_url_that_can_not_be_reached_or_used_ends_with_2() {
    // Port 9 of this computer is nobody's.
    let Output { status, stdout, stderr } = doctor("http://127.0.0.1:9", &["--json"]).await;
    assert_eq!(status.code(), Some(2));
    let report: Value = serde_json::from_slice(&stdout).expect("one object");
    assert!(report["unreachable"].as_str().is_some_and(|reason| reason.contains("can't be reached")), "{report}");
    assert!(String::from_utf8_lossy(&stderr).starts_with("jean: http://127.0.0.1:9/mcp can't be reached"));
    for url in ["memory.example.com", "ftp://memory.example.com", "https://memory.example.com/mcp?x=1"] {
        assert_eq!(doctor(url, &[]).await.status.code(), Some(2), "{url}");
    }
}

#[tokio::test]
async fn a_password_is_never_an_argument_and_is_missed_where_nobody_can_type_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jean"));
    command.args(["doctor", "http://127.0.0.1:9", "--email", EMAIL]).env_clear().stdin(Stdio::null());
    let Output { status, stderr, .. } = command.output().await.expect("runs");
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8_lossy(&stderr).contains("JEAN_DOCTOR_PASSWORD"));
}
