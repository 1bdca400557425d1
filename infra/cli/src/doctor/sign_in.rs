//! Sign-in and consent, as a user with a browser goes through them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_runtime::Random;
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    answer::{Outcome, Reply},
    authorization,
    discovery::AuthorizationServer,
    examination::{Account, Examination},
    registration::{CLAUDE_CALLBACK, RegisteredClients},
    report::{Check, Judgement, Problem},
    wire::{Probe, Wire},
};
use crate::form::{self, HtmlForm};

/// The checks of this stage.
pub(super) const CHECKS: [Check<SignInResult>; 7] = [
    Check("sign-in.page", |seen| Ok(seen.page.as_ref().map(|_| "a form for email and password")?.into())),
    Check("sign-in.password", |seen| Ok(seen.password.as_ref().map(|()| "the password is accepted")?.into())),
    Check("sign-in.loaded-twice", loaded_twice),
    Check("sign-in.consent", consent),
    Check("sign-in.form-action", |seen| authorization::form_action(seen.consent.as_ref()?)),
    Check("sign-in.return", |seen| returns(seen, &seen.allowed).map(|_| "code, state and iss reach the client".into())),
    Check("sign-in.second-click", |seen| returns(seen, &seen.again).map(|_| "a second click is harmless".into())),
];

/// Limit of redirects between two pages.
const HOPS: usize = 5;

/// The responses in order. The pages after a failed one are skipped.
pub(super) struct SignInResult {
    issuer: String,
    state: String,
    verifier: String,
    page: Outcome,
    password: Result<(), Problem>,
    loaded_twice: Result<bool, Problem>,
    consent: Outcome,
    allowed: Outcome,
    again: Outcome,
}

/// The codes that the client receives.
pub(super) struct IssuedCodes {
    pub(super) first: String,
    /// The code of the second click. It creates no grant unless redeemed.
    pub(super) second: Option<String>,
    pub(super) verifier: String,
}

/// The reason to skip the stages that need an account.
pub(super) fn no_account() -> Problem {
    Problem::skipped_unless(
        "needs an account that can sign in",
        "Create a test account (`jean user add`), then run: JEAN_DOCTOR_PASSWORD=… jean doctor URL --email ADDRESS",
    )
}

/// Signs in and submits the consent form twice.
pub(super) async fn observe(
    examination: &Examination,
    server: &AuthorizationServer,
    clients: &RegisteredClients,
    account: &Account,
    wire: &Wire,
) -> Result<SignInResult, Problem> {
    if !examination.target.is_https() && !examination.target.is_loopback() {
        return Err(Problem::skipped_unless("passwords are not sent unencrypted", "Use the https URL."));
    }
    let wire = wire.browser(examination).map_err(|error| Problem::skipped(error.to_string()))?;
    let browser = SignInBrowser { wire, origin: &examination.target.origin };
    let (state, verifier) = (examination.random.id(), verifier(&examination.random));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let changed = [("resource", examination.target.mcp.as_str()), ("state", &state)];
    let url = authorization::address(server, &clients.claude.id, CLAUDE_CALLBACK, &challenge, &changed);
    let mut seen = SignInResult {
        issuer: server.issuer.clone(),
        state,
        verifier,
        page: browser.open(&url).await.and_then(|page| password_form(&page.answer).map(|_| page.answer)),
        password: Err(unreached()),
        loaded_twice: Err(unreached()),
        consent: Err(unreached()),
        allowed: Err(unreached()),
        again: Err(unreached()),
    };
    if seen.page.is_ok() {
        browser.sign_in_and_consent(&url, account, &mut seen).await;
    }
    Ok(seen)
}

fn unreached() -> Problem {
    Problem::skipped("an earlier page failed")
}

fn verifier(random: &Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

/// A page and its URL, which resolves the actions of its forms.
struct LoadedPage {
    url: Url,
    answer: Reply,
}

struct SignInBrowser<'a> {
    wire: Wire,
    /// The only origin that receives the password.
    origin: &'a str,
}

