//! The functions that `sam build` has built, invoked with the events of API Gateway.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
};

use http::{HeaderName, Request, Response, header};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{aws::Aws, instance::Instance};

/// All functions. Each is started by its first request.
pub(crate) struct Functions<'a> {
    folder: &'a Path,
    aws: &'a Aws,
    running: BTreeMap<String, Instance>,
}

impl<'a> Functions<'a> {
    /// The functions in the output folder of `sam build`.
    pub(crate) fn new(folder: &'a Path, aws: &'a Aws) -> Self {
        Self { folder, aws, running: BTreeMap::new() }
    }

    /// The executable of a function, by its logical id.
    pub(crate) fn bootstrap(&self, function: &str) -> Result<PathBuf, Box<dyn Error>> {
        let bootstrap = self.folder.join(function).join("bootstrap");
        Ok(bootstrap.canonicalize().map_err(|error| format!("{}: {error}; run `sam build`", bootstrap.display()))?)
    }

    /// The environment of a function: the variables of the template, and those that Lambda adds.
    pub(crate) fn variables(&self, function: &str) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
        let known = self
            .aws
            .template
            .functions
            .get(function)
            .ok_or_else(|| format!("no function {function} in the template"))?;
        let lambda = [
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ];
        let mut variables = known.variables.clone();
        variables.extend(lambda.map(|(name, value)| (name.into(), value.into())));
        variables.extend(self.aws.variables().map(|(name, value)| (name.into(), value)));
        Ok(variables)
    }

    /// The logical id of the function that serves a path.
    pub(crate) fn at(&self, path: &str) -> Result<String, Box<dyn Error>> {
        let route = self.aws.template.routes.iter().find(|route| route.path == path);
        Ok(route.ok_or_else(|| format!("no route {path}"))?.function.clone())
    }

    /// Sends a request to the function that serves its path.
    pub(crate) async fn send(&mut self, request: Request<String>) -> Result<Response<String>, Box<dyn Error>> {
        let function = self.at(request.uri().path())?;
        if !self.running.contains_key(&function) {
            let instance =
                Instance::start(Command::new(self.bootstrap(&function)?), &self.variables(&function)?).await?;
            self.running.insert(function.clone(), instance);
        }
        let instance = self.running.get_mut(&function).ok_or("it was just started")?;
        response(&instance.invoke(event(&request)).await?.0)
    }
}

/// The event of a request (API Gateway payload format 2.0).
pub(crate) fn event(request: &Request<String>) -> Value {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let named = request.headers().iter().filter(|(name, _)| *name != header::COOKIE);
    let mut headers: BTreeMap<_, _> = named.map(|(name, value)| (name.to_string(), text(value))).collect();
    for (name, value) in [
        ("host", "memory.example"),
        ("user-agent", "bench"),
        ("x-amzn-trace-id", "Root=1-6922d0f0-000000000000000000000026"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ] {
        headers.insert(name.into(), value.into());
    }
    let cookies = request.headers().get(header::COOKIE).map(text).unwrap_or_default();
    let cookies: Vec<_> = cookies.split("; ").filter(|cookie| !cookie.is_empty()).collect();
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    json!({
        "version": "2.0",
        "routeKey": format!("ANY {path}"),
        "rawPath": path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "memory.example",
            "domainPrefix": "memory",
            "http": {
                "method": request.method().as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "bench",
            },
            "requestId": "tsXQHbsVGGM88DQ=",
            "routeKey": format!("ANY {path}"),
            "stage": "$default",
            "time": "23/Nov/2026:15:00:00 +0000",
            "timeEpoch": 1_795_446_000_000_i64,
        },
        "body": request.body(),
        "isBase64Encoded": false,
    })
}

/// The HTTP response of a function's answer.
pub(crate) fn response(answer: &Value) -> Result<Response<String>, Box<dyn Error>> {
    let status = answer["statusCode"].as_u64().ok_or_else(|| format!("no answer: {answer}"))?;
    let mut response = Response::builder().status(u16::try_from(status)?);
    for (name, value) in ["headers", "multiValueHeaders"].iter().filter_map(|part| answer[part].as_object()).flatten() {
        let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
        for value in values.into_iter().filter_map(Value::as_str) {
            response = response.header(HeaderName::try_from(name)?, value);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        response = response.header(header::SET_COOKIE, cookie);
    }
    Ok(response.body(answer["body"].as_str().unwrap_or_default().into())?)
}
