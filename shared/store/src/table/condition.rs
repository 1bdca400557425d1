//! Conditions of writes, and their outcome.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};

use jean_auth::user::UserId;

use super::{Item, StoreError, text};

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    ConditionFailed,
}

/// A condition expression, with the placeholders that it and the update beside it use. Attributes are named by placeholders,
/// since some of their names are reserved words of DynamoDB.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(super) expression: String,
    names: HashMap<String, String>,
    values: Item,
}

impl Condition {
    /// A condition without placeholders.
    pub(crate) fn of(expression: impl Into<String>) -> Self {
        Self { expression: expression.into(), names: HashMap::new(), values: Item::new() }
    }

    /// The condition that the item exists.
    pub(crate) fn exists() -> Self {
        Self::of("attribute_exists(pk)")
    }

    /// The condition that the item does not exist.
    pub(crate) fn absent() -> Self {
        Self::of("attribute_not_exists(pk)")
    }

    /// The condition that the item is absent or belongs to this user: it may have passed to another user since it was read.
    pub(crate) fn absent_or_of(user_id: &UserId) -> Self {
        Self::of("attribute_not_exists(pk) OR user_id = :user").value(":user", text(user_id.as_str()))
    }

    /// Adds a placeholder of an attribute's name.
    #[must_use]
    pub(crate) fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.names.insert(placeholder.into(), name.into());
        self
    }

    /// Adds a placeholder of a value.
    #[must_use]
    pub(crate) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.into(), value);
        self
    }

    /// Adds another condition, which must hold as well.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.expression = format!("({}) AND ({})", self.expression, other.expression);
        self.names.extend(other.names);
        self.values.extend(other.values);
        self
    }

    /// The names of the placeholders. DynamoDB rejects an empty map.
    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// The values of the placeholders. DynamoDB rejects an empty map.
    pub(super) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

/// Separates an unmet condition from other failures.
pub(super) fn outcome<T, E>(sent: Result<T, SdkError<E>>) -> Result<Written, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(Written::Yes),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Written::ConditionFailed),
        Err(error) => Err(error.into()),
    }
}
