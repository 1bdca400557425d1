//! The memories that a list shows, as its query selects them.

use jean_auth::{client::ClientId, parameters::Parameters};
use jean_memory::{Filter, MemoryId};

use super::period::Period;
use crate::paths;

/// The memories to show.
#[derive(Default)]
pub(super) struct Selection {
    /// The search query. All memories match an empty one.
    pub(super) query: String,
    pub(super) after: Option<MemoryId>,
    pub(super) tag: Option<String>,
    /// The client that wrote them.
    pub(super) app: Option<ClientId>,
    /// The time in which they were written. A search ignores it.
    pub(super) period: Period,
}

impl Selection {
    pub(super) fn read(parameters: &Parameters) -> Self {
        let parameter = |name| parameters.get(name).unwrap_or_default().trim().to_owned();
        Self {
            query: parameter("q"),
            after: parameter("after").parse().ok(),
            tag: Some(parameter("tag")).filter(|tag| !tag.is_empty()),
            app: parameter("app").parse().ok(),
            period: Period::read(parameters),
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
        self.page(period, None)
    }

    /// The URL of this page.
    pub(super) fn url(&self) -> String {
        match self.query.as_str() {
            "" => self.page(&self.period, self.after),
            query => {
                let mut parameters = self.tag_and_app();
                parameters.push(("q", query.into()));
                paths::memories(&parameters)
            }
        }
    }

    fn page(&self, period: &Period, after: Option<MemoryId>) -> String {
        let mut parameters = self.tag_and_app();
        parameters.extend(period.parameters());
        parameters.extend(after.map(|after| ("after", after.to_string())));
        paths::memories(&parameters)
    }

    /// The parameters that a form for the period repeats.
    pub(super) fn tag_and_app(&self) -> Vec<(&'static str, String)> {
        let app = self.app.as_ref().map(|client_id| ("app", client_id.to_string()));
        app.into_iter().chain(self.tag.clone().map(|tag| ("tag", tag))).collect()
    }
}
