//! `/account/connections/{id}`: access of a connected app, and undo of its changes.

use http::StatusCode;
use jean_testing::{
    Answer, Browser, PageForm, TestServer, TokenPair,
    account::{bob, confirm_deletions, connections, signed_in},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn the_connection(server: &TestServer, browser: &mut Browser) -> String {
    connections(&browser.open(server, "/account").await).swap_remove(0)
}

async fn choose(server: &TestServer, browser: &mut Browser, path: &str, access: &str) {
    let page = browser.open(server, path).await;
    for _ in 0..2 {
        assert_eq!(browser.submit(server, &page.form(path), &[("access", access)]).await.location(), path);
    }
}

async fn add(server: &TestServer, pair: &TokenPair, text: &str) -> Value {
    server.call(&pair.access_token, "add_memory", &json!({"text": text})).await["structuredContent"]["id"].clone()
}

#[tokio::test]
async fn connection_shows_its_writes_and_last_use() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    add(&server, &pair, "tea").await;
    add(&server, &pair, "coffee").await;
    server.turn_clock(SignedDuration::from_hours(23));
    let before = browser.open(&server, "/account").await.words();
    server.refresh(&pair.client_id, &pair.refresh_token).await;
    let page = browser.open(&server, "/account").await.words();
    assert!(before.contains("Memories written: 2 · Last used 23 h ago"), "{before}");
    assert!(page.contains("Memories written: 2 · Last used just now"), "{page}");
    let path = the_connection(&server, &mut browser).await;
    let page = browser.open(&server, &path).await.text();
    let (_, link) = page.split_once("<dd>2 <a href=\"").expect("the number and a link");
    let list = browser.open(&server, link.split('"').next().expect("an end")).await.text();
    assert!(list.contains("tea") && list.contains("coffee") && list.contains("Written by:"), "{list}");
}

/// SR-21: an app that reads all memories, or changes them behind the user's back, shows.
#[tokio::test]
async fn connection_shows_its_reads_and_writes_of_30_days() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let path = the_connection(&server, &mut signed_in(&server).await).await;
    let other = server.connect().await;
    let shown = async || {
        let page = signed_in(&server).await.open(&server, &path).await.text();
        let figure = |name: &str| {
            let after = &page[page.find(name).expect(name)..];
            after[after.find("<dd>").expect("a figure") + 4..after.find("</dd>").expect("an end")].to_owned()
        };
        (figure("Searches and reads in 30 days"), figure("Changes in 30 days"), figure("Last used"))
    };
    let (reads, writes, connected) = shown().await;
    assert_eq!((reads.as_str(), writes.as_str()), ("0", "0"));
    let id = add(&server, &pair, "tea").await;
    server.turn_clock(SignedDuration::from_mins(5));
    server.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await;
    server.call(&pair.access_token, "list_memories", &json!({})).await;
    server.call(&pair.access_token, "whoami", &json!({})).await;
    server.call(&pair.access_token, "delete_memory", &json!({"id": id})).await;
    // Further uses are stored a minute later, with the use of any app.
    server.turn_clock(SignedDuration::from_mins(1));
    server.call(&other.access_token, "search_memory", &json!({"query": "tea"})).await;
    let (reads, writes, used) = shown().await;
    assert_eq!((reads.as_str(), writes.as_str()), ("2", "2"), "not those of the other app");
    assert_ne!(used, connected, "a use without a refresh shows");
    server.turn_clock(SignedDuration::from_hours(30 * 24));
    let (reads, writes, _) = shown().await;
    assert_eq!((reads.as_str(), writes.as_str()), ("0", "0"), "expired");
}

/// SR-21: the last uses are stored when the instance ends, and are not the last ones if another instance stored later ones.
#[tokio::test]
async fn uses_are_stored_when_an_instance_ends() {
    let server = TestServer::with_secrets_manager().await;
    let pair = server.connect().await;
    let search = async || drop(server.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await);
    // Instances answer in turn, and store their first uses.
    for _ in 0..6 {
        search().await;
    }
    let path = the_connection(&server, &mut signed_in(&server).await).await;
    let page = async || signed_in(&server).await.open(&server, &path).await.text();
    let reads = |page: &str| {
        let after = &page[page.find("Searches and reads in 30 days").expect("a heading")..];
        after[after.find("<dd>").expect("a figure") + 4..after.find("</dd>").expect("an end")].to_owned()
    };
    assert_eq!(reads(&page().await), "3");
    server.shut_down().await;
    assert_eq!(reads(&page().await), "6");
}

