//! template.yaml matches the code: every route, variable and permission it declares is used, and no others.

use jean_testing::{
    Browser, Pkce, TestServer,
    account::{buttons, confirm_deletions, connections, form_with, open_signed_in},
    device::{self},
    identity_provider::ProviderAccount,
    secrets_manager::{ARN, ROOT_ARN},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use http::{Method, StatusCode};
use jean_cli::maintenance::BackgroundMaintenance;
use jean_local::template::{DEFAULT_PATH, Function, ParameterValues, Template};
use jean_maintain::Maintenance;
use jean_owner::Owner;
use jean_rotate::{Rotation, Step, rotate};
use jean_runtime::{Environment, Platform, presigned::Uploads};
use serde_json::json;

/// Methods to try on each route.
const METHODS: [Method; 3] = [Method::GET, Method::POST, Method::OPTIONS];

#[tokio::test]
async fn every_route_has_a_handler() {
    let provider = json!([{"id": "a", "label": "A", "issuer": ISSUER, "client_id": "c"}]).to_string();
    let world = TestServer::with("IdentityProviders", &provider).await;
    // The default route answers 404 to everything.
    for route in world.template().routes.iter().filter(|route| route.path != DEFAULT_PATH) {
        let path = route.path.replace("{client}", "claude").replace("{user_id}", "ada").replace("{provider}", "a");
        let mut answers = BTreeMap::new();
        for method in METHODS {
            answers.insert(method.to_string(), world.send(method, &path, &[], "").await.status);
        }
        let none = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(answers.values().any(|status| !none.contains(status)), "{path}: {answers:?}");
    }
}

/// Anything but a success would raise the alarm.
#[tokio::test]
async fn requests_of_the_canary_succeed() {
    let world = TestServer::new().await;
    let template = include_str!("../../../template.yaml");
    let destinations: Vec<_> = template.split("Type: AWS::Events::ApiDestination").skip(1).collect();
    assert!(!destinations.is_empty());
    for destination in destinations {
        let mut words = destination.split_whitespace();
        words.find(|word| *word == "HttpMethod:").expect("a method");
        let method: Method = words.next().and_then(|word| word.parse().ok()).expect("a method");
        let path = words.find_map(|word| word.strip_prefix("${Origin}")).expect("a path");
        let status = world.send(method, path, &[], "{}").await.status;
        assert!(status.is_success(), "{path}: {status}");
    }
}

#[tokio::test]
async fn declared_variables_are_those_that_are_read() {
    let world = TestServer::with_secrets_manager().await;
    let given = [("PublicUrl", "http://localhost:3000"), ("OwnerEmail", "owner@example.org")];
    let given = ParameterValues { parameters: given.map(|(name, value)| (name.into(), value.into())).into() };
    let template = Template::of_project(&given).expect("reads");
    // Lambda sets these.
    let lambdas = |name: &String| name.starts_with("AWS_") && !name.starts_with("AWS_ENDPOINT_URL_");
    // The SDK also reads endpoints of all services and of services that no function calls; they are never set.
    let endpoints =
        |name: &String| name.starts_with("AWS_ENDPOINT_URL") && !name.contains("DYNAMODB") && !name.contains("SECRETS");
    for (id, function) in &template.functions {
        let mut variables: BTreeMap<String, String> = function.variables.clone().into_iter().collect();
        for (name, arn) in [("JWT_SECRET_ARN", ARN), ("ROOT_SECRET_ARN", ROOT_ARN)] {
            variables.entry(name.into()).and_modify(|value| *value = arn.into());
        }
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let recorded = Arc::clone(&asked);
        let environment = Environment::new(move |name| {
            recorded.lock().expect("not poisoned").insert(name.to_owned());
            variables.get(name).cloned()
        });
        jean_runtime::init_log(&environment);
        let platform = world.platform();
        let aws = platform.aws.to_builder().service_config(environment.clone()).build();
        let platform = Platform { environment: environment.clone(), aws, ..platform };
        if function.code_uri == "functions/rotate/" {
            let rotation =
                Rotation { step: Step::CreateSecret, secret_id: ARN.into(), client_request_token: "none".into() };
            rotate(&platform, rotation).await.expect_err("an unknown rotation is rejected");
        } else if function.code_uri == "functions/maintain/" {
            Maintenance::start(&platform).expect("starts");
        } else if function.code_uri == "functions/owner/" {
            Owner::start(&platform, Uploads::of_lambda(&environment).expect("roots")).expect("starts");
        } else {
            let started =
                jean_cli::functions::start(function.folder(), &platform, &world.outbound()).await.expect("known");
            drop(started.expect("starts"));
        }
        let asked = asked.lock().expect("not poisoned").clone();
        let asked = asked.into_iter().filter(|name| !lambdas(name) && !endpoints(name));
        let mut asked: BTreeSet<_> = asked.collect();
        if ["functions/rotate/", "functions/maintain/"].contains(&function.code_uri.as_str()) {
            // Global to all functions; these two serve no clients and do not read it.
            asked.insert("PUBLIC_URL".into());
        }
        let declared: BTreeSet<_> = function.variables.keys().cloned().collect();
        assert_eq!(asked, declared, "{id}");
    }
}

/// The defaults stand in the template only; its bounds are those of the functions, which refuse other values.
#[tokio::test]
async fn bounds_of_a_parameter_are_those_of_its_functions() {
    let world = TestServer::with_secrets_manager().await;
    let with = |name: &str, value: i64| {
        let public_url = ("PublicUrl".into(), "http://localhost:3000".into());
        let secret = ("JwtSecretKey".into(), "0123456789abcdefghijklmnopqrstuv".into());
        let root = ("RootSecretKey".into(), "zyxwvutsrqponmlkjihgfedcba543210".into());
        let parameters = [public_url, secret, root, (name.to_owned(), value.to_string())].into();
        Template::of_project(&ParameterValues { parameters }).expect("reads")
    };
    let mut checked = Vec::new();
    for (name, bounds) in &world.template().bounds {
        let (least, most) = (*bounds.start(), *bounds.end());
        let others = with(name, most).functions;
        let differs = |id: &String, function: &Function| {
            others.get(id).is_some_and(|other| other.variables != function.variables)
        };
        let readers = with(name, least).functions.into_iter().filter(|(id, function)| differs(id, function));
        for (id, _) in readers {
            for (value, starts) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
                let function = &with(name, value).functions[&id];
                let environment = function.variables.clone().into_iter().collect();
                let platform = Platform { environment, ..world.platform() };
                let started = jean_cli::functions::start(function.folder(), &platform, &world.outbound()).await;
                let refusal = started.expect("known").err();
                assert_eq!(refusal.is_none(), starts, "{name} = {value} in {id}: {refusal:?}");
            }
            checked.push(name.as_str());
        }
    }
    assert_eq!(
        checked,
        [
            "AccessTokenSeconds",
            "AccessTokenSeconds",
            "BytesPerDay",
            "BytesPerDay",
            "BytesPerUser",
            "BytesPerUser",
            "MemoriesPerUser",
            "MemoriesPerUser",
            "RefreshAbsoluteDays",
            "RefreshAbsoluteDays",
            "RefreshGraceSeconds",
            "RefreshSlidingDays",
            "RefreshSlidingDays",
            "RequestsPerMinute"
        ]
    );
}

