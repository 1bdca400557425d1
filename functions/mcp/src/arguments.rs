//! Arguments of tool calls.

use std::borrow::Cow;

use jean_memory::{Limit, MemoryId};
use rmcp::{
    ErrorData,
    handler::server::{common::FromContextPart, tool::ToolCallContext},
    model::{CallToolRequestParams, CallToolResult, ContentBlock},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::{lenient, mismatch::mismatch, tool_error::ToolError, tools::TOOLS};

/// Extractor for the arguments of a tool call, which [`read`] has read leniently. Unlike the error of rmcp's extractor, its
/// error names the argument (TL-03).
pub(crate) struct ToolArguments<P>(pub(crate) P);

/// The name by which rmcp's `tool` macro finds the argument with the input schema.
pub(crate) use self::ToolArguments as Parameters;

impl<S, P: DeserializeOwned> FromContextPart<ToolCallContext<'_, S>> for ToolArguments<P> {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        let arguments = context.arguments.take().unwrap_or_default();
        let schema = TOOLS.definition(&context.name).map(|tool| tool.input_schema.clone()).unwrap_or_default();
        let unfit = mismatch(&arguments, &schema);
        serde_json::from_value(arguments.into()).map(Self).map_err(|error| {
            let error = unfit.unwrap_or_else(|| excerpt(error.to_string()));
            ErrorData::invalid_params(format!("{ERROR_PREFIX} {error}"), None)
        })
    }
}

/// Reads the arguments of a call [leniently](lenient). Returns advice on the ignored ones, if there are any.
pub(crate) fn read(request: &mut CallToolRequestParams) -> Option<String> {
    let schema = &TOOLS.definition(&request.name)?.input_schema;
    let (known, ignored) = lenient::read(request.arguments.take().unwrap_or_default(), schema);
    let advice = lenient::advice(&ignored, &known, schema);
    request.arguments = Some(known);
    advice
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

/// The beginning of a serde error, which may quote the input at full length (TL-04).
fn excerpt(mut error: String) -> String {
    if let Some((end, _)) = error.char_indices().nth(EXCERPT_CHARACTERS) {
        error.truncate(end);
        error.push('…');
    }
    error.push('.');
    error
}

const EXCERPT_CHARACTERS: usize = 300;
/// The beginning of every error about arguments.
const ERROR_PREFIX: &str = "Invalid arguments:";

/// The result with an error of [`ToolArguments`]. Clients show results, but not protocol errors, to the model (TL-03).
pub(crate) fn rejected(error: ErrorData, advice: Option<&str>) -> Result<CallToolResult, ErrorData> {
    if !error.message.starts_with(ERROR_PREFIX) {
        return Err(error);
    }
    let advice = advice.map(|advice| format!(" {advice}")).unwrap_or_default();
    let message = format!("{}{advice} Correct them according to the tool's inputSchema.", error.message);
    Ok(CallToolResult::error(vec![ContentBlock::text(message)]))
}

/// Parses the `limit` argument.
pub(crate) fn limit(limit: Option<u32>) -> Result<Limit, ToolError> {
    Ok(limit.map(Limit::new).transpose()?.unwrap_or_default())
}

/// Parses an `id` argument. A malformed id is the id of no memory.
pub(crate) fn memory_id(id: &str) -> Result<MemoryId, ToolError> {
    let id = id.trim();
    if id.is_empty() {
        return Err(ToolError::NoId);
    }
    id.parse().map_err(|_| ToolError::UnknownMemory)
}
