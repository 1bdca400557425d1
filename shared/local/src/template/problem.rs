//! Errors of reading a template.

/// An invalid template, or one with a construct that the local server does not support.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("template.yaml, {location}: {problem}")]
pub struct TemplateError {
    location: String,
    problem: TemplateProblem,
}

/// The problem at one location of a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateProblem {
    #[error("not a CloudFormation template in YAML: {0}")]
    NotYaml(String),
    #[error("{0} is missing or invalid")]
    Missing(&'static str),
    #[error("unsupported function {0}")]
    UnknownFunction(String),
    #[error("invalid or unsupported use of {0}")]
    Misused(String),
    #[error("unknown parameter, condition or resource {0}")]
    UnknownName(String),
    #[error("the parameter {0} has neither a default nor a local value")]
    NoDefault(String),
    #[error("{0} has a value only in AWS; use a parameter that the local server can set")]
    OnlyInAws(String),
    #[error("{0} must be a string")]
    NotAString(String),
    #[error("unsupported resource type {0}")]
    UnknownType(String),
    #[error("unsupported property {0}")]
    UnknownProperty(String),
    #[error("unsupported route {0}; expected METHOD /path or ANY /path")]
    UnknownRoute(String),
    #[error("expected a function, found {0}")]
    NotAFunction(String),
}

impl TemplateProblem {
    /// The error of this problem at a location: a logical id, a path or a section.
    pub(super) fn at(self, location: impl Into<String>) -> TemplateError {
        TemplateError { location: location.into(), problem: self }
    }
}
