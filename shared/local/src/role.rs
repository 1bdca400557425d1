//! What a function may do to the tables: the part of its role that the desk keeps to, so that a verb template.yaml does
//! not allow fails here as it would in AWS.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

/// One verb on one table: `("AuthTable", "GetItem")`. A transaction has no verb of its own, but those of its parts.
pub type Permission = (String, String);

/// The role of one function. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Role {
    allowed: Arc<BTreeSet<Permission>>,
    used: Arc<Mutex<BTreeSet<Permission>>>,
}

impl Role {
    /// A role that allows this.
    pub fn new(allowed: BTreeSet<Permission>) -> Self {
        Self { allowed: Arc::new(allowed), used: Arc::default() }
    }

    /// What it allows and nobody used so far.
    pub fn unused(&self) -> BTreeSet<Permission> {
        self.allowed.difference(&self.used.lock().unwrap_or_else(PoisonError::into_inner)).cloned().collect()
    }

    /// Notes what a call needs.
    ///
    /// # Errors
    /// What of it the role does not allow.
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

/// The permissions a call needs (DynamoDB developer guide, "Using IAM with DynamoDB transactions" for the parts).
fn needed(operation: &str, request: &Value) -> Vec<Permission> {
    let table = |of: &Value| of["TableName"].as_str().unwrap_or_default().to_owned();
    let parts = |verb: fn(&str) -> String| {
        let items = request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
        items.map(|(part, of)| (table(of), verb(part))).collect()
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
        Role::new(allowed.iter().map(|(table, verb)| ((*table).into(), (*verb).into())).collect())
    }

    #[test]
    fn what_is_not_allowed_is_refused_and_what_is_not_used_is_known() {
        let role = role(&[("A", "GetItem"), ("A", "PutItem"), ("B", "BatchWriteItem")]);
        assert_eq!(role.check("GetItem", br#"{"TableName": "A"}"#), Ok(()));
        assert_eq!(role.check("BatchWriteItem", br#"{"RequestItems": {"B": []}}"#), Ok(()));
        assert_eq!(role.check("GetItem", br#"{"TableName": "B"}"#), Err(("B".into(), "GetItem".into())));
        assert_eq!(role.unused(), [("A".to_owned(), "PutItem".to_owned())].into());
    }

    #[test]
    fn a_transaction_needs_what_its_parts_need() {
        let body = br#"{"TransactItems": [{"Put": {"TableName": "A"}}, {"ConditionCheck": {"TableName": "B"}}]}"#;
        let puts = role(&[("A", "PutItem")]);
        assert_eq!(puts.check("TransactWriteItems", body), Err(("B".into(), "ConditionCheckItem".into())));
        let both = role(&[("A", "PutItem"), ("B", "ConditionCheckItem")]);
        assert_eq!(both.check("TransactWriteItems", body), Ok(()));
    }
}
