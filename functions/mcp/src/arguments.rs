//! Arguments of tool calls.

use std::borrow::Cow;

use jean_memory::{Limit, MemoryId};
use rmcp::{
    ErrorData,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::{lenient, tool_error::ToolError, tools::TOOLS};

/// Extractor for the arguments of a tool call. Unlike rmcp's extractor, it reads them [leniently](lenient), and its error
/// says how to correct the call (TL-03).
pub(crate) struct ToolArguments<P>(pub(crate) P);

/// The name by which rmcp's `tool` macro finds the argument with the input schema.
pub(crate) use self::ToolArguments as Parameters;

impl<S, P: DeserializeOwned> FromContextPart<ToolCallContext<'_, S>> for ToolArguments<P> {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        let arguments = context.arguments.take().unwrap_or_default();
        let tool = TOOLS.definition(&context.name);
        let schema = tool.map(|tool| tool.input_schema.clone()).unwrap_or_default();
        let (known, ignored) = lenient::read(arguments, &schema);
        let advice = lenient::advice(&ignored, &known, &schema);
        serde_json::from_value(known.into()).map(Self).map_err(|error| {
            let error = excerpt(error.to_string());
            let message = format!("{ERROR_PREFIX} {error}.{advice} Correct them according to the tool's inputSchema.");
            ErrorData::invalid_params(message, None)
        })
    }
}

/// The schema of the arguments, without the wrapper.
impl<P: JsonSchema> JsonSchema for ToolArguments<P> {
    fn schema_name() -> Cow<'static, str> {
        P::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        P::json_schema(generator)
    }
}

/// The beginning of a serde error, which quotes the input at full length (TL-04).
fn excerpt(mut error: String) -> String {
    if let Some((end, _)) = error.char_indices().nth(EXCERPT_CHARACTERS) {
        error.truncate(end);
        error.push('…');
    }
    error
}

const EXCERPT_CHARACTERS: usize = 300;
/// The beginning of every error about arguments.
const ERROR_PREFIX: &str = "Invalid arguments:";

/// `true` if an error was raised by [`ToolArguments`].
pub(crate) fn is_about_arguments(error: &ErrorData) -> bool {
    error.message.starts_with(ERROR_PREFIX)
}

/// Parses the `limit` argument.
pub(crate) fn limit(limit: Option<u32>) -> Result<Limit, ToolError> {
    Ok(limit.map(Limit::new).transpose()?.unwrap_or_default())
}

/// Parses an `id` argument. A malformed id is the id of no memory.
pub(crate) fn memory_id(id: &str) -> Result<MemoryId, ToolError> {
    id.trim().parse().map_err(|_| ToolError::UnknownMemory)
}
