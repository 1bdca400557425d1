//! CloudFormation's intrinsic functions, as far as a template of ours uses them. Any other is an error: a value that is
//! guessed on the desk is a difference to AWS that no test would find.

use serde_json::{Map, Value};

use super::{Given, Reason};

/// What names stand for.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) parameters: &'a Map<String, Value>,
    pub(super) conditions: &'a Map<String, Value>,
    pub(super) resources: &'a Map<String, Value>,
    pub(super) given: &'a Given,
    pub(super) place: Place,
}

/// Where a resource is referred to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the resources, where all that matters is which one is meant: it stands for itself.
    Wiring,
    /// In a variable, where a function will use the value: only what is there on the desk has one.
    Variable,
}

impl Scope<'_> {
    /// The value of an expression. What is `AWS::NoValue` is left out.
    pub(super) fn evaluate(&self, expression: &Value) -> Result<Value, Reason> {
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

    /// The value of an expression, as the text CloudFormation makes of it.
    pub(super) fn text(&self, expression: &Value) -> Result<String, Reason> {
        match self.evaluate(expression)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            other => Err(Reason::NoText(other.to_string())),
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: &str) -> Result<bool, Reason> {
        let expression = self.conditions.get(condition).ok_or_else(|| Reason::UnknownName(condition.into()))?;
        self.truth(expression)
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Value, Reason> {
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
                _ => Err(Reason::Misused(function.into())),
            },
            ("Fn::Join", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(between), Value::Array(parts)] => {
                    let parts = parts.iter().map(|part| self.text(part)).collect::<Result<Vec<_>, _>>()?;
                    Ok(parts.join(between).into())
                }
                _ => Err(Reason::Misused(function.into())),
            },
            ("Fn::If", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(condition), yes, no] => self.evaluate(if self.holds(condition)? { yes } else { no }),
                _ => Err(Reason::Misused(function.into())),
            },
            ("Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Fn::If", _) => Err(Reason::Misused(function.into())),
            _ => Err(Reason::UnknownFunction(function.into())),
        }
    }

    fn truth(&self, expression: &Value) -> Result<bool, Reason> {
        let members = expression.as_object().and_then(call);
        match members.ok_or_else(|| Reason::Misused("Conditions".into()))? {
            ("Condition", Value::String(name)) => self.holds(name),
            ("Fn::Equals", Value::Array(sides)) if sides.len() == 2 => {
                Ok(self.text(&sides[0])? == self.text(&sides[1])?)
            }
            ("Fn::Not", Value::Array(of)) if of.len() == 1 => Ok(!self.truth(&of[0])?),
            ("Fn::And", Value::Array(all)) => all.iter().try_fold(true, |so_far, next| Ok(so_far && self.truth(next)?)),
            ("Fn::Or", Value::Array(any)) => any.iter().try_fold(false, |so_far, next| Ok(so_far || self.truth(next)?)),
            (function, _) => Err(Reason::Misused(function.into())),
        }
    }

    fn reference(&self, name: &str) -> Result<Value, Reason> {
        if let Some(value) = self.given.parameters.get(name) {
            return Ok(value.clone().into());
        }
        if let Some(parameter) = self.parameters.get(name) {
            return parameter.get("Default").cloned().ok_or_else(|| Reason::NoDefault(name.into()));
        }
        match name {
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::StackName" => return Ok("jean".into()),
            "AWS::Region" => return Ok("local".into()),
            "AWS::AccountId" => return Ok("000000000000".into()),
            "AWS::Partition" => return Ok("aws".into()),
            _ => {}
        }
        let resource = self.resources.get(name).ok_or_else(|| Reason::UnknownName(name.into()))?;
        match (self.place, resource.get("Type").and_then(Value::as_str)) {
            (Place::Wiring, _) | (_, Some("AWS::DynamoDB::Table")) => Ok(name.into()),
            // The desk has no Secrets Manager: its secret is a parameter. What is set to nothing is not set.
            (Place::Variable, Some("AWS::SecretsManager::Secret")) => Ok("".into()),
            (Place::Variable, _) => Err(Reason::OnlyInAws(name.into())),
        }
    }

    fn attribute(&self, path: &str) -> Result<Value, Reason> {
        let known = path.split_once('.').is_some_and(|(resource, _)| self.resources.contains_key(resource));
        match self.place {
            _ if !known => Err(Reason::UnknownName(path.into())),
            Place::Wiring => Ok(path.into()),
            Place::Variable => Err(Reason::OnlyInAws(path.into())),
        }
    }

    fn substitute(&self, text: &str, names: &Map<String, Value>) -> Result<String, Reason> {
        let mut substituted = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| Reason::Misused("Fn::Sub".into()))?;
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

/// A map whose one key is a function's name is a call of it.
fn call(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}
