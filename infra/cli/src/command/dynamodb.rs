//! `jean dynamodb`: the embedded DynamoDB with all tables over HTTP, for `sam local`.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, header};
use jean_local::{
    engine::Engine,
    template::{ParameterValues, Template},
};
use jean_runtime::{Clock, Environment};

use crate::{data::DataDirectory, listener, terminal::print};

/// DynamoDB's limit for a request, in bytes.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Arguments of `jean dynamodb`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address and port to listen on; 0.0.0.0 admits containers and every host in your network
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// The directory to store the tables in [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Serves until the process is interrupted.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let engine = match arguments.data {
        None => Engine::in_memory(Clock::of_system())?,
        named => {
            let directory = DataDirectory::find(named)?;
            directory.create()?;
            Engine::open(&directory.database())?
        }
    };
    let tables = Template::of_project(&ParameterValues::for_tables())?.tables;
    engine.create_tables(&tables)?;
    let listener = listener::at(arguments.listen).await?;
    let interruption = listener::interruption()?;
    jean_runtime::init_log(&Environment::of_process());
    print(format_args!("DynamoDB is running at http://{}. Press Ctrl-C to stop.", listener.local_addr()?));
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    print(format_args!("Tables: {}", names.join(", ")));
    tokio::spawn(engine.clone().sweep_periodically());
    listener::serve(vec![listener], router(engine), interruption).await;
    Ok(())
}

fn router(engine: Engine) -> Router {
    Router::new().route("/", post(answer)).layer(DefaultBodyLimit::max(REQUEST_BYTES)).with_state(engine)
}

async fn answer(State(engine): State<Engine>, headers: HeaderMap, body: Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        engine.answer(target.unwrap_or_default(), &body)
    });
    match answered.await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.body).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
