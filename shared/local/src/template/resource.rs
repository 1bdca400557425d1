//! Routes, integrations, functions and tables of a template, reduced to the properties the local server implements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::role::Permission;

use super::{
    definition::{DEFAULT_PATH, Function, Route, TableDefinition},
    intrinsics::{Evaluator, IntrinsicContext},
    problem::TemplateProblem,
};

/// Prefixes of resource types without effect on responses, such as permissions, logs, alarms and domain names.
pub(super) const IN_AWS_ONLY: &[&str] = &[
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudWatch::",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::Route53::",
    "AWS::Scheduler::",
    "AWS::SecretsManager::",
    "AWS::SNS::",
    "AWS::SQS::",
    "AWS::WAFv2::",
];

/// Actions on the stream of a table, which has no stream here.
const OF_STREAMS: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// A resource with a condition that holds.
pub(super) struct Resource<'a> {
    pub(super) kind: &'a str,
    properties: Map<String, Value>,
    evaluator: Evaluator<'a>,
}

impl<'a> Resource<'a> {
    /// Reads a resource. Returns `None` if its condition does not hold.
    pub(super) fn read(definition: &'a Value, evaluator: Evaluator<'a>) -> Result<Option<Self>, TemplateProblem> {
        let kind = definition.get("Type").and_then(Value::as_str).ok_or(TemplateProblem::Missing("Type"))?;
        match definition.get("Condition") {
            None => {}
            Some(Value::String(condition)) if evaluator.holds(condition)? => {}
            Some(Value::String(_)) => return Ok(None),
            Some(_) => return Err(TemplateProblem::Missing("Condition")),
        }
        let properties = definition.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Some(Self { kind, properties, evaluator }))
    }

    pub(super) fn route(&self) -> Result<Route, TemplateProblem> {
        self.only(&["ApiId", "RouteKey", "Target", "OperationName"])?;
        let key = self.text("RouteKey")?;
        let (method, path) = match key.split_once(' ') {
            Some((method, path)) if path.starts_with('/') => (method, path.to_owned()),
            None if key == DEFAULT_PATH => ("ANY", key.clone()),
            _ => return Err(TemplateProblem::UnknownRoute(key)),
        };
        let method = match method {
            "ANY" => None,
            method => Some(method.parse().map_err(|_| TemplateProblem::UnknownRoute(key.clone()))?),
        };
        let target = self.text("Target")?;
        let integration = target.strip_prefix("integrations/").unwrap_or(&target);
        let definition =
            self.evaluator.resources.get(integration).ok_or_else(|| TemplateProblem::NotAFunction(target.clone()))?;
        let integration =
            Self::read(definition, self.evaluator)?.ok_or_else(|| TemplateProblem::NotAFunction(target.clone()))?;
        Ok(Route { method, path, function: integration.integration()? })
    }

    /// Returns the logical id of the function that an integration invokes.
    pub(super) fn integration(&self) -> Result<String, TemplateProblem> {
        // ResponseParameters (header mappings) are not applied.
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
            return Err(TemplateProblem::Missing("an integration of type AWS_PROXY"));
        }
        if self.text("PayloadFormatVersion")? != "2.0" {
            return Err(TemplateProblem::Missing("PayloadFormatVersion '2.0'"));
        }
        let uri = self.text("IntegrationUri")?;
        uri.strip_suffix(".Arn").map(Into::into).ok_or(TemplateProblem::NotAFunction(uri))
    }

    /// Checks that an API defines neither routes nor CORS of its own: routes are resources, and the functions answer CORS.
    pub(super) fn api(&self) -> Result<(), TemplateProblem> {
        self.only(&["Name", "Description", "ProtocolType", "DisableExecuteApiEndpoint", "IpAddressType", "Tags"])
    }

    pub(super) fn function(&self, globals: &Map<String, Value>) -> Result<Function, TemplateProblem> {
        // Both properties would expose the function without a route resource.
        if let Some(hidden) =
            ["Events", "FunctionUrlConfig"].into_iter().find(|name| self.properties.contains_key(*name))
        {
            return Err(TemplateProblem::UnknownProperty(hidden.into()));
        }
        let environment = self.properties.get("Environment").and_then(|environment| environment.get("Variables"));
        let own = environment.and_then(Value::as_object).into_iter().flatten();
        let evaluator = Evaluator { context: IntrinsicContext::Variable, ..self.evaluator };
        let variables: BTreeMap<_, _> = globals.iter().chain(own).collect();
        let variables = variables.into_iter().map(|(name, value)| Ok((name.clone(), evaluator.text(value)?)));
        Ok(Function {
            code_uri: self.text("CodeUri")?,
            variables: variables.collect::<Result<_, TemplateProblem>>()?,
            allowed: self.allowed()?,
        })
    }

    /// Returns the DynamoDB actions that the function's policies allow, per table and partition key.
    fn allowed(&self) -> Result<BTreeSet<Permission>, TemplateProblem> {
        let mut allowed = BTreeSet::new();
        let Some(policies) = self.properties.get("Policies") else { return Ok(allowed) };
        for policy in list(&self.evaluator.evaluate(policies)?) {
            for statement in list(policy.get("Statement").ok_or(TemplateProblem::Missing("Statement"))?) {
                if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                    return Err(TemplateProblem::Missing("Effect: Allow"));
                }
                let (actions, resources) = (statement.get("Action"), statement.get("Resource"));
                let keys = leading_keys(statement)?;
                for action in list(actions.ok_or(TemplateProblem::Missing("Action"))?) {
                    let action_name = action.as_str().and_then(|action| action.strip_prefix("dynamodb:"));
                    let Some(action_name) = action_name.filter(|name| !OF_STREAMS.contains(name)) else { continue };
                    for resource in list(resources.ok_or(TemplateProblem::Missing("Resource"))?) {
                        let table = resource.as_str().and_then(|arn| arn.strip_suffix(".Arn"));
                        let table = table.ok_or(TemplateProblem::Missing("the Arn of a table"))?;
                        allowed.extend(
                            keys.iter().map(|keys| Permission {
                                keys: keys.clone(),
                                ..Permission::of_table(table, action_name)
                            }),
                        );
                    }
                }
            }
        }
        Ok(allowed)
    }

    pub(super) fn table(&self, id: &str) -> Result<TableDefinition, TemplateProblem> {
        let mut definition =
            Map::from_iter([("TableName".to_owned(), id.into()), ("BillingMode".to_owned(), "PAY_PER_REQUEST".into())]);
        let mut ttl = None;
        for (name, value) in &self.properties {
            match name.as_str() {
                "AttributeDefinitions" | "KeySchema" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes" => {
                    definition.insert(name.clone(), self.evaluator.evaluate(value)?);
                }
                "TimeToLiveSpecification" => {
                    let evaluated = self.evaluator.evaluate(value)?;
                    if evaluated.get("Enabled").is_some_and(|enabled| enabled == true || enabled == "true") {
                        let attribute = evaluated.get("AttributeName").and_then(Value::as_str);
                        ttl = Some(attribute.ok_or(TemplateProblem::Missing("AttributeName"))?.to_owned());
                    }
                }
                "BillingMode"
                | "DeletionProtectionEnabled"
                | "OnDemandThroughput"
                | "PointInTimeRecoverySpecification"
                | "SSESpecification"
                | "StreamSpecification"
                | "TableClass"
                | "TableName"
                | "Tags" => {}
                _ => return Err(TemplateProblem::UnknownProperty(name.clone())),
            }
        }
        Ok(TableDefinition { name: id.into(), definition: Value::Object(definition), ttl })
    }

    fn text(&self, property: &'static str) -> Result<String, TemplateProblem> {
        self.evaluator.text(self.properties.get(property).ok_or(TemplateProblem::Missing(property))?)
    }

    fn only(&self, known: &[&str]) -> Result<(), TemplateProblem> {
        match self.properties.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(TemplateProblem::UnknownProperty(unknown.clone())),
            None => Ok(()),
        }
    }
}

/// Returns the partition keys that a statement is limited to, or `*`.
fn leading_keys(statement: &Value) -> Result<Vec<String>, TemplateProblem> {
    let Some(keys) = statement.pointer("/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys") else {
        return Ok(vec!["*".into()]);
    };
    let pattern = |key: &Value| {
        let key = key.as_str().filter(|key| !key.trim_end_matches('*').contains(['*', '?']));
        key.map(Into::into).ok_or(TemplateProblem::Missing("LeadingKeys with * at their end only"))
    };
    list(keys).iter().map(pattern).collect()
}

/// Returns the elements of a list, or the value itself: IAM accepts a single element without a list.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}
