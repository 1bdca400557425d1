//! Sign-in, sign-up and linking with the account of a provider.
//!
//! An attacker could have an account with the address of a user at some provider, so an address never signs in to an existing
//! account: its owner signs in as before and links the account (SR-30).

use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use jean_auth::{
    identity::{IdentityId, LinkedAccount},
    identity_provider::IdentityProvider,
    return_to::ReturnTo,
    session::SessionId,
    throttle::{AttemptLimit, SIGN_UP_PER_SOURCE},
    user::{Email, User, UserId},
};
use jean_pages::{Confirmation, page::redirect};
use jean_sign_in::{
    Visitor,
    session::{self, SignInMethod, SignedIn},
};
use jean_store::{notifications::NotificationKind, users::CreateUserResult};

use crate::{
    app::App,
    error::{FederateError, SignInRefusal},
    exchange::ProviderUser,
    paths,
};

/// Signs in to the linked account, or creates one if the provider's rules allow it.
pub(crate) async fn sign_in(
    app: &App,
    provider: &IdentityProvider,
    (found, existing): (ProviderUser, SignInMethod),
    visitor: &Visitor,
    cookies: CookieJar,
    return_to: ReturnTo,
) -> Result<Response, FederateError> {
    let id = IdentityId::of(&provider.issuer, &found.subject);
    let (user, method) = match linked(app, &id).await? {
        Some(user) => (user, existing),
        None => match sign_up(app, provider, found, &id, visitor).await {
            Ok(user) => (user, SignInMethod::NewAccount),
            // By the same request in another tab, or by a first attempt of this one, which got no response.
            Err(error @ FederateError::Refused { refusal: SignInRefusal::AddressTaken(_), .. }) => {
                (linked(app, &id).await?.ok_or(error)?, existing)
            }
            Err(error) => return Err(error),
        },
    };
    let cookies = session::start(app, &user, method, &visitor.browser, cookies).await?;
    let next = if method == SignInMethod::NewAccount { return_to.after_sign_up() } else { return_to };
    Ok((cookies, redirect(next.as_str())).into_response())
}

/// The user of a linked account.
async fn linked(app: &App, id: &IdentityId) -> Result<Option<User>, FederateError> {
    Ok(match app.identities.find(id).await? {
        Some(identity) => app.users.by_id(&identity.user_id).await?,
        None => None,
    })
}

async fn sign_up(
    app: &App,
    provider: &IdentityProvider,
    found: ProviderUser,
    id: &IdentityId,
    visitor: &Visitor,
) -> Result<User, FederateError> {
    let label = || provider.label.clone();
    let email = found.email.ok_or_else(|| SignInRefusal::Unverified(label()))?;
    if app.users.by_email(&email).await?.is_some() {
        return Err(SignInRefusal::AddressTaken(label()).into());
    }
    let is_owner = app.owner.as_ref().is_some_and(|owner| owner.key() == email.key());
    if !provider.opens_sign_up() && !is_owner {
        return Err(SignInRefusal::SignUpClosed(label()).into());
    }
    let limit = AttemptLimit::new(SIGN_UP_PER_SOURCE, &[&visitor.source.throttle_key()]);
    app.throttles.admit(&[limit], app.now()).await?;
    let user = User::new(app.random.parsed_id(), email.clone(), app.now(), None);
    let identity = identity(app, provider, id.clone(), &user.user_id, email);
    // OwnerEmail names the owner only while there is no account: its address could belong to another user later.
    let created = if is_owner && app.users.add_first_with(&user, &identity).await? {
        CreateUserResult::Created
    } else {
        app.users.add_with(&user, &identity).await?
    };
    // A concurrent request has created an account with the address.
    if created == CreateUserResult::EmailTaken {
        return Err(SignInRefusal::AddressTaken(label()).into());
    }
    tracing::info!(event = jean_runtime::event::SIGN_UP, user_id = %user.user_id, provider = %provider.id, "account created");
    Ok(user)
}

/// Links the account of a provider to the account of the user who started the request in this session.
pub(crate) async fn link(
    app: &App,
    provider: &IdentityProvider,
    found: ProviderUser,
    (user_id, sid): (&UserId, &SessionId),
    visitor: &Visitor,
    cookies: &CookieJar,
) -> Result<Response, FederateError> {
    let is_same = |SignedIn { session, .. }: &SignedIn| session.sub == *user_id && session.sid == *sid;
    let signed_in = session::signed_in(app, cookies).await?.filter(is_same).ok_or(SignInRefusal::SessionEnded)?;
    let label = || provider.label.clone();
    let email = found.email.ok_or_else(|| SignInRefusal::Unverified(label()))?;
    let id = IdentityId::of(&provider.issuer, &found.subject);
    let done = || Confirmation::IdentityLinked.at(paths::LINKED_ACCOUNTS, app.public_url());
    match app.identities.find(&id).await? {
        Some(linked) if linked.user_id == *user_id => return Ok(done()),
        Some(_) => return Err(SignInRefusal::LinkedElsewhere(label()).into()),
        None => {}
    }
    // The user is notified before the account is linked, so that none is linked without a notification.
    let what = NotificationKind::NewIdentity {
        provider: provider.label.to_string(),
        browser: visitor.browser.as_str().into(),
    };
    session::notify(app, user_id, what).await?;
    let identity = identity(app, provider, id, user_id, email);
    if !app.identities.link(&identity, &signed_in.user).await? {
        let is_linked = app.identities.find(&identity.id).await?.is_some();
        let refusal = if is_linked { SignInRefusal::LinkedElsewhere(label()) } else { SignInRefusal::SessionEnded };
        return Err(refusal.into());
    }
    tracing::info!(event = jean_runtime::event::IDENTITY, %user_id, provider = %provider.id, "account linked");
    Ok(done())
}

fn identity(app: &App, provider: &IdentityProvider, id: IdentityId, user_id: &UserId, email: Email) -> LinkedAccount {
    let issuer = provider.issuer.as_str().into();
    LinkedAccount { id, user_id: user_id.clone(), issuer, email, created_at: app.now() }
}
