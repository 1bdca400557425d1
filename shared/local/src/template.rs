//! template.yaml, read by the desk: its routes, functions, variables and tables are the ones that run here, so there is
//! no second list that could disagree with what is deployed.
//!
//! Nothing that would be a route, a variable or a table in AWS is passed over: what can't be understood is an error that
//! names the resource.

mod intrinsics;
mod resource;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::role::Permission;

use self::{
    intrinsics::{Place, Scope},
    resource::Resource,
};

/// The template of this repository, so that the binary works from anywhere.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What runs on the desk.
#[derive(Debug, Clone)]
pub struct Template {
    /// Every route of the API.
    pub routes: Vec<Route>,
    /// Every function, by its logical id.
    pub functions: BTreeMap<String, Function>,
    /// Every table.
    pub tables: Vec<Table>,
}

/// `METHOD /path`, and the function that answers there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method, or none where it is `ANY`.
    pub method: Option<http::Method>,
    /// The path as API Gateway has it: `/mcp/v2/{client}/{user_id}`.
    pub path: String,
    /// The function's logical id.
    pub function: String,
}

/// One Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Where its code is: `functions/token/`.
    pub code_uri: String,
    /// Its environment: what Globals give to all, and its own.
    pub variables: BTreeMap<String, String>,
    /// What its policies allow it to do to the tables.
    pub allowed: BTreeSet<Permission>,
}

/// One table. Its name on the desk is its logical id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The logical id.
    pub name: String,
    /// What DynamoDB's CreateTable is asked for.
    pub definition: Value,
    /// The attribute that says when an item ends.
    pub ttl: Option<String>,
}

/// What is known on the desk and asked from the operator in AWS.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Parameters by name; the others have their defaults.
    pub parameters: BTreeMap<String, String>,
}

impl Function {
    /// The folder of its code, without a trailing slash: `functions/token`.
    pub fn folder(&self) -> &str {
        self.code_uri.trim_end_matches('/')
    }
}

impl Given {
    /// Enough to read what is kept and under which names, where nothing is served.
    pub fn for_tables() -> Self {
        Self { parameters: BTreeMap::from([("PublicUrl".into(), "http://localhost".into())]) }
    }
}

/// The template says something the desk can't do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("template.yaml, {place}: {reason}")]
pub struct TemplateError {
    place: String,
    reason: Reason,
}

/// What is wrong at one place of a template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("it is not the YAML of a template: {0}")]
    NotYaml(String),
    #[error("{0} is missing, or is not what it has to be")]
    Missing(&'static str),
    #[error("the function {0} is not known to the desk")]
    UnknownFunction(String),
    #[error("{0} is not used as CloudFormation describes it, or has a form the desk does not know")]
    Misused(String),
    #[error("{0} is no parameter, condition or resource of the template")]
    UnknownName(String),
    #[error("the parameter {0} has no default, and the desk gives no value for it")]
    NoDefault(String),
    #[error("{0} has a value in AWS only; the desk needs a parameter that stands for it")]
    OnlyInAws(String),
    #[error("{0} is no text")]
    NoText(String),
    #[error("the type {0} is not known to the desk")]
    UnknownType(String),
    #[error("the property {0} is not known to the desk")]
    UnknownProperty(String),
    #[error("{0} is no route the desk can serve; it serves METHOD /path and ANY /path")]
    UnknownRoute(String),
    #[error("it should lead to {0}, which is none")]
    LeadsNowhere(String),
}

impl Reason {
    fn at(self, place: impl Into<String>) -> TemplateError {
        TemplateError { place: place.into(), reason: self }
    }
}

impl Template {
    /// Reads this repository's template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn of_project(given: &Given) -> Result<Self, TemplateError> {
        Self::read(TEMPLATE, given)
    }

    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn read(source: &str, given: &Given) -> Result<Self, TemplateError> {
        let document = yaml::read(source).map_err(|reason| reason.at("the whole of it"))?;
        let empty = Map::new();
        let section = |name| document.get(name).and_then(Value::as_object).unwrap_or(&empty);
        let scope = Scope {
            parameters: section("Parameters"),
            conditions: section("Conditions"),
            resources: section("Resources"),
            given,
            place: Place::Wiring,
        };
        if let Some(unknown) = given.parameters.keys().find(|name| !scope.parameters.contains_key(*name)) {
            return Err(Reason::UnknownName(unknown.clone()).at("Parameters"));
        }
        let globals = document.pointer("/Globals/Function/Environment/Variables").and_then(Value::as_object);

        let mut template = Self { routes: Vec::new(), functions: BTreeMap::new(), tables: Vec::new() };
        for (id, definition) in scope.resources {
            let at = |reason: Reason| reason.at(id);
            let Some(resource) = Resource::read(definition, scope).map_err(at)? else { continue };
            match resource.kind {
                "AWS::DynamoDB::Table" => template.tables.push(resource.table(id).map_err(at)?),
                "AWS::ApiGatewayV2::Route" => template.routes.push(resource.route().map_err(at)?),
                "AWS::Serverless::Function" => {
                    let function = resource.function(globals.unwrap_or(&empty)).map_err(at)?;
                    template.functions.insert(id.clone(), function);
                }
                "AWS::ApiGatewayV2::Integration" => resource.integration().map(drop).map_err(at)?,
                "AWS::ApiGatewayV2::Api" => resource.api().map_err(at)?,
                kind if resource::IN_AWS_ONLY.iter().any(|known| kind.starts_with(known)) => {}
                kind => return Err(at(Reason::UnknownType(kind.into()))),
            }
        }
        match template.routes.iter().find(|route| !template.functions.contains_key(&route.function)) {
            Some(route) => Err(Reason::LeadsNowhere(route.function.clone()).at(&route.path)),
            None => Ok(template),
        }
    }

    /// The value a variable has in whichever function has it: the names of the tables.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.functions.values().find_map(|function| function.variables.get(name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
