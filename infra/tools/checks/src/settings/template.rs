//! The parameters and environment variables of template.yaml.

use std::{collections::BTreeMap, error::Error};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The parts of a template that configure the functions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SettingsTemplate {
    /// In the order of the template.
    pub(super) parameters: Vec<Parameter>,
    /// By name.
    pub(super) variables: BTreeMap<String, Variable>,
}

/// A parameter that an operator sets at deployment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: Option<String>,
    /// The permitted values in words.
    pub(super) permitted: String,
    pub(super) description: String,
}

/// An environment variable of the functions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Variable {
    /// Names of the parameters and resources that its value is made of.
    pub(super) sources: Vec<String>,
    /// The value, if it is the same in every deployment.
    pub(super) constant: Option<String>,
    /// Logical ids of the functions, or empty if all functions have the variable.
    pub(super) functions: Vec<String>,
}

impl SettingsTemplate {
    pub(super) fn read(source: &str) -> Result<Self, Box<dyn Error>> {
        let documents = Yaml::load_from_str(source)?;
        let root = documents.first().ok_or("the template is empty")?;
        let mut template = Self::default();
        for (name, parameter) in members(root, "Parameters") {
            template.parameters.push(Parameter::of(name, &json(parameter)));
        }
        let globals = members(root, "Globals").find(|(name, _)| *name == "Function");
        if let Some((_, function)) = globals {
            template.add_variables(None, &json(function)["Environment"]["Variables"]);
        }
        for (name, resource) in members(root, "Resources") {
            template.add_variables(Some(name), &json(resource)["Properties"]["Environment"]["Variables"]);
        }
        Ok(template)
    }

    fn add_variables(&mut self, function: Option<&str>, variables: &Value) {
        for (name, value) in variables.as_object().into_iter().flatten() {
            let variable = self.variables.entry(name.clone()).or_default();
            variable.functions.extend(function.map(Into::into));
            variable.constant = (!value.is_object()).then(|| text(value));
            for source in sources(value) {
                if !variable.sources.contains(&source) {
                    variable.sources.push(source);
                }
            }
        }
    }

    /// The functions that a parameter reaches through their environment, with the variable's name.
    pub(super) fn variables_of<'a>(&'a self, parameter: &'a str) -> impl Iterator<Item = (&'a str, &'a Variable)> {
        let uses = move |variable: &Variable| variable.sources.iter().any(|source| source == parameter);
        self.variables
            .iter()
            .filter(move |(_, variable)| uses(variable))
            .map(|(name, variable)| (name.as_str(), variable))
    }
}

impl Parameter {
    fn of(name: &str, parameter: &Value) -> Self {
        let default = parameter.get("Default").map(text);
        let description = text(&parameter["Description"]);
        Self { name: name.into(), default, permitted: permitted(parameter), description }
    }
}

/// The permitted values of a parameter in words: the listed ones, the bounds, or the template's own description of a pattern.
fn permitted(parameter: &Value) -> String {
    let bounds = |least: &str, most: &str, unit: &str| {
        let (least, most) = (&parameter[least], &parameter[most]);
        match (least.is_null(), most.is_null()) {
            (false, false) => Some(format!("{} to {}{unit}", text(least), text(most))),
            (false, true) => Some(format!("at least {}{unit}", text(least))),
            (true, false) => Some(format!("at most {}{unit}", text(most))),
            (true, true) => None,
        }
    };
    let listed = parameter["AllowedValues"].as_array();
    let listed =
        listed.map(|values| values.iter().map(|value| format!("`{}`", text(value))).collect::<Vec<_>>().join(", "));
    listed
        .or_else(|| parameter["ConstraintDescription"].as_str().map(Into::into))
        .or_else(|| bounds("MinValue", "MaxValue", ""))
        .or_else(|| bounds("MinLength", "MaxLength", " characters"))
        .unwrap_or_else(|| "any".into())
}

/// The names in a value's `!Ref`, `!GetAtt` and `!Sub`, except pseudo parameters and conditions.
fn sources(value: &Value) -> Vec<String> {
    match value {
        Value::Object(function) => function
            .iter()
            .flat_map(|(name, argument)| match (name.as_str(), argument) {
                ("Ref", Value::String(name)) if !name.starts_with("AWS::") => vec![name.clone()],
                ("Fn::GetAtt", Value::String(attribute)) => {
                    attribute.split('.').next().map(Into::into).into_iter().collect()
                }
                ("Fn::Sub", Value::String(text)) => substituted(text),
                ("Fn::If", Value::Array(branches)) => branches.iter().skip(1).flat_map(sources).collect(),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn substituted(text: &str) -> Vec<String> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    names.filter(|(name, _)| !name.starts_with("AWS::")).map(|(name, _)| name.to_owned()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// The members of a mapping within the template's root.
fn members<'a>(root: &'a Yaml<'_>, section: &str) -> impl Iterator<Item = (&'a str, &'a Yaml<'a>)> {
    let section = root.as_mapping_get(section).and_then(Yaml::as_mapping);
    section.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// A YAML value as JSON, with the long form of CloudFormation's tags.
fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(members) => {
            let members = members.iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), json(value))));
            Value::Object(members.collect())
        }
        Yaml::Tagged(tag, argument) => {
            let short = tag.suffix.as_str();
            let name = if short == "Ref" { short.to_owned() } else { format!("Fn::{short}") };
            Value::Object(Map::from_iter([(name, json(argument))]))
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
Parameters:
  Zone:
    Default: ''
    Description: A zone.
  Minutes:
    Default: 5
    MinValue: 1
    MaxValue: 9
  Mode:
    AllowedValues: ['on', 'off']
Globals:
  Function:
    Environment:
      Variables:
        URL: !If [HasZone, !Sub 'https://${Zone}.${AWS::Region}', !GetAtt Api.Endpoint]
Resources:
  TokenFunction:
    Properties:
      Environment:
        Variables:
          MINUTES: !Ref Minutes
          BYTES: '20'
  RotateFunction:
    Properties:
      Environment:
        Variables: { MINUTES: !Ref Minutes }
";

    #[test]
    fn parameters_keep_their_order_and_bounds() {
        let template = SettingsTemplate::read(SOURCE).expect("a template");
        let shown: Vec<_> =
            template.parameters.iter().map(|found| (found.name.as_str(), found.permitted.as_str())).collect();
        assert_eq!(shown, [("Zone", "any"), ("Minutes", "1 to 9"), ("Mode", "`on`, `off`")]);
        assert_eq!(template.parameters[0].default.as_deref(), Some(""));
        assert_eq!(template.parameters[2].default, None);
    }

    #[test]
    fn variables_name_their_sources_and_functions() {
        let template = SettingsTemplate::read(SOURCE).expect("a template");
        assert_eq!(template.variables["URL"].sources, ["Zone", "Api"]);
        assert!(template.variables["URL"].functions.is_empty());
        assert_eq!(template.variables["MINUTES"].functions, ["TokenFunction", "RotateFunction"]);
        assert_eq!(template.variables["BYTES"].constant.as_deref(), Some("20"));
        assert_eq!(template.variables_of("Minutes").map(|(name, _)| name).collect::<Vec<_>>(), ["MINUTES"]);
    }
}
