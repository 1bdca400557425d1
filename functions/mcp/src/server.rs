//! State of the MCP server.

use jean_auth::public_url::PublicUrl;
use jean_memory::AccessScope;
use jean_memory_service::{MemoryService, TRASH_DAYS};
use jean_runtime::ServiceName;
use jean_store::StoreError;
use rmcp::model::Implementation;

use crate::{schemas::UserContext, usage::UsageCounter};

// As the texts of the tools say.
const _: () = assert!(TRASH_DAYS == 30);

/// The state that tools work with. It contains no caller: the caller is passed with each call.
#[derive(Debug, Clone)]
pub(crate) struct McpServer {
    pub(crate) service: MemoryService,
    pub(crate) usage: UsageCounter,
    pub(crate) public_url: PublicUrl,
    service_name: ServiceName,
}

impl McpServer {
    pub(crate) fn new(
        service: MemoryService,
        usage: UsageCounter,
        public_url: PublicUrl,
        service_name: ServiceName,
    ) -> Self {
        Self { service, usage, public_url, service_name }
    }

    /// The profile of a user, for the tool `context` and the resource of the profile.
    pub(crate) async fn profile(&self, scope: &AccessScope) -> Result<UserContext, StoreError> {
        let page = self.service.recent(scope).await?;
        Ok(UserContext::new(&page.memories, page.next.is_some()))
    }

    /// The page on which the user can restore deleted memories.
    pub(crate) fn trash(&self) -> String {
        self.public_url.join("/account/trash")
    }

    /// The `serverInfo` of every result, without the icon.
    pub(crate) fn implementation(&self) -> Implementation {
        Implementation::new("jean-memory", env!("CARGO_PKG_VERSION")).with_title(self.service_name.as_str())
    }
}
