//! The stack of template.yaml in one process: its functions, each with its own variables and role, behind its routes, on
//! one embedded DynamoDB.

use std::collections::{BTreeMap, BTreeSet};

use aws_types::SdkConfig;
use axum::Router;
use jean_runtime::{Environment, Platform, Shutdown, StartError};

use crate::{
    engine::{Engine, EngineError},
    gateway,
    role::Role,
    template::{Template, TemplateError},
};

pub use crate::settings::{LocalSecrets, StackSettings};

/// A running stack.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Router of all routes. The source address is 127.0.0.1 unless the request
    /// has a [`ConnectInfo`](axum::extract::ConnectInfo) extension with a socket address.
    pub router: Router,
    /// AWS configuration for the embedded database: `jean_store::Table::new(&stack.aws, "AuthTable")`.
    pub aws: SdkConfig,
    /// The embedded database.
    pub engine: Engine,
    /// The evaluated template.yaml.
    pub template: Template,
    /// The roles of the functions, by folder, with a record of the permissions used.
    pub roles: BTreeMap<String, Role>,
    /// The platforms of the functions, by folder: those of functions without a route are started by the caller.
    pub platforms: BTreeMap<String, Platform>,
    /// The work of the functions before the process ends.
    pub shutdown: Shutdown,
}

/// Errors of starting a stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The template is invalid or not supported.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The database cannot be opened or a table not created.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A function does not start.
    #[error("{id} does not start: {source}")]
    Start {
        /// The logical id of the function.
        id: String,
        /// The function's error.
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
        settings: StackSettings,
        start: impl AsyncFn(&str, &Platform) -> Option<Result<Router, StartError>>,
    ) -> Result<Self, StackError> {
        let own = engine.clone();
        Self::start_with(engine, move |role| own.aws_as(role), settings, start).await
    }

    /// Like [`Self::start`], with functions that reach the database through the AWS configuration `aws` returns for
    /// their role.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        engine: Engine,
        aws: impl Fn(Role) -> SdkConfig,
        settings: StackSettings,
        start: impl AsyncFn(&str, &Platform) -> Option<Result<Router, StartError>>,
    ) -> Result<Self, StackError> {
        let template = Template::of_project(&settings.parameter_values())?;
        engine.create_tables(&template.tables)?;
        let shutdown = Shutdown::default();
        let (mut functions, mut roles, mut platforms) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        // A function without a route, such as one called by a schedule, answers no request.
        let routed: BTreeSet<_> = template.routes.iter().map(|route| &route.function).collect();
        for (id, function) in &template.functions {
            let role = Role::new(function.allowed.clone());
            let environment: Environment = function.variables.clone().into_iter().collect();
            let platform = Platform {
                aws: aws(role.clone()).to_builder().service_config(environment.clone()).build(),
                environment,
                clock: settings.clock.clone(),
                random: settings.random.clone(),
                shutdown: shutdown.clone(),
            };
            if routed.contains(id) {
                let Some(started) = start(function.folder(), &platform).await else { continue };
                let router = started.map_err(|source| StackError::Start { id: id.clone(), source })?;
                functions.insert(id.clone(), router);
            }
            roles.insert(function.folder().to_owned(), role);
            platforms.insert(function.folder().to_owned(), platform);
        }
        let router = gateway::router(&template.routes, &functions, &settings);
        Ok(Self { router, aws: engine.aws(), engine, template, roles, platforms, shutdown })
    }
}
