//! What clients do against a running server, from outside: `jean doctor`.
//!
//! Each module is a stage of a client's way in. It asks what such clients ask, and then judges what it saw by a table of
//! checks, `CHECKS`, each a pure function. [`examine`] puts the stages in the order of the way; what a stage found goes
//! on to the next as a value of its own type. A stage that can't be reached is skipped and says why.

mod answer;
mod authorization;
mod challenge;
mod connection;
mod cors;
mod discovery;
mod exchange;
mod mcp;
mod refresh;
mod registration;
mod report;
mod sign_in;
mod target;
mod timing;
mod token;
mod wire;

use std::time::Duration;

use jean_auth::user::Email;
use jean_runtime::{Clock, Random};
use zeroize::Zeroizing;

pub use self::{
    report::{Finding, Report, Status, Told},
    target::{NoTarget, Target},
    wire::{Trust, Unreachable},
};
use self::{
    report::{Reporting, Trouble},
    wire::Wire,
};

/// How long Claude waits for discovery, registration, a token and the first answer of the endpoint.
pub const BUDGET: Duration = Duration::from_secs(10);

/// Who is looked at, and with what.
pub struct Patient {
    /// The server.
    pub target: Target,
    /// Somebody who may sign in there; without one, what comes after a sign-in is skipped.
    pub account: Option<Account>,
    /// Whose certificates are trusted besides those this computer trusts.
    pub trust: Trust,
    /// How long a step may take.
    pub budget: Duration,
    /// What time it is here.
    pub clock: Clock,
    /// Where verifiers and states come from.
    pub random: Random,
}

/// An account of the server.
#[derive(Clone)]
pub struct Account {
    /// Its address.
    pub email: Email,
    /// Its password.
    pub password: Zeroizing<String>,
}

/// Goes the whole way and tells of each step as it happens.
///
/// # Errors
/// [`Unreachable`] when there is nothing that speaks HTTP, so that there is nothing to judge.
pub async fn examine(patient: &Patient, tell: &mut (dyn FnMut(Told<'_>) + Send)) -> Result<Report, Unreachable> {
    let Patient { target, account, random, .. } = patient;
    let wire = Wire::new(patient)?;
    let mut report = Reporting::new(target, tell);

    report.waits_for("an answer");
    let connection = connection::observe(&wire, target).await?;
    report.judge(&connection::CHECKS, &connection);

    report.waits_for("the challenge");
    let challenge = challenge::observe(&wire, target).await;
    report.judge(&challenge::CHECKS, &challenge);

    report.waits_for("the metadata");
    let discovery = discovery::observe(&wire, target, challenge.metadata_url()).await;
    report.judge(&discovery::CHECKS, &discovery);
    let server = discovery.server();

    report.waits_for("what a browser is told");
    report.judge(&cors::CHECKS, &cors::observe(&wire, target, server.as_ref().ok()).await);

    report.waits_for("registrations");
    let registrations = match &server {
        Ok(server) => registration::observe(&wire, server).await,
        Err(trouble) => Err(trouble.clone()),
    };
    let clients = registrations.as_ref().map_err(Trouble::clone).and_then(registration::Registrations::clients);
    report.judge_if(&registration::CHECKS, registrations);

    report.waits_for("the authorization endpoint");
    let asked = match (&server, &clients) {
        (Ok(server), Ok(clients)) => Ok(authorization::observe(&wire, target, server, clients, random).await),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble.clone()),
    };
    report.judge_if(&authorization::CHECKS, asked);

    report.waits_for("the token endpoint");
    let refused = match (&server, &clients) {
        (Ok(server), Ok(clients)) => Ok(token::observe(&wire, server, clients).await),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble.clone()),
    };
    report.judge_if(&token::CHECKS, refused);

    report.waits_for("the sign-in");
    let signed_in = match (&server, &clients, account) {
        (Err(trouble), ..) | (_, Err(trouble), _) => Err(trouble.clone()),
        (.., None) => Err(sign_in::no_account()),
        (Ok(server), Ok(clients), Some(account)) => sign_in::observe(patient, server, clients, account, &wire).await,
    };
    let codes = signed_in.as_ref().map_err(Trouble::clone).and_then(sign_in::SignIn::codes);
    report.judge_if(&sign_in::CHECKS, signed_in);

    report.waits_for("tokens");
    let exchanged = match (&server, &clients, &codes) {
        (Err(trouble), ..) | (_, Err(trouble), _) | (.., Err(trouble)) => Err(trouble.clone()),
        (Ok(server), Ok(clients), Ok(codes)) => Ok(exchange::observe(&wire, target, server, clients, codes).await),
    };
    let connected = exchanged.as_ref().map_err(Trouble::clone).and_then(exchange::Exchange::connected);
    report.judge_if(&exchange::CHECKS, exchanged);

    report.waits_for("the tools");
    let tools = match &connected {
        Ok(connected) => Ok(mcp::observe(&wire, target, connected, account.as_ref()).await),
        Err(trouble) => Err(trouble.clone()),
    };
    report.judge_if(&mcp::CHECKS, tools);

    report.waits_for("twenty refreshes at once");
    let refreshed = match (&server, &connected) {
        (Ok(server), Ok(connected)) => Ok(refresh::observe(&wire, target, server, connected).await),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble.clone()),
    };
    report.judge_if(&refresh::CHECKS, refreshed);

    report.judge(&timing::CHECKS, &wire.timing(patient.budget));
    Ok(report.done())
}
