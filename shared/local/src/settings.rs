//! Settings of a local stack.

use std::collections::BTreeMap;

use jean_auth::public_url::PublicUrl;
use jean_runtime::{Clock, Random};
use zeroize::Zeroizing;

use crate::template::ParameterValues;

/// The settings of a local stack.
#[derive(Debug, Clone)]
pub struct StackSettings {
    /// The origin at which clients reach the stack.
    pub public_url: PublicUrl,
    /// The signing secret.
    pub secret: Zeroizing<String>,
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
        let own = [("PublicUrl", self.public_url.issuer()), ("JwtSecretKey", self.secret.as_str())];
        let mut parameters = self.parameters.clone();
        parameters.extend(own.map(|(name, value)| (name.into(), value.into())));
        ParameterValues { parameters }
    }
}
