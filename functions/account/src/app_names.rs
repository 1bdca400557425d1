//! The names of connected apps and of the writers of memories, as the user knows them.

use std::collections::HashMap;

use jean_auth::{
    given_name::GivenName,
    grant::{Grant, GrantId},
};
use jean_memory::{Credential, Writer};
use jean_pages::{Texts, client_name};
use jean_store::StoreError;

use crate::view::View;

/// The names that the user gave connections. Those of disconnected apps are gone.
pub(crate) struct AppNames {
    texts: Texts,
    given: HashMap<GrantId, GivenName>,
}

impl AppNames {
    pub(crate) async fn load(view: View<'_>) -> Result<Self, StoreError> {
        Ok(Self::of(view.texts(), &view.app.grants.with_expired(&view.signed_in.user.user_id).await?))
    }

    pub(crate) fn of(texts: Texts, grants: &[Grant]) -> Self {
        let given = grants.iter().filter_map(|grant| Some((grant.grant_id.clone(), grant.given_name.clone()?)));
        Self { texts, given: given.collect() }
    }

    /// The name that the user gave the connection, or that of the client.
    pub(crate) fn grant(&self, grant: &Grant) -> String {
        self.given(&grant.grant_id)
            .unwrap_or_else(|| client_name(self.texts, &grant.client, grant.client_host.as_ref()))
    }

    /// The name of a writer. Imported memories name their source, although the user has imported them; the name of a client
    /// with an API key is its own claim.
    pub(crate) fn writer(&self, writer: &Writer) -> String {
        match &writer.credential {
            Credential::Person if *writer == Writer::person() => self.texts.writer_you().into(),
            Credential::Person => self.texts.writer_import(writer.client.as_str()),
            Credential::ApiKey(_) => self.texts.writer_key(writer.client.as_str()),
            Credential::Grant { grant_id, .. } => {
                self.given(grant_id).unwrap_or_else(|| client_name(self.texts, &writer.client, writer.host.as_ref()))
            }
        }
    }

    /// The name of a writer as a heading of its own, outside a sentence.
    pub(crate) fn heading(&self, writer: &Writer) -> String {
        if *writer == Writer::person() { self.texts.you().into() } else { self.writer(writer) }
    }

    fn given(&self, grant_id: &GrantId) -> Option<String> {
        self.given.get(grant_id).map(GivenName::to_string)
    }
}
