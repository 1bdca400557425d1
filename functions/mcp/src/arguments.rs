//! What a tool is called with.

use std::borrow::Cow;

use rmcp::{
    ErrorData,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

/// A tool's arguments. As rmcp's own of this name, by which its macro finds the input schema, but with a sentence that
/// says what to do for those that do not fit (TL-03).
pub(crate) struct Parameters<P>(pub(crate) P);

impl<S, P: DeserializeOwned> FromContextPart<ToolCallContext<'_, S>> for Parameters<P> {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        let arguments = context.arguments.take().unwrap_or_default();
        serde_json::from_value(arguments.into()).map(Self).map_err(|error| {
            let error = excerpt(error.to_string());
            ErrorData::invalid_params(format!("{DO_NOT_FIT} {error}. Correct them by the tool's inputSchema."), None)
        })
    }
}

/// The schema of the arguments themselves.
impl<P: JsonSchema> JsonSchema for Parameters<P> {
    fn schema_name() -> Cow<'static, str> {
        P::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        P::json_schema(generator)
    }
}

/// The beginning of what serde says: it quotes what was sent, however long that is (TL-04).
fn excerpt(mut error: String) -> String {
    if let Some((end, _)) = error.char_indices().nth(EXCERPT_CHARACTERS) {
        error.truncate(end);
        error.push('…');
    }
    error
}

const EXCERPT_CHARACTERS: usize = 300;
/// How every sentence about arguments begins.
const DO_NOT_FIT: &str = "The arguments do not fit the tool:";

/// Whether an error is about a call's arguments: then it is the model that has to read it, as a result.
pub(crate) fn is_about_arguments(error: &ErrorData) -> bool {
    error.message.starts_with(DO_NOT_FIT)
}