/// CloudFormation would otherwise deploy values with which the functions do not start, or refuse values with which they do. Of
/// an IPv6 address the pattern does not count the groups.
#[tokio::test]
async fn pattern_of_a_parameter_permits_the_values_with_which_functions_start() {
    let world = TestServer::with_secrets_manager().await;
    let values: [(&str, &str, &[&str], &[&str]); 3] = [
        (
            "DiscoveryFunction",
            "AllowedOrigins",
            &[
                "",
                " ",
                "https://app.example.com",
                "https://app.example.com/",
                "HTTPS://App.Example.com:443, http://b.example:8080,tauri://localhost",
                " https://a.example  chrome-extension://abcdefghijklmnop,",
                "moz-extension://5f5c8a2e-0001/,vscode-webview://1AB2",
                "https://bücher.example",
                "https://[2001:db8::1]:8443",
            ],
            &[
                "*",
                "null",
                "app.example.com",
                "localhost:3000",
                "https://*.example.com",
                "https://app.example.com/path",
                "https://app.example.com?x",
                "https://app.example.com#x",
                "https://user@app.example.com",
                "https://a.example; https://b.example/x",
                "mailto:ada@example.org",
                "https://",
            ],
        ),
        (
            "RegisterFunction",
            "TrustedProxies",
            &[
                "",
                ",",
                "203.0.113.7",
                "203.0.113.7,2001:db8::/32",
                " 10.0.0.0/8 , 192.0.2.255/32,",
                "::1",
                "::/0",
                "::ffff:198.51.100.1",
                "2001:db8:1:2:3:4:5:6/128",
                "2001:db8:1:2:3:4:5::",
            ],
            &[
                "1.2.3",
                "203.0.113.7/33",
                "203.0.113.256",
                "203.0.113.7 203.0.113.8",
                "2001:db8::/129",
                "2001:db8::g",
                "proxy.example",
                "*",
                "abc",
                "/8",
                "203.0.113.7,1.2.3",
            ],
        ),
        (
            "DiscoveryFunction",
            "LogoUrl",
            &[
                "",
                "https://cdn.example/logo.svg",
                "https://cdn.example:8443/logo.svg?v=2",
                "https://1.cdn.example/",
                "https://my_bucket.s3.example.com/a b.png",
                "https://Cdn.Example",
                "https://cdn.example./logo.svg",
                "https://bücher.example/logo.svg",
                "https://localhost/logo.svg",
            ],
            &[
                "http://cdn.example/logo.svg",
                "https://203.0.113.7/logo.svg",
                "https://203.0.113.7:8443/logo.svg",
                "https://127.1/logo.svg",
                "https://[2001:db8::1]/logo.svg",
                "https://user@cdn.example/logo.svg",
                "https:///",
                "//cdn.example/logo.svg",
                "cdn.example/logo.svg",
                "data:image/png;base64,AAAA",
            ],
        ),
    ];
    for (id, name, permitted, refused) in values {
        let pattern = json!({"pattern": world.template().patterns[name]});
        let permitted = permitted.iter().map(|value| (value, true));
        for (value, starts) in permitted.chain(refused.iter().map(|value| (value, false))) {
            assert_eq!(jsonschema::is_valid(&pattern, &json!(value)), starts, "the pattern of {name} and {value:?}");
            let parameters = [("PublicUrl", "http://localhost:3000"), (name, *value)];
            let parameters = parameters.map(|(name, value)| (name.into(), value.into())).into();
            let template = Template::of_project(&ParameterValues { parameters }).expect("reads");
            let function = &template.functions[id];
            let environment = function.variables.clone().into_iter().collect();
            let platform = Platform { environment, ..world.platform() };
            let started = jean_cli::functions::start(function.folder(), &platform, &world.outbound()).await;
            let refusal = started.expect("known").err();
            assert_eq!(refusal.is_none(), starts, "{name} = {value:?}: {refusal:?}");
        }
    }
}