impl SignInBrowser<'_> {
    async fn open(&self, url: &str) -> Result<LoadedPage, Problem> {
        let mut url = Url::parse(url).map_err(|_| Problem::fail(format!("{url} is not a URL"), authorization::FIX))?;
        for _ in 0..HOPS {
            if url.origin().ascii_serialization() != self.origin {
                let observed = format!("the sign-in leads to another origin, {}", url.origin().ascii_serialization());
                return Err(Problem::skipped_unless(
                    observed,
                    "The password is not sent to it. Sign in there manually.",
                ));
            }
            let answer = self.wire.send(Probe::get(url.as_str()).header("accept", "text/html")).await?;
            match answer.location().and_then(|location| url.join(location).ok()) {
                Some(next) => url = next,
                None => return Ok(LoadedPage { url, answer }),
            }
        }
        Err(Problem::fail("redirect loop", authorization::FIX))
    }

    /// Submits a form like its page does. The pages send no referrer, so their origin is `null`.
    async fn submit(&self, page: &LoadedPage, form: &HtmlForm, fields: &[(String, String)]) -> Outcome {
        let action = page
            .url
            .join(&form.action)
            .map_err(|_| Problem::fail("a form has an invalid action", authorization::FIX))?;
        if action.origin().ascii_serialization() != self.origin {
            return Err(Problem::fail(format!("a form is sent to another origin, {action}"), authorization::FIX));
        }
        let ask = Probe::form(action.as_str(), fields).header("origin", "null").header("sec-fetch-site", "same-origin");
        self.wire.send(ask).await
    }

    /// Goes from the sign-in page to the code. Loads every page twice and uses the first copy.
    async fn sign_in_and_consent(&self, url: &str, account: &Account, seen: &mut SignInResult) {
        let consent = match self.sign_in(url, account, seen).await {
            Ok(consent) => consent,
            Err(problem) => {
                seen.password = Err(problem);
                return;
            }
        };
        seen.password = Ok(());
        seen.consent = Ok(consent.answer.clone());
        let forms = form::forms(&consent.answer.text());
        let Some((form, button)) = forms.iter().find_map(|form| Some((form, form.button("allow")?))) else { return };
        let allow = form.filled(&[], Some(button));
        let _ = self.open(url).await;
        seen.allowed = self.submit(&consent, form, &allow).await;
        seen.again = self.submit(&consent, form, &allow).await;
    }

    async fn sign_in(&self, url: &str, account: &Account, seen: &mut SignInResult) -> Result<LoadedPage, Problem> {
        let mut is_first_copy = true;
        for page in [self.open(url).await?, self.open(url).await?] {
            let form = password_form(&page.answer)?;
            let typed = [("email", account.email.as_str()), ("password", account.password.as_str())];
            let button = form.fields.iter().find(|field| field.kind == "submit").cloned();
            let sent = self.submit(&page, &form, &form.filled(&typed, button.as_ref())).await?;
            let next = match sent.location().and_then(|location| page.url.join(location).ok()) {
                Some(next) => self.open(next.as_str()).await?,
                None => LoadedPage { url: page.url.clone(), answer: sent },
            };
            if next.answer.status.is_success() && password_form(&next.answer).is_err() {
                seen.loaded_twice = Ok(is_first_copy);
                return Ok(next);
            }
            if is_first_copy && password_form(&next.answer).is_err() {
                is_first_copy = false;
                continue;
            }
            return Err(Problem::fail(
                format!("signing in as {}: {}", account.email, form::text(&next.answer.text())),
                "Check --email and JEAN_DOCTOR_PASSWORD; `jean user list` lists the accounts. If they are right, see the \
                 log of the authorize function.",
            ));
        }
        Err(Problem::fail("both copies of the sign-in page are rejected", authorization::FIX))
    }
}

fn password_form(page: &Reply) -> Result<HtmlForm, Problem> {
    let found = form::forms(&page.text()).into_iter().find(|form| form.has("password"));
    found.ok_or_else(|| {
        let observed = format!("{}, without a form for a password: {}", page.summary(), form::text(&page.text()));
        Problem::fail(observed, authorization::FIX)
    })
}

impl SignInResult {
    /// Returns the codes, if consent succeeded.
    pub(super) fn codes(&self) -> Result<IssuedCodes, Problem> {
        let code = |seen: &Outcome| seen.as_ref().ok().and_then(|answer| answer.redirect_parameter("code"));
        let first = code(&self.allowed).ok_or_else(|| Problem::skipped("no code was returned"))?;
        Ok(IssuedCodes { first, second: code(&self.again), verifier: self.verifier.clone() })
    }
}

fn loaded_twice(seen: &SignInResult) -> Judgement {
    match seen.loaded_twice.as_ref()? {
        true => Ok("a page loaded twice works from its first copy".into()),
        false => Err(Problem::fail("a page loaded twice works only from its last copy", authorization::FIX)),
    }
}

fn consent(seen: &SignInResult) -> Judgement {
    let page = seen.consent.as_ref()?;
    let text = form::text(&page.text());
    if form::forms(&page.text()).iter().all(|form| form.button("allow").is_none()) {
        return Err(Problem::fail(format!("the page has no Allow button: {text}"), authorization::FIX));
    }
    match page.text().contains("Claude") && page.text().contains("claude.ai") {
        true => Ok("it names the client and the redirect host".into()),
        false => Err(Problem::fail(format!("it does not name Claude and claude.ai: {text}"), authorization::FIX)),
    }
}

fn returns(seen: &SignInResult, answer: &Outcome) -> Judgement {
    let answer = answer.as_ref()?;
    let to = answer.location().unwrap_or_default();
    if !to.starts_with(CLAUDE_CALLBACK) || answer.redirect_parameter("code").is_none() {
        let observed =
            format!("{}, and no code for {CLAUDE_CALLBACK}: {}", answer.summary(), form::text(&answer.text()));
        return Err(Problem::fail(observed, authorization::FIX));
    }
    if answer.redirect_parameter("state").as_ref() != Some(&seen.state) {
        return Err(Problem::fail("the state is not returned", authorization::FIX));
    }
    if answer.redirect_parameter("iss").as_ref() != Some(&seen.issuer) {
        return Err(Problem::fail("iss is not the issuer", authorization::FIX));
    }
    Ok(String::new())
}
