//! Bodies of authenticated requests to `/mcp` under each supported revision: no server error, and every response body is
//! JSON (TR-04, T-13).
#![no_main]

use axum::body::Body;
use http::Request;
use jean_fuzz::{ACCESS_TOKEN, DESK, RUNTIME, read};
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt;

fuzz_target!(|input: (u8, &[u8])| {
    let (client, body) = input;
    let mut request = Request::post("/mcp")
        .header("host", "memory.example")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", *ACCESS_TOKEN));
    let versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2030-01-01"];
    if let Some(version) = versions.get(usize::from(client & 0x7f)) {
        request = request.header("mcp-protocol-version", *version);
    }
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    let router = &DESK.router;
    RUNTIME.block_on(async {
        let response = router.clone().oneshot(request).await.expect("infallible");
        let body = read(response).await;
        if !body.is_empty() {
            serde_json::from_slice::<serde_json::Value>(&body).expect("JSON");
        }
    });
});
