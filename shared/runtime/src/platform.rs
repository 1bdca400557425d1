//! The inputs of a function: environment variables, AWS configuration, clock, randomness and the end of the instance. They
//! are arguments, so that tests control them; no other module reads them from the process.

use std::{collections::HashMap, fmt, ops::RangeInclusive, str::FromStr, sync::Arc};

use aws_types::{
    SdkConfig,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use jean_auth::{
    grant::ConnectionLifetimes, identity_provider::IdentityProviders, keys::MAXIMUM_ACCESS_TOKEN_SECONDS,
    public_url::PublicUrl,
};
use jiff::{SignedDuration, Timestamp};

use crate::Shutdown;

/// The inputs that a function's router is built from.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The environment variables that template.yaml sets for the function.
    pub environment: Environment,
    /// The AWS SDK configuration.
    pub aws: SdkConfig,
    /// The clock.
    pub clock: Clock,
    /// The source of randomness for ids and secrets.
    pub random: Random,
    /// The end of the instance.
    pub shutdown: Shutdown,
}

/// The environment variables of one function. An empty variable counts as unset, since a
/// template cannot leave one out. Defaults stand in template.yaml only.
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

    /// The variable, which must be set.
    ///
    /// # Errors
    /// [`StartError::Missing`]
    pub fn require(&self, name: &'static str) -> Result<String, StartError> {
        self.get(name).ok_or(StartError::Missing(name))
    }

    /// The variable, parsed.
    ///
    /// # Errors
    /// [`StartError::Missing`] or [`StartError::Invalid`]
    pub fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<T, StartError> {
        self.require(name)?.parse().map_err(|error: T::Err| StartError::Invalid(name, error.to_string()))
    }

    /// The variable, parsed, or `None` if it is unset.
    ///
    /// # Errors
    /// [`StartError::Invalid`]
    pub fn parse_if_set<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<Option<T>, StartError> {
        self.get(name).map(|_| self.parse(name)).transpose()
    }

    /// `IDENTITY_PROVIDERS` of the server at `public_url`. None if it is unset.
    ///
    /// # Errors
    /// [`StartError::Invalid`]
    pub fn identity_providers(&self, public_url: &PublicUrl) -> Result<IdentityProviders, StartError> {
        const NAME: &str = "IDENTITY_PROVIDERS";
        let Some(text) = self.get(NAME) else { return Ok(IdentityProviders::default()) };
        IdentityProviders::read(&text, public_url).map_err(|invalid| StartError::Invalid(NAME, invalid.to_string()))
    }

    /// `ACCESS_TOKEN_SECONDS`, `REFRESH_SLIDING_DAYS` and `REFRESH_ABSOLUTE_DAYS`.
    ///
    /// # Errors
    /// [`StartError::Missing`] or [`StartError::Invalid`]
    pub fn connection_lifetimes(&self) -> Result<ConnectionLifetimes, StartError> {
        let days = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
        // Other services that verify access tokens do not see revocations, so the lifetime is bounded; very short ones make
        // every client refresh all the time (AS-23).
        let access_token = self.number("ACCESS_TOKEN_SECONDS", 300..=MAXIMUM_ACCESS_TOKEN_SECONDS)?;
        Ok(ConnectionLifetimes {
            access_token: SignedDuration::from_secs(access_token.into()),
            sliding: days(self.number("REFRESH_SLIDING_DAYS", 1..=365)?),
            absolute: days(self.number("REFRESH_ABSOLUTE_DAYS", 1..=3650)?),
        })
    }

    /// The variable, a limit of at most `most`. 0 if it is unset, which means no limit.
    ///
    /// # Errors
    /// [`StartError::Invalid`]
    pub fn limit(&self, name: &'static str, most: u32) -> Result<u32, StartError> {
        if self.get(name).is_some() { self.number(name, 0..=most) } else { Ok(0) }
    }

    /// The variable, a number within `bounds`.
    ///
    /// # Errors
    /// [`StartError::Missing`] or [`StartError::Invalid`]
    pub fn number(&self, name: &'static str, bounds: RangeInclusive<u32>) -> Result<u32, StartError> {
        let number = self.parse(name)?;
        if bounds.contains(&number) {
            return Ok(number);
        }
        Err(StartError::Invalid(name, format!("must be between {} and {}", bounds.start(), bounds.end())))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let variables: HashMap<_, _> = variables.into_iter().collect();
        Self::new(move |name| variables.get(name).cloned())
    }
}

/// Shows no value: some of them are secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// Service-specific endpoints such as `AWS_ENDPOINT_URL_DYNAMODB`, as every AWS SDK reads them.
impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        self.get(&format!("{}_{service}", key.env()))
    }
}

/// A clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that returns `now()`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The system clock.
    #[expect(clippy::disallowed_methods, reason = "the one place the system clock is read")]
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

/// A source of random bytes.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// A source that fills buffers with `fill`.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// The operating system's random number generator.
    #[expect(clippy::disallowed_methods, reason = "the one place randomness is drawn")]
    pub fn of_system() -> Self {
        Self::new(|buffer| getrandom::fill(buffer).expect("the operating system provides randomness"))
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

    /// A unique id: 64 random bits as 16 hexadecimal digits, e.g. `00f3a1b2c4d5e6f7`.
    pub fn id(&self) -> String {
        format!("{:016x}", self.u64())
    }

    /// A unique id as a type of its own, which accepts hexadecimal digits.
    pub fn parsed_id<T: FromStr<Err: fmt::Debug>>(&self) -> T {
        self.id().parse().expect("hexadecimal digits")
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

/// The reason why a function does not start, with the action to take.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required variable is unset.
    #[error("environment variable {0} is not set; template.yaml sets it for every function that reads it")]
    Missing(&'static str),
    /// A variable has an invalid value.
    #[error("invalid environment variable {0}: {1}")]
    Invalid(&'static str, String),
    /// Neither form of a secret is set. There is no default (T-19).
    #[error("no secret: set {arn} to one in Secrets Manager, or {key} to at least 32 bytes")]
    NoSecret {
        /// The variable with its ARN.
        arn: &'static str,
        /// The variable with the secret itself.
        key: &'static str,
    },
    /// The secret of a variable is easy to guess.
    #[error("weak secret in {0}: {1}")]
    WeakSecret(&'static str, jean_auth::keys::WeakSecret),
    /// The root secret is the secret that verifiers of access tokens hold (SR-14).
    #[error(
        "ROOT_SECRET_KEY equals JWT_SECRET_KEY, which other services may hold; make one with: openssl rand -base64 48"
    )]
    SharedRootSecret,
    /// The secret of a variable could not be loaded from Secrets Manager.
    #[error("loading the secret of {0} from Secrets Manager failed: {1}")]
    SecretsManager(&'static str, String),
    /// The Lambda runtime failed.
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
    fn empty_variable_is_unset() {
        assert_eq!(environment(&[("A", "")]).get("A"), None);
        assert!(matches!(environment(&[("A", "")]).require("A"), Err(StartError::Missing("A"))));
    }

    #[test]
    fn number_is_within_its_bounds() {
        for (text, number) in [("4", None), ("5", Some(5)), ("9", Some(9)), ("10", None), ("-5", None), ("five", None)]
        {
            assert_eq!(environment(&[("A", text)]).number("A", 5..=9).ok(), number, "{text}");
        }
        assert!(matches!(environment(&[]).number("A", 5..=9), Err(StartError::Missing("A"))));
    }

    #[test]
    fn service_endpoint_is_found_by_its_name() {
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
