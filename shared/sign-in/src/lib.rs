//! Sessions of browsers: reading, starting and ending them, for functions/authorize and functions/federate, which sign users
//! in.
//!
//! A function's state dereferences to its [`SignIns`].
//!
//! | module | content |
//! |---|---|
//! | [`session`] | the signed-in user, and the session that an authentication starts |
//! | [`RecentlySignedIn`], [`RecentForm`] | a user with a recent sign-in, and the form of one |
//! | [`AccountView`] | the pages on which they change credentials |
//! | [`cookies`] | the browser id and its accounts, and page bindings |
//! | [`BrowserName`], [`Visitor`] | the browser of a request |
//!
//! Not for: authenticating users, which differs by function; the account pages, which only read sessions.

mod account_view;
mod browser;
pub mod cookies;
pub mod session;
mod step_up;

pub use account_view::AccountView;
pub use browser::{BrowserName, Visitor};
use jean_pages::Branding;
use jean_runtime::Random;
use jean_store::{Table, notifications::Notifications, sessions::Sessions, users::Users};
pub use session::RecentlySignedIn;
pub use step_up::{RecentForm, StepUpRejection};

/// The part of a function's state with which it signs users in.
pub struct SignIns {
    /// The branding of the pages.
    pub branding: Branding,
    /// The accounts.
    pub users: Users,
    /// Their sessions.
    pub sessions: Sessions,
    /// Their notifications, and the browsers they have used.
    pub notifications: Notifications,
    /// The source of ids and secrets.
    pub random: Random,
}

impl SignIns {
    /// The part with these tables.
    pub fn new(branding: Branding, auth_table: &Table, users_table: &Table, random: Random) -> Self {
        Self {
            branding,
            users: Users::new(users_table.clone()),
            sessions: Sessions::new(auth_table.clone()),
            notifications: Notifications::new(auth_table.clone()),
            random,
        }
    }
}
