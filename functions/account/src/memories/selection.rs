//! The memories that a list shows, as its query selects them.

use jean_auth::{client::ClientId, parameters::Parameters};
use jean_memory::{Filter, MemoryId};

use super::period::Period;
use crate::paths;

/// The memories to show.
#[derive(Clone, Default)]
pub(super) struct Selection {
    /// The search query. All memories match an empty one.
    pub(super) query: String,
    pub(super) after: Option<MemoryId>,
    pub(super) tag: Option<String>,
    /// The client that wrote them.
    pub(super) app: Option<ClientId>,
    /// The time in which they were written. A search has none.
    pub(super) period: Period,
}

impl Selection {
    pub(super) fn read(parameters: &Parameters) -> Self {
        let parameter = |name| parameters.get(name).unwrap_or_default().trim().to_owned();
        let query = parameter("q");
        let is_list = query.is_empty();
        Self {
            query,
            after: parameter("after").parse().ok().filter(|_| is_list),
            tag: Some(parameter("tag")).filter(|tag| !tag.is_empty()),
            app: parameter("app").parse().ok(),
            period: if is_list { Period::read(parameters) } else { Period::default() },
        }
    }

    /// `true` if not all memories are shown.
    pub(super) fn is_filtered(&self) -> bool {
        !self.query.is_empty() || self.tag.is_some() || self.app.is_some() || self.period.is_limited()
    }

    pub(super) fn filter(&self) -> Filter {
        let filter = Filter::tagged(self.tag.as_slice());
        match &self.app {
            Some(client_id) => filter.written_by(client_id.clone()),
            None => filter,
        }
    }

    /// The id after which the list starts.
    pub(super) fn start(&self) -> Option<MemoryId> {
        [self.after, self.period.newest()].into_iter().flatten().min()
    }

    /// The page that continues after a memory.
    pub(super) fn older(&self, next: MemoryId) -> String {
        self.page(&self.period, Some(next))
    }

    /// The list of another period with the same tag and app.
    pub(super) fn of_period(&self, period: &Period) -> String {
        Self { query: String::new(), ..self.clone() }.page(period, None)
    }

    /// The URL of this page.
    pub(super) fn url(&self) -> String {
        self.page(&self.period, self.after)
    }

    /// The same query and filters without the tag.
    pub(super) fn without_tag(&self) -> String {
        Self { tag: None, after: None, ..self.clone() }.url()
    }

    /// The same query and filters without the app.
    pub(super) fn without_app(&self) -> String {
        Self { app: None, after: None, ..self.clone() }.url()
    }

    /// The same filters without the period.
    pub(super) fn without_period(&self) -> String {
        Self { period: Period::default(), after: None, ..self.clone() }.url()
    }

    /// The same filters without the query.
    pub(super) fn without_query(&self) -> String {
        Self { query: String::new(), ..self.clone() }.url()
    }

    fn page(&self, period: &Period, after: Option<MemoryId>) -> String {
        let mut parameters = self.tag_and_app();
        parameters.extend(Some(self.query.clone()).filter(|query| !query.is_empty()).map(|query| ("q", query)));
        parameters.extend(period.parameters());
        parameters.extend(after.map(|after| ("after", after.to_string())));
        paths::memories(&parameters)
    }

    /// The parameters that the forms for the query and for the period repeat.
    pub(super) fn tag_and_app(&self) -> Vec<(&'static str, String)> {
        let app = self.app.as_ref().map(|client_id| ("app", client_id.to_string()));
        app.into_iter().chain(self.tag.clone().map(|tag| ("tag", tag))).collect()
    }
}
