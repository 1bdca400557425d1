//! The `jean` binary: output, exit codes, and error messages of one line.

mod addresses;
mod administration;
mod process;

use std::{fs, path::Path, process::Command};

use jean_local::engine::Engine;

use crate::process::{Server, directory, exchange, get, jean, refusal, success, text};

#[test]
fn first_start_prints_the_url_and_a_sign_up_link() {
    let data = directory();
    let server = Server::serve(data.path());
    let port = server.port();
    assert!(server.greeting.contains(&format!("http://localhost:{port}/mcp\n")), "{}", server.greeting);
    let link = format!("http://localhost:{port}/account/password?link=jml_");
    let (_, after) = server.greeting.split_once(&link).expect("a link");
    assert!(after.contains("valid for 1 h"), "{after}");
    let secret: String = after.chars().take_while(|c| !c.is_whitespace()).collect();

    let metadata = get(port, "/.well-known/oauth-authorization-server");
    assert!(metadata.starts_with("HTTP/1.1 200") && metadata.contains(&format!("http://localhost:{port}")));
    assert!(get(port, "/elsewhere").contains("There is nothing at this URL."));
    assert!(get(port, &format!("/account/password?link=jml_{secret}")).starts_with("HTTP/1.1 200"));

    let log = server.end();
    assert!(!log.contains(&secret), "a link's secret is in the log: {log}");
}

/// A server with an account of the owner.
fn with_owner(data: &Path, password: &str) -> Command {
    let mut jean = jean(&["--owner", "ada@example.org", "--data", text(data)]);
    jean.args(["--port", "0", "--client-metadata-documents", "off"]).env("OWNER_PASSWORD", password);
    jean
}

#[test]
fn restart_uses_the_stored_secret_and_accounts() {
    let data = directory();
    let first = Server::start(&mut with_owner(data.path(), "correct horse battery"), "Data directory:");
    assert!(!first.greeting.contains("link="), "there is an account: {}", first.greeting);
    first.end();
    let secret = fs::read_to_string(data.path().join("secret")).expect("is kept");
    assert_eq!(secret.len(), 64);

    let again = Server::serve(data.path());
    assert!(!again.greeting.contains("link="), "{}", again.greeting);
    again.end();
    assert_eq!(fs::read_to_string(data.path().join("secret")).expect("is kept"), secret);
    assert!(success(&mut jean(&["user", "list", "--data", text(data.path())])).contains("ada@example.org"));
}

/// TO-11
///
/// The advice of the refusal is followed literally.
#[test]
fn refused_origin_is_allowed_as_the_error_advises() {
    let list = |server: &Server, origin: &str| {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost:{}\r\norigin: {origin}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            server.port(),
            body.len()
        );
        exchange(server.port(), &(head + body))
    };
    let origin = "chrome-extension://abcdefghijklmnop";
    let serve = |arguments: &[&str]| {
        let arguments = [arguments, &["--in-memory", "--port", "0", "--client-metadata-documents", "off"]].concat();
        Server::start(&mut jean(&arguments), "Data directory:")
    };
    let server = serve(&["serve"]);
    let refused = list(&server, origin);
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    server.end();
    let (_, command) = refused.split_once("locally with: jean ").expect("the command");
    let command: Vec<_> = command.trim_end_matches(['"', '}']).split(' ').collect();
    let server = serve(&command);
    let allowed = list(&server, origin);
    assert!(allowed.starts_with("HTTP/1.1 401 "), "{allowed}");
    assert!(allowed.contains(&format!("access-control-allow-origin: {origin}")), "{allowed}");
    assert!(list(&server, "chrome-extension://other").starts_with("HTTP/1.1 403 "));
    server.end();
}

#[cfg(unix)]
#[test]
fn data_directory_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = directory();
    let data = home.path().join("data");
    Server::serve(&data).end();
    let mode = |path: &Path| path.metadata().expect("is there").permissions().mode() & 0o777;
    assert_eq!([mode(&data), mode(&data.join("secret")), mode(&data.join("jean.db"))], [0o700, 0o600, 0o600]);
}

