//! The pages, as somebody with an account and a browser goes through them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_runtime::Random;
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    Account, Patient,
    answer::{Answer, Seen},
    authorization,
    discovery::Server,
    registration::{CLAUDE_CALLBACK, Clients},
    report::{Check, Judgement, Trouble},
    wire::{Ask, Wire},
};
use crate::form::{self, Form};

/// What is looked at.
pub(super) const CHECKS: [Check<SignIn>; 7] = [
    Check("sign-in.page", |seen| Ok(seen.page.as_ref().map(|_| "a form for address and password")?.into())),
    Check("sign-in.password", |seen| Ok(seen.password.as_ref().map(|()| "the password is taken")?.into())),
    Check("sign-in.loaded-twice", loaded_twice),
    Check("sign-in.consent", consent),
    Check("sign-in.form-action", |seen| authorization::form_action(seen.consent.as_ref()?)),
    Check("sign-in.return", |seen| returns(seen, &seen.allowed).map(|_| "code, state and iss reach the client".into())),
    Check("sign-in.second-click", |seen| returns(seen, &seen.again).map(|_| "a second click does no harm".into())),
];

/// More redirects than any server needs between two of its pages.
const HOPS: usize = 5;

/// The pages, in their order. What comes after a page that failed is skipped.
pub(super) struct SignIn {
    issuer: String,
    state: String,
    verifier: String,
    page: Seen,
    password: Result<(), Trouble>,
    loaded_twice: Result<bool, Trouble>,
    consent: Seen,
    allowed: Seen,
    again: Seen,
}

/// What a client does with what comes back.
pub(super) struct Codes {
    pub(super) first: String,
    /// That of the second click, which opens nothing unless it is redeemed.
    pub(super) second: Option<String>,
    pub(super) verifier: String,
}

/// How the rest is had.
pub(super) fn no_account() -> Trouble {
    Trouble::skipped_unless(
        "needs somebody who signs in",
        "Make a test account (`jean user add`), then: JEAN_DOCTOR_PASSWORD=… jean doctor URL --email ADDRESS",
    )
}

/// Signs in, allows it, and clicks twice.
pub(super) async fn observe(
    patient: &Patient,
    server: &Server,
    clients: &Clients,
    account: &Account,
    wire: &Wire,
) -> Result<SignIn, Trouble> {
    if !patient.target.is_https() && !patient.target.is_loopback() {
        return Err(Trouble::skipped_unless("no password goes over the network in the clear", "Use the https URL."));
    }
    let wire = wire.browser(patient).map_err(|error| Trouble::skipped(error.to_string()))?;
    let browser = Browser { wire, origin: &patient.target.origin };
    let (state, verifier) = (patient.random.id(), verifier(&patient.random));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let changed = [("resource", patient.target.mcp.as_str()), ("state", &state)];
    let url = authorization::address(server, &clients.claude.id, CLAUDE_CALLBACK, &challenge, &changed);
    let mut seen = SignIn {
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
        browser.go_on(&url, account, &mut seen).await;
    }
    Ok(seen)
}

fn unreached() -> Trouble {
    Trouble::skipped("an earlier page failed")
}

fn verifier(random: &Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

/// A page, and where it was found: its forms lead on from there.
struct Page {
    url: Url,
    answer: Answer,
}

struct Browser<'a> {
    wire: Wire,
    /// The one origin that is shown a password.
    origin: &'a str,
}

