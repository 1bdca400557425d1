//! The template reader. The local server runs the routes, functions, variables and tables of template.yaml, so no second
//! list can disagree with the deployment.
//!
//! A route, variable or table that cannot be read is an error that names the resource; nothing is skipped silently.

mod definition;
mod intrinsics;
mod parameters;
mod problem;
mod resource;
mod yaml;

use std::{collections::BTreeMap, ops::RangeInclusive, sync::LazyLock};

use serde_json::{Map, Value};

pub use self::{
    definition::{DEFAULT_PATH, Function, Route, TableDefinition},
    parameters::ParameterValues,
    problem::TemplateError,
};
use self::{
    intrinsics::{Evaluator, IntrinsicContext},
    problem::TemplateProblem,
    resource::Resource,
};

/// template.yaml, compiled in so that the binary works from any directory.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The parsed template of this project. A process of tests starts hundreds of servers.
static DOCUMENT: LazyLock<Result<Value, TemplateProblem>> = LazyLock::new(|| yaml::read(TEMPLATE));

/// A template, evaluated for the local server.
#[derive(Debug, Clone)]
pub struct Template {
    /// The routes of the API.
    pub routes: Vec<Route>,
    /// The functions, by logical id.
    pub functions: BTreeMap<String, Function>,
    /// The tables.
    pub tables: Vec<TableDefinition>,
    /// `MinValue` to `MaxValue` of the parameters that have both, by name.
    pub bounds: BTreeMap<String, RangeInclusive<i64>>,
    /// `AllowedPattern` of the parameters that have one, by name.
    pub patterns: BTreeMap<String, String>,
}

impl Template {
    /// Reads the template of this project, which is compiled into the binary.
    pub fn of_project(values: &ParameterValues) -> Result<Self, TemplateError> {
        Self::evaluate(&DOCUMENT, values)
    }

    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] if the template is invalid or contains a route, variable or table that is not supported.
    pub fn read(source: &str, values: &ParameterValues) -> Result<Self, TemplateError> {
        Self::evaluate(&yaml::read(source), values)
    }

    fn evaluate(document: &Result<Value, TemplateProblem>, values: &ParameterValues) -> Result<Self, TemplateError> {
        let document = document.as_ref().map_err(|problem| problem.clone().at("document"))?;
        let empty = Map::new();
        let section = |name| document.get(name).and_then(Value::as_object).unwrap_or(&empty);
        let evaluator = Evaluator {
            parameters: section("Parameters"),
            conditions: section("Conditions"),
            resources: section("Resources"),
            values,
            context: IntrinsicContext::Wiring,
        };
        if let Some(unknown) = values.parameters.keys().find(|name| !evaluator.parameters.contains_key(*name)) {
            return Err(TemplateProblem::UnknownName(unknown.clone()).at("Parameters"));
        }
        let globals = document.pointer("/Globals/Function/Environment/Variables").and_then(Value::as_object);

        let mut template = Self {
            routes: Vec::new(),
            functions: BTreeMap::new(),
            tables: Vec::new(),
            bounds: evaluator.parameters.iter().filter_map(|(name, of)| Some((name.clone(), bounds(of)?))).collect(),
            patterns: evaluator.parameters.iter().filter_map(|(name, of)| Some((name.clone(), pattern(of)?))).collect(),
        };
        for (id, definition) in evaluator.resources {
            let at = |problem: TemplateProblem| problem.at(id);
            let Some(resource) = Resource::read(definition, evaluator).map_err(at)? else { continue };
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
                kind => return Err(at(TemplateProblem::UnknownType(kind.into()))),
            }
        }
        match template.routes.iter().find(|route| !template.functions.contains_key(&route.function)) {
            Some(route) => Err(TemplateProblem::NotAFunction(route.function.clone()).at(&route.path)),
            None => Ok(template),
        }
    }

    /// Returns the value of an environment variable in the first function that defines it. Table names are the same in
    /// every function.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.functions.values().find_map(|function| function.variables.get(name)).map(String::as_str)
    }
}

fn bounds(parameter: &Value) -> Option<RangeInclusive<i64>> {
    Some(parameter.get("MinValue")?.as_i64()?..=parameter.get("MaxValue")?.as_i64()?)
}

fn pattern(parameter: &Value) -> Option<String> {
    Some(parameter.get("AllowedPattern")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests;