/// The local server enforces the roles, so a missing permission fails other tests. This test uses every store operation
/// once to find permissions that are not needed.
#[tokio::test]
async fn every_permission_is_used() {
    // Tool calls are counted in the store in steps of a tenth of this limit.
    let providers =
        json!([{"id": "open", "label": "Open", "issuer": ISSUER, "client_id": "c", "sign_up": "open"}]).to_string();
    let parameters = [("IdentityProviders", &*providers), ("IdentitySecretsJson", "{\"open\": \"secret of c\"}")];
    let parameters: Vec<_> = parameters.into_iter().chain([("RequestsPerMinute", "100")]).collect();
    let (world, empty) = (TestServer::with_all(&parameters).await, TestServer::empty().await);
    world.identities.start(ISSUER, world.now().as_second());
    federated(&world).await;
    everything(&world).await;
    first_account(&empty).await;
    let unused = empty.unused_permissions();
    let unused: Vec<_> = world.unused_permissions().into_iter().filter(|one| unused.contains(one)).collect();
    assert_eq!(unused, Vec::<String>::new());
}

/// The issuer of the identity provider.
const ISSUER: &str = "https://open.example";

/// Signs up and in with an identity provider, unlinks its account and links it again.
async fn federated(world: &TestServer) {
    let mut browser = Browser::default();
    // The second session replaces the first one.
    for _ in 0..2 {
        let page = browser.open(world, "/account/sign-in").await;
        let asked = browser.submit(world, &page.form("/federate"), &[("provider", "open")]).await;
        let answer = world.identities.sign_in(asked.location(), &ProviderAccount::new("ada-1", "ada@example.com"));
        browser.open(world, world.path(&answer)).await;
    }
    let page = browser.open(world, "/account/password").await;
    let typed = [("password", "correct horse battery staple")];
    browser.submit(world, &page.form("/account/password"), &typed).await;
    let page = browser.open(world, "/account/identities").await;
    let id = buttons(&page, "unlink").remove(0);
    browser.submit(world, &page.form("/account/identities"), &[("unlink", &id)]).await;
    let page = browser.open(world, "/account/identities").await;
    let asked = browser.submit(world, &page.form("/account/identities"), &[("link", "open")]).await;
    let answer = world.identities.sign_in(asked.location(), &ProviderAccount::new("ada-1", "ada@example.com"));
    browser.open(world, world.path(&answer)).await;
}

