//! Conversion of CloudFormation YAML to JSON. The short form `!Sub x` becomes the long form `Fn::Sub: x`.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

use super::problem::TemplateProblem;

/// Parses a template, which must consist of one document.
pub(super) fn read(source: &str) -> Result<Value, TemplateProblem> {
    match Yaml::load_from_str(source).map_err(|error| TemplateProblem::NotYaml(error.to_string()))?.as_slice() {
        [document] => json(document),
        documents => Err(TemplateProblem::NotYaml(format!("expected one document, found {}", documents.len()))),
    }
}

fn json(node: &Yaml<'_>) -> Result<Value, TemplateProblem> {
    Ok(match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(members) => {
            let members = members.iter().map(|(name, value)| match json(name)? {
                Value::String(name) => Ok((name, json(value)?)),
                name => Err(TemplateProblem::NotYaml(format!("the key {name} is not a string"))),
            });
            Value::Object(members.collect::<Result<_, _>>()?)
        }
        Yaml::Tagged(tag, argument) => {
            let name = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => name.into(),
                name => format!("Fn::{name}"),
            };
            Value::Object(Map::from_iter([(name, json(argument)?)]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(TemplateProblem::NotYaml("it contains an unsupported value".into()));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tag_is_the_short_form_of_a_function() {
        let read = read("a: !Sub '${B}-c'\nb: !If [C, !Ref D, !GetAtt E.Arn]\nc: !Condition F\nd: [1, on, '2.0', ~]");
        let expected = json!({
            "a": {"Fn::Sub": "${B}-c"},
            "b": {"Fn::If": ["C", {"Ref": "D"}, {"Fn::GetAtt": "E.Arn"}]},
            "c": {"Condition": "F"},
            "d": [1, "on", "2.0", null],
        });
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn duplicate_key_is_rejected() {
        assert!(matches!(read("a: 1\na: 2"), Err(TemplateProblem::NotYaml(_))));
    }
}
