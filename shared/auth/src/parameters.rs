//! Request parameters, each sent at most once
//! ([RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)).
//!
//! Two parsers that resolve a repeated parameter differently let an attacker show one value to each of them (T-12).
//! [`Parameters`] therefore cannot hold a repeated parameter: parsing fails with [`RepeatedParameter`].

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::error::{ErrorCode, OAuthError};

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

/// A request that repeats a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("repeated parameter")]
pub struct RepeatedParameter {
    unique: Parameters,
    repeated: HashSet<String>,
}

impl Parameters {
    /// Parses a query string or form body.
    ///
    /// # Errors
    /// [`RepeatedParameter`] if any name, known or not, occurs twice.
    pub fn from_form(bytes: &[u8]) -> Result<Self, RepeatedParameter> {
        Self::from_pairs(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Parses the query or form of one of our own pages. A repeated parameter counts as absent.
    pub fn from_page(bytes: &[u8]) -> Self {
        Self::from_form(bytes).unwrap_or_else(RepeatedParameter::into_unique)
    }

    /// Parses a JSON object of strings, which the token endpoint accepts beside forms (AS-13). `null` counts as absent.
    ///
    /// # Errors
    /// `invalid_request` for any other JSON and for a repeated name.
    pub fn from_json(bytes: &[u8]) -> Result<Self, OAuthError> {
        let Pairs(pairs) = serde_json::from_slice(bytes)
            .map_err(|_| OAuthError::new(ErrorCode::InvalidRequest, "The body is not a JSON object of strings."))?;
        Ok(Self::from_pairs(pairs)?)
    }

    /// One pass over the names: an attacker can send thousands of distinct ones in one body.
    fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, RepeatedParameter> {
        let (mut seen, mut repeated) = (HashSet::with_capacity(pairs.len()), HashSet::new());
        for (name, _) in &pairs {
            if !seen.insert(name.as_str()) {
                repeated.insert(name.clone());
            }
        }
        if repeated.is_empty() {
            return Ok(Self(pairs));
        }
        let unique = Self(pairs.into_iter().filter(|(name, _)| !repeated.contains(name)).collect());
        Err(RepeatedParameter { unique, repeated })
    }

    /// The value of `name`, unless it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
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

impl From<RepeatedParameter> for OAuthError {
    fn from(_: RepeatedParameter) -> Self {
        Self::new(ErrorCode::InvalidRequest, "A parameter was sent more than once.")
    }
}

/// Shows the names only: values can be codes, secrets and passwords.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// The members of a JSON object in order. A map type would let the last of two equal names win.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if let Some(value) = map.next_value::<Option<String>>()? {
                        pairs.push((name, value));
                    }
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
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
        let repeated = Parameters::from_form(b"code=1&code=2&x=1").expect_err("repeated");
        assert!(repeated.repeats("code") && !repeated.repeats("x"));
        let unique = repeated.into_unique();
        assert_eq!((unique.get("code"), unique.get("x")), (None, Some("1")));
        let error = Parameters::from_json(br#"{"code":"1","code":"2","x":"1"}"#).expect_err("repeated");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn json_of_another_shape_is_rejected() {
        for body in ["", "[]", "1", r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":"b""#, "\u{feff}{}"] {
            assert!(Parameters::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
