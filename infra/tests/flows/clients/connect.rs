//! The steps of a connection, sent as a client's [`Shape`] describes them.

use jean_testing::{Answer, Browser, Pkce, TestServer, TokenPair};

use base64::{Engine as _, engine::general_purpose};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::shapes::{Opening, Proof, Shape};

pub(super) const JSON: (&str, &str) = ("content-type", "application/json");
/// The source address of requests.
pub(super) const HERE: &str = "192.0.2.1:40000";

/// A registered client.
pub(super) struct Registered {
    pub(super) answer: Value,
}

impl Registered {
    pub(super) fn id(&self) -> &str {
        self.answer["client_id"].as_str().expect("an id")
    }

    fn secret(&self) -> &str {
        self.answer["client_secret"].as_str().expect("a secret")
    }
}

impl Shape {
    /// Connects, from the 401 challenge to a list of tools. Each URL is read from the metadata.
    pub(super) async fn connect(&self, world: &TestServer) -> (Registered, TokenPair) {
        let server = self.discover(world).await;
        let registered = self.register(world, &server).await;
        let code = self.ask(world, &server, &registered).await;
        let pair = self.redeem(world, &server, &registered, &code).await;
        self.open(world, &pair.access_token).await;
        (registered, pair)
    }

    /// Discovers the authorization server metadata from the endpoint URL.
    pub(super) async fn discover(&self, world: &TestServer) -> Value {
        let refused = self.send(world, Method::POST, "/mcp", &[JSON], &self.greeting().to_string()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let challenge = refused.header("www-authenticate").to_owned();
        let (_, address) = challenge.split_once("resource_metadata=\"").expect("resource_metadata");
        let (address, _) = address.split_once('"').expect("an end");
        let version = [("mcp-protocol-version", "2025-11-25")];
        let resource = self.send(world, Method::GET, world.path(address), &version, "").await.json();
        assert_eq!(resource["resource"], world.url("/mcp"));
        let issuer = resource["authorization_servers"][0].as_str().expect("the first one").to_owned();
        let address = format!("{issuer}/.well-known/oauth-authorization-server");
        let server = self.send(world, Method::GET, world.path(&address), &version, "").await.json();
        assert_eq!(server["issuer"], issuer);
        server
    }

    pub(super) async fn register(&self, world: &TestServer, server: &Value) -> Registered {
        let path = world.path(server["registration_endpoint"].as_str().expect("an address"));
        let answer = self.send(world, Method::POST, path, &[JSON], &self.registration.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["redirect_uris"], self.registration["redirect_uris"], "all redirect URIs are registered");
        Registered { answer }
    }

    /// Authorizes: the user signs in and consents. Returns the code.
    pub(super) async fn ask(&self, world: &TestServer, server: &Value, registered: &Registered) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", registered.id())
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("state", "a-state")
            .append_pair("code_challenge", &Pkce::new(1).challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &world.url(self.resource))
            .extend_pairs(self.request)
            .finish();
        let endpoint = world.path(server["authorization_endpoint"].as_str().expect("an address"));
        let allowed = world.allow(&mut Browser::default(), &format!("{endpoint}?{query}")).await;
        let answer = allowed.redirect_parameters(self.redirect_uri);
        assert_eq!(answer["state"], "a-state");
        assert_eq!(server["issuer"], answer["iss"].as_str(), "AS-08");
        answer["code"].clone()
    }

