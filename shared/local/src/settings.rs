//! Settings of a local stack.

use std::collections::BTreeMap;

use jean_auth::public_url::PublicUrl;
use jean_runtime::{Clock, Random};
use zeroize::Zeroizing;

use crate::template::ParameterValues;

/// The secrets of a local stack.
#[derive(Clone)]
pub struct LocalSecrets {
    /// Signs access tokens with HS256.
    pub signing: Zeroizing<String>,
    /// Derives every other key.
    pub root: Zeroizing<String>,
    /// Signs access tokens with EdDSA instead: a private key as PKCS #8 PEM.
    pub private_key: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for LocalSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalSecrets")
    }
}

/// The settings of a local stack.
#[derive(Debug, Clone)]
pub struct StackSettings {
    /// The origin at which clients reach the stack.
    pub public_url: PublicUrl,
    /// The secrets, which a deployed stack has in Secrets Manager.
    pub secrets: LocalSecrets,
    /// The clock of all functions.
    pub clock: Clock,
    /// The source of random bytes of all functions.
    pub random: Random,
    /// Template parameters with a value other than their default.
    pub parameters: BTreeMap<String, String>,
}

impl StackSettings {
    /// The parameter values for the template, including those that the local server sets itself.
    pub(crate) fn parameter_values(&self) -> ParameterValues {
        let own = [
            ("PublicUrl", self.public_url.issuer()),
            ("JwtSecretKey", self.secrets.signing.as_str()),
            ("RootSecretKey", self.secrets.root.as_str()),
        ];
        let mut parameters = self.parameters.clone();
        parameters.extend(own.map(|(name, value)| (name.into(), value.into())));
        if let Some(key) = &self.secrets.private_key {
            parameters.insert("AccessTokenAlgorithm".into(), "EdDSA".into());
            parameters.insert("AccessTokenPrivateKey".into(), key.to_string());
        }
        ParameterValues { parameters }
    }
}
