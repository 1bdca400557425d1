//! IAM roles of the functions, restricted to DynamoDB actions. An action that template.yaml does not allow is denied
//! locally as it is in AWS.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

/// An action on a table, e.g. `("AuthTable", "GetItem")`. A transaction has the actions of its parts, none of its own.
pub type Permission = (String, String);

/// The role of one function. Clones share the record of used permissions.
#[derive(Debug, Clone, Default)]
pub struct Role {
    allowed: Arc<BTreeSet<Permission>>,
    used: Arc<Mutex<BTreeSet<Permission>>>,
}

impl Role {
    /// Creates a role with the given permissions.
    pub fn new(allowed: BTreeSet<Permission>) -> Self {
        Self { allowed: Arc::new(allowed), used: Arc::default() }
    }

    /// Returns the permissions that no call has needed so far.
    pub fn unused(&self) -> BTreeSet<Permission> {
        self.allowed.difference(&self.used.lock().unwrap_or_else(PoisonError::into_inner)).cloned().collect()
    }

    /// Checks and records the permissions that a call needs. Returns the first one that the role lacks as the error.
    pub(crate) fn check(&self, operation: &str, body: &[u8]) -> Result<(), Permission> {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for needed in needed(operation, &request) {
            if !self.allowed.contains(&needed) {
                return Err(needed);
            }
            used.insert(needed);
        }
        Ok(())
    }
}

/// Returns the permissions a call needs (for transactions: DynamoDB developer guide, "Using IAM with DynamoDB
/// transactions").
fn needed(operation: &str, request: &Value) -> Vec<Permission> {
    let table = |of: &Value| of["TableName"].as_str().unwrap_or_default().to_owned();
    let parts = |action: fn(&str) -> String| {
        let items = request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
        items.map(|(part, of)| (table(of), action(part))).collect()
    };
    match operation {
        "TransactWriteItems" => parts(|part| match part {
            "ConditionCheck" => "ConditionCheckItem".into(),
            part => format!("{part}Item"),
        }),
        "TransactGetItems" => parts(|part| format!("{part}Item")),
        "BatchWriteItem" | "BatchGetItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (table.clone(), operation.into())).collect()
        }
        operation => vec![(table(request), operation.into())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(allowed: &[(&str, &str)]) -> Role {
        Role::new(allowed.iter().map(|(table, action)| ((*table).into(), (*action).into())).collect())
    }

    #[test]
    fn missing_permission_is_denied_and_unused_ones_are_listed() {
        let role = role(&[("A", "GetItem"), ("A", "PutItem"), ("B", "BatchWriteItem")]);
        assert_eq!(role.check("GetItem", br#"{"TableName": "A"}"#), Ok(()));
        assert_eq!(role.check("BatchWriteItem", br#"{"RequestItems": {"B": []}}"#), Ok(()));
        assert_eq!(role.check("GetItem", br#"{"TableName": "B"}"#), Err(("B".into(), "GetItem".into())));
        assert_eq!(role.unused(), [("A".to_owned(), "PutItem".to_owned())].into());
    }

    #[test]
    fn transaction_needs_the_permissions_of_its_parts() {
        let body = br#"{"TransactItems": [{"Put": {"TableName": "A"}}, {"ConditionCheck": {"TableName": "B"}}]}"#;
        let puts = role(&[("A", "PutItem")]);
        assert_eq!(puts.check("TransactWriteItems", body), Err(("B".into(), "ConditionCheckItem".into())));
        let both = role(&[("A", "PutItem"), ("B", "ConditionCheckItem")]);
        assert_eq!(both.check("TransactWriteItems", body), Ok(()));
    }
}
