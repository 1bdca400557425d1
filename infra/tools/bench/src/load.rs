//! The local server under load: concurrent clients, each with its own users, repeat the whole flow over HTTP.

use std::{
    collections::BTreeMap,
    error::Error,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use futures::future::join_all;
use http::{Request, Response, StatusCode};
use indicatif::{ProgressBar, ProgressStyle};
use jean_auth::{
    password::{Hasher, Password},
    user::User,
};
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_store::{Table, users::Users};
use jiff::Timestamp;
use serde_json::json;
use tokio::{process::Command, time::sleep};
use tokio_rustls::rustls::crypto::ring;

use crate::{
    flow::{self, BrowserSession},
    output::print,
    process::kilobytes,
};

/// Tool calls per connection before it is revoked.
const CALLS: usize = 30;
/// Users of each client, one after the other, so that none of them reaches the rate limit.
const USERS: usize = 20;
/// Start-up timeout of the server.
const START: Duration = Duration::from_secs(20);

/// Runs `jean serve` with a number of clients for a number of seconds.
pub(crate) fn run(jean: &Path, clients: usize, seconds: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(load(jean, clients, Duration::from_secs(seconds), folder.path()))
}

async fn load(jean: &Path, clients: usize, lasts: Duration, folder: &Path) -> Result<(), Box<dyn Error>> {
    // reqwest needs a TLS provider even for plain HTTP. An error means that one is installed already.
    let _ = ring::default_provider().install_default();
    add_users(folder, clients * USERS).await?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Command::new(jean);
    server.args(["serve", "--client-metadata-documents", "off", "--port", &port.to_string(), "--data"]).arg(folder);
    let server = server.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
    let id = server.id().ok_or("the server has ended")?;
    let origin = format!("http://localhost:{port}");
    answers(&origin).await?;

    let (began, mut running) = (Instant::now(), Vec::new());
    for client in 0..clients {
        running.push(LoadClient::new(&origin, client)?.run_until(began + lasts));
    }
    let (running, resident) = tokio::join!(join_all(running), watch(id, lasts));
    let (mut measurements, resident) = (LoadMeasurements::default(), resident?);
    running.into_iter().for_each(|of_one| measurements.add(of_one));
    measurements.show(clients, began.elapsed());
    let at = |quarter: usize| resident[(resident.len() - 1) * quarter / 4] / 1000;
    print(&format!(
        "\nMB resident, at the start and after each quarter: {}, {}, {}, {}, {}; at most {}.",
        at(0),
        at(1),
        at(2),
        at(3),
        at(4),
        resident.iter().max().unwrap_or(&0) / 1000
    ));
    if measurements.failed() { Err("some requests failed".into()) } else { Ok(()) }
}

/// Samples the resident memory of a process once a second, in kB.
async fn watch(id: u32, lasts: Duration) -> Result<Vec<u64>, Box<dyn Error>> {
    let mut resident = vec![kilobytes(id, "VmRSS")?];
    let progress = ProgressBar::new(lasts.as_secs());
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos} of {len} s, {msg}")?);
    for _ in 0..lasts.as_secs() {
        sleep(Duration::from_secs(1)).await;
        resident.push(kilobytes(id, "VmRSS")?);
        progress.set_message(format!("{} MB", resident.last().unwrap_or(&0) / 1000));
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(resident)
}

/// Creates the accounts, all with the same password: hashing one each would take minutes.
async fn add_users(folder: &Path, number: usize) -> Result<(), Box<dyn Error>> {
    let engine = Engine::open(&folder.join("jean.db"))?;
    engine.create_tables(&Template::of_project(&ParameterValues::for_tables())?.tables)?;
    let users = Users::new(Table::new(&engine.aws(), "UsersTable"));
    let password = Hasher::default().hash(&Password::shown(flow::PASSWORD), [7; 16]);
    for number in 0..number {
        let user = User::new(
            format!("user-{number}").parse()?,
            email(number).parse()?,
            Timestamp::from_second(1_700_000_000)?,
            Some(password.clone()),
        );
        users.add(&user).await?;
    }
    Ok(())
}

fn email(number: usize) -> String {
    format!("user-{number}@example.org")
}

async fn answers(origin: &str) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    while reqwest::get(format!("{origin}/.well-known/oauth-authorization-server")).await.is_err() {
        if began.elapsed() > START {
            return Err("the server does not start".into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Times and errors, by kind of request.
#[derive(Debug, Default)]
struct LoadMeasurements {
    took: BTreeMap<&'static str, Vec<Duration>>,
    errors: BTreeMap<&'static str, Vec<String>>,
}

impl LoadMeasurements {
    fn add(&mut self, other: Self) {
        for (step, took) in other.took {
            self.took.entry(step).or_default().extend(took);
        }
        for (step, errors) in other.errors {
            self.errors.entry(step).or_default().extend(errors);
        }
    }

    fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    fn show(&self, clients: usize, elapsed: Duration) {
        let requests: usize = self.took.values().map(Vec::len).sum();
        print(&format!(
            "{clients} clients, {requests} requests, {:.0} a second\n",
            requests as f64 / elapsed.as_secs_f64()
        ));
        print("| | requests | failed | median ms | 95 % | 99 % | longest |\n|---|---|---|---|---|---|---|");
        for (step, took) in &self.took {
            let mut took = took.clone();
            took.sort_unstable();
            let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
            let failed = self.errors.get(step).map_or(0, Vec::len);
            print(&format!(
                "| {step} | {} | {failed} | {:.1} | {:.1} | {:.1} | {:.1} |",
                took.len(),
                at(50),
                at(95),
                at(99),
                at(100)
            ));
        }
        for (step, errors) in &self.errors {
            print(&format!("\n{step}: {}", errors[0]));
        }
    }
}

/// One client and its users.
struct LoadClient {
    http: reqwest::Client,
    origin: String,
    number: usize,
    /// The user who connects it now.
    email: String,
    /// The current step, for error messages.
    step: &'static str,
    measurements: LoadMeasurements,
}

impl LoadClient {
    fn new(origin: &str, number: usize) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        // An address of its own in 127.0.0.0/8, since registrations are limited by the caller's.
        let address = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + u32::try_from(number)?);
        let http = http.local_address(Some(address.into())).build()?;
        Ok(Self {
            http,
            origin: origin.into(),
            number,
            email: String::new(),
            step: "",
            measurements: LoadMeasurements::default(),
        })
    }

    async fn run_until(mut self, end: Instant) -> LoadMeasurements {
        for user in (0..USERS).cycle() {
            if Instant::now() >= end {
                break;
            }
            self.email = email(self.number * USERS + user);
            if let Err(error) = self.flow(end).await.map_err(|error| error.to_string()) {
                self.measurements.errors.entry(self.step).or_default().push(error);
            }
        }
        self.measurements
    }

    /// From the registration to the revocation.
    async fn flow(&mut self, end: Instant) -> Result<(), Box<dyn Error>> {
        let client_id = flow::client_id(&self.ask("register", flow::registration()?).await?)?;
        let client_id = client_id.as_str();

        let mut browser = BrowserSession::default();
        let page = self.browse("page to sign in", &mut browser, |browser| browser.get(&flow::authorization(client_id)));
        let form = flow::form(&page.await?, |form| form.has("password"))?;
        let typed = [("email", self.email.clone()), ("password", flow::PASSWORD.into())];
        let typed = typed.each_ref().map(|(name, value)| (*name, value.as_str()));
        let signed_in = self.browse("sign in", &mut browser, |browser| browser.post(&form, &typed, "")).await?;
        let consent = flow::location(&signed_in)?;
        let page = self.browse("page to consent", &mut browser, |browser| browser.get(&consent)).await?;
        let form = flow::form(&page, |form| form.button("allow").is_some())?;
        let allowed = self.browse("consent", &mut browser, |browser| browser.post(&form, &[], "allow")).await?;

        let exchange = flow::exchange(client_id, &flow::code(&allowed)?)?;
        let mut tokens = flow::tokens(&self.ask("exchange a code", exchange).await?)?;
        for call in 0..CALLS {
            if Instant::now() > end {
                break;
            }
            let (tool, arguments) = match call % 3 {
                0 => {
                    ("add_memory", json!({"text": format!("Note {call} of {}: the boat house is green.", self.email)}))
                }
                1 => ("search_memory", json!({"query": "What colour is the boat house?"})),
                _ => ("list_memories", json!({})),
            };
            let request = flow::tool_call(&tokens.access, tool, &arguments)?;
            flow::result(&self.ask(tool, request).await?)?;
            if call % 10 == 9 {
                let refresh = flow::refresh(client_id, &tokens.refresh)?;
                tokens = flow::tokens(&self.ask("refresh", refresh).await?)?;
            }
        }
        let revoked = self.ask("revoke", flow::revocation(client_id, &tokens.refresh)?).await?;
        flow::expect(&revoked, StatusCode::OK)
    }

    async fn browse(
        &mut self,
        step: &'static str,
        browser: &mut BrowserSession,
        request: impl FnOnce(&BrowserSession) -> Result<Request<String>, Box<dyn Error>>,
    ) -> Result<Response<String>, Box<dyn Error>> {
        let answer = self.ask(step, request(browser)?).await?;
        browser.keep(&answer)?;
        Ok(answer)
    }

    async fn ask(&mut self, step: &'static str, request: Request<String>) -> Result<Response<String>, Box<dyn Error>> {
        self.step = step;
        let began = Instant::now();
        let answer = send(&self.http, &self.origin, request).await;
        self.measurements.took.entry(step).or_default().push(began.elapsed());
        answer
    }
}

/// Sends a request over HTTP.
pub(crate) async fn send(
    http: &reqwest::Client,
    origin: &str,
    request: Request<String>,
) -> Result<Response<String>, Box<dyn Error>> {
    let (parts, body) = request.into_parts();
    let url = format!("{origin}{}", parts.uri);
    let answer = http.request(parts.method, url).headers(parts.headers).body(body).send().await?;
    let mut response = Response::new(String::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.text().await?;
    Ok(response)
}
