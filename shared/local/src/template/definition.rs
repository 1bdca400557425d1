//! The parts of a template that the local server runs: routes, functions and tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::role::Permission;

/// `METHOD /path` or `$default`, and the function that answers there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method, or `None` for `ANY`.
    pub method: Option<http::Method>,
    /// The path in API Gateway's notation, e.g. `/mcp/v2/{client}/{user_id}`, or [`DEFAULT_PATH`].
    pub path: String,
    /// The logical id of the function.
    pub function: String,
}

/// The path of the route for requests that match no other.
pub const DEFAULT_PATH: &str = "$default";

impl Route {
    /// The route key, e.g. `ANY /mcp` or `$default`.
    pub fn key(&self) -> String {
        match self.path.as_str() {
            DEFAULT_PATH => DEFAULT_PATH.into(),
            path => format!("{} {path}", self.method.as_ref().map_or("ANY", http::Method::as_str)),
        }
    }
}

/// One Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The folder of its code, e.g. `functions/token/`.
    pub code_uri: String,
    /// Its environment: the variables of `Globals` and its own, evaluated.
    pub variables: BTreeMap<String, String>,
    /// The DynamoDB actions that its policies allow, per table.
    pub allowed: BTreeSet<Permission>,
}

impl Function {
    /// The folder of its code, without a trailing slash: `functions/token`.
    pub fn folder(&self) -> &str {
        self.code_uri.trim_end_matches('/')
    }
}

/// One table. In the local server it is named by its logical id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// The logical id.
    pub name: String,
    /// The CreateTable request.
    pub definition: Value,
    /// The time-to-live attribute, if enabled.
    pub ttl: Option<String>,
}
