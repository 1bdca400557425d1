//! Registrations (RFC 7591): every registered client has a usable redirect URI and survives serialisation.
#![no_main]

use jean_auth::{redirect_uri::RedirectUri, registration::register};
use jean_fuzz::now;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok((client, response)) = register(body, (7, [7; 32]), now()) else { return };
    assert!(!client.redirect_uris.is_empty());
    for uri in &client.redirect_uris {
        assert_eq!(uri.as_str().parse::<RedirectUri>().as_ref(), Ok(uri));
    }
    assert!(client.client_name.len() <= 2_000 && !client.client_name.chars().any(char::is_control));
    let response = serde_json::to_value(response).expect("json");
    assert_eq!(response["client_id"], client.client_id.to_string());
    assert_eq!(response["client_secret"].is_string(), client.client_secret.is_some());
});
