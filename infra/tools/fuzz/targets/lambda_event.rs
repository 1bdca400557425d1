//! API Gateway events: the function answers every event without a panic (T-13). The word TOKEN in an event is replaced by
//! a valid access token.
#![no_main]

use jean_fuzz::{ACCESS_TOKEN, DESK, RUNTIME};
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
