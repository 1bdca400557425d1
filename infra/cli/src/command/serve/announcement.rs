//! The lines that a start prints: the URL to paste, and the link to the first account.

use std::error::Error;

use jean_auth::public_url::PublicUrl;
use jiff::SignedDuration;

use crate::{accounts::AccountStore, data::DataDirectory, terminal::print};

/// Lifetime of the sign-up link for the first account. Every start prints a new link while there is no account.
const OWNER_LINK: SignedDuration = SignedDuration::from_hours(1);

/// The facts of a start that its user needs.
pub(super) struct Announcement<'a> {
    pub(super) public_url: &'a PublicUrl,
    /// The local port.
    pub(super) port: u16,
    /// The reason why no client metadata document can be fetched.
    pub(super) unreachable: Option<String>,
    /// The data directory, unless everything is in memory.
    pub(super) directory: Option<&'a DataDirectory>,
}

impl Announcement<'_> {
    /// Prints the lines. While there is no account, one of them is a new link to create it.
    pub(super) async fn print(self, accounts: &AccountStore) -> Result<(), Box<dyn Error>> {
        let Self { public_url, port, unreachable, directory } = self;
        print(format_args!("Jean Memory is running. Press Ctrl-C to stop.\n"));
        print(format_args!("  URL for your assistant:  {}", public_url.mcp()));
        print(format_args!("  Your account:            {}", public_url.join("/account")));
        if accounts.users.is_empty().await? {
            accounts.users.forget_first().await?;
            let page = accounts.password_page(None, OWNER_LINK).await?;
            print(format_args!("  One-time sign-up link:   {}", public_url.join(&page)));
            print(format_args!(
                "                           valid for {} h; a restart prints another",
                OWNER_LINK.as_hours()
            ));
        }
        if public_url.is_https() {
            print(format_args!("  Forward requests to:     http://localhost:{port}"));
        }
        if let Some(reason) = unreachable {
            print(format_args!("  Client documents:        off, since none can be fetched ({reason})"));
        }
        match directory {
            Some(directory) => print(format_args!("  Data directory:          {directory}\n")),
            None => print("  Data directory:          none (in memory)\n"),
        }
        Ok(())
    }
}