    pub(super) async fn redeem(
        &self,
        world: &TestServer,
        server: &Value,
        registered: &Registered,
        code: &str,
    ) -> TokenPair {
        let body = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", &Pkce::new(1).verifier),
            ("resource", &world.url(self.resource)),
        ];
        let path = world.path(server["token_endpoint"].as_str().expect("an address"));
        self.token(world, path, registered, &body, HERE).await.tokens(registered.id())
    }

    /// Refreshes from a source address.
    pub(super) async fn refresh(&self, world: &TestServer, registered: &Registered, token: &str, from: &str) -> Answer {
        let resource = world.url(self.resource);
        let body = [("grant_type", "refresh_token"), ("refresh_token", token), ("resource", &resource)];
        self.token(world, "/oauth/token", registered, &body, from).await
    }

    async fn token(
        &self,
        world: &TestServer,
        path: &str,
        registered: &Registered,
        body: &[(&str, &str)],
        from: &str,
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(body);
        // The header as `fetch` sends it.
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded;charset=UTF-8")];
        let basic;
        match self.proof {
            Proof::Nothing => {
                form.append_pair("client_id", registered.id());
            }
            Proof::InBody => {
                form.append_pair("client_id", registered.id()).append_pair("client_secret", registered.secret());
            }
            Proof::InHeader => {
                let pair = format!("{}:{}", registered.id(), registered.secret());
                basic = format!("Basic {}", general_purpose::STANDARD.encode(pair));
                headers.push(("authorization", &basic));
            }
        }
        self.send_from(from, world, Method::POST, path, &headers, &form.finish()).await
    }

    /// Sends the first message and lists the tools.
    pub(super) async fn open(&self, world: &TestServer, token: &str) {
        let greeted = self.call(world, token, self.greeting()).await;
        assert_eq!(greeted.status, StatusCode::OK, "{}", greeted.text());
        assert_eq!(greeted.json()["error"], Value::Null);
        if matches!(self.opening, Opening::Initialize) {
            assert_eq!(greeted.json()["result"]["protocolVersion"], "2025-11-25");
            let noted = self.call(world, token, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
            assert_eq!(noted.status, StatusCode::ACCEPTED);
        }
        let listed = self.call(world, token, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
        assert_eq!(listed.status, StatusCode::OK, "{}", listed.text());
        assert!(listed.json()["result"]["tools"].as_array().is_some_and(|tools| !tools.is_empty()));
    }

    /// The first message.
    fn greeting(&self) -> Value {
        match self.opening {
            Opening::Initialize => {
                let identity = json!({"name": "client", "version": "1.0.0"});
                let params =
                    json!({"protocolVersion": "2025-11-25", "capabilities": {"roots": {}}, "clientInfo": identity});
                json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
            }
            Opening::Discover => json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover"}),
        }
    }

    async fn call(&self, world: &TestServer, token: &str, mut message: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers =
            vec![JSON, ("accept", "application/json, text/event-stream"), ("authorization", bearer.as_str())];
        let method = message["method"].as_str().expect("a method").to_owned();
        match self.opening {
            // The version is negotiated in the body of `initialize`.
            Opening::Initialize if method == "initialize" => {}
            Opening::Initialize => headers.push(("mcp-protocol-version", "2025-11-25")),
            Opening::Discover => {
                headers.extend([("mcp-protocol-version", "2026-07-28"), ("mcp-method", method.as_str())]);
                message["params"]["_meta"] = json!({
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "client", "version": "1.0.0"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                });
            }
        }
        self.send(world, Method::POST, "/mcp", &headers, &message.to_string()).await
    }

    async fn send(
        &self,
        world: &TestServer,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_from(HERE, world, method, path, headers, body).await
    }

    /// Sends a request. A client with an origin first sends a preflight, as browsers do (RS-07).
    async fn send_from(
        &self,
        from: &str,
        world: &TestServer,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let Some(origin) = self.origin else { return world.send_from(from, method, path, headers, body).await };
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).filter(|name| *name != "accept").collect();
        let question = [
            ("origin", origin),
            ("access-control-request-method", method.as_str()),
            ("access-control-request-headers", &names.join(",")),
        ];
        let allowed = world.send_from(from, Method::OPTIONS, path, &question, "").await;
        assert!(allowed.status.is_success(), "{path}");
        assert_eq!(allowed.header("access-control-allow-origin"), origin, "{path}");
        let listed = |header: &str, name: &str| allowed.header(header).split(',').any(|item| item.trim() == name);
        assert!(listed("access-control-allow-methods", method.as_str()), "{method} {path}");
        for name in names {
            assert!(listed("access-control-allow-headers", name), "{name} at {path}");
        }
        let headers: Vec<_> = headers.iter().copied().chain([("origin", origin)]).collect();
        let answer = world.send_from(from, method, path, &headers, body).await;
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
        if answer.status == StatusCode::UNAUTHORIZED {
            assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
        }
        answer
    }
}
