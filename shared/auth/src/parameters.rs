//! Request parameters, each sent at most once
//! ([RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)), except `resource`
//! ([RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2)).
//!
//! Two parsers that resolve a repeated parameter differently let an attacker show one value to each of them (T-12).
//! Parsing therefore fails with [`InvalidParameters::Repeated`], and a parameter that may be repeated has only
//! [`Parameters::all`], so that no caller can check one value and miss another.
//!
//! A request of thousands of parameters costs seconds before the client is known (SR-01), so parsing stops at
//! [`MAX_PARAMETERS`] and at the first overlong name or value.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::error::{ErrorCode, OAuthError};

/// Maximum number of parameters in one request. The largest legitimate one, an authorization request, has about fifteen.
pub const MAX_PARAMETERS: usize = 64;
/// Maximum length of a parameter's name, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Maximum length of an OAuth parameter's value, in bytes. Longer than any accepted one (`state`, 4096 bytes), so that
/// the parameter's own error is reported.
const MAX_VALUE_BYTES: usize = 8192;
/// Maximum length of a value in a form of our own pages, in bytes: a memory's text, which the page limits itself.
const MAX_PAGE_VALUE_BYTES: usize = 256 * 1024;

/// The parameters that may be sent more than once.
const REPEATABLE: [&str; 1] = ["resource"];

/// The parameters of one request. An empty value counts as absent (RFC 6749 §3.1).
///
/// ```
/// use jean_auth::parameters::Parameters;
///
/// let parameters = Parameters::from_form(b"grant_type=refresh_token&scope=").unwrap();
/// assert_eq!(parameters.get("grant_type"), Some("refresh_token"));
/// assert_eq!(parameters.get("scope"), None);
/// assert!(Parameters::from_form(b"code=1&code=2").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// The reasons to reject the parameters of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameters {
    /// A name occurs twice.
    #[error("repeated parameter")]
    Repeated(RepeatedParameter),
    /// More than [`MAX_PARAMETERS`], or an overlong name or value.
    #[error("too many or overlong parameters")]
    TooLarge,
}

/// The parameters of a request that repeats some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedParameter {
    unique: Parameters,
    repeated: HashSet<String>,
}

impl Parameters {
    /// Parses a query string or form body.
    ///
    /// # Errors
    /// [`InvalidParameters`] if any name, known or not, occurs twice, or if there are too many.
    pub fn from_form(bytes: &[u8]) -> Result<Self, InvalidParameters> {
        let mut pairs = Pairs::at_most(MAX_VALUE_BYTES);
        pairs.extend_from_form(bytes)?;
        Ok(pairs.unique()?)
    }

    /// Parses a form of one of our own pages, which has longer values.
    ///
    /// # Errors
    /// Those of [`from_form`](Self::from_form).
    pub fn from_own_form(bytes: &[u8]) -> Result<Self, InvalidParameters> {
        let mut pairs = Pairs::at_most(MAX_PAGE_VALUE_BYTES);
        pairs.extend_from_form(bytes)?;
        Ok(pairs.unique()?)
    }

    /// Parses the query of one of our own pages. A repeated parameter counts as absent, and so do all parameters of a request
    /// that exceeds the limits.
    pub fn from_page(bytes: &[u8]) -> Self {
        Self::from_own_form(bytes).unwrap_or_else(|invalid| match invalid {
            InvalidParameters::Repeated(repeated) => repeated.into_unique(),
            InvalidParameters::TooLarge => Self(Vec::new()),
        })
    }

    /// Parses a JSON object of strings, which the token endpoint accepts beside forms (AS-13). `null` counts as absent, and
    /// an array of strings is the same parameter sent several times.
    ///
    /// # Errors
    /// `invalid_request` for any other JSON, for a repeated name and for too many parameters.
    pub fn from_json(bytes: &[u8]) -> Result<Self, OAuthError> {
        let pairs: Result<Pairs, TooLarge> = serde_json::from_slice::<JsonPairs>(bytes)
            .map_err(|_| OAuthError::new(ErrorCode::InvalidRequest, "The body is not a JSON object of strings."))?
            .0;
        Ok(pairs.map_err(InvalidParameters::from)?.unique().map_err(InvalidParameters::from)?)
    }

    /// The value of `name`, unless it is absent or empty. `None` for a parameter that may be repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        if REPEATABLE.contains(&name) {
            return None;
        }
        self.all(name).next()
    }

    /// Every non-empty value of `name`, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// Serialises the parameters without those in `names` as a query string.
    pub fn query_without(&self, names: &[&str]) -> String {
        let rest = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish()
    }
}

impl RepeatedParameter {
    /// The parameters sent once.
    pub fn into_unique(self) -> Parameters {
        self.unique
    }

    /// `true` if `name` was sent more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }
}

impl From<RepeatedParameter> for InvalidParameters {
    fn from(repeated: RepeatedParameter) -> Self {
        Self::Repeated(repeated)
    }
}

impl From<TooLarge> for InvalidParameters {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl From<InvalidParameters> for OAuthError {
    fn from(invalid: InvalidParameters) -> Self {
        let description = match invalid {
            InvalidParameters::Repeated(_) => "A parameter was sent more than once.",
            InvalidParameters::TooLarge => "The request has more than 64 parameters, or an overlong one.",
        };
        Self::new(ErrorCode::InvalidRequest, description)
    }
}

/// Shows the names only: values can be codes, secrets and passwords.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A limit was exceeded.
struct TooLarge;

/// Name-value pairs in order, within the limits. A map type would let the last of two equal names win.
struct Pairs {
    pairs: Vec<(String, String)>,
    max_value_bytes: usize,
}

impl Pairs {
    fn at_most(max_value_bytes: usize) -> Self {
        Self { pairs: Vec::new(), max_value_bytes }
    }

