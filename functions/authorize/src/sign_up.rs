//! Sign-up without an invitation, if the operator has opened it.

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use jean_auth::{
    password::Password,
    return_to::ReturnTo,
    session::Form,
    sign_up::{PATH, SignUp},
    throttle::{AttemptLimit, SIGN_UP_PER_SOURCE},
    user::{Email, User},
};
use jean_pages::{FieldProblem, Language, SameOriginForm, Texts, account::sign_in_url, page::redirect};
use jean_runtime::SourceAddress;
use jean_sign_in::{
    Visitor, cookies,
    session::{self, SignInMethod},
};
use jean_store::users::CreateUserResult;

use crate::{
    app::App,
    error::PageError,
    other_access::OtherAccess,
    password_auth,
    password_form::{PasswordForm, problem, rules},
    provider_buttons::ProviderButtons,
};

/// The URL of the sign-up page, which returns to `return_to`.
pub(crate) fn url(return_to: &ReturnTo) -> String {
    format!("{PATH}?{}", return_to.query())
}

/// `GET /account/sign-up?return_to=…`
pub(crate) async fn show(app: App, RawQuery(query): RawQuery, language: Language, cookies: CookieJar) -> Response {
    if app.sign_up == SignUp::Closed {
        return redirect("/account");
    }
    page(&app, language, &ReturnTo::read(query), cookies, "", FieldProblem::default())
}

/// `POST /account/sign-up?return_to=…`: creates the account and starts a session.
pub(crate) async fn create(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    visitor: Visitor,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    if app.sign_up == SignUp::Closed {
        return Ok(redirect("/account"));
    }
    let return_to = ReturnTo::read(query);
    let texts = Texts::of(language);
    if !cookies::is_bound(&app, &cookies, Form::SignUp, return_to.as_str(), &form) {
        return Err(PageError::NoCookie);
    }
    let again = |problem| Ok(page(&app, language, &return_to, cookies.clone(), form.field("email"), problem));
    let Ok(email) = form.field("email").parse::<Email>() else {
        return again(FieldProblem::at("email", texts.enter_email()));
    };
    let password = match Password::chosen(form.field("password"), &rules(&app, email.as_str(), false)) {
        Ok(password) => password,
        Err(invalid) => return again(problem(texts, invalid)),
    };
    let limit = AttemptLimit::new(SIGN_UP_PER_SOURCE, &[&visitor.source.throttle_key()]);
    app.throttles.admit(&[limit], app.now()).await?;
    let user =
        User::new(app.random.parsed_id(), email, app.now(), Some(app.hasher.hash(&password, app.random.bytes())));
    let Some((user, method)) = add(&app, &visitor.source, &cookies, user, form.field("password")).await? else {
        return again(FieldProblem::at("email", texts.email_taken()));
    };
    let cookies = session::start(&app, &user, method, &visitor.browser, cookies.clone()).await?;
    let next = if method == SignInMethod::NewAccount { return_to.after_sign_up() } else { return_to };
    Ok((cookies, redirect(next.as_str())).into_response())
}

/// Creates the account. If it already exists, its user is authenticated with the password instead: the form may have been
/// sent twice, or the user may have forgotten that they have an account.
async fn add(
    app: &App,
    source: &SourceAddress,
    cookies: &CookieJar,
    user: User,
    password: &str,
) -> Result<Option<(User, SignInMethod)>, PageError> {
    if let CreateUserResult::Created = app.users.add(&user).await? {
        tracing::info!(event = jean_runtime::event::SIGN_UP, user_id = %user.user_id, "account created");
        return Ok(Some((user, SignInMethod::NewAccount)));
    }
    let user = password_auth::authenticate(app, source, cookies, user.email.as_str(), password).await?;
    Ok(user.map(|user| (user, SignInMethod::Password)))
}

fn page(
    app: &App,
    language: Language,
    return_to: &ReturnTo,
    cookies: CookieJar,
    email: &str,
    problem: FieldProblem,
) -> Response {
    let texts = Texts::of(language);
    let (cookies, bound) = cookies::bind(app, cookies);
    let binding = bound.form(app, Form::SignUp, return_to.as_str());
    let providers = ProviderButtons::of(app, texts, &bound, return_to, (email, false));
    let title = texts.sign_up();
    let minimum = rules(app, email, false).minimum();
    let form = PasswordForm {
        title,
        label: texts.password(),
        action: url(return_to).into(),
        providers,
        binding,
        account: None,
        email,
        sign_in: Some(sign_in_url(return_to.as_str())),
        asks_current: false,
        other_access: (OtherAccess::default(), false),
        minimum,
        problem,
    };
    (cookies, form.page(app, language)).into_response()
}