impl Browser<'_> {
    async fn open(&self, url: &str) -> Result<Page, Trouble> {
        let mut url =
            Url::parse(url).map_err(|_| Trouble::fail(format!("{url} is no address"), authorization::MEND))?;
        for _ in 0..HOPS {
            if url.origin().ascii_serialization() != self.origin {
                let saw = format!("the sign-in leads to another origin, {}", url.origin().ascii_serialization());
                return Err(Trouble::skipped_unless(saw, "No password is shown to it. Sign in there by hand."));
            }
            let answer = self.wire.send(Ask::get(url.as_str()).header("accept", "text/html")).await?;
            match answer.location().and_then(|location| url.join(location).ok()) {
                Some(next) => url = next,
                None => return Ok(Page { url, answer }),
            }
        }
        Err(Trouble::fail("the pages send the browser round in circles", authorization::MEND))
    }

    /// Sends a form as the page it stands on would: our pages send no referrer, so their origin is `null`.
    async fn submit(&self, page: &Page, form: &Form, fields: &[(String, String)]) -> Seen {
        let action =
            page.url.join(&form.action).map_err(|_| Trouble::fail("a form leads nowhere", authorization::MEND))?;
        if action.origin().ascii_serialization() != self.origin {
            return Err(Trouble::fail(format!("a form leads to another origin, {action}"), authorization::MEND));
        }
        let ask = Ask::form(action.as_str(), fields).header("origin", "null").header("sec-fetch-site", "same-origin");
        self.wire.send(ask).await
    }

    /// From the sign-in page to the code. Every page is loaded twice, and its first copy used.
    async fn go_on(&self, url: &str, account: &Account, seen: &mut SignIn) {
        let consent = match self.sign_in(url, account, seen).await {
            Ok(consent) => consent,
            Err(trouble) => {
                seen.password = Err(trouble);
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

    async fn sign_in(&self, url: &str, account: &Account, seen: &mut SignIn) -> Result<Page, Trouble> {
        let mut is_first_copy = true;
        for page in [self.open(url).await?, self.open(url).await?] {
            let form = password_form(&page.answer)?;
            let typed = [("email", account.email.as_str()), ("password", account.password.as_str())];
            let button = form.fields.iter().find(|field| field.kind == "submit").cloned();
            let sent = self.submit(&page, &form, &form.filled(&typed, button.as_ref())).await?;
            let next = match sent.location().and_then(|location| page.url.join(location).ok()) {
                Some(next) => self.open(next.as_str()).await?,
                None => Page { url: page.url.clone(), answer: sent },
            };
            if next.answer.status.is_success() && password_form(&next.answer).is_err() {
                seen.loaded_twice = Ok(is_first_copy);
                return Ok(next);
            }
            if is_first_copy && password_form(&next.answer).is_err() {
                is_first_copy = false;
                continue;
            }
            return Err(Trouble::fail(
                format!("signing in as {}: {}", account.email, form::text(&next.answer.text())),
                "Check --email and JEAN_DOCTOR_PASSWORD; `jean user list` shows who has an account. If they are right, see the \
                 log of the authorize function.",
            ));
        }
        Err(Trouble::fail("neither copy of the sign-in page is taken", authorization::MEND))
    }
}

fn password_form(page: &Answer) -> Result<Form, Trouble> {
    let found = form::forms(&page.text()).into_iter().find(|form| form.has("password"));
    found.ok_or_else(|| {
        let saw = format!("{}, without a form for a password: {}", page.summary(), form::text(&page.text()));
        Trouble::fail(saw, authorization::MEND)
    })
}

impl SignIn {
    /// The codes, once they are there.
    pub(super) fn codes(&self) -> Result<Codes, Trouble> {
        let code = |seen: &Seen| seen.as_ref().ok().and_then(|answer| answer.sent_on_with("code"));
        let first = code(&self.allowed).ok_or_else(|| Trouble::skipped("no code came back"))?;
        Ok(Codes { first, second: code(&self.again), verifier: self.verifier.clone() })
    }
}

fn loaded_twice(seen: &SignIn) -> Judgement {
    match seen.loaded_twice.as_ref()? {
        true => Ok("a page that was loaded twice works from its first copy".into()),
        false => Err(Trouble::fail("a page that was loaded twice works only from its last copy", authorization::MEND)),
    }
}

fn consent(seen: &SignIn) -> Judgement {
    let page = seen.consent.as_ref()?;
    let text = form::text(&page.text());
    if form::forms(&page.text()).iter().all(|form| form.button("allow").is_none()) {
        return Err(Trouble::fail(format!("there is nothing to allow on the page: {text}"), authorization::MEND));
    }
    match page.text().contains("Claude") && page.text().contains("claude.ai") {
        true => Ok("it names the client and where the answer goes".into()),
        false => Err(Trouble::fail(format!("it does not name Claude and claude.ai: {text}"), authorization::MEND)),
    }
}

fn returns(seen: &SignIn, answer: &Seen) -> Judgement {
    let answer = answer.as_ref()?;
    let to = answer.location().unwrap_or_default();
    if !to.starts_with(CLAUDE_CALLBACK) || answer.sent_on_with("code").is_none() {
        let saw = format!("{}, and no code for {CLAUDE_CALLBACK}: {}", answer.summary(), form::text(&answer.text()));
        return Err(Trouble::fail(saw, authorization::MEND));
    }
    if answer.sent_on_with("state").as_ref() != Some(&seen.state) {
        return Err(Trouble::fail("the state does not come back", authorization::MEND));
    }
    if answer.sent_on_with("iss").as_ref() != Some(&seen.issuer) {
        return Err(Trouble::fail("iss does not come back as the issuer's name", authorization::MEND));
    }
    Ok(String::new())
}
