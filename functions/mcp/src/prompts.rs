//! Prompts that a user picks in a client: what is known about the user or a topic, and remembering a text. They ask the model to call
//! a tool and contain no memories, so no memory is mistaken for an instruction (T-29).

use std::iter;

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role},
};
use serde_json::Value;

const CONTEXT: &str = "context";
const REMEMBER: &str = "remember";
const TOPIC: &str = "topic";
const TEXT: &str = "text";
/// Maximum bytes of an argument, which the message repeats. A memory has as many (TL-04).
const ARGUMENT_BYTES: usize = 64 * 1024;

/// The prompts, without the one that writes if the caller may not.
pub(crate) fn listed(may_write: bool) -> Vec<Prompt> {
    let topic = PromptArgument::new(TOPIC).with_description("The topic. Omit it for what is known about you in brief.");
    let text = PromptArgument::new(TEXT).with_description("The text to remember.").with_required(true);
    let context =
        Prompt::new(CONTEXT, Some("Read what is known about you, or on a topic, before answering."), Some(vec![topic]))
            .with_title("Use my memories");
    let remember =
        || Prompt::new(REMEMBER, Some("Store a text as memories."), Some(vec![text])).with_title("Remember this");
    iter::once(context).chain(may_write.then(remember)).collect()
}

/// Returns the message of a prompt.
///
/// # Errors
/// Invalid parameters if the name is unknown, or the text is missing or too long.
pub(crate) fn message(request: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let argument = |name: &str| {
        let value = request.arguments.as_ref().and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
        value.map(str::trim).filter(|value| !value.is_empty())
    };
    if [TOPIC, TEXT].into_iter().filter_map(argument).any(|value| value.len() > ARGUMENT_BYTES) {
        return Err(invalid("Arguments of prompts have at most 64 KB. Store a longer text with store_document."));
    }
    let text = match request.name.as_str() {
        CONTEXT => {
            let call = argument(TOPIC).map_or("context".into(), |topic| {
                format!("search_memory for “{topic}”, with several queries if needed")
            });
            format!(
                "Call {call}, and take the results into account in your answers. Name the memories that you used. If \
                 nothing was found, say so."
            )
        }
        REMEMBER => {
            let text =
                argument(TEXT).ok_or_else(|| invalid("The argument text is missing. Enter the text to remember."))?;
            format!(
                "Remember the following with add_memory, one fact per memory, each understandable on its own:\n\n{text}"
            )
        }
        _ => return Err(invalid("Unknown prompt. Use context or remember.")),
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
}

/// `true` if an argument of a prompt is likely to be a tag.
pub(crate) fn takes_tag(prompt: &str, argument: &str) -> bool {
    (prompt, argument) == (CONTEXT, TOPIC)
}

fn invalid(message: &'static str) -> ErrorData {
    ErrorData::invalid_params(message, None)
}
