//! Redirect URIs (AS-06, T-07): an accepted URI is one that a browser follows and never executes.
#![no_main]

use jean_auth::redirect_uri::RedirectUri;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    let Ok(uri) = text.parse::<RedirectUri>() else { return };
    assert_eq!(uri.as_str(), text);
    assert!(uri.matches(&uri));
    let url = Url::parse(text).expect("it was read as one");
    assert!(!["javascript", "data", "file", "blob", "about", "ftp", "ws", "wss"].contains(&url.scheme()));
    assert!(url.scheme() != "http" || uri.is_loopback());
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    assert!(!text.contains(['\\', '*', '\n', '\r', '\t', ' ']));
    let answer = Url::parse(&uri.with_query([("code", "c"), ("state", "s&code=d#")])).expect("a browser can follow it");
    assert_eq!((answer.scheme(), answer.host(), answer.port()), (url.scheme(), url.host(), url.port()));
    assert_eq!(answer.path(), url.path());
    assert!(answer.fragment().is_none());
});