/// Creates the first account, with the operator's link.
async fn first_account(world: &TestServer) {
    let mut browser = Browser::default();
    let page = browser.open(world, &world.password_link(None).await).await;
    let typed = [("email", "owner@example.org"), ("password", "correct horse battery staple")];
    browser.submit(world, &page.form("/account/password"), &typed).await;
}

/// Stores enough documents for a compaction, twice. The second one merges segments, which it reads.
async fn maintained(world: &TestServer, token: &str) -> BackgroundMaintenance {
    let content = "Zanzibar and Madagascar. ".repeat(11_000);
    for round in ["first", "second"] {
        let mut maintenance = world.maintenance();
        for title in ["Islands", "Coasts"] {
            let document = json!({"title": format!("{title}, {round}"), "content": content});
            let stored = world.call(token, "store_document", &document).await;
            assert_eq!(stored["isError"], false, "{stored}");
        }
        world.turn_clock(jiff::SignedDuration::from_mins(2));
        maintenance.run_once().await;
    }
    world.maintenance()
}

/// Uses every operation of the server.
async fn everything(world: &TestServer) {
    // A client connects; the user signs in after a wrong password, and signs out.
    let client_id = world.register("Claude").await;
    let pkce = Pkce::new(1);
    let mut browser = Browser::default();
    let authorize = world.authorize_path(&client_id, &pkce, "s");
    let page = browser.open(world, &authorize).await;
    let wrong = [("email", "owner@example.org"), ("password", "wrong, wrong, wrong")];
    browser.submit(world, &page.form("/oauth/sign-in"), &wrong).await;
    let code = world.approve(&mut browser, &authorize).await;
    let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    let page = browser.open(world, &authorize).await;
    browser.submit(world, &page.form("/oauth/sign-out"), &[]).await;
    // Tokens are refreshed on the next day and revoked.
    world.turn_clock(jiff::SignedDuration::from_hours(25));
    let pair = world.refresh(&client_id, &pair.refresh_token).await.tokens(&client_id);
    world.revoke(&client_id, &pair.refresh_token).await;
    // The pages of the account.
    let mut browser = Browser::default();
    let page = open_signed_in(world, &mut browser, "/account").await;
    browser.submit(world, &page.form("/account/notices"), &[]).await;
    let page = browser.open(world, "/account/keys").await;
    let make = page.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "next"));
    browser.submit(world, &make.expect("a form"), &[("name", "Notes")]).await;
    // The transaction of an owner's change requires the role.
    let path = format!("/account/users/{}", world.user("ada@example.com").await.user_id);
    let page = browser.open(world, &path).await;
    browser.submit(world, &page.form(&path), &[("change", "lift-lock")]).await;
    let path = world.add_own_memory(&mut browser, "zanzibar").await;
    browser.open(world, "/account/memories?q=zanzibar").await;
    let page = browser.open(world, &path).await;
    browser.submit(world, &form_with(&page, "read"), &[("text", "madagascar")]).await;
    let page = browser.open(world, &path).await;
    browser.submit(world, &page.form(&path), &[("delete", "memory")]).await;
    let page = browser.open(world, "/account/data").await;
    let file = json!([{"id": "1", "memory": "comoros", "created_at": "2026-01-01T00:00:00Z"}]).to_string();
    browser.submit(world, &page.form("/account/data"), &[("file", &file)]).await;
    device::make_and_remove(world).await;
    world.connect().await;
    let page = browser.open(world, "/account").await;
    let path = connections(&page).swap_remove(0);
    let page = browser.open(world, &path).await;
    browser.submit(world, &page.form(&path), &[("access", "read")]).await;
    // A password link, after a connection that it does not end.
    let token = world.connect().await.access_token;
    let link = world.password_link(Some(&world.owner().await)).await;
    let page = browser.open(world, &link).await;
    let typed = [("password", "another horse battery staple")];
    browser.submit(world, &page.form("/account/password"), &typed).await;
    let token = token.as_str();
    let mut maintenance = maintained(world, token).await;
    // Every tool.
    let added = world.call(token, "add_memory", &json!({"text": "zanzibar"})).await;
    let id = added["structuredContent"]["id"].clone();
    for (tool, arguments) in [
        ("search_memory", json!({"query": "zanzibar"})),
        ("list_memories", json!({})),
        ("get_memory", json!({"id": id})),
        ("update_memory", json!({"id": id, "text": "madagascar"})),
        ("delete_memory", json!({"id": id})),
        ("store_document", json!({"title": "Islands", "content": "Zanzibar.\n\nMadagascar."})),
        ("search", json!({"query": "zanzibar"})),
        ("delete_all_memories", json!({"confirm": "delete all memories"})),
    ] {
        world.call(token, tool, &arguments).await;
    }
    confirm_deletions(world, &mut browser).await;
    maintenance.run_once().await;
    // The legacy endpoint.
    let owner = world.owner().await;
    let key = world.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let headers = [("content-type", "application/json"), ("x-api-key", key.as_str())];
    assert_eq!(world.send(Method::POST, &path, &headers, &list).await.status, StatusCode::OK);
    // Account deletion.
    let mut browser = Browser::default();
    let page = browser.open(world, "/account/sign-in?return_to=%2Faccount%2Fdelete").await;
    let typed = [("email", owner.email.as_str()), ("password", "another horse battery staple")];
    browser.submit(world, &page.form("/account/sign-in"), &typed).await;
    let page = browser.open(world, "/account/delete").await;
    let deleted = browser.submit(world, &page.form("/account/delete"), &[typed[0]]).await;
    assert_eq!(deleted.status, StatusCode::OK);
}
