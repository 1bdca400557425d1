//! Security notifications, shown on the overview until the user dismisses them.

use askama::Template;
use axum::response::Response;
use jean_auth::{client::ShortName, known_client::ClientHost, user::UserId};
use jean_pages::{Markup, Texts, client_name, dates, page::redirect};
use jean_store::notifications::{Notification, NotificationKind};
use jiff::Timestamp;

use crate::{account_form::AccountForm, app::App, error::AccountError, paths, view::View};

/// The notifications as a part of the overview.
#[derive(Template)]
#[template(path = "notifications.html")]
pub(crate) struct NotificationList {
    texts: Texts,
    token: String,
    entries: NotificationEntries,
}

impl NotificationList {
    pub(crate) async fn load(view: View<'_>) -> Result<Self, AccountError> {
        let entries = NotificationEntries::load(view, &view.signed_in.user.user_id).await?;
        Ok(Self { texts: view.texts(), token: view.token(paths::NOTIFICATIONS), entries })
    }
}

/// The notifications of a user, newest first.
#[derive(Template)]
#[template(path = "notification_entries.html")]
pub(crate) struct NotificationEntries {
    texts: Texts,
    notifications: Vec<Notification>,
    now: Timestamp,
}

impl NotificationEntries {
    pub(crate) async fn load(view: View<'_>, user_id: &UserId) -> Result<Self, AccountError> {
        let now = view.app.now();
        Ok(Self { texts: view.texts(), notifications: view.app.notifications.list(user_id, now).await?, now })
    }

    /// The notifications for another person, without the names that the user chose.
    pub(crate) async fn without_own_names(view: View<'_>, user_id: &UserId) -> Result<Self, AccountError> {
        let mut entries = Self::load(view, user_id).await?;
        for notification in &mut entries.notifications {
            if let NotificationKind::NewApiKey { name } = &mut notification.what {
                name.clear();
            }
        }
        Ok(entries)
    }

    /// The id of the newest notification.
    pub(crate) fn newest(&self) -> Option<&str> {
        self.notifications.first().map(|notification| notification.id.as_str())
    }

    fn at(&self, notification: &Notification) -> Markup {
        dates::ago(self.texts, notification.at, self.now)
    }

    fn client(&self, client: &ShortName, host: Option<&ClientHost>) -> String {
        client_name(self.texts, client, host)
    }

    fn browser<'a>(&self, browser: &'a str) -> &'a str {
        if browser.is_empty() { self.texts.unknown_browser() } else { browser }
    }
}

/// `POST /account/notices`: dismisses the notifications up to the newest one shown.
pub(crate) async fn dismiss(app: App, form: AccountForm) -> Result<Response, AccountError> {
    app.notifications.dismiss(&form.signed_in.user.user_id, form.fields.field("newest")).await?;
    Ok(redirect(paths::OVERVIEW))
}

/// `GET` of the form's URL.
pub(crate) async fn back() -> Response {
    redirect(paths::OVERVIEW)
}
