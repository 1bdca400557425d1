//! The confirmation of a form, on the page to which its answer redirects.

use axum::response::{IntoResponse, Response};
use axum_extra::extract::{CookieJar, cookie::Cookie};
use jean_auth::public_url::PublicUrl;

use crate::{Texts, page::redirect, session_cookie::cookie};

/// The base name of the cookie.
const COOKIE: &str = "jean_done";
/// The time in which the next page has to be opened, in seconds.
const SECONDS: i64 = 60;
/// The same if the user has to sign in before.
const SIGN_IN_SECONDS: i64 = 600;

/// The effect of a form. A cookie takes it to the next page, which shows it once: in a URL, it would be shown at each reload
/// and could come from another site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// A memory was added.
    Added,
    /// The memory to add existed already.
    Existed,
    /// A change was saved.
    Saved,
    /// A memory or document was moved to the trash.
    Deleted,
    /// An app was disconnected.
    Disconnected,
    /// An API key was revoked.
    Revoked,
    /// Other sessions were ended.
    SignedOut,
    /// The password was changed.
    PasswordChanged,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An account of an identity provider was linked.
    IdentityLinked,
    /// An account of an identity provider was unlinked.
    IdentityUnlinked,
    /// The account of another user was disabled.
    AccountDisabled,
    /// The account of another user was enabled.
    AccountEnabled,
    /// Another user was signed out everywhere.
    AccountSignedOut,
    /// The sign-in lock of another user was lifted.
    LockLifted,
    /// Nothing: the form needed a sign-in.
    Nothing,
    /// Nothing: the form was of another session, or too old.
    Stale,
}

impl Confirmation {
    const ALL: [Self; 18] = [
        Self::Added,
        Self::Existed,
        Self::Saved,
        Self::Deleted,
        Self::Disconnected,
        Self::Revoked,
        Self::SignedOut,
        Self::PasswordChanged,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::AccountDisabled,
        Self::AccountEnabled,
        Self::AccountSignedOut,
        Self::LockLifted,
        Self::Nothing,
        Self::Stale,
    ];

    /// Redirects to a page, which then shows the confirmation.
    pub fn at(self, path: &str, public_url: &PublicUrl) -> Response {
        (CookieJar::new().add(self.cookie(public_url)), redirect(path)).into_response()
    }

    /// The cookie for the next page.
    fn cookie(self, public_url: &PublicUrl) -> Cookie<'static> {
        let seconds = if self == Self::Nothing { SIGN_IN_SECONDS } else { SECONDS };
        cookie(public_url, COOKIE, self.as_str().into(), seconds)
    }

    /// Reads the confirmation of the form before this page.
    pub fn read(public_url: &PublicUrl, cookies: &CookieJar) -> Option<Self> {
        let value = cookies.get(&public_url.cookie_name(COOKIE))?.value();
        Self::ALL.into_iter().find(|confirmation| confirmation.as_str() == value)
    }

    /// Deletes the cookie with a page that shows its confirmation, so that the next one does not.
    pub fn shown_on(done: Option<Self>, page: Response, public_url: &PublicUrl) -> Response {
        match done {
            Some(_) => (CookieJar::new().add(Self::deletion(public_url)), page).into_response(),
            None => page,
        }
    }

    fn deletion(public_url: &PublicUrl) -> Cookie<'static> {
        cookie(public_url, COOKIE, String::new(), 0)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Added => "done-added",
            Self::Existed => "done-existed",
            Self::Saved => "done-saved",
            Self::Deleted => "done-deleted",
            Self::Disconnected => "done-disconnected",
            Self::Revoked => "done-revoked",
            Self::SignedOut => "done-signed-out",
            Self::PasswordChanged => "done-password",
            Self::PasskeyAdded => "done-passkey-added",
            Self::PasskeyRemoved => "done-passkey-removed",
            Self::IdentityLinked => "done-identity-linked",
            Self::IdentityUnlinked => "done-identity-unlinked",
            Self::AccountDisabled => "done-account-disabled",
            Self::AccountEnabled => "done-account-enabled",
            Self::AccountSignedOut => "done-account-signed-out",
            Self::LockLifted => "done-lock-lifted",
            Self::Nothing => "nothing-done",
            Self::Stale => "stale-form",
        }
    }

    /// The page with the result, and its name.
    pub(crate) fn link(self, texts: Texts) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Deleted => Some(("/account/trash", texts.trash())),
            _ => None,
        }
    }

    /// The text of the confirmation.
    pub(crate) fn text(self, texts: Texts) -> &'static str {
        match self {
            Self::Added => texts.done_added(),
            Self::Existed => texts.done_existed(),
            Self::Saved => texts.done_saved(),
            Self::Deleted => texts.done_deleted(),
            Self::Disconnected => texts.done_disconnected(),
            Self::Revoked => texts.done_revoked(),
            Self::SignedOut => texts.done_signed_out(),
            Self::PasswordChanged => texts.done_password_changed(),
            Self::PasskeyAdded => texts.done_passkey_added(),
            Self::PasskeyRemoved => texts.done_passkey_removed(),
            Self::IdentityLinked => texts.done_identity_linked(),
            Self::IdentityUnlinked => texts.done_identity_unlinked(),
            Self::AccountDisabled => texts.done_account_disabled(),
            Self::AccountEnabled => texts.done_account_enabled(),
            Self::AccountSignedOut => texts.done_account_signed_out(),
            Self::LockLifted => texts.done_lock_lifted(),
            Self::Nothing => texts.done_nothing(),
            Self::Stale => texts.done_nothing_stale(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_reads_the_confirmation() {
        let public_url: PublicUrl = "https://memory.example.com".parse().expect("valid");
        for confirmation in Confirmation::ALL {
            let response = confirmation.at("/account", &public_url);
            assert_eq!(response.headers()["location"], "/account");
            let cookies = CookieJar::new().add(confirmation.cookie(&public_url));
            assert_eq!(Confirmation::read(&public_url, &cookies), Some(confirmation));
            assert_eq!(Confirmation::read(&public_url, &cookies.add(Confirmation::deletion(&public_url))), None);
        }
        let foreign = CookieJar::new().add(Cookie::new("__Host-jean_done", "everything"));
        assert_eq!(Confirmation::read(&public_url, &foreign), None);
    }
}
