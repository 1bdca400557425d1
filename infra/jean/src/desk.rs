//! The whole set in one process: the functions of template.yaml, each with its own variables, behind its routes, on one
//! database. Flow tests call it as one service; `jean serve` gives it a port.

mod gateway;

use std::{collections::BTreeMap, path::Path};

use auth::public_url::PublicUrl;
use authorize::Documents;
use aws_types::SdkConfig;
use axum::Router;
use web::{Clock, Environment, Platform, Random, StartError};
use zeroize::Zeroizing;

use crate::{
    engine::{Engine, EngineError},
    role::Role,
    template::{Function, Given, Template, TemplateError},
};

/// What a desk is made of.
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
    /// How the documents of clients are fetched.
    pub documents: Documents,
    /// Parameters of the template that are to have another value than their default.
    pub parameters: BTreeMap<String, String>,
}

/// The set, ready to answer.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Every route of the template; anything else is the 404 of API Gateway. A request comes from 127.0.0.1 unless it
    /// carries a [`ConnectInfo`](axum::extract::ConnectInfo) extension with a socket address.
    pub router: Router,
    /// How the store reaches the desk's database: `store::Table::new(&desk.aws, "AuthTable")`.
    pub aws: SdkConfig,
    /// The database itself.
    pub engine: Engine,
    /// What was read from template.yaml.
    pub template: Template,
    /// The roles of its functions by their folders, and what of them was used.
    pub roles: BTreeMap<String, Role>,
}

/// Why there is no desk.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The template can't be followed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The database is not there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The template has a function this binary was built without.
    #[error("template.yaml, {id}: there is no function in {code_uri}")]
    UnknownFunction {
        /// Its logical id.
        id: String,
        /// Where its code should be.
        code_uri: String,
    },
    /// A function does not start.
    #[error("{id} does not start: {source}")]
    Start {
        /// Its logical id.
        id: String,
        /// Why.
        source: StartError,
    },
}

impl Desk {
    /// A desk that forgets everything when it is dropped.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn in_memory(settings: Settings) -> Result<Self, DeskError> {
        Self::on(Engine::in_memory(settings.clock.clone())?, settings).await
    }

    /// A desk that keeps everything in a file.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn in_file(path: &Path, settings: Settings) -> Result<Self, DeskError> {
        Self::on(Engine::open(path)?, settings).await
    }

    /// A desk on a database that is there already.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn on(engine: Engine, settings: Settings) -> Result<Self, DeskError> {
        let own = engine.clone();
        Self::reached_by(engine, move |role| own.aws_as(role), settings).await
    }

    /// The same, with functions that reach the database in a way of their own, each with its role.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn reached_by(
        engine: Engine,
        reached: impl Fn(Role) -> SdkConfig,
        settings: Settings,
    ) -> Result<Self, DeskError> {
        let template = Template::of_project(&settings.given())?;
        engine.create_tables(&template.tables)?;
        let (mut functions, mut roles) = (BTreeMap::new(), BTreeMap::new());
        // A function without a route, like one that a schedule calls, has nothing to answer here.
        for id in template.routes.iter().map(|route| &route.function) {
            if !functions.contains_key(id) {
                let function = &template.functions[id];
                let role = Role::new(function.allowed.clone());
                let environment: Environment = function.variables.clone().into_iter().collect();
                let platform = Platform {
                    aws: reached(role.clone()).to_builder().service_config(environment.clone()).build(),
                    environment,
                    clock: settings.clock.clone(),
                    random: settings.random.clone(),
                };
                roles.insert(function.code_uri.clone(), role);
                functions.insert(id.clone(), start(id, function, &platform, &settings.documents).await?);
            }
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

/// The router of a function. The folder its code is in says which one it is.
///
/// # Errors
/// [`DeskError::UnknownFunction`], [`DeskError::Start`].
pub async fn start(
    id: &str,
    function: &Function,
    platform: &Platform,
    documents: &Documents,
) -> Result<Router, DeskError> {
    let started = match function.code_uri.trim_end_matches('/') {
        "functions/account" => account::router(platform).await,
        "functions/authorize" => authorize::router_with(platform, documents.clone()).await,
        "functions/discovery" => discovery::router(platform).await,
        "functions/mcp" => mcp::router(platform).await,
        "functions/register" => register::router(platform).await,
        "functions/token" => token::router(platform).await,
        code_uri => return Err(DeskError::UnknownFunction { id: id.into(), code_uri: code_uri.into() }),
    };
    started.map_err(|source| DeskError::Start { id: id.into(), source })
}
