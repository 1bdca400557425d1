//! `/account/users`: the accounts of all users, for owners, and their invitation (SR-32, SR-33).
//!
//! An owner sees the accounts, never the memories of others, and cannot sign in for them: no link is created for an account
//! with a way to sign in.

mod account;
pub(crate) mod invitation;
pub(crate) mod user;

use askama::Template;
use axum::response::Response;
use jean_auth::{
    secret::PasswordLink,
    user::{Email, UserId},
};
use jean_pages::{Language, Texts, account::Section};
use zeroize::Zeroizing;

use crate::{
    app::App, error::AccountError, page_query::PageQuery, paths, signed_in::SignedInOwner,
    users::account::ListedAccount, view::View,
};

/// The number of accounts on a page.
const ON_A_PAGE: usize = 20;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage<'a> {
    texts: Texts,
    token: String,
    accounts: Vec<ListedAccount>,
    /// The page with the next accounts, if there are more.
    more: Option<String>,
    is_first: bool,
    /// The secret of the next invitation. Sending the form twice thus creates one link and shows it twice.
    next: Zeroizing<String>,
    typed: &'a str,
    problem: &'a str,
}

/// `GET /account/users?after=…`
pub(crate) async fn show(
    app: App,
    language: Language,
    owner: SignedInOwner,
    PageQuery(query): PageQuery,
) -> Result<Response, AccountError> {
    // The id in place of the address, since URLs are logged.
    let after = match query.get("after").and_then(|id| id.parse::<UserId>().ok()) {
        Some(user_id) => app.users.by_id(&user_id).await?.map(|user| user.email),
        None => None,
    };
    page(View::new(&app, language, &owner), after.as_ref(), "", "").await
}

async fn page(view: View<'_>, after: Option<&Email>, typed: &str, problem: &str) -> Result<Response, AccountError> {
    let app = view.app;
    // One more than is shown tells if there are more.
    let mut ids = app.account_list.page(after, ON_A_PAGE + 1).await?;
    let has_more = ids.len() > ON_A_PAGE;
    ids.truncate(ON_A_PAGE);
    let mut accounts = Vec::with_capacity(ids.len());
    for user_id in &ids {
        // An account may just have been deleted.
        accounts.extend(ListedAccount::load(app, user_id).await?);
    }
    let body = UsersPage {
        texts: view.texts(),
        token: view.token(paths::USERS),
        accounts,
        more: ids.last().filter(|_| has_more).map(paths::users_after),
        is_first: after.is_none(),
        next: PasswordLink::new(app.random.bytes()).expose(),
        typed,
        problem,
    };
    Ok(view.page(Section::Users, view.texts().users(), &body))
}
