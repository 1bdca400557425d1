//! Diagnosis of a running server from a client's point of view: `jean doctor`.
//!
//! Each module is a stage of the connection flow. It sends the requests that clients send and then judges the responses by
//! a table of checks, `CHECKS`, each a pure function. [`examine`] runs the stages in the order of the flow; the result of a
//! stage is passed to the next as a value of its own type. A stage that cannot be reached is skipped with the reason.

mod answer;
mod authorization;
mod challenge;
mod connection;
mod cors;
mod discovery;
mod examination;
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

use self::{
    discovery::AuthorizationServer,
    exchange::Connected,
    registration::RegisteredClients,
    report::{Problem, Reporter},
    sign_in::IssuedCodes,
    wire::Wire,
};
pub use self::{
    examination::{Account, BUDGET, Examination, Trust},
    report::{Finding, Progress, Report, Status},
    target::{NoTarget, Target},
    wire::Unreachable,
};

/// Runs all stages and reports each check as it completes.
///
/// # Errors
/// [`Unreachable`] if no memory server answers at the URL, so that there is nothing to check.
pub async fn examine(
    examination: &Examination,
    on_progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Report, Unreachable> {
    let wire = Wire::new(examination)?;
    let mut reporter = Reporter::new(&examination.target, on_progress);
    let server = discover(examination, &wire, &mut reporter).await?;
    let flow = match server {
        Ok(server) => register(&wire, &server, &mut reporter).await.map(|clients| (server, clients)),
        Err(problem) => {
            reporter.skip(&registration::CHECKS, &problem);
            Err(problem)
        }
    };
    let flow = flow.as_ref().map_err(Problem::clone);
    probe_refusals(examination, &wire, flow.clone(), &mut reporter).await;
    let codes = sign_in(examination, &wire, flow.clone(), &mut reporter).await;
    let connected = exchange(examination, &wire, flow.clone(), codes, &mut reporter).await;
    stay_connected(examination, &wire, flow.map(|(server, _)| server), connected, &mut reporter).await;
    reporter.judge(&timing::CHECKS, &wire.timing(examination.budget));
    Ok(reporter.done())
}

/// The authorization server and the registered clients, or the reason why there are none.
type Flow<'a> = Result<&'a (AuthorizationServer, RegisteredClients), Problem>;

/// Checks the endpoint without a token, the metadata and CORS.
async fn discover(
    Examination { target, .. }: &Examination,
    wire: &Wire,
    reporter: &mut Reporter<'_>,
) -> Result<Result<AuthorizationServer, Problem>, Unreachable> {
    reporter.waits_for("a response");
    let connection = connection::observe(wire, target).await?;
    reporter.judge(&connection::CHECKS, &connection);

    reporter.waits_for("the challenge");
    let challenge = challenge::observe(wire, target).await;
    reporter.waits_for("the metadata");
    let discovery = discovery::observe(wire, target, challenge.metadata_url()).await;
    expect_server(target, &challenge, &discovery)?;
    reporter.judge(&challenge::CHECKS, &challenge);
    reporter.judge(&discovery::CHECKS, &discovery);
    let server = discovery.server();

    reporter.waits_for("CORS responses");
    reporter.judge(&cors::CHECKS, &cors::observe(wire, target, server.as_ref().ok()).await);
    Ok(server)
}

/// Rejects a wrong URL, where every check would fail and hide the reason. A faulty server has at least a challenge or metadata.
fn expect_server(
    target: &Target,
    challenge: &challenge::ReceivedChallenge,
    discovery: &discovery::Discovery,
) -> Result<(), Unreachable> {
    let Some(answer) = challenge.unchallenged() else { return Ok(()) };
    let url = target.mcp.clone();
    match discovery.endpoint() {
        Some(endpoint) if endpoint != url && endpoint.starts_with(&target.at("/")) => {
            Err(Unreachable::OtherPath { url, endpoint })
        }
        _ if discovery.is_empty() => Err(Unreachable::OtherServer { url, answer: answer.summary() }),
        _ => Ok(()),
    }
}

async fn register(
    wire: &Wire,
    server: &AuthorizationServer,
    reporter: &mut Reporter<'_>,
) -> Result<RegisteredClients, Problem> {
    reporter.waits_for("registrations");
    let registrations = registration::observe(wire, server).await;
    let clients = registrations.as_ref().map_err(Problem::clone).and_then(registration::Registrations::clients);
    reporter.judge_if(&registration::CHECKS, registrations);
    clients
}

/// Checks the authorization and token endpoints as far as they answer without a sign-in.
async fn probe_refusals(
    Examination { target, random, .. }: &Examination,
    wire: &Wire,
    flow: Flow<'_>,
    reporter: &mut Reporter<'_>,
) {
    reporter.waits_for("the authorization endpoint");
    let requested = match &flow {
        Ok((server, clients)) => Ok(authorization::observe(wire, target, server, clients, random).await),
        Err(problem) => Err(problem.clone()),
    };
    reporter.judge_if(&authorization::CHECKS, requested);

    reporter.waits_for("the token endpoint");
    let refused = match &flow {
        Ok((server, clients)) => Ok(token::observe(wire, server, clients).await),
        Err(problem) => Err(problem.clone()),
    };
    reporter.judge_if(&token::CHECKS, refused);
}

async fn sign_in(
    examination: &Examination,
    wire: &Wire,
    flow: Flow<'_>,
    reporter: &mut Reporter<'_>,
) -> Result<IssuedCodes, Problem> {
    reporter.waits_for("the sign-in");
    let signed_in = match (flow, &examination.account) {
        (Err(problem), _) => Err(problem),
        (_, None) => Err(sign_in::no_account()),
        (Ok((server, clients)), Some(account)) => sign_in::observe(examination, server, clients, account, wire).await,
    };
    let codes = signed_in.as_ref().map_err(Problem::clone).and_then(sign_in::SignInResult::codes);
    reporter.judge_if(&sign_in::CHECKS, signed_in);
    codes
}

async fn exchange(
    Examination { target, .. }: &Examination,
    wire: &Wire,
    flow: Flow<'_>,
    codes: Result<IssuedCodes, Problem>,
    reporter: &mut Reporter<'_>,
) -> Result<Connected, Problem> {
    reporter.waits_for("tokens");
    let exchanged = match (flow, codes) {
        (Ok((server, clients)), Ok(codes)) => Ok(exchange::observe(wire, target, server, clients, &codes).await),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    };
    let connected = exchanged.as_ref().map_err(Problem::clone).and_then(exchange::Exchange::connected);
    reporter.judge_if(&exchange::CHECKS, exchanged);
    connected
}

/// Checks the tools and the refresh of tokens, and revokes the grant.
async fn stay_connected(
    Examination { target, account, .. }: &Examination,
    wire: &Wire,
    server: Result<&AuthorizationServer, Problem>,
    connected: Result<Connected, Problem>,
    reporter: &mut Reporter<'_>,
) {
    reporter.waits_for("the tools");
    let tools = match &connected {
        Ok(connected) => Ok(mcp::observe(wire, target, connected, account.as_ref()).await),
        Err(problem) => Err(problem.clone()),
    };
    reporter.judge_if(&mcp::CHECKS, tools);

    reporter.waits_for("twenty concurrent refreshes");
    let refreshed = match (server, &connected) {
        (Ok(server), Ok(connected)) => Ok(refresh::observe(wire, target, server, connected).await),
        (Err(problem), _) => Err(problem),
        (_, Err(problem)) => Err(problem.clone()),
    };
    reporter.judge_if(&refresh::CHECKS, refreshed);
}
