//! IAM roles of the functions, restricted to DynamoDB actions and partition keys. An action that template.yaml does not allow
//! is denied locally as it is in AWS. Conditions on attributes are not applied.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};

/// An action on the items of a table with some partition keys (`dynamodb:LeadingKeys`). A transaction has the actions of its
/// parts, none of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The table, e.g. `AuthTable`.
    pub table: String,
    /// The action, e.g. `GetItem`.
    pub action: String,
    /// The partition keys: one key, or a beginning followed by `*`.
    pub keys: String,
}

impl Permission {
    /// The permission for all items of a table.
    pub fn of_table(table: &str, action: &str) -> Self {
        Self { table: table.into(), action: action.into(), keys: "*".into() }
    }

    fn covers(&self, needed: &Self) -> bool {
        let has_key = match self.keys.strip_suffix('*') {
            Some(beginning) => needed.keys.starts_with(beginning),
            None => needed.keys == self.keys,
        };
        self.table == needed.table && self.action == needed.action && has_key
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.table, self.action, self.keys)
    }
}

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
            let covering: Vec<_> = self.allowed.iter().filter(|allowed| allowed.covers(&needed)).cloned().collect();
            if covering.is_empty() {
                return Err(needed);
            }
            used.extend(covering);
        }
        Ok(())
    }
}

/// Returns the permissions a call needs (for transactions: DynamoDB developer guide, "Using IAM with DynamoDB
/// transactions").
fn needed(operation: &str, request: &Value) -> Vec<Permission> {
    let one = |table: &Value, action: &str, key: &Value| Permission {
        table: table.as_str().unwrap_or_default().into(),
        action: action.into(),
        keys: key["pk"]["S"].as_str().unwrap_or_default().into(),
    };
    let parts = |action: fn(&str) -> String| {
        let items = request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
        items.map(|(part, of)| one(&of["TableName"], &action(part), key(of))).collect()
    };
    match operation {
        "TransactWriteItems" => parts(|part| match part {
            "ConditionCheck" => "ConditionCheckItem".into(),
            part => format!("{part}Item"),
        }),
        "TransactGetItems" => parts(|part| format!("{part}Item")),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let keys = |(table, of): (&String, &Value)| {
                let table = Value::from(table.as_str());
                let writes = of.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
                let writes = writes.map(|(_, write)| one(&table, operation, key(write)));
                let reads = of["Keys"].as_array().into_iter().flatten().map(|key| one(&table, operation, key));
                let keyed: Vec<_> = writes.chain(reads).collect();
                if keyed.is_empty() { vec![one(&table, operation, &Value::Null)] } else { keyed }
            };
            tables.flat_map(keys).collect()
        }
        "Query" => {
            let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
            let name = condition.split("pk = ").nth(1).and_then(|rest| rest.split_whitespace().next());
            let value = &request["ExpressionAttributeValues"][name.unwrap_or_default()];
            vec![one(&request["TableName"], operation, &json!({ "pk": value }))]
        }
        operation => vec![one(&request["TableName"], operation, key(request))],
    }
}

/// The key of a request or of a part of one: a put has it in its item.
pub(crate) fn key(of: &Value) -> &Value {
    if of["Key"].is_null() { &of["Item"] } else { &of["Key"] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(allowed: &[(&str, &str, &str)]) -> Role {
        let permission = |(table, action, keys): &(&str, &str, &str)| Permission {
            keys: (*keys).into(),
            ..Permission::of_table(table, action)
        };
        Role::new(allowed.iter().map(permission).collect())
    }

    fn refused(role: &Role, operation: &str, body: &Value) -> Option<String> {
        role.check(operation, body.to_string().as_bytes()).err().map(|needed| needed.to_string())
    }

    #[test]
    fn missing_permission_is_denied_and_unused_ones_are_listed() {
        let role = role(&[("A", "GetItem", "*"), ("A", "PutItem", "*"), ("B", "BatchWriteItem", "*")]);
        assert_eq!(refused(&role, "GetItem", &json!({"TableName": "A"})), None);
        assert_eq!(refused(&role, "BatchWriteItem", &json!({"RequestItems": {"B": []}})), None);
        assert_eq!(refused(&role, "GetItem", &json!({"TableName": "B"})), Some("B GetItem ".into()));
        assert_eq!(role.unused(), [Permission::of_table("A", "PutItem")].into());
    }

    #[test]
    fn transaction_needs_the_permissions_of_its_parts() {
        let body = json!({"TransactItems": [{"Put": {"TableName": "A"}}, {"ConditionCheck": {"TableName": "B"}}]});
        let puts = role(&[("A", "PutItem", "*")]);
        assert_eq!(refused(&puts, "TransactWriteItems", &body), Some("B ConditionCheckItem ".into()));
        let both = role(&[("A", "PutItem", "*"), ("B", "ConditionCheckItem", "*")]);
        assert_eq!(refused(&both, "TransactWriteItems", &body), None);
    }

    /// SR-20
    #[test]
    fn item_with_another_partition_key_is_denied() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        let actions = ["GetItem", "PutItem", "DeleteItem", "UpdateItem", "Query", "BatchGetItem", "BatchWriteItem"];
        let role = role(&actions.map(|action| ("A", action, "CLIENT#*")));
        for (operation, request) in [
            ("GetItem", (|pk| json!({"TableName": "A", "Key": pk})) as fn(Value) -> Value),
            ("PutItem", |pk| json!({"TableName": "A", "Item": pk})),
            ("UpdateItem", |pk| json!({"TableName": "A", "Key": pk})),
            ("Query", |pk| {
                let values = json!({":owner": pk["pk"], ":prefix": {"S": "CLIENT#"}});
                let condition = "pk = :owner AND begins_with(sk, :prefix)";
                json!({"TableName": "A", "KeyConditionExpression": condition, "ExpressionAttributeValues": values})
            }),
            ("BatchGetItem", |pk| json!({"RequestItems": {"A": {"Keys": [pk]}}})),
            ("BatchWriteItem", |pk| json!({"RequestItems": {"A": [{"DeleteRequest": {"Key": pk}}]}})),
            ("TransactWriteItems", |pk| json!({"TransactItems": [{"Put": {"TableName": "A", "Item": pk}}]})),
        ] {
            assert_eq!(refused(&role, operation, &request(key("CLIENT#a"))), None, "{operation}");
            assert!(refused(&role, operation, &request(key("USER#a"))).is_some(), "{operation}");
        }
        assert!(refused(&role, "Scan", &json!({"TableName": "A"})).is_some());
    }
}
