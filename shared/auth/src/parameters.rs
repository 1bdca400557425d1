//! The parameters of a request, each at most once (RFC 6749 §3.1, §3.2).
//!
//! Two parsers that disagree on a repeated parameter are a hole (T-12), so there is one, and it refuses them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::error::{ErrorCode, OAuthError};

/// The parameters of one request. An empty value counts as absent (RFC 6749 §3.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string or form body.
    pub fn from_form(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Reads a JSON object of strings, as this project's own documents show the token request (AS-13). `null` counts
    /// as absent.
    ///
    /// # Errors
    /// `invalid_request` for anything else.
    pub fn from_json(bytes: &[u8]) -> Result<Self, OAuthError> {
        serde_json::from_slice(bytes)
            .map_err(|_| OAuthError::new(ErrorCode::InvalidRequest, "The body is not a JSON object of strings."))
    }

    /// The value of `name`, if it was sent.
    ///
    /// # Errors
    /// `invalid_request` if it was sent more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(OAuthError::new(ErrorCode::InvalidRequest, "A parameter was sent more than once."));
        }
        Ok(first.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()))
    }

    /// Refuses the whole request if any parameter, known or not, was sent more than once.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn each_once(&self) -> Result<(), OAuthError> {
        self.0.iter().try_for_each(|(name, _)| self.one(name).map(drop))
    }

    /// The same request without some parameters, as a query string.
    pub fn query_without(&self, names: &[&str]) -> String {
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }
}

/// Shows the names alone: the values are codes, secrets and passwords.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            // A map type would let the last of two equal names win.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if let Some(value) = map.next_value::<Option<String>>()? {
                        pairs.push((name, value));
                    }
                }
                Ok(Parameters(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_json_mean_the_same_as13() {
        let form = Parameters::from_form(b"grant_type=refresh_token&scope=a+b%20c&empty=");
        let json =
            Parameters::from_json(br#"{"grant_type":"refresh_token","scope":"a b c","empty":null}"#).expect("object");
        for name in ["grant_type", "scope", "empty", "absent"] {
            assert_eq!(form.one(name), json.one(name), "{name}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_in_either_form_t12() {
        let form = Parameters::from_form(b"code=1&code=2&x=1");
        let json = Parameters::from_json(br#"{"code":"1","code":"2","x":"1"}"#).expect("object");
        for parameters in [form, json] {
            assert_eq!(parameters.one("code").expect_err("twice").code, ErrorCode::InvalidRequest);
            assert_eq!(parameters.one("x"), Ok(Some("1")));
            assert!(parameters.each_once().is_err());
        }
    }

    #[test]
    fn json_of_another_shape_is_refused() {
        for body in ["", "[]", "1", r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":"b""#, "\u{feff}{}"] {
            assert!(Parameters::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
