//! Keys of written items.

use serde_json::Value;

use crate::role::key;

/// The key of a written item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenKey {
    /// The table.
    pub table: String,
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

/// The items written by a call of an operation, including deleted ones.
pub(super) fn keys(operation: &str, body: &[u8]) -> Vec<WrittenKey> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => one(&request["TableName"], &request).into_iter().collect(),
        "TransactWriteItems" => {
            let items =
                request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
            let writes = items.filter(|(part, _)| *part != "ConditionCheck");
            writes.filter_map(|(_, of)| one(&of["TableName"], of)).collect()
        }
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let writes = tables.flat_map(|(table, of)| {
                let writes = of.as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
                writes.map(move |(_, write)| (Value::from(table.as_str()), write))
            });
            writes.filter_map(|(table, write)| one(&table, write)).collect()
        }
        _ => vec![],
    }
}

fn one(table: &Value, of: &Value) -> Option<WrittenKey> {
    let text = |name: &str| key(of)[name]["S"].as_str().map(String::from);
    Some(WrittenKey { table: table.as_str()?.into(), pk: text("pk")?, sk: text("sk")? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_write_has_its_keys_and_reads_have_none() {
        let of = |sk: &str| json!({"pk": {"S": "a"}, "sk": {"S": sk}});
        let put = json!({"TableName": "T", "Item": of("1")});
        let delete = json!({"TableName": "T", "Key": of("2")});
        for (operation, request, expected) in [
            ("PutItem", put.clone(), vec!["1"]),
            ("UpdateItem", delete.clone(), vec!["2"]),
            ("DeleteItem", delete.clone(), vec!["2"]),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": put}, {"ConditionCheck": delete}, {"Update": delete}]}),
                vec!["1", "2"],
            ),
            (
                "BatchWriteItem",
                json!({"RequestItems": {"T": [{"PutRequest": {"Item": of("1")}}, {"DeleteRequest": {"Key": of("3")}}]}}),
                vec!["1", "3"],
            ),
            ("GetItem", delete.clone(), vec![]),
            ("PutItem", json!({"TableName": "T"}), vec![]),
        ] {
            let written = keys(operation, request.to_string().as_bytes());
            assert!(written.iter().all(|key| (key.table.as_str(), key.pk.as_str()) == ("T", "a")), "{written:?}");
            assert_eq!(written.iter().map(|key| key.sk.as_str()).collect::<Vec<_>>(), expected, "{operation}");
        }
        assert_eq!(keys("PutItem", b"not JSON"), []);
    }
}