    fn push(&mut self, name: &str, value: &str) -> Result<(), TooLarge> {
        let fits = name.len() <= MAX_NAME_BYTES && value.len() <= self.max_value_bytes;
        if !fits || self.pairs.len() == MAX_PARAMETERS {
            return Err(TooLarge);
        }
        self.pairs.push((name.into(), value.into()));
        Ok(())
    }

    fn extend_from_form(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        url::form_urlencoded::parse(bytes).try_for_each(|(name, value)| self.push(&name, &value))
    }

    fn unique(self) -> Result<Parameters, RepeatedParameter> {
        let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
        for (name, _) in &self.pairs {
            if !seen.insert(name.as_str()) && !REPEATABLE.contains(&name.as_str()) {
                repeated.insert(name.clone());
            }
        }
        if repeated.is_empty() {
            return Ok(Parameters(self.pairs));
        }
        let unique = self.pairs.into_iter().filter(|(name, _)| !repeated.contains(name)).collect();
        Err(RepeatedParameter { unique: Parameters(unique), repeated })
    }
}

/// The members of a JSON object.
struct JsonPairs(Result<Pairs, TooLarge>);

impl<'de> Deserialize<'de> for JsonPairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = JsonPairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonPairs, A::Error> {
                let mut pairs = Ok(Pairs::at_most(MAX_VALUE_BYTES));
                while let Some((name, value)) = map.next_entry::<String, JsonValue>()? {
                    let values = match value {
                        JsonValue::Null(()) => Vec::new(),
                        JsonValue::One(value) => vec![value],
                        JsonValue::Several(values) => values,
                    };
                    for value in values {
                        pairs = pairs.and_then(|mut pairs| pairs.push(&name, &value).map(|()| pairs));
                    }
                }
                Ok(JsonPairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The value of a member.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonValue {
    Null(()),
    One(String),
    Several(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS-13
    #[test]
    fn form_and_json_are_equivalent() {
        let form = Parameters::from_form(b"grant_type=refresh_token&scope=a+b%20c&empty=").expect("unique");
        let json =
            Parameters::from_json(br#"{"grant_type":"refresh_token","scope":"a b c","empty":null}"#).expect("object");
        for name in ["grant_type", "scope", "empty", "absent"] {
            assert_eq!(form.get(name), json.get(name), "{name}");
        }
    }

    /// T-12
    #[test]
    fn repeated_parameter_is_rejected_in_either_format() {
        let Err(InvalidParameters::Repeated(repeated)) = Parameters::from_form(b"code=1&code=2&x=1") else {
            panic!("not repeated")
        };
        assert!(repeated.repeats("code") && !repeated.repeats("x"));
        let unique = repeated.into_unique();
        assert_eq!((unique.get("code"), unique.get("x")), (None, Some("1")));
        let error = Parameters::from_json(br#"{"code":"1","code":"2","x":"1"}"#).expect_err("repeated");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }

    /// TO-01
    ///
    /// RFC 8707 §2 lets `resource` be repeated. Each parser returns every value, and no parser returns only one.
    #[test]
    fn only_resource_may_be_repeated() {
        let form = b"resource=https%3A%2F%2Fa.example&x=1&resource=&resource=https%3A%2F%2Fb.example";
        let json = br#"{"resource":"https://a.example","x":"1","resource":["","https://b.example"]}"#;
        for parameters in [
            Parameters::from_form(form).expect("repeatable"),
            Parameters::from_page(form),
            Parameters::from_json(json).expect("repeatable"),
        ] {
            assert_eq!(parameters.all("resource").collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
            assert_eq!((parameters.get("resource"), parameters.get("x")), (None, Some("1")));
        }
        let again = Parameters::from_form(form).expect("repeatable").query_without(&["x"]);
        assert_eq!(again, "resource=https%3A%2F%2Fa.example&resource=&resource=https%3A%2F%2Fb.example");
        for body in [
            &br#"{"code":["1","2"]}"#[..],
            br#"{"scope":["a","b"]}"#,
            br#"{"resource":[["a"]]}"#,
            br#"{"resource":[1]}"#,
        ] {
            let error = Parameters::from_json(body).expect_err("repeated");
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{}", String::from_utf8_lossy(body));
        }
        let many = format!(r#"{{"resource":[{}"x"]}}"#, r#""x","#.repeat(18_000));
        assert!(Parameters::from_json(many.as_bytes()).is_err());
    }

    /// SR-01
    #[test]
    fn parsing_stops_at_the_limits() {
        let form = |count: usize| (0..count).map(|n| format!("a{n}=1&")).collect::<String>();
        let json = |count: usize| {
            let members: Vec<_> = (0..count).map(|n| format!(r#""a{n}":"1""#)).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(
            Parameters::from_form(form(64).as_bytes()).is_ok() && Parameters::from_json(json(64).as_bytes()).is_ok()
        );
        for count in [65, 18_000] {
            assert_eq!(Parameters::from_form(form(count).as_bytes()), Err(InvalidParameters::TooLarge));
            assert!(Parameters::from_json(json(count).as_bytes()).is_err());
            assert_eq!(Parameters::from_page(form(count).as_bytes()).get("a1"), None);
        }
        for form in [format!("{}=1", "n".repeat(65)), format!("state={}", "v".repeat(8193))] {
            assert_eq!(Parameters::from_form(form.as_bytes()), Err(InvalidParameters::TooLarge));
        }
        let text = format!("text={}", "v".repeat(65_536));
        assert!(Parameters::from_page(text.as_bytes()).get("text").is_some());
    }

    #[test]
    fn json_of_another_shape_is_rejected() {
        for body in ["", "[]", "1", r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":"b""#, "\u{feff}{}"] {
            assert!(Parameters::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
