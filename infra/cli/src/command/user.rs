//! `jean user`: accounts.

mod administration;

use std::error::Error;

use jean_auth::{
    public_url::PublicUrl,
    user::{Email, User},
};
use jean_store::{
    account_access::AccessChange,
    deletion::DeletionReport,
    password_links::{INVITATION, RESET},
    users::CreateUserResult,
};
use jiff::tz::Offset;

use crate::{
    accounts::{AccountStore, PublicUrlArg, StoreArgs},
    terminal::{confirm, print},
};

/// Subcommands of `jean user`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum UserAction {
    /// Create an account and print a one-time link to set its password
    Add {
        /// The user's email address
        email: Email,
        /// Let the user manage the accounts of others, on the page `/account/users`
        #[arg(long)]
        owner: bool,
        #[command(flatten)]
        public_url: PublicUrlArg,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Print a one-time link to set a new password; the old one stays valid until then
    Password {
        /// The user's email address or id
        #[arg(value_name = "EMAIL|ID")]
        user_ref: String,
        #[command(flatten)]
        public_url: PublicUrlArg,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// List all users
    List {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Show a user's access: state, sign-ins, connected apps, API keys and notifications
    Show(SelectedUser),
    /// Disable an account and end all access to it; memories stay
    Disable(SelectedUser),
    /// Enable a disabled account; apps have to be connected and API keys created again
    Enable(SelectedUser),
    /// End all sessions and password links of a user, disconnect all apps and revoke all API keys
    SignOut(SelectedUser),
    /// Lift the sign-in lock of a user after too many incorrect passwords
    Unlock(SelectedUser),
    /// Let a user manage the accounts of others, on the page `/account/users`
    Owner {
        /// Take the role away
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        selected: SelectedUser,
    },
    /// Delete a user's account and all data, including memories
    Remove {
        /// The user's email address or id
        #[arg(value_name = "EMAIL|ID")]
        user_ref: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// One user of a store.
#[derive(Debug, clap::Args)]
pub(crate) struct SelectedUser {
    /// The user's email address or id
    #[arg(value_name = "EMAIL|ID")]
    user_ref: String,
    #[command(flatten)]
    store: StoreArgs,
}

impl SelectedUser {
    async fn open(self) -> Result<(AccountStore, User), Box<dyn Error>> {
        let accounts = self.store.open().await?;
        let user = accounts.find(&self.user_ref).await?;
        Ok((accounts, user))
    }

    async fn change(self, change: AccessChange) -> Result<(), Box<dyn Error>> {
        let (accounts, user) = self.open().await?;
        administration::change(&accounts, &user, change).await
    }
}

/// The email address has an account.
#[derive(Debug, thiserror::Error)]
#[error("{0} already has an account; for a link to set its password, run: jean user password {0}")]
struct Taken(Email);

/// The input ended without an answer to the question.
#[derive(Debug, thiserror::Error)]
#[error("nothing was deleted, since the question had no answer; a script confirms the deletion with --yes")]
struct Unconfirmed;

/// Runs a subcommand.
pub(crate) async fn run(action: UserAction) -> Result<(), Box<dyn Error>> {
    match action {
        UserAction::Add { email, owner, public_url, store } => {
            let (accounts, public_url) = store.open_at(public_url).await?;
            add(&accounts, email, owner, &public_url).await
        }
        UserAction::Password { user_ref, public_url, store } => {
            let (accounts, public_url) = store.open_at(public_url).await?;
            let user = accounts.find_enabled(&user_ref).await?;
            password(&accounts, &user, &public_url).await
        }
        UserAction::List { store } => list(&store.open().await?).await,
        UserAction::Show(selected) => {
            let (accounts, user) = selected.open().await?;
            administration::show(&accounts, &user).await
        }
        UserAction::Disable(selected) => selected.change(AccessChange::Disable).await,
        UserAction::Enable(selected) => selected.change(AccessChange::Enable).await,
        UserAction::SignOut(selected) => selected.change(AccessChange::SignOut).await,
        UserAction::Unlock(selected) => selected.change(AccessChange::LiftLock).await,
        UserAction::Owner { remove, selected } => {
            let (accounts, user) = selected.open().await?;
            administration::set_owner(&accounts, &user, !remove).await
        }
        UserAction::Remove { user_ref, yes, store } => {
            let accounts = store.open().await?;
            let user = accounts.find(&user_ref).await?;
            let ask = || confirm(format_args!("Delete {} and all of their data?", user.email));
            if yes || ask()?.ok_or(Unconfirmed)? {
                remove(&accounts, &user).await?;
            } else {
                print("Nothing was deleted.");
            }
            Ok(())
        }
    }
}

async fn add(
    accounts: &AccountStore,
    email: Email,
    is_owner: bool,
    public_url: &PublicUrl,
) -> Result<(), Box<dyn Error>> {
    let user = User { is_owner, ..User::new(accounts.new_user_id()?, email, accounts.clock.now(), None) };
    if accounts.users.add(&user).await? == CreateUserResult::EmailTaken {
        return Err(Taken(user.email).into());
    }
    print(format_args!("Created an account for {} with the id {}.", user.email, user.user_id));
    password(accounts, &user, public_url).await
}

async fn list(accounts: &AccountStore) -> Result<(), Box<dyn Error>> {
    for user in accounts.users.list().await? {
        let since = Offset::UTC.to_datetime(user.created_at).date();
        let waiting = if accounts.is_invited(&user).await? { "  (no password yet)" } else { "" };
        let owner = if user.is_owner { "  (owner)" } else { "" };
        let disabled = if user.is_disabled { "  (disabled)" } else { "" };
        print(format_args!("{}  {since}  {}{waiting}{owner}{disabled}", user.user_id, user.email));
    }
    Ok(())
}

async fn remove(accounts: &AccountStore, user: &User) -> Result<(), Box<dyn Error>> {
    let mut deleted = DeletionReport::default();
    accounts.deletion.run(user, &mut deleted, accounts.clock.now(), || true).await?;
    let DeletionReport { memories, connections, sign_ins, api_keys, passkeys, identities } = deleted;
    print(format_args!(
        "Deleted {}: {memories} memories, {connections} connections, {sign_ins} sign-ins, {api_keys} keys, {passkeys} passkeys, {identities} \
         linked accounts, and the account. Unused password links are invalid; access tokens expire within their lifetime (one hour by default).",
        user.email,
    ));
    Ok(())
}

/// Prints a password link for an invited user or a reset.
async fn password(accounts: &AccountStore, user: &User, public_url: &PublicUrl) -> Result<(), Box<dyn Error>> {
    let lifetime = if accounts.is_invited(user).await? { INVITATION } else { RESET };
    let page = accounts.password_page(Some(user), lifetime).await?;
    print(format_args!(
        "One-time link for {} to set a password, valid for {} h; earlier links no longer work:",
        user.email,
        lifetime.as_hours()
    ));
    print(public_url.join(&page));
    Ok(())
}
