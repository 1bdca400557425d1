//! `jean user show`, `disable`, `enable`, `sign-out`, `unlock` and `owner`: the access of a user (SR-32, SR-33).

use std::error::Error;

use jean_auth::user::{Email, User};
use jean_store::{
    account_access::{AccessChange, Administrator, EndedAccess},
    notifications::NotificationKind,
};
use jiff::{Timestamp, tz::Offset};

use crate::{
    accounts::{AccountStore, DeletionPending},
    terminal::print,
};

/// The user is the only enabled owner.
#[derive(Debug, thiserror::Error)]
#[error("{0} is the only owner; make another user an owner first: jean user owner EMAIL")]
struct LastOwner(Email);

/// Prints the access of a user.
pub(super) async fn show(accounts: &AccountStore, user: &User) -> Result<(), Box<dyn Error>> {
    let (id, now) = (&user.user_id, accounts.clock.now());
    let state = if user.is_disabled { "disabled" } else { "enabled" };
    let role = if user.is_owner { ", owner" } else { "" };
    print(format_args!("{}  {}  {state}{role}, since {}", user.user_id, user.email, day(user.created_at)));
    let password = if user.password.is_some() { "password" } else { "no password" };
    let passkeys = accounts.passkeys.list(id).await?.len();
    print(format_args!("Sign-in: {password}, {passkeys} passkeys"));
    for identity in accounts.identities.list(id).await? {
        print(format_args!("Linked account: {}  {}", identity.issuer, identity.email));
    }
    for sign_in in accounts.sessions.list(id, now).await? {
        let browser = if sign_in.browser.is_empty() { "unknown browser" } else { &sign_in.browser };
        print(format_args!("Signed in: {}  {browser}", day(sign_in.session.authenticated_at())));
    }
    for grant in accounts.grants.list(id, now).await? {
        let host = grant.client_host.as_ref().map(|host| format!(" ({host})")).unwrap_or_default();
        print(format_args!("App: {}{host}  last used {}", grant.client, day(grant.refreshed_at())));
    }
    print(format_args!("API keys: {}", accounts.keys.count(id).await?));
    for notification in accounts.notifications.list(id, now).await? {
        print(format_args!("Event: {}  {}", day(notification.at), event(&notification.what)));
    }
    Ok(())
}

/// Changes the access of a user, who is notified.
pub(super) async fn change(accounts: &AccountStore, user: &User, change: AccessChange) -> Result<(), Box<dyn Error>> {
    if change == AccessChange::Disable {
        require_another_owner(accounts, user).await?;
    }
    let notified = (accounts.random.id(), accounts.clock.now());
    let ended = accounts.access.change(change, &user.user_id, Administrator::Operator, notified).await?;
    let ended = ended.ok_or_else(|| DeletionPending(user.email.to_string()))?;
    let email = &user.email;
    print(match change {
        AccessChange::Disable => format!("Disabled {email}: {}. Memories stay.", counts(ended)),
        AccessChange::Enable => format!("Enabled {email}. Apps have to be connected and API keys created again."),
        AccessChange::SignOut => format!("Signed out {email}: {}.", counts(ended)),
        AccessChange::LiftLock => {
            format!("Lifted the sign-in lock of {email}. A network that tried many accounts stays locked.")
        }
    });
    Ok(())
}

/// Grants or takes away the role. Accounts of earlier versions are added to the list that owners see.
pub(super) async fn set_owner(accounts: &AccountStore, user: &User, is_owner: bool) -> Result<(), Box<dyn Error>> {
    if !is_owner {
        require_another_owner(accounts, user).await?;
    }
    if !accounts.users.set_owner(&user.user_id, is_owner).await? {
        return Err(DeletionPending(user.email.to_string()).into());
    }
    accounts.account_list.add_missing(&accounts.users.list().await?).await?;
    if is_owner {
        print(format_args!("{} is an owner now, and manages users at /account/users.", user.email));
    } else {
        print(format_args!("{} is no longer an owner.", user.email));
    }
    Ok(())
}

/// Refuses to leave the server without an enabled owner.
async fn require_another_owner(accounts: &AccountStore, user: &User) -> Result<(), Box<dyn Error>> {
    let is_other = |other: &User| other.is_owner && !other.is_disabled && other.user_id != user.user_id;
    if user.is_owner && !accounts.users.list().await?.iter().any(is_other) {
        return Err(LastOwner(user.email.clone()).into());
    }
    Ok(())
}

fn counts(EndedAccess { sessions, apps, api_keys }: EndedAccess) -> String {
    format!("{sessions} sessions ended, {apps} apps disconnected, {api_keys} API keys revoked")
}

fn day(time: Timestamp) -> jiff::civil::Date {
    Offset::UTC.to_datetime(time).date()
}

/// The event in words. Names that users and clients choose are quoted.
fn event(what: &NotificationKind) -> String {
    match what {
        NotificationKind::NewBrowser { browser } => format!("sign-in from a new browser, {browser:?}"),
        NotificationKind::NewPasskey { browser } => format!("passkey added in {browser:?}"),
        NotificationKind::NewPassword { browser } => format!("password changed in {browser:?}"),
        NotificationKind::NewIdentity { provider, .. } => format!("account of {provider:?} linked"),
        NotificationKind::IdentityUnlinked { provider, .. } => format!("account of {provider:?} unlinked"),
        NotificationKind::NewApiKey { name } => format!("API key {name:?} created"),
        NotificationKind::TokenReuse { client, .. } => format!("{client} disconnected: refresh token reused"),
        NotificationKind::CodeReplay { client, .. } => format!("{client} disconnected: code used twice"),
        NotificationKind::TwoSources { client, .. } => format!("{client} refreshed from two sources"),
        NotificationKind::AccountDisabled => "account disabled".into(),
        NotificationKind::AccountEnabled => "account enabled".into(),
        NotificationKind::SignedOutEverywhere => "signed out everywhere".into(),
        NotificationKind::LockLifted => "sign-in lock lifted".into(),
        NotificationKind::Connection { client, .. } => format!("{client} connected"),
        NotificationKind::Unknown => "event of a newer version".into(),
    }
}
