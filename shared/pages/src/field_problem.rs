//! The reason why a form was rejected.

use std::fmt;

use crate::Markup;

/// A message, and the field that it concerns. Templates show the message with `id="problem"`.
///
/// ```
/// use jean_pages::FieldProblem;
///
/// let problem = FieldProblem::at("email", "Enter your email address.");
/// let attributes = r#" aria-invalid="true" aria-describedby="problem" autofocus"#;
/// assert_eq!(problem.attributes("email").to_string(), attributes);
/// assert_eq!(problem.attributes("password").to_string(), "");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldProblem {
    field: &'static str,
    text: String,
}

impl FieldProblem {
    /// A problem of one field.
    pub fn at(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }

    /// A problem of no particular field.
    pub fn of_form(text: impl Into<String>) -> Self {
        Self::at("", text)
    }

    /// `true` if there is no problem.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// `true` if the problem concerns this field.
    pub fn is_at(&self, field: &str) -> bool {
        !self.is_empty() && self.field == field
    }

    /// The attributes with which a field refers to its problem and takes the focus.
    pub fn attributes(&self, field: &str) -> Markup {
        let attributes = r#" aria-invalid="true" aria-describedby="problem" autofocus"#;
        Markup::new(if self.is_at(field) { attributes } else { "" })
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
