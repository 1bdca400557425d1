//! The measured requests, recorded by running the flow once.

use std::error::Error;

use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{
    aws::{USER, email},
    functions::{self, Functions},
    limits::Limits,
};
use crate::flow::{self, BrowserSession, FlowTokens};

/// One request to one function, repeated.
pub(crate) struct Scenario {
    /// The logical id of the function.
    pub(crate) function: String,
    pub(crate) name: &'static str,
    pub(crate) limits: Limits,
    /// Repetitions, enough for a stable mean.
    pub(crate) repeated: u64,
    pub(crate) requests: Requests,
}

/// The requests of a scenario.
pub(crate) enum Requests {
    /// The same event each time, and the expected status.
    Same(Value, StatusCode),
    /// A new code for this client each time, issued by repeating this consent.
    Codes(String, Request<String>),
    /// The refresh token of the last response, for this client.
    Refreshes(String, FlowTokens),
    /// The same event each time, and any answer but a server error.
    Anonymous(Value),
    /// The same event of another service each time, and the expected answer.
    Own(Value, Value),
}

impl Scenario {
    /// The next event.
    pub(crate) async fn event(&self, functions: &mut Functions<'_>) -> Result<Value, Box<dyn Error>> {
        Ok(match &self.requests {
            Requests::Same(event, _) | Requests::Own(event, _) | Requests::Anonymous(event) => event.clone(),
            Requests::Codes(client_id, consent) => {
                // Issued just before use, since it expires after a minute.
                let code = flow::code(&functions.send(consent.clone()).await?)?;
                functions::event(&flow::exchange(client_id, &code)?)
            }
            Requests::Refreshes(client_id, tokens) => functions::event(&flow::refresh(client_id, &tokens.refresh)?),
        })
    }

    /// Validates the response, so that a fast failure is not measured.
    pub(crate) fn check(&mut self, answer: &Value) -> Result<(), Box<dyn Error>> {
        match &mut self.requests {
            Requests::Same(_, status) => flow::expect(&functions::response(answer)?, *status),
            Requests::Codes(..) => flow::tokens(&functions::response(answer)?).map(drop),
            Requests::Refreshes(_, tokens) => {
                *tokens = flow::tokens(&functions::response(answer)?)?;
                Ok(())
            }
            Requests::Anonymous(_) => {
                let status = functions::response(answer)?.status();
                if status.is_server_error() { Err(format!("unexpected status {status}").into()) } else { Ok(()) }
            }
            Requests::Own(_, expected) if answer == expected => Ok(()),
            Requests::Own(..) => Err(format!("unexpected answer {answer}").into()),
        }
    }
}

