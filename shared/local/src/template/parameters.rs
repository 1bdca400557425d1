//! Values for the parameters of a template.

use std::collections::BTreeMap;

/// Parameter values that the local server supplies; in AWS the operator does.
#[derive(Debug, Clone, Default)]
pub struct ParameterValues {
    /// Values by parameter name. Parameters without a value have their default.
    pub parameters: BTreeMap<String, String>,
}

impl ParameterValues {
    /// The values needed to read the table definitions and names without starting a function.
    pub fn for_tables() -> Self {
        Self { parameters: BTreeMap::from([("PublicUrl".into(), "http://localhost".into())]) }
    }
}
