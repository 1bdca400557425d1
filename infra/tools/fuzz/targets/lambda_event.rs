//! What API Gateway hands a function: whatever an event says, the function answers it and goes on (T-13). The token is
//! put in where an event has the word TOKEN.
#![no_main]

use fuzz::{ACCESS_TOKEN, DESK, RUNTIME};
use lambda_runtime::{Context, LambdaEvent, Service};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|event: &str| {
    let event = event.replacen("TOKEN", &ACCESS_TOKEN, 1);
    let Ok(payload) = serde_json::from_str(&event) else { return };
    let router = &DESK.router;
    RUNTIME.block_on(async {
        let answer =
            jean_runtime::lambda::service(router.clone()).call(LambdaEvent::new(payload, Context::default())).await;
        let answer = serde_json::to_value(answer.expect("infallible")).expect("json");
        let status = answer["statusCode"].as_u64().expect("a status");
        assert!(status < 500, "{answer}");
    });
});
