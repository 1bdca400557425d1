//! Evaluation of CloudFormation's intrinsic functions, as far as template.yaml uses them.
//!
//! Any other function is an error. A guessed value would be a difference between the local server and AWS that no test
//! finds.

use serde_json::{Map, Value};

use super::{parameters::ParameterValues, problem::TemplateProblem};

/// Evaluates expressions against the sections of a template and the parameter values.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) parameters: &'a Map<String, Value>,
    pub(super) conditions: &'a Map<String, Value>,
    pub(super) resources: &'a Map<String, Value>,
    pub(super) values: &'a ParameterValues,
    pub(super) context: IntrinsicContext,
}

/// The context in which a resource is referenced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IntrinsicContext {
    /// A property of another resource. A reference evaluates to the logical id.
    Wiring,
    /// An environment variable, which a function reads. Only resources of the local server have a value.
    Variable,
}

impl Evaluator<'_> {
    /// Evaluates an expression. `AWS::NoValue` is omitted from maps and lists.
    pub(super) fn evaluate(&self, expression: &Value) -> Result<Value, TemplateProblem> {
        match expression {
            Value::Object(members) => match call(members) {
                Some((function, argument)) => self.call(function, argument),
                None => {
                    let mut evaluated = Map::new();
                    for (name, value) in members {
                        evaluated.insert(name.clone(), self.evaluate(value)?);
                    }
                    evaluated.retain(|_, value| !value.is_null());
                    Ok(Value::Object(evaluated))
                }
            },
            Value::Array(items) => {
                let mut evaluated = items.iter().map(|item| self.evaluate(item)).collect::<Result<Vec<_>, _>>()?;
                evaluated.retain(|value| !value.is_null());
                Ok(Value::Array(evaluated))
            }
            constant => Ok(constant.clone()),
        }
    }

    /// Evaluates an expression to a string; numbers and booleans are converted as in CloudFormation.
    pub(super) fn text(&self, expression: &Value) -> Result<String, TemplateProblem> {
        match self.evaluate(expression)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            other => Err(TemplateProblem::NotAString(other.to_string())),
        }
    }

    /// `true` if the named condition holds.
    pub(super) fn holds(&self, condition: &str) -> Result<bool, TemplateProblem> {
        let expression =
            self.conditions.get(condition).ok_or_else(|| TemplateProblem::UnknownName(condition.into()))?;
        self.truth(expression)
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Value, TemplateProblem> {
        match (function, argument) {
            ("Ref", Value::String(name)) => self.reference(name),
            ("Fn::GetAtt", Value::String(path)) => self.attribute(path),
            ("Fn::GetAtt", Value::Array(path)) => {
                let path = path.iter().map(|part| self.text(part)).collect::<Result<Vec<_>, _>>()?;
                self.attribute(&path.join("."))
            }
            ("Fn::Sub", Value::String(text)) => Ok(self.substitute(text, &Map::new())?.into()),
            ("Fn::Sub", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(text), Value::Object(names)] => Ok(self.substitute(text, names)?.into()),
                _ => Err(TemplateProblem::Misused(function.into())),
            },
            ("Fn::Join", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(between), Value::Array(parts)] => {
                    let parts = parts.iter().map(|part| self.text(part)).collect::<Result<Vec<_>, _>>()?;
                    Ok(parts.join(between).into())
                }
                _ => Err(TemplateProblem::Misused(function.into())),
            },
            ("Fn::If", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(condition), yes, no] => self.evaluate(if self.holds(condition)? { yes } else { no }),
                _ => Err(TemplateProblem::Misused(function.into())),
            },
            ("Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Fn::If", _) => {
                Err(TemplateProblem::Misused(function.into()))
            }
            _ => Err(TemplateProblem::UnknownFunction(function.into())),
        }
    }

    fn truth(&self, expression: &Value) -> Result<bool, TemplateProblem> {
        let members = expression.as_object().and_then(call);
        match members.ok_or_else(|| TemplateProblem::Misused("Conditions".into()))? {
            ("Condition", Value::String(name)) => self.holds(name),
            ("Fn::Equals", Value::Array(sides)) if sides.len() == 2 => {
                Ok(self.text(&sides[0])? == self.text(&sides[1])?)
            }
            ("Fn::Not", Value::Array(of)) if of.len() == 1 => Ok(!self.truth(&of[0])?),
            ("Fn::And", Value::Array(all)) => all.iter().try_fold(true, |so_far, next| Ok(so_far && self.truth(next)?)),
            ("Fn::Or", Value::Array(any)) => any.iter().try_fold(false, |so_far, next| Ok(so_far || self.truth(next)?)),
            (function, _) => Err(TemplateProblem::Misused(function.into())),
        }
    }

    fn reference(&self, name: &str) -> Result<Value, TemplateProblem> {
        if let Some(value) = self.values.parameters.get(name) {
            return Ok(value.clone().into());
        }
        if let Some(parameter) = self.parameters.get(name) {
            return parameter.get("Default").cloned().ok_or_else(|| TemplateProblem::NoDefault(name.into()));
        }
        match name {
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::StackName" => return Ok("jean".into()),
            "AWS::Region" => return Ok("local".into()),
            "AWS::AccountId" => return Ok("000000000000".into()),
            "AWS::Partition" => return Ok("aws".into()),
            _ => {}
        }
        let resource = self.resources.get(name).ok_or_else(|| TemplateProblem::UnknownName(name.into()))?;
        match (self.context, resource.get("Type").and_then(Value::as_str)) {
            (IntrinsicContext::Wiring, _) | (_, Some("AWS::DynamoDB::Table")) => Ok(name.into()),
            // The local server has no Secrets Manager and takes its secrets as parameters. An empty variable counts as unset.
            (IntrinsicContext::Variable, Some("AWS::SecretsManager::Secret")) => Ok("".into()),
            (IntrinsicContext::Variable, _) => Err(TemplateProblem::OnlyInAws(name.into())),
        }
    }

    fn attribute(&self, path: &str) -> Result<Value, TemplateProblem> {
        let known = path.split_once('.').is_some_and(|(resource, _)| self.resources.contains_key(resource));
        match self.context {
            _ if !known => Err(TemplateProblem::UnknownName(path.into())),
            IntrinsicContext::Wiring => Ok(path.into()),
            IntrinsicContext::Variable => Err(TemplateProblem::OnlyInAws(path.into())),
        }
    }

    fn substitute(&self, text: &str, names: &Map<String, Value>) -> Result<String, TemplateProblem> {
        let mut substituted = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| TemplateProblem::Misused("Fn::Sub".into()))?;
            substituted.push_str(before);
            match (name.strip_prefix('!'), names.get(name)) {
                (Some(literal), _) => substituted.push_str(&format!("${{{literal}}}")),
                (None, Some(expression)) => substituted.push_str(&self.text(expression)?),
                (None, None) if name.contains('.') => substituted.push_str(&self.text(&self.attribute(name)?)?),
                (None, None) => substituted.push_str(&self.text(&self.reference(name)?)?),
            }
            rest = after;
        }
        Ok(substituted + rest)
    }
}

/// Returns the function and its argument if the map is a call: a single key that names a function.
fn call(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}
