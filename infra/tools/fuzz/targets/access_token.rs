//! Access tokens (RS-04, T-14): arbitrary bytes, and a valid token with one part replaced, are never accepted.
#![no_main]

use jean_auth::access_token::Claims;
use jean_fuzz::{ACCESS_TOKEN, KEYS, PUBLIC_URL, now};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (place, text) = input;
    let parts: Vec<_> = ACCESS_TOKEN.split('.').collect();
    // The input is the whole token, or replaces one of its parts.
    let token = match place % 4 {
        0 => text.to_owned(),
        1 => [text, parts[1], parts[2]].join("."),
        2 => [parts[0], text, parts[2]].join("."),
        _ => [parts[0], parts[1], text].join("."),
    };
    if token != *ACCESS_TOKEN {
        assert!(Claims::verify(&token, &KEYS, &PUBLIC_URL, now()).is_err(), "{token}");
    }
});
