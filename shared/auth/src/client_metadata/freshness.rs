//! Freshness of a fetched document (draft §5.2, [RFC 9111](https://www.rfc-editor.org/rfc/rfc9111)).

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// Minimum lifetime: every step of a sign-in reads the document. The draft leaves both bounds to the server.
pub const SHORTEST_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// Maximum lifetime (AS-04).
pub const LONGEST_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The caching headers of a response.
#[derive(Debug, Clone, Copy, Default)]
pub struct CacheHeaders<'a> {
    /// `Cache-Control`; several lines are joined with commas.
    pub cache_control: &'a str,
    /// `Expires`.
    pub expires: Option<&'a str>,
    /// `Age`.
    pub age: Option<&'a str>,
}

impl CacheHeaders<'_> {
    /// The lifetime of a response received now, within the bounds. Without headers it is the minimum.
    pub fn lifetime(&self, now: Timestamp) -> SignedDuration {
        let said = if self.directive("no-store").is_some() || self.directive("no-cache").is_some() {
            SignedDuration::ZERO
        } else {
            self.max_age().or_else(|| self.until_expiry(now)).unwrap_or_default()
        };
        // RFC 9111 §4.2.3: time already spent in another cache.
        let age = self.age.and_then(seconds).unwrap_or_default();
        (said - age).clamp(SHORTEST_LIFETIME, LONGEST_LIFETIME)
    }

    /// `s-maxage` applies, since this is a shared cache (RFC 9111 §5.2.2.10). An invalid value means stale, and
    /// of a repeated directive the first value applies (§4.2.1).
    fn max_age(&self) -> Option<SignedDuration> {
        let value = self.directive("s-maxage").or_else(|| self.directive("max-age"))?;
        Some(seconds(value.trim_matches('"')).unwrap_or_default())
    }

    fn until_expiry(&self, now: Timestamp) -> Option<SignedDuration> {
        let expires = rfc2822::parse(self.expires?).ok()?.timestamp();
        Some(expires.duration_since(now))
    }

    /// The value of a directive; empty if it has none.
    fn directive(&self, name: &str) -> Option<&str> {
        self.cache_control.split(',').find_map(|directive| {
            let (said, value) = directive.split_once('=').unwrap_or((directive, ""));
            said.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// Parses delta-seconds (RFC 9111 §1.2.2). Values that overflow are the maximum.
fn seconds(text: &str) -> Option<SignedDuration> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| SignedDuration::from_secs(text.parse().unwrap_or(i32::MAX).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-04
    #[test]
    fn lifetime_is_bounded() {
        let now = Timestamp::from_second(784_111_777).expect("in range"); // Sun, 06 Nov 1994 08:49:37 GMT
        let lifetime =
            |cache_control, expires, age| CacheHeaders { cache_control, expires, age }.lifetime(now).as_secs();
        for (cache_control, expected) in [
            ("", 300),
            ("public", 300),
            ("max-age=3600", 3600),
            ("public, Max-Age=3600, immutable", 3600),
            ("max-age=\"3600\"", 3600),
            ("max-age=60, s-maxage=7200", 7200),
            ("max-age=0", 300),
            ("max-age=-1", 300),
            ("max-age=soon", 300),
            ("max-age", 300),
            ("max-age=31536000", 86400),
            ("max-age=99999999999999999999999", 86400),
            ("no-store", 300),
            ("no-store, max-age=3600", 300),
            ("max-age=3600, no-cache=\"set-cookie\"", 300),
            ("xmax-age=3600", 300),
        ] {
            assert_eq!(lifetime(cache_control, None, None), expected, "{cache_control}");
        }
        assert_eq!(lifetime("", Some("Sun, 06 Nov 1994 09:49:37 GMT"), None), 3600);
        assert_eq!(lifetime("", Some("Sun, 06 Nov 1994 07:49:37 GMT"), None), 300);
        assert_eq!(lifetime("", Some("0"), None), 300);
        assert_eq!(lifetime("max-age=7200", Some("Sun, 06 Nov 1994 09:49:37 GMT"), None), 7200);
        assert_eq!(lifetime("max-age=3600", None, Some("600")), 3000);
        assert_eq!(lifetime("max-age=3600", None, Some("99999999999999999999")), 300);
    }
}