#[test]
fn memories_are_imported_and_exported() {
    let (data, files) = (directory(), directory());
    let server = Server::serve(data.path());
    let jean = |arguments: &[&str]| jean(&[arguments, &["--data", text(data.path())]].concat());
    for user in ["ada@example.org", "bob@example.org"] {
        success(&mut jean(&["user", "add", user]));
    }
    let [theirs, ours] = ["mem0.json", "memories.jsonl"].map(|name| files.path().join(name));
    fs::write(&theirs, r#"{"results": [{"id": "1", "memory": "Tea", "run_id": "r"}, {"id": "2", "memory": "tea!"}]}"#)
        .expect("is written");
    let dry = success(&mut jean(&["import", "ada@example.org", text(&theirs), "--dry-run"]));
    let lines: Vec<_> = dry.lines().collect();
    assert!(lines[0].starts_with("Example: ") && lines[0].ends_with("Z Tea"), "{dry}");
    let summary = "ada@example.org: 1 memories would be added, 1 duplicates skipped, 0 records skipped.";
    assert_eq!(lines[1..], [summary, "Format: mem0.", "Dropped fields without a counterpart: run_id (1)."]);
    let imported = success(&mut jean(&["import", "ada@example.org", text(&theirs)]));
    assert!(
        imported.starts_with("ada@example.org: 1 memories added, 1 duplicates skipped, 0 records skipped.\n"),
        "{imported}"
    );
    let exported = success(&mut jean(&["export", "ada@example.org", text(&ours)]));
    assert_eq!(exported, "Exported 1 memories of ada@example.org.\n");
    let file = fs::read_to_string(&ours).expect("is there");
    assert_eq!(success(&mut jean(&["export", "ada@example.org"])), file);
    assert_eq!(success(&mut jean(&["export", "ada@example.org", "-"])), file);
    assert!(file.contains("Tea") && file.lines().count() == 1, "{file}");
    for more in [1, 0] {
        let imported = success(&mut jean(&["import", "bob@example.org", text(&ours)]));
        assert!(imported.starts_with(&format!("bob@example.org: {more} memories added")), "{imported}");
    }
    assert_eq!(success(&mut jean(&["export", "bob@example.org"])), file);
    let said = refusal(&mut jean(&["export", "ada@example.org", text(&ours)]));
    assert!(said.contains("cannot create") && said.contains("exists already; choose another file"), "{said}");
    assert!(refusal(&mut jean(&["import", "ada@example.org", "nowhere.json"])).contains("cannot read"));
    fs::write(&theirs, "PK\u{3}\u{4}").expect("is written");
    assert!(refusal(&mut jean(&["import", "ada@example.org", text(&theirs)])).contains("Unpack it"));
    fs::write(&theirs, r#"{"likes": "tea"}"#).expect("is written");
    assert!(refusal(&mut jean(&["import", "ada@example.org", text(&theirs)])).contains("jean import --help"));
    assert!(success(&mut jean(&["import", "--help"])).contains("OpenMemory"));
    server.end();
}

/// TO-31, TO-32, TO-33
#[test]
fn import_that_is_incomplete_fails() {
    let (data, files) = (directory(), directory());
    let server = Server::serve(data.path());
    let jean = |arguments: &[&str]| jean(&[arguments, &["--data", text(data.path())]].concat());
    success(&mut jean(&["user", "add", "ada@example.org"]));
    let file = files.path().join("mem0.json");
    let import = |records: &str, more: &[&str]| {
        fs::write(&file, records).expect("is written");
        let output = jean(&[&["import", "ada@example.org", text(&file)], more].concat()).output().expect("runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text") + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, told) = import(r#"[{"id": "1", "memory": "Tea"}, {"id": "2", "memory": " "}]"#, &[]);
    assert!(told.contains("Skipped, empty text: 1 (line 1, record 2)"), "{told}");
    assert_eq!(code, Some(1));
    let users = r#"[{"memory": "Cake", "user_id": "a"}, {"memory": "Secret", "user_id": "b"}]"#;
    let (code, told) = import(users, &[]);
    assert!(code == Some(1) && told.contains("several users: a, b"), "{told}");
    let (code, told) = import(users, &["--user-id", "a"]);
    assert!(code == Some(0) && told.contains("Skipped, of another user: 1"), "{told}");
    let notes = files.path().join("notes");
    fs::create_dir_all(notes.join("inner")).expect("is made");
    fs::write(notes.join("inner/tea.md"), "---\ntitle: Tea\ntype: note\n---\n- [fact] Grows on hills\n")
        .expect("is written");
    fs::write(notes.join("image.png"), b"\x89PNG\0").expect("is written");
    let told = success(&mut jean(&["import", "ada@example.org", text(&notes)]));
    assert!(
        told.contains("1 memories added") && told.contains("Skipped, a file without memories: 1 (image.png)"),
        "{told}"
    );
    server.end();
}

#[test]
fn users_and_keys_are_managed_while_serving() {
    let data = directory();
    let server = Server::serve(data.path());
    let port = server.port();
    let jean = |arguments: &[&str]| jean(&[arguments, &["--data", text(data.path())]].concat());

    // Links lead to the running server.
    let added = success(&mut jean(&["user", "add", "ada@example.org"]));
    let link = added.lines().last().expect("a link");
    let path = link.strip_prefix(&format!("http://localhost:{port}")).expect("leads to the server");
    let page = get(port, path);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("ada@example.org"), "{page}");
    assert!(success(&mut jean(&["user", "list"])).contains("ada@example.org  (no password yet)"));
    let said = refusal(&mut jean(&["user", "add", "Ada@Example.org"]));
    assert!(said.contains("already has an account") && said.contains("jean user password Ada@Example.org"), "{said}");

    let origin = format!("http://localhost:{port}");
    let sent = success(&mut jean(&["user", "password", "ada@example.org", "--public-url", &origin]));
    let another = sent.lines().last().and_then(|link| link.strip_prefix(&origin)).expect("leads to the server");
    assert!(another != path && get(port, another).starts_with("HTTP/1.1 200"), "{sent}");

    let created = success(&mut jean(&["key", "create", "ada@example.org", "--name", "cron job"]));
    assert!(created.lines().last().expect("a key").starts_with("jmk_"));
    for (name, options) in [("reader", &["--read-only", "--days", "30"][..]), ("eternal", &["--days", "0"])] {
        success(&mut jean(&[&["key", "create", "ada@example.org", "--name", name], options].concat()));
    }
    let listed = success(&mut jean(&["key", "list", "ada@example.org"]));
    let line = |name: &str| listed.lines().find(|line| line.ends_with(name)).expect("a line").to_owned();
    assert!(line("cron job").contains("  read and write, until 20"), "{listed}");
    assert!(line("reader").contains("  read, until 20"), "{listed}");
    assert!(line("eternal").contains("  read and write, does not expire"), "{listed}");
    // The user is notified of each (SR-11).
    let engine = Engine::open(&data.path().join("jean.db")).expect("opens");
    let items = engine.answer("DynamoDB_20120810.Scan", br#"{"TableName": "AuthTable"}"#).body;
    assert_eq!(String::from_utf8(items).expect("JSON").matches("new_api_key").count(), 3);
    let cron_job = line("cron job");
    let id = cron_job.split_whitespace().next().expect("an id");
    success(&mut jean(&["key", "revoke", "ada@example.org", id]));
    assert!(refusal(&mut jean(&["key", "revoke", "ada@example.org", id])).contains("has no API key"));

    let said = refusal(&mut jean(&["user", "remove", "ada@example.org"]));
    assert!(said.contains("nothing was deleted") && said.contains("--yes"), "{said}");
    let removed = success(&mut jean(&["user", "remove", "ada@example.org", "--yes"]));
    assert!(
        removed.starts_with("Deleted ada@example.org: 0 memories, 0 connections, 0 sign-ins, 2 keys, 0 passkeys"),
        "{removed}"
    );
    assert_eq!(success(&mut jean(&["user", "list"])), "");
    assert!(!get(port, path).starts_with("HTTP/1.1 200"), "the link outlived its account");
    server.end();
}

#[test]
fn dynamodb_serves_the_tables_over_http() {
    let server = Server::start(&mut jean(&["dynamodb", "--listen", "127.0.0.1:0"]), "Tables: ");
    let (_, after) = server.greeting.split_once("http://127.0.0.1:").expect("an address");
    let port = after.split_once('.').expect("a sentence").0.parse().expect("a port");
    let response = exchange(
        port,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-amz-target: DynamoDB_20120810.ListTables\r\n\
         content-length: 2\r\n\r\n{}",
    );
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert!(response.contains(r#"["AuthTable","MemoriesTable","UsersTable"]"#), "{response}");
    server.end();
}

#[test]
fn unusable_directory_is_named() {
    let home = directory();
    fs::write(home.path().join("file"), "").expect("writes");
    let inside = home.path().join("file").join("data");
    let said = refusal(&mut jean(&["serve", "--port", "0", "--data", text(&inside)]));
    assert!(said.contains(text(&inside)) && said.contains("cannot use"), "{said}");
    let said = refusal(&mut jean(&["serve", "--port", "0", "--data", text(&home.path().join("file"))]));
    assert!(said.contains("is a file; pass a directory"), "{said}");
}

#[test]
fn damaged_database_is_named() {
    let data = directory();
    fs::write(data.path().join("jean.db"), "no database ".repeat(1000)).expect("writes");
    let said = refusal(&mut jean(&["serve", "--port", "0", "--data", text(data.path())]));
    assert!(said.contains("jean.db is damaged") && said.contains("move it away"), "{said}");
}

#[cfg(unix)]
#[test]
fn short_or_readable_secret_is_rejected() {
    use std::os::unix::fs::PermissionsExt;
    let data = directory();
    let secret = data.path().join("secret");
    let refused = |content: &str, mode| {
        fs::write(&secret, content).expect("writes");
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("sets");
        refusal(&mut jean(&["serve", "--port", "0", "--data", text(data.path())]))
    };
    assert!(refused("short\n", 0o600).contains("shorter than 32 bytes"));
    let said = refused(&"long enough ".repeat(3), 0o644);
    assert!(said.contains("is readable by other users; run: chmod 600"), "{said}");
}

#[test]
fn owner_needs_a_valid_password() {
    let owner = || jean(&["serve", "--in-memory", "--port", "0", "--owner", "ada@example.org"]);
    assert!(refusal(&mut owner()).contains("in the variable OWNER_PASSWORD"));
    assert!(refusal(owner().env("OWNER_PASSWORD", "short")).contains("at least 15 characters"));
}

#[test]
fn owner_with_another_password_is_rejected() {
    let data = directory();
    Server::start(&mut with_owner(data.path(), "correct horse battery staple"), "Data directory:").end();
    let said = refusal(&mut with_owner(data.path(), "another horse battery staple"));
    assert!(said.contains("with a password other than") && said.contains("leave out --owner"), "{said}");
}

#[test]
fn owner_is_the_first_account_only() {
    let data = directory();
    Server::serve(data.path()).end();
    success(&mut jean(&["user", "add", "bob@example.org", "--data", text(data.path())]));
    let said = refusal(&mut with_owner(data.path(), "correct horse battery"));
    assert!(said.contains("jean user add ada@example.org --owner"), "{said}");
    assert!(!success(&mut jean(&["user", "list", "--data", text(data.path())])).contains("ada@example.org"));
}

#[test]
fn owner_with_the_same_password_starts_again() {
    let data = directory();
    for _ in 0..2 {
        Server::start(&mut with_owner(data.path(), "correct horse battery"), "Data directory:").end();
    }
}

#[test]
fn user_commands_need_an_existing_store() {
    let data = directory();
    let said = refusal(&mut jean(&["user", "list", "--data", text(data.path())]));
    assert!(said.contains("no database in") && said.contains("jean serve"), "{said}");
    assert!(!data.path().join("jean.db").exists());

    Server::serve(data.path()).end();
    let said = refusal(&mut jean(&["key", "list", "unknown@example.org", "--data", text(data.path())]));
    assert!(said.contains("no user with the email address or id unknown@example.org"), "{said}");
}

/// Stacks and tables are read with the credentials of the AWS CLI, of which there are none here.
#[test]
fn stack_without_region_or_credentials_is_refused_with_the_next_step() {
    let home = directory();
    let stack = ["--stack", "jean-memory"];
    let tables = ["--auth-table", "a", "--users-table", "u", "--memories-table", "m"];
    for place in [stack.as_slice(), tables.as_slice()] {
        let mut command = jean(&[["user", "list"].as_slice(), place].concat());
        command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        let said = refusal(&mut command);
        assert!(said.contains("no region") && said.contains("aws configure set region"), "{said}");
        let said = refusal(command.env("AWS_REGION", "eu-central-1"));
        assert!(said.contains("no valid AWS credentials") && said.contains("aws sso login"), "{said}");
    }
}

#[test]
fn named_tables_are_read_with_a_profile_of_the_aws_cli() {
    let home = directory();
    let config = home.path().join("config");
    let profile = "[profile operator]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n";
    fs::write(&config, profile).expect("writes");
    let server = Server::start(&mut jean(&["dynamodb", "--listen", "127.0.0.1:0"]), "Tables: ");
    let (_, after) = server.greeting.split_once("running at ").expect("an address");
    let (url, _) = after.split_once(". ").expect("a sentence");
    let tables = ["--auth-table", "AuthTable", "--users-table", "UsersTable", "--memories-table", "MemoriesTable"];
    let jean = |arguments: &[&str]| {
        let mut command = jean(&[arguments, tables.as_slice()].concat());
        command.env("HOME", home.path()).env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "operator");
        success(command.env("AWS_ENDPOINT_URL_DYNAMODB", url))
    };
    let added = jean(&["user", "add", "ada@example.org", "--public-url", "https://memory.example"]);
    assert!(added.contains("https://memory.example/account/password?link="), "{added}");
    assert!(jean(&["user", "list"]).contains("ada@example.org"));
    server.end();
}

/// SR-14, T-19
#[test]
fn private_key_of_access_tokens_is_kept_and_one_of_the_environment_checked() {
    let data = directory();
    let arguments = ["--access-token-algorithm", "EdDSA"];
    let key = || fs::read_to_string(data.path().join("access-token-key.pem")).expect("is kept");
    let published = |server: &Server| get(server.port(), "/.well-known/jwks.json");
    let server = Server::serve_with(data.path(), &arguments);
    let (first, keys) = (key(), published(&server));
    server.end();
    assert!(first.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{first}");
    assert!(keys.contains(r#""crv":"Ed25519""#), "{keys}");
    let server = Server::serve_with(data.path(), &arguments);
    let body = |answer: &str| answer.split_once("\r\n\r\n").expect("a body").1.to_owned();
    assert_eq!((key(), body(&published(&server))), (first.clone(), body(&keys)));
    server.end();

    let with = |pem: &str| {
        let mut command = jean(&["serve", "--in-memory", "--port", "0", arguments[0], arguments[1]]);
        command.env("ACCESS_TOKEN_PRIVATE_KEY", pem);
        command
    };
    let said = refusal(&mut with(&first[..60]));
    assert!(said.contains("ACCESS_TOKEN_PRIVATE_KEY") && said.contains("openssl genpkey"), "{said}");
    let server = Server::start(&mut with(&first), "Data directory:");
    assert_eq!(body(&published(&server)), body(&keys));
    server.end();
}
