//! Measurement of an MCP server with OAuth that issues codes without a sign-in.

use std::{
    error::Error,
    net::TcpListener,
    process::Stdio,
    time::{Duration, Instant},
};

use http::{Request, Response, header};
use serde_json::{Value, json};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::measure::{Spent, Times, median};
use crate::{
    flow, load,
    process::{cpu, kilobytes},
};

/// Servers started; the median counts.
const STARTS: usize = 3;
/// Requests of each kind to the last server after its first.
const WARM: usize = 200;
/// Requests before them that do not count, in which a just-in-time compiler compiles.
const WARM_UP: usize = 200;
/// Start-up timeout of the server.
const START: Duration = Duration::from_secs(60);

/// A server to measure.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// The path before that of each OAuth endpoint.
    pub(crate) oauth: &'static str,
    /// The command that starts it at a port.
    pub(crate) command: Box<dyn Fn(u16) -> Command>,
}

/// A process that answers.
struct Running<'a> {
    server: &'a Server,
    http: reqwest::Client,
    origin: String,
    process: Child,
    client_id: String,
}

/// Returns the times of a token exchange and of a tool call.
pub(crate) async fn time(server: &Server) -> Result<(Times, Times), Box<dyn Error>> {
    let mut init = Vec::new();
    let (mut first, mut warm) = ([vec![], vec![]], [vec![], vec![]]);
    let mut resident = 0;
    for number in 1..=STARTS {
        let (running, started) = Running::start(server).await?;
        init.push(started);
        let requests = if number == STARTS { 1 + WARM_UP + WARM } else { 1 };
        for request in 0..requests {
            let spent = running.request().await?;
            let into = match request {
                0 => &mut first,
                1..=WARM_UP => continue,
                _ => &mut warm,
            };
            into.iter_mut().zip(spent).for_each(|(all, spent)| all.push(spent));
        }
        resident = kilobytes(running.id()?, "VmHWM")?.max(resident);
    }
    let init = median(init);
    let [exchange, call] = [0, 1].map(|kind: usize| {
        let (first, warm) = (median(first[kind].clone()), median(warm[kind].clone()));
        Times { init, first, warm, resident }
    });
    Ok((exchange, call))
}

impl<'a> Running<'a> {
    /// Starts the server, and registers a client. Returns the time until the first response.
    async fn start(server: &'a Server) -> Result<(Self, Spent), Box<dyn Error>> {
        // reqwest needs a TLS provider even for plain HTTP. An error means that one is installed already.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let mut command = (server.command)(port);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let (began, process) = (Instant::now(), command.spawn()?);
        let origin = format!("http://127.0.0.1:{port}");
        let mut running = Self { server, http, origin, process, client_id: String::new() };
        let metadata = || Request::get("/.well-known/oauth-authorization-server").body(String::new());
        while running.send(metadata()?).await.is_err() {
            if began.elapsed() > START {
                return Err("the server does not start".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        let started = Spent { cpu: cpu(running.id()?)?, wall: began.elapsed() };
        running.client_id = flow::client_id(&running.send(flow::registration()?).await?)?;
        Ok((running, started))
    }

    /// Exchanges a new code, and calls the tool with the access token. Returns the cost of both.
    async fn request(&self) -> Result<[Spent; 2], Box<dyn Error>> {
        let authorization = Request::get(flow::authorization(&self.client_id)).body(String::new())?;
        let code = flow::code(&self.send(authorization).await?)?;
        let (answer, exchange) = self.measured(flow::exchange(&self.client_id, &code)?).await?;
        let tokens = flow::tokens(&answer)?;
        let (answer, call) = self.measured(flow::tool_call(&tokens.access, "get_memory", &json!({"id": "1"}))?).await?;
        // A response of one event, unless it is JSON.
        let data = answer.body().lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(answer.body());
        let result: Value = serde_json::from_str(data)?;
        if result["result"]["structuredContent"]["id"] != "1" {
            return Err(format!("unexpected answer {result}").into());
        }
        Ok([exchange, call])
    }

    async fn measured(&self, request: Request<String>) -> Result<(Response<String>, Spent), Box<dyn Error>> {
        let (before, began) = (cpu(self.id()?)?, Instant::now());
        let answer = self.send(request).await?;
        let wall = began.elapsed();
        // Work after the response is part of the request.
        sleep(Duration::from_millis(5)).await;
        Ok((answer, Spent { cpu: cpu(self.id()?)?.saturating_sub(before), wall }))
    }

    async fn send(&self, mut request: Request<String>) -> Result<Response<String>, Box<dyn Error>> {
        if let Some(path) = request.uri().to_string().strip_prefix("/oauth") {
            *request.uri_mut() = format!("{}{path}", self.server.oauth).parse()?;
        }
        request.headers_mut().insert(header::HOST, "localhost".parse()?);
        load::send(&self.http, &self.origin, request).await
    }

    fn id(&self) -> Result<u32, Box<dyn Error>> {
        Ok(self.process.id().ok_or("the process has exited")?)
    }
}
