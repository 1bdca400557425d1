//! What a function is started with: its environment, AWS, the clock and randomness. All four are arguments, so that a
//! test can set each; nothing further in reads them from the process.

use std::{collections::HashMap, fmt, str::FromStr, sync::Arc};

use aws_types::{
    SdkConfig,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use jean_auth::public_url::PublicUrl;
use jiff::Timestamp;

/// Everything a function's router is made from.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The variables template.yaml gives the function.
    pub environment: Environment,
    /// How AWS is reached.
    pub aws: SdkConfig,
    /// What time it is.
    pub clock: Clock,
    /// Where fresh secrets come from.
    pub random: Random,
}

impl Platform {
    /// Where this server is: `PUBLIC_URL`, checked.
    ///
    /// # Errors
    /// [`StartError`] when it is missing or can't be one.
    pub fn public_url(&self) -> Result<PublicUrl, StartError> {
        self.environment.parse("PUBLIC_URL")
    }
}

/// The environment variables of one function. A variable that is set to the empty string counts as unset, since a
/// template cannot leave one out.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// An environment in which `lookup` returns the value of a variable.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place the process environment is read")]
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// The variable, if it is set.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The variable.
    ///
    /// # Errors
    /// [`StartError::Missing`].
    pub fn require(&self, name: &'static str) -> Result<String, StartError> {
        self.get(name).ok_or(StartError::Missing(name))
    }

    /// The variable, as what it stands for.
    ///
    /// # Errors
    /// [`StartError::Missing`], [`StartError::Invalid`].
    pub fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<T, StartError> {
        self.require(name)?.parse().map_err(|error: T::Err| StartError::Invalid(name, error.to_string()))
    }

    /// The variable as what it stands for, or a default when it is not set.
    ///
    /// # Errors
    /// [`StartError::Invalid`].
    pub fn parse_or<T: FromStr<Err: fmt::Display>>(&self, name: &'static str, default: T) -> Result<T, StartError> {
        if self.get(name).is_none() { Ok(default) } else { self.parse(name) }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let variables: HashMap<_, _> = variables.into_iter().collect();
        Self::new(move |name| variables.get(name).cloned())
    }
}

/// Shows no value: one of them is the signing secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and its like, as every AWS SDK reads them.
impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        self.get(&format!("{}_{service}", key.env()))
    }
}

/// What time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that answers what `now` answers.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place the system's clock is read")]
    pub fn of_system() -> Self {
        Self::new(Timestamp::now)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Where fresh secrets come from.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// Randomness that fills buffers as `fill` does.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// The kernel's randomness.
    #[expect(clippy::disallowed_methods, reason = "the one place randomness is drawn")]
    pub fn of_system() -> Self {
        Self::new(|buffer| {
            getrandom::fill(buffer).expect("the kernel has randomness: without it no secret can be made")
        })
    }

    /// Fills a buffer with fresh random bytes.
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.0)(buffer);
    }

    /// Fresh random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        (self.0)(&mut buffer);
        buffer
    }

    /// A name that nothing else has: 64 fresh random bits, as 16 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:016x}", self.u64())
    }

    /// 64 fresh random bits.
    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

/// Why a function does not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is not set.
    #[error("the variable {0} is not set; template.yaml sets it for every function that reads it")]
    Missing(&'static str),
    /// A variable can't be what it stands for.
    #[error("the variable {0} can't be used: {1}")]
    Invalid(&'static str, String),
    /// Neither form of the signing secret is there (T-19: there is no default).
    #[error(
        "there is no signing secret: set JWT_SECRET_ARN to a secret in Secrets Manager, or JWT_SECRET_KEY to at least 32 bytes"
    )]
    NoSigningSecret,
    /// The signing secret can't sign.
    #[error(transparent)]
    WeakSigningSecret(#[from] jean_auth::keys::WeakSecret),
    /// Secrets Manager did not give the signing secret.
    #[error("the signing secret could not be read from Secrets Manager: {0}")]
    SecretsManager(String),
    /// The Lambda runtime ended.
    #[error("the Lambda runtime failed: {0}")]
    Runtime(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        assert_eq!(environment(&[("A", "")]).get("A"), None);
        assert!(matches!(environment(&[("A", "")]).require("A"), Err(StartError::Missing("A"))));
    }

    #[test]
    fn an_endpoint_of_one_service_is_found_under_its_name() {
        let environment = environment(&[("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://localhost:1")]);
        let key = |service| {
            ServiceConfigKey::builder()
                .service_id(service)
                .profile("endpoint_url")
                .env("AWS_ENDPOINT_URL")
                .build()
                .expect("complete")
        };
        assert_eq!(environment.load_config(key("Secrets Manager")).as_deref(), Some("http://localhost:1"));
        assert_eq!(environment.load_config(key("DynamoDB")), None);
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", environment(&[("JWT_SECRET_KEY", "secret")])), "Environment");
    }
}
