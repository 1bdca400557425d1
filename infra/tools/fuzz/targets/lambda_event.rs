//! API Gateway events: the function answers every event without a panic (T-13). The word TOKEN in an event is replaced by
//! a valid access token.
#![no_main]

use jean_fuzz::{ACCESS_TOKEN, DESK, RUNTIME};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|event: &str| {
    let event = event.replacen("TOKEN", &ACCESS_TOKEN, 1);
    // The local stack starts in the same runtime, so outside of `block_on`.
    let router = DESK.router.clone();
    RUNTIME.block_on(async {
        let Ok(answer) = jean_runtime::lambda::answer(router, event).await else { return };
        let status = answer["statusCode"].as_u64().expect("a status");
        assert!(status < 500, "{answer}");
    });
});