/// Runs the flow and returns its requests.
pub(crate) async fn of_the_flow(functions: &mut Functions<'_>) -> Result<Vec<Scenario>, Box<dyn Error>> {
    let mut browser = BrowserSession::default();
    let discovery = Request::get("/.well-known/oauth-authorization-server").body(String::new())?;
    let about = Request::get("/").body(String::new())?;

    let client_id = flow::client_id(&functions.send(flow::registration()?).await?)?;

    let authorization = flow::authorization(&client_id);
    let sign_in_page = browser.get(&authorization)?;
    let page = send(functions, &mut browser, &sign_in_page).await?;
    let form = flow::form(&page, |form| form.has("password"))?;
    let sign_in = browser.post(&form, &[("email", &email(USER)), ("password", flow::PASSWORD)], "")?;
    let signed_in = send(functions, &mut browser, &sign_in).await?;
    let consent_page = browser.get(&flow::location(&signed_in)?)?;
    let page = send(functions, &mut browser, &consent_page).await?;
    let form = flow::form(&page, |form| form.button("allow").is_some())?;
    let consent = browser.post(&form, &[], "allow")?;
    let code = flow::code(&functions.send(consent.clone()).await?)?;
    let tokens = flow::tokens(&functions.send(flow::exchange(&client_id, &code)?).await?)?;

    let text = json!({"text": "The key to the boat house hangs behind the kitchen door."});
    let added = flow::result(&functions.send(flow::tool_call(&tokens.access, "add_memory", &text)?).await?)?;
    let get = flow::tool_call(&tokens.access, "get_memory", &json!({"id": added["id"]}))?;
    flow::result(&functions.send(get.clone()).await?)?;
    let query = json!({"query": "Where is the key to the boat house?"});
    let search = flow::tool_call(&tokens.access, "search_memory", &query)?;
    // The first search of a user creates the index.
    flow::result(&functions.send(search.clone()).await?)?;
    let list = flow::tool_call(&tokens.access, "list_memories", &json!({}))?;
    let account = browser.get("/account")?;
    let memories = browser.get("/account/memories")?;
    let identities = browser.get("/account/identities")?;
    let keys = json!({"pk": {"S": "USER#7f3a9c0d12e4b586"}, "sk": {"S": "MEMORY#01KAV7M2Q4R8S6T0V1W2X3Y4Z5"}});
    let written = json!({"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]});
    let rotation = json!({"Step": "testSecret", "SecretId": "signing", "ClientRequestToken": "v3"});

    let same = |name, limits, request: &Request<String>, status| -> Result<Scenario, Box<dyn Error>> {
        let requests = Requests::Same(functions::event(request), status);
        Ok(Scenario { function: functions.at(request.uri().path())?, name, limits, repeated: 50, requests })
    };
    let (ok, found) = (StatusCode::OK, StatusCode::FOUND);
    let token = |name, requests| -> Result<Scenario, Box<dyn Error>> {
        Ok(Scenario { function: functions.at("/oauth/token")?, name, limits: Limits::TOKEN, repeated: 20, requests })
    };
    Ok(vec![
        same("metadata", Limits::DISCOVERY, &discovery, ok)?,
        same("page at /", Limits::ABOUT, &about, ok)?,
        // Registrations are limited per source.
        Scenario {
            repeated: 20,
            ..same("registration", Limits::REGISTER, &flow::registration()?, StatusCode::CREATED)?
        },
        same("sign-in page", Limits::AUTHORIZE, &sign_in_page, ok)?,
        Scenario { repeated: 5, ..same("sign-in", Limits::PASSWORD, &sign_in, found)? },
        same("consent page", Limits::AUTHORIZE, &consent_page, ok)?,
        same("consent", Limits::AUTHORIZE, &consent, found)?,
        // Before the codes, each of which adds a connection to the page.
        same("account page", Limits::ACCOUNT, &account, ok)?,
        same("memories page", Limits::ACCOUNT, &memories, ok)?,
        same("linked accounts", Limits::FEDERATE, &identities, ok)?,
        token("code", Requests::Codes(client_id.clone(), consent))?,
        token("refresh", Requests::Refreshes(client_id, tokens))?,
        same("get_memory", Limits::MCP, &get, ok)?,
        same("list_memories", Limits::SEARCH, &list, ok)?,
        same("search_memory", Limits::SEARCH, &search, ok)?,
        Scenario {
            function: "RotateFunction".into(),
            name: "testSecret",
            limits: Limits::ROTATE,
            repeated: 20,
            requests: Requests::Own(rotation, Value::Null),
        },
        Scenario {
            function: "MaintainFunction".into(),
            name: "nothing due",
            limits: Limits::MAINTAIN,
            repeated: 20,
            requests: Requests::Own(written, json!({ "batchItemFailures": [] })),
        },
    ])
}

async fn send(
    functions: &mut Functions<'_>,
    browser: &mut BrowserSession,
    request: &Request<String>,
) -> Result<Response<String>, Box<dyn Error>> {
    let answer = functions.send(request.clone()).await?;
    browser.keep(&answer)?;
    Ok(answer)
}