#[tokio::test]
async fn access_changes_without_reconnecting() {
    let server = TestServer::new().await;
    let mut pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let path = the_connection(&server, &mut browser).await;
    for (access, scope) in [
        ("read", "memory:read offline_access"),
        ("own", "memory:read memory:write memory:own offline_access"),
        ("all", "memory:read memory:write offline_access"),
    ] {
        choose(&server, &mut browser, &path, access).await;
        assert!(browser.open(&server, &path).await.text().contains(&format!("value=\"{access}\" checked")));
        let answer = server.refresh(&pair.client_id, &pair.refresh_token).await;
        assert_eq!(answer.json()["scope"], scope);
        pair = answer.tokens(&pair.client_id);
        let arguments = json!({"name": "add_memory", "arguments": {"text": access}});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments});
        let status = server.mcp(Some(&pair.access_token), &call).await.status;
        assert_eq!(status, if access == "read" { StatusCode::FORBIDDEN } else { StatusCode::OK });
    }
}

/// T-15
#[tokio::test]
async fn own_access_never_reaches_other_memories() {
    let server = TestServer::new().await;
    let other = server.connect().await;
    let id = add(&server, &other, "Ada drinks tea").await;
    let client_id = server.register("Cursor").await;
    let pkce = jean_testing::Pkce::new(5);
    let mut browser = Browser::default();
    let authorize = server.authorize_path(&client_id, &pkce, "s");
    let page = browser.open(&server, &authorize).await;
    browser.submit(&server, &page.form("/oauth/sign-in"), &server.credentials()).await;
    let page = browser.open(&server, &authorize).await;
    let typed = [("access", "own"), ("decision", "allow")];
    let answer = browser.submit(&server, &page.form("/oauth/consent"), &typed).await;
    let code = answer.redirect_parameters(jean_testing::CALLBACK)["code"].clone();
    let pair = server.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    // A refresh that asks for all scopes gets the granted ones (AS-14).
    let pair = server.refresh(&client_id, &pair.refresh_token).await.tokens(&client_id);
    let token = pair.access_token.as_str();
    let own = add(&server, &pair, "Cursor likes tabs").await;
    let listed = server.call(token, "list_memories", &json!({})).await;
    let listed = listed["structuredContent"]["memories"].as_array().expect("a list").clone();
    assert_eq!(listed.iter().map(|memory| &memory["id"]).collect::<Vec<_>>(), [&own]);
    let found = server.call(token, "search_memory", &json!({"query": "tea"})).await;
    assert!(!found.to_string().contains("Ada drinks tea"), "{found}");
    for (tool, arguments) in [
        ("get_memory", json!({"id": id})),
        ("update_memory", json!({"id": id, "text": "coffee"})),
        ("delete_memory", json!({"id": id})),
    ] {
        assert_eq!(server.call(token, tool, &arguments).await["isError"], true, "{tool}");
    }
    server.call(token, "delete_all_memories", &json!({"confirm": "delete all memories"})).await;
    confirm_deletions(&server, &mut browser).await;
    let kept = server.call(&other.access_token, "list_memories", &json!({})).await;
    assert_eq!(kept["structuredContent"]["memories"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn undo_reverts_changes_since_a_day() {
    let server = TestServer::new().await;
    let good = server.connect().await;
    let bad = server.connect_at("Notes", "https://notes.example/callback").await;
    let mut browser = signed_in(&server).await;
    let mine = add(&server, &good, "Ada drinks tea").await;
    add(&server, &bad, "buy my product").await;
    server.call(&bad.access_token, "update_memory", &json!({"id": mine, "text": "Ada drinks my product"})).await;
    let overview = browser.open(&server, "/account").await.text();
    let link = overview
        .split("<a href=\"")
        .find(|link| link.contains("<bdi>notes (notes.example)</bdi></a>"))
        .expect("a link");
    let path = &link[..link.find('"').expect("an end")];
    let form = browser.open(&server, path).await.forms().into_iter().nth(1).expect("a form");
    let told = browser.submit(&server, &form, &[("since", "yesterday")]).await.text();
    assert!(told.contains("Enter a date like 2026-07-28.") && told.contains("value=\"yesterday\""), "{told}");
    let told = browser.submit(&server, &form, &[("since", "2999-01-01")]).await.text();
    assert!(told.contains("It has changed nothing since 2999-01-01."), "{told}");
    // Nothing changes before the user has seen what would.
    let shown = browser.submit(&server, &form, &[("since", "2020-01-01")]).await;
    let told = shown.text();
    let both = "Memories to move to the trash: <strong>1</strong>. Memories to restore: <strong>1</strong>.";
    assert!(told.contains(both) && told.contains("buy my product"), "{told}");
    let listed = server.call(&good.access_token, "list_memories", &json!({})).await;
    assert_eq!(listed["structuredContent"]["memories"].as_array().map(Vec::len), Some(2));
    let confirm = shown.forms().into_iter().next().expect("a form");
    let told = browser.submit(&server, &confirm, &[("undo", "confirmed")]).await.text();
    let both = "Memories deleted: <strong>1</strong>. Memories restored: <strong>1</strong>.";
    assert!(told.contains(both), "{told}");
    let left = server.call(&good.access_token, "list_memories", &json!({})).await;
    assert_eq!(left["structuredContent"]["memories"][0]["text"], "Ada drinks tea");
}

/// SR-03: the form of an unfinished undo names the memory after which it continues.
#[tokio::test]
async fn undo_continues_after_a_memory() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let mut ids = vec![];
    for text in ["tea", "coffee", "water"] {
        server.turn_clock(SignedDuration::from_secs(1));
        ids.push(add(&server, &pair, text).await);
    }
    let path = the_connection(&server, &mut browser).await;
    let form = browser.open(&server, &path).await.forms().into_iter().nth(1).expect("a form");
    let (since, confirmed) = (("since", "2020-01-01"), ("undo", "confirmed"));
    let told =
        browser.submit(&server, &form, &[since, confirmed, ("after", ids[1].as_str().expect("an id"))]).await.text();
    assert!(told.contains("Memories deleted: <strong>1</strong>"), "{told}");
    let told = browser.submit(&server, &form, &[since, confirmed, ("after", "nonsense")]).await.text();
    assert!(told.contains("Memories deleted: <strong>2</strong>"), "{told}");
}

/// T-27
#[tokio::test]
async fn connection_of_another_user_is_not_found() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    let mut ours = signed_in(&server).await;
    let path = the_connection(&server, &mut ours).await;
    let mut theirs = bob(&server).await;
    assert_eq!(theirs.open(&server, &path).await.location(), "/account");
    assert_eq!(theirs.open(&server, "/account/connections/none").await.status, StatusCode::FOUND);
    let page = ours.open(&server, &path).await;
    for (field, typed) in [("access", "read"), ("since", "2020-01-01")] {
        theirs.submit(&server, &form_of(&page, field), &[(field, typed)]).await;
    }
    assert!(ours.open(&server, &path).await.text().contains("value=\"all\" checked"));
    assert!(
        server.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await.to_string().contains("tea")
    );
}

/// The form with this field, hidden or not.
fn form_of(page: &Answer, field: &str) -> PageForm {
    page.forms().into_iter().find(|form| form.names.iter().any(|name| name == field)).expect("a form")
}

/// TO-05: a name of the user's own tells connections of one app apart.
#[tokio::test]
async fn connection_is_renamed_for_the_user_only() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    let mut browser = signed_in(&server).await;
    let path = the_connection(&server, &mut browser).await;
    let rename = async |browser: &mut Browser, name: &str| {
        let form = form_of(&browser.open(&server, &path).await, "given_name");
        let typed = [("rename", "name"), ("given_name", name)];
        let renamed = browser.submit(&server, &form, &typed).await;
        browser.follow(&server, &renamed).await.text()
    };
    let page = rename(&mut browser, " Claude \u{202e}on my\u{200b} <phone> ").await;
    let shown = "<bdi>Claude on my &#60;phone&#62;</bdi>";
    assert!(page.contains(&format!("<h1>{shown}</h1>\n<p class=\"quiet\">Claude (claude.ai)</p>")), "{page}");
    assert!(page.contains("<title>Claude (claude.ai) ·") && page.contains("Saved."), "{page}");
    for path in ["/account", "/account/memories"] {
        assert!(browser.open(&server, path).await.text().contains(shown), "{path}");
    }
    // A refresh keeps the name, and the client learns nothing of it.
    let pair = server.refresh(&pair.client_id, &pair.refresh_token).await;
    assert!(!pair.text().contains("phone"));
    let pair = pair.tokens("client");
    for tool in ["whoami", "list_memories"] {
        assert!(!server.call(&pair.access_token, tool, &json!({})).await.to_string().contains("phone"), "{tool}");
    }
    assert!(browser.open(&server, "/account").await.text().contains(shown));
    let page = rename(&mut browser, &"n".repeat(1000)).await;
    assert!(page.contains(&format!("<bdi>{}</bdi>", "n".repeat(40))), "{page}");
    assert!(rename(&mut browser, "\u{200b} ").await.contains("<h1><bdi>Claude (claude.ai)</bdi></h1>"));
    // Another user's form, sent to the same path.
    let mut form = browser.open(&server, &path).await.form(&path);
    let mut theirs = bob(&server).await;
    form.fields = theirs.open(&server, "/account").await.forms().swap_remove(0).fields;
    theirs.submit(&server, &form, &[("rename", "name"), ("given_name", "stolen")]).await;
    assert!(!browser.open(&server, &path).await.text().contains("stolen"));
}
