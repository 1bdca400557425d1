//! The deployed stack in one process: the functions of template.yaml, each with its own variables and role, behind its
//! routes, on one embedded DynamoDB.

use std::collections::{BTreeMap, BTreeSet};

use aws_types::SdkConfig;
use axum::Router;
use jean_auth::public_url::PublicUrl;
use jean_runtime::{Clock, Environment, Platform, Random, StartError};
use zeroize::Zeroizing;

use crate::{
    engine::{Engine, EngineError},
    gateway,
    role::Role,
    template::{Given, Template, TemplateError},
};

/// The settings of a local stack.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach it.
    pub public_url: PublicUrl,
    /// The signing secret.
    pub secret: Zeroizing<String>,
    /// What time the functions think it is.
    pub clock: Clock,
    /// Where their secrets come from.
    pub random: Random,
    /// Parameters of the template that are to have another value than their default.
    pub parameters: BTreeMap<String, String>,
}

/// A running stack.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Every route of the template; anything else is the 404 of API Gateway. A request comes from 127.0.0.1 unless it
    /// carries a [`ConnectInfo`](axum::extract::ConnectInfo) extension with a socket address.
    pub router: Router,
    /// How the store reaches the desk's database: `jean_store::Table::new(&desk.aws, "AuthTable")`.
    pub aws: SdkConfig,
    /// The database itself.
    pub engine: Engine,
    /// What was read from template.yaml.
    pub template: Template,
    /// The roles of its functions by their folders, and what of them was used.
    pub roles: BTreeMap<String, Role>,
}

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The template can't be followed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The database is not there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A function does not start.
    #[error("{id} does not start: {source}")]
    Start {
        /// Its logical id.
        id: String,
        /// Why.
        source: StartError,
    },
}

impl Stack {
    /// Starts every function of template.yaml that has a route, on `engine`.
    ///
    /// `start` builds the router of one function from the folder its code is in (`functions/token`) and its platform.
    /// Routes of a function for which it returns `None` are left out, and answer 404.
    ///
    /// # Errors
    /// [`StackError`] if the template is invalid, a table cannot be created or a function does not start.
    pub async fn start(
        engine: Engine,
        settings: Settings,
        start: impl AsyncFn(&str, &Platform) -> Option<Result<Router, StartError>>,
    ) -> Result<Self, StackError> {
        let own = engine.clone();
        Self::start_with(engine, move |role| own.aws_as(role), settings, start).await
    }

    /// Like [`Self::start`], with functions that reach the database through the AWS configuration `aws` returns for
    /// their role.
    ///
    /// # Errors
    /// [`StackError`], as [`Self::start`].
    pub async fn start_with(
        engine: Engine,
        aws: impl Fn(Role) -> SdkConfig,
        settings: Settings,
        start: impl AsyncFn(&str, &Platform) -> Option<Result<Router, StartError>>,
    ) -> Result<Self, StackError> {
        let template = Template::of_project(&settings.given())?;
        engine.create_tables(&template.tables)?;
        let (mut functions, mut roles) = (BTreeMap::new(), BTreeMap::new());
        // A function without a route, such as one called by a schedule, answers no request.
        let routed: BTreeSet<_> = template.routes.iter().map(|route| &route.function).collect();
        for id in routed {
            let function = &template.functions[id];
            let role = Role::new(function.allowed.clone());
            let environment: Environment = function.variables.clone().into_iter().collect();
            let platform = Platform {
                aws: aws(role.clone()).to_builder().service_config(environment.clone()).build(),
                environment,
                clock: settings.clock.clone(),
                random: settings.random.clone(),
            };
            let Some(started) = start(function.folder(), &platform).await else { continue };
            let router = started.map_err(|source| StackError::Start { id: id.clone(), source })?;
            roles.insert(function.folder().to_owned(), role);
            functions.insert(id.clone(), router);
        }
        let router = gateway::router(&template.routes, &functions, &settings);
        Ok(Self { router, aws: engine.aws(), engine, template, roles })
    }
}

impl Settings {
    /// The parameters of the template that the desk decides.
    fn given(&self) -> Given {
        let own = [("PublicUrl", self.public_url.issuer()), ("JwtSecretKey", self.secret.as_str())];
        let mut parameters = self.parameters.clone();
        parameters.extend(own.map(|(name, value)| (name.into(), value.into())));
        Given { parameters }
    }
}
