//! The token request and what a client proves itself with (OAuth 2.1 §3.2.2, RFC 6749 §2.3.1): the first line is the
//! `Authorization` header, the rest the body, read as a form and as JSON.
#![no_main]

use fuzz::PUBLIC_URL;
use jean_auth::{
    parameters::Parameters,
    token_request::{ClientCredentials, TokenRequest},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (header, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let header = str::from_utf8(header).ok().filter(|header| !header.is_empty());
    for parameters in [Some(Parameters::from_form(body)), Parameters::from_json(body).ok()].into_iter().flatten() {
        let request = TokenRequest::read(&parameters, &PUBLIC_URL);
        if request.is_ok() {
            // T-12: what was read is what a second reader would find.
            parameters.each_once().expect("a parameter that was sent twice is refused");
        }
        let _ = ClientCredentials::read(header, &parameters);
    }
});
