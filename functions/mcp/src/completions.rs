//! Completions of arguments: the tags that the user has used, for the topic of the prompt `context` and for the resource of
//! a tag.

use jean_memory::Profile;
use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompletionInfo, Reference},
};

use crate::{caller::Caller, prompts, resources, server::McpServer};

impl McpServer {
    /// Returns the tags that complete an argument, or no value if the argument has no known values.
    pub(crate) async fn completion(
        &self,
        request: &CompleteRequestParams,
        caller: &Caller,
    ) -> Result<CompletionInfo, ErrorData> {
        let is_tag = match &request.r#ref {
            Reference::Prompt(prompt) => prompts::takes_tag(&prompt.name, &request.argument.name),
            Reference::Resource(template) => resources::takes_tag(&template.uri, &request.argument.name),
            _ => false,
        };
        if !is_tag {
            return Ok(CompletionInfo::default());
        }
        let page = self.service.recent(&caller.access_scope()).await.map_err(resources::failure)?;
        let tags: Vec<_> =
            Profile::complete(&page.memories, &request.argument.value).into_iter().map(String::from).collect();
        let (total, has_more) = (u32::try_from(tags.len()).ok(), tags.len() > CompletionInfo::MAX_VALUES);
        let values = tags.into_iter().take(CompletionInfo::MAX_VALUES).collect();
        CompletionInfo::with_pagination(values, total, has_more).map_err(|error| ErrorData::internal_error(error, None))
    }
}
