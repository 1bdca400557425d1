//! DynamoDB's protocol, AWS JSON 1.0: the header `x-amz-target` names the operation; request and response are JSON.

use std::collections::HashMap;

use dynoxide::{
    Database, DynoxideError,
    actions::transact_write_items::{TransactWriteItem, TransactWriteItemsRequest},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::role::Permission;

/// Prefix of `x-amz-target`.
const TARGET: &str = "DynamoDB_20120810.";

/// The response to one call.
#[derive(Debug)]
pub struct EngineResponse {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
}

impl EngineResponse {
    /// Returns the name and the message of an error.
    pub(super) fn error(&self) -> Option<(String, String)> {
        #[derive(Deserialize)]
        struct Error {
            #[serde(rename = "__type")]
            kind: String,
            #[serde(default, alias = "Message")]
            message: String,
        }
        if self.status == 200 {
            return None;
        }
        let error = serde_json::from_slice(&self.body);
        let Error { kind, message } = error.unwrap_or_else(|_| Error {
            kind: self.status.to_string(),
            message: String::from_utf8_lossy(&self.body).into_owned(),
        });
        Some((kind.rsplit('#').next().unwrap_or_default().into(), message))
    }
}

/// Executes a call on the embedded database.
pub(super) fn execute(database: &Database, target: &str, body: &[u8]) -> EngineResponse {
    let answered = match name(target) {
        "GetItem" => call(body, |request| database.get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => call(body, |request| {
            validate_placeholders(&request)?;
            database.transact_write_items(request)
        }),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        _ => {
            let unknown = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
            return EngineResponse { status: 400, body: unknown.into() };
        }
    };
    match answered {
        Ok(answer) => EngineResponse { status: 200, body: answer },
        Err(error) => EngineResponse { status: error.status_code(), body: error.to_json().into() },
    }
}

/// Returns the operation in an `x-amz-target` value, or an empty string.
pub(super) fn name(target: &str) -> &str {
    target.strip_prefix(TARGET).unwrap_or_default()
}

/// IAM's response to a call without permission.
pub(super) fn denied(Permission { table, action, keys }: &Permission) -> EngineResponse {
    let kind = keys.split_inclusive('#').next().unwrap_or_default();
    let message = format!("template.yaml does not allow dynamodb:{action} of {kind} in {table} to this function");
    let body = serde_json::json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": message});
    EngineResponse { status: 400, body: body.to_string().into() }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_vec(&operation(request)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// Rejects empty maps of placeholders in a transaction, as DynamoDB does. The engine rejects them in other operations only.
fn validate_placeholders(request: &TransactWriteItemsRequest) -> dynoxide::Result<()> {
    for TransactWriteItem { put, update, delete, condition_check } in &request.transact_items {
        let parts = [
            put.as_ref().map(|part| (&part.expression_attribute_names, &part.expression_attribute_values)),
            update.as_ref().map(|part| (&part.expression_attribute_names, &part.expression_attribute_values)),
            delete.as_ref().map(|part| (&part.expression_attribute_names, &part.expression_attribute_values)),
            condition_check.as_ref().map(|part| (&part.expression_attribute_names, &part.expression_attribute_values)),
        ];
        let empty = |map: &str| Err(DynoxideError::ValidationException(format!("{map} must not be empty")));
        for (names, values) in parts.into_iter().flatten() {
            if names.as_ref().is_some_and(HashMap::is_empty) {
                return empty("ExpressionAttributeNames");
            }
            if values.as_ref().is_some_and(HashMap::is_empty) {
                return empty("ExpressionAttributeValues");
            }
        }
    }
    Ok(())
}

/// Converts a deserialisation error. The engine validates some requests while it deserialises them and prefixes DynamoDB's
/// message with a marker; serde appends the position, which is removed.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let sentence = |marked: &str| {
        let position = format!(" at line {} column {}", error.line(), error.column());
        marked.strip_suffix(&position).unwrap_or(marked).to_owned()
    };
    match text.split_once(':') {
        Some(("VALIDATION" | "VALIDATION_REQUEST" | "VALIDATION_AS_READ", marked)) => {
            DynoxideError::ValidationException(sentence(marked))
        }
        Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", marked)) => {
            DynoxideError::SerializationException(sentence(marked))
        }
        _ => DynoxideError::SerializationException(text),
    }
}
