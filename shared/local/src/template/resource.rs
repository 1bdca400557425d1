//! The kinds of resource that are routes, functions and tables, and which of their properties matter on the desk.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::role::Permission;

use super::{
    Function, Reason, Route, Table,
    intrinsics::{Place, Scope},
};

/// How the types begin that have no part in an answer: who may do what, what is logged, under which name.
pub(super) const IN_AWS_ONLY: &[&str] = &[
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CertificateManager::",
    "AWS::CloudWatch::",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::Route53::",
    "AWS::Scheduler::",
    "AWS::SecretsManager::",
    "AWS::SNS::",
    "AWS::WAFv2::",
];

/// One resource whose condition holds.
pub(super) struct Resource<'a> {
    pub(super) kind: &'a str,
    properties: Map<String, Value>,
    scope: Scope<'a>,
}

impl<'a> Resource<'a> {
    /// Reads a resource, or nothing where its condition does not hold.
    pub(super) fn read(definition: &'a Value, scope: Scope<'a>) -> Result<Option<Self>, Reason> {
        let kind = definition.get("Type").and_then(Value::as_str).ok_or(Reason::Missing("Type"))?;
        match definition.get("Condition") {
            None => {}
            Some(Value::String(condition)) if scope.holds(condition)? => {}
            Some(Value::String(_)) => return Ok(None),
            Some(_) => return Err(Reason::Missing("Condition")),
        }
        let properties = definition.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Some(Self { kind, properties, scope }))
    }

    pub(super) fn route(&self) -> Result<Route, Reason> {
        self.only(&["ApiId", "RouteKey", "Target", "OperationName"])?;
        let key = self.text("RouteKey")?;
        let (method, path) = match key.split_once(' ') {
            Some((method, path)) if path.starts_with('/') => (method, path.to_owned()),
            _ => return Err(Reason::UnknownRoute(key)),
        };
        let method = match method {
            "ANY" => None,
            method => Some(method.parse().map_err(|_| Reason::UnknownRoute(key.clone()))?),
        };
        let target = self.text("Target")?;
        let integration = target.strip_prefix("integrations/").unwrap_or(&target);
        let definition = self.scope.resources.get(integration).ok_or_else(|| Reason::LeadsNowhere(target.clone()))?;
        let integration = Self::read(definition, self.scope)?.ok_or_else(|| Reason::LeadsNowhere(target.clone()))?;
        Ok(Route { method, path, function: integration.integration()? })
    }

    /// The function an integration calls.
    pub(super) fn integration(&self) -> Result<String, Reason> {
        // ResponseParameters say what AWS does to an answer on its way, and is left alone.
        let known = [
            "ApiId",
            "Description",
            "IntegrationType",
            "IntegrationUri",
            "PayloadFormatVersion",
            "ResponseParameters",
            "TimeoutInMillis",
        ];
        self.only(&known)?;
        if self.kind != "AWS::ApiGatewayV2::Integration" || self.text("IntegrationType")? != "AWS_PROXY" {
            return Err(Reason::Missing("an integration of type AWS_PROXY"));
        }
        if self.text("PayloadFormatVersion")? != "2.0" {
            return Err(Reason::Missing("PayloadFormatVersion '2.0'"));
        }
        let uri = self.text("IntegrationUri")?;
        uri.strip_suffix(".Arn").map(Into::into).ok_or(Reason::LeadsNowhere(uri))
    }

    /// An API may have no routes but those that are resources, and leaves CORS to the functions.
    pub(super) fn api(&self) -> Result<(), Reason> {
        self.only(&["Name", "Description", "ProtocolType", "DisableExecuteApiEndpoint", "IpAddressType", "Tags"])
    }

    pub(super) fn function(&self, globals: &Map<String, Value>) -> Result<Function, Reason> {
        // Either would be a way in that no route shows.
        if let Some(hidden) =
            ["Events", "FunctionUrlConfig"].into_iter().find(|name| self.properties.contains_key(*name))
        {
            return Err(Reason::UnknownProperty(hidden.into()));
        }
        let environment = self.properties.get("Environment").and_then(|environment| environment.get("Variables"));
        let own = environment.and_then(Value::as_object).into_iter().flatten();
        let scope = Scope { place: Place::Variable, ..self.scope };
        let variables: BTreeMap<_, _> = globals.iter().chain(own).collect();
        let variables = variables.into_iter().map(|(name, value)| Ok((name.clone(), scope.text(value)?)));
        Ok(Function {
            code_uri: self.text("CodeUri")?,
            variables: variables.collect::<Result<_, Reason>>()?,
            allowed: self.allowed()?,
        })
    }

    /// The verbs its policies allow on tables. What a condition narrows is not looked at: which items it means is beyond
    /// the desk.
    fn allowed(&self) -> Result<BTreeSet<Permission>, Reason> {
        let mut allowed = BTreeSet::new();
        let Some(policies) = self.properties.get("Policies") else { return Ok(allowed) };
        for policy in list(&self.scope.evaluate(policies)?) {
            for statement in list(policy.get("Statement").ok_or(Reason::Missing("Statement"))?) {
                if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                    return Err(Reason::Missing("Effect: Allow"));
                }
                let (actions, resources) = (statement.get("Action"), statement.get("Resource"));
                for action in list(actions.ok_or(Reason::Missing("Action"))?) {
                    let Some(verb) = action.as_str().and_then(|action| action.strip_prefix("dynamodb:")) else {
                        continue;
                    };
                    for resource in list(resources.ok_or(Reason::Missing("Resource"))?) {
                        let table = resource.as_str().and_then(|arn| arn.strip_suffix(".Arn"));
                        allowed.insert((table.ok_or(Reason::Missing("the Arn of a table"))?.into(), verb.into()));
                    }
                }
            }
        }
        Ok(allowed)
    }

    pub(super) fn table(&self, id: &str) -> Result<Table, Reason> {
        let mut definition =
            Map::from_iter([("TableName".to_owned(), id.into()), ("BillingMode".to_owned(), "PAY_PER_REQUEST".into())]);
        let mut ttl = None;
        for (name, value) in &self.properties {
            match name.as_str() {
                "AttributeDefinitions" | "KeySchema" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes" => {
                    definition.insert(name.clone(), self.scope.evaluate(value)?);
                }
                "TimeToLiveSpecification" => {
                    let evaluated = self.scope.evaluate(value)?;
                    if evaluated.get("Enabled").is_some_and(|enabled| enabled == true || enabled == "true") {
                        let attribute = evaluated.get("AttributeName").and_then(Value::as_str);
                        ttl = Some(attribute.ok_or(Reason::Missing("AttributeName"))?.to_owned());
                    }
                }
                "BillingMode"
                | "DeletionProtectionEnabled"
                | "OnDemandThroughput"
                | "PointInTimeRecoverySpecification"
                | "SSESpecification"
                | "TableClass"
                | "TableName"
                | "Tags" => {}
                _ => return Err(Reason::UnknownProperty(name.clone())),
            }
        }
        Ok(Table { name: id.into(), definition: Value::Object(definition), ttl })
    }

    fn text(&self, property: &'static str) -> Result<String, Reason> {
        self.scope.text(self.properties.get(property).ok_or(Reason::Missing(property))?)
    }

    fn only(&self, known: &[&str]) -> Result<(), Reason> {
        match self.properties.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(Reason::UnknownProperty(unknown.clone())),
            None => Ok(()),
        }
    }
}

/// IAM takes one of a thing without a list around it.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}
