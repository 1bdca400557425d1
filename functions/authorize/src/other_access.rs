//! Access to an account beside its password: API keys and connected apps. An intruder could keep it when the password is
//! changed (SR-11).

use jean_auth::user::UserId;
use jean_store::StoreError;

use crate::app::App;

/// The number of API keys and connected apps of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OtherAccess {
    pub(crate) keys: usize,
    pub(crate) apps: usize,
}

impl OtherAccess {
    pub(crate) async fn of(app: &App, user_id: &UserId) -> Result<Self, StoreError> {
        let (keys, grants) = tokio::try_join!(app.api_keys.count(user_id), app.grants.list(user_id, app.now()))?;
        Ok(Self { keys, apps: grants.len() })
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Revokes all API keys and disconnects all apps of a user. Repeating it completes an interrupted run. After a change of the
/// password, no session of before leaves a code: they have ended, and codes are worthless up to the time of this call.
pub(crate) async fn end_all(app: &App, user_id: &UserId) -> Result<(), StoreError> {
    let apps = app.grants.end_all(user_id, app.current_time()).await?;
    tracing::info!(event = jean_runtime::event::REVOCATION, %user_id, apps, "disconnected with a new password");
    for key in app.api_keys.list(user_id).await? {
        app.api_keys.revoke(user_id, &key.key_id).await?;
        tracing::info!(event = jean_runtime::event::API_KEY, %user_id, "API key revoked with a new password");
    }
    Ok(())
}
