//! An account as owners see it.

use jean_auth::user::{User, UserId};
use jean_pages::Texts;
use jean_store::{StoreError, ways_in::is_invited};

use crate::{app::App, paths};

/// An account and its ways to sign in.
pub(crate) struct ListedAccount {
    pub(crate) user: User,
    /// `true` if the user has not signed up yet.
    pub(crate) is_invited: bool,
    passkeys: usize,
    /// The names of the providers with a linked account; the issuers of former providers.
    providers: Vec<String>,
}

impl ListedAccount {
    /// Loads an account. `None` if there is none with this id.
    pub(crate) async fn load(app: &App, user_id: &UserId) -> Result<Option<Self>, StoreError> {
        let (user, passkeys, identities) =
            tokio::try_join!(app.users.by_id(user_id), app.passkeys.list(user_id), app.identities.list(user_id))?;
        let name = |issuer: &String| {
            app.providers.of_issuer(issuer).map_or_else(|| issuer.clone(), |provider| provider.label.to_string())
        };
        let providers = identities.iter().map(|identity| name(&identity.issuer)).collect();
        Ok(user.map(|user| {
            let is_invited = is_invited(&user, &passkeys, &identities);
            Self { user, is_invited, passkeys: passkeys.len(), providers }
        }))
    }

    /// The ways to sign in, for people.
    pub(crate) fn ways(&self, texts: Texts) -> String {
        if self.is_invited {
            return texts.not_signed_up_yet().into();
        }
        let password = self.user.password.as_ref().map(|_| texts.way_password().to_owned());
        let passkeys = (self.passkeys > 0).then(|| texts.passkeys_counted(self.passkeys));
        let providers = self.providers.iter().cloned();
        password.into_iter().chain(passkeys).chain(providers).collect::<Vec<_>>().join(", ")
    }

    /// The path of its page.
    pub(crate) fn path(&self) -> String {
        paths::user(&self.user.user_id)
    }
}
