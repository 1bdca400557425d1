//! Token requests and client credentials (OAuth 2.1 §3.2.2, RFC 6749 §2.3.1): the first line is the `Authorization` header,
//! the rest the body, parsed as a form and as JSON.
#![no_main]

use jean_auth::{
    parameters::Parameters,
    token_request::{ClientCredentials, TokenRequest},
};
use jean_fuzz::PUBLIC_URL;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (header, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let header = str::from_utf8(header).ok().filter(|header| !header.is_empty());
    // T-12: another parser finds the same values of each parameter, in the same order.
    if let Ok(parameters) = Parameters::from_form(body) {
        let pairs: Vec<_> = url::form_urlencoded::parse(body).collect();
        for (name, _) in &pairs {
            let values = pairs.iter().filter(|(other, value)| other == name && !value.is_empty());
            assert!(parameters.all(name).eq(values.map(|(_, value)| value.as_ref())), "{name}");
        }
    }
    for parameters in [Parameters::from_form(body).ok(), Parameters::from_json(body).ok()].into_iter().flatten() {
        let _ = TokenRequest::read(&parameters, &PUBLIC_URL);
        let _ = ClientCredentials::read(header, &parameters);
    }
});
