//! Client metadata documents: the first line is the URL, the rest the document. A document describes no other client id and
//! no confidential client.
#![no_main]

use jean_auth::client_metadata::{CacheHeaders, Description, DocumentUrl};
use jean_fuzz::now;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let (url, cache_control, body) =
        (lines.next().unwrap_or_default(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Some(url) = str::from_utf8(url).ok().and_then(|url| url.parse::<DocumentUrl>().ok()) else { return };
    assert!(url.as_str().starts_with("https://"));
    let cache = CacheHeaders { cache_control: &String::from_utf8_lossy(cache_control), expires: None, age: None };
    let lifetime = cache.lifetime(now());
    assert!((1..=24 * 60 * 60).contains(&lifetime.as_secs()), "{lifetime}");
    if let Ok(description) = Description::read(body, &url, lifetime, now()) {
        assert_eq!(description.client.client_id.to_string(), url.as_str());
        assert!(description.client.client_secret.is_none());
        assert!(!description.client.redirect_uris.is_empty());
    }
});
