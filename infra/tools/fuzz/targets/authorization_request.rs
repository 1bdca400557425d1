//! Queries of authorization requests (OAuth 2.1 §4.1.1): every redirect leads to a registered redirect URI and returns the
//! `state` of the request.
#![no_main]

use jean_auth::{
    authorization::{AuthorizationRequest, Destination, parse_query},
    secret::AuthorizationCode,
};
use jean_fuzz::{CLIENT, PUBLIC_URL};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|query: &[u8]| {
    let Ok((parameters, fault)) = parse_query(query) else { return };
    let Ok(destination) = Destination::validate(&parameters, &CLIENT) else { return };
    let request = fault.and_then(|()| AuthorizationRequest::read(&parameters, &CLIENT, &PUBLIC_URL));
    let answer = match &request {
        Ok(_) => destination.with_code(&AuthorizationCode::new([7; 32]), &PUBLIC_URL),
        Err(error) => destination.with_error(error, &PUBLIC_URL).for_user(),
    };
    let answer = Url::parse(&answer).expect("a browser can follow it");
    let goes_to = |registered: &Url| {
        let is_loopback = registered.scheme() == "http";
        answer.scheme() == registered.scheme()
            && answer.host() == registered.host()
            && (is_loopback || answer.port() == registered.port())
            && answer.path() == registered.path()
    };
    let registered = CLIENT.redirect_uris.iter().map(|uri| Url::parse(uri.as_str()).expect("registered"));
    assert!(registered.into_iter().any(|uri| goes_to(&uri)), "{answer}");
    if request.is_ok() {
        let sent = parameters.get("state").map(str::to_owned);
        let returned: Vec<_> = answer.query_pairs().filter(|(name, _)| name == "state").collect();
        assert_eq!(returned.first().map(|(_, state)| state.to_string()), sent, "{answer}");
    }
    assert_eq!(answer.query_pairs().filter(|(name, _)| name == "iss").count(), 1, "{answer}");
});
