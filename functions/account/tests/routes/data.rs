//! `/account/data` and `/account/data/export`: import and export.

use http::StatusCode;
use jean_testing::{
    Answer, Browser, TestServer,
    account::{bob, signed_in},
};
use serde_json::json;

/// Downloads the file of each part, by the links on the pages.
async fn files(server: &TestServer, browser: &mut Browser) -> Vec<String> {
    let mut next = Some("/account/data".to_owned());
    let mut files = Vec::new();
    while let Some(path) = next {
        let page = browser.open(server, &path).await.text();
        if let Some(link) = link(&page, "/account/data/export") {
            let file = browser.open(server, &link).await;
            assert_eq!(file.header("content-type"), "application/x-ndjson");
            assert!(file.header("content-disposition").starts_with("attachment; filename=\"memories-20"));
            files.push(file.text());
        }
        next = link(&page, "/account/data?");
    }
    files
}

/// The link on a page with this beginning.
fn link(page: &str, beginning: &str) -> Option<String> {
    let rest = page.split_once(&format!("href=\"{beginning}"))?.1;
    Some(format!("{beginning}{}", &rest[..rest.find('"').expect("an end")]).replace("&#38;", "&"))
}

async fn import(server: &TestServer, browser: &mut Browser, file: &str) -> Answer {
    let form = browser.open(server, "/account/data").await.form("/account/data");
    browser.submit(server, &form, &[("file", file)]).await
}

#[tokio::test]
async fn export_of_one_user_is_imported_by_another() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "Tea, \u{2028} never \"coffee\""})).await;
    server.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": "Zanzibar."})).await;
    let mut ours = signed_in(&server).await;
    server.add_own_memory(&mut ours, "Two\nlines").await;
    let [file] = files(&server, &mut ours).await.try_into().expect("one file");
    assert_eq!(file.lines().count(), 3);
    let mut theirs = bob(&server).await;
    assert!(files(&server, &mut theirs).await.is_empty());
    let told = import(&server, &mut theirs, &file).await.text();
    assert!(told.contains("Memories added: <strong>3</strong>."), "{told}");
    assert_eq!(files(&server, &mut theirs).await, std::slice::from_ref(&file));
    let told = import(&server, &mut theirs, &file).await.text();
    assert!(told.contains("Memories added: <strong>0</strong>. Duplicates skipped: <strong>3</strong>."), "{told}");
}

/// AW-06
#[tokio::test]
async fn large_export_has_parts() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for number in 0..80 {
        let text = format!("{number} {}", "a".repeat(60_000));
        server.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    }
    let mut ours = signed_in(&server).await;
    let page = ours.open(&server, "/account/data").await.text();
    assert!(link(&page, "/account/data/export").is_none(), "the page does not read the memories: {page}");
    let parts = files(&server, &mut ours).await;
    assert_eq!(parts.len(), 2);
    let all = ours.open(&server, "/account/data/export").await;
    assert_eq!((all.status, all.location()), (StatusCode::FOUND, "/account/data?part=1"));
    assert!(parts.iter().all(|part| part.len() <= 4_000_000));
    assert_eq!(parts.iter().map(|part| part.lines().count()).sum::<usize>(), 80);
    let mut theirs = bob(&server).await;
    for part in &parts {
        import(&server, &mut theirs, part).await;
    }
    assert_eq!(files(&server, &mut theirs).await, parts);
}

/// AW-06
#[tokio::test]
async fn part_of_quotation_marks_fits_into_a_response_of_lambda() {
    const LIMIT: usize = 6 * 1024 * 1024;
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let record = |number: usize| {
        let text = format!("{number} {}", "\"".repeat(30_000));
        json!({"id": number.to_string(), "memory": text, "created_at": "2026-01-01T00:00:00Z"}).to_string()
    };
    let records: Vec<_> = (0..65).map(record).collect();
    let told = import(&server, &mut browser, &records.join("\n")).await.text();
    assert!(told.contains("Memories added: <strong>65</strong>."), "{told}");
    let [file] = files(&server, &mut browser).await.try_into().expect("one file");
    assert!(file.len() > 3_900_000 && json!(file).to_string().len() > LIMIT, "{}", file.len());
    let event = json!({
        "version": "2.0",
        "routeKey": "ANY /account/data/export",
        "rawPath": "/account/data/export",
        "rawQueryString": "",
        "cookies": browser.cookie_header().split("; ").collect::<Vec<_>>(),
        "headers": {"host": "localhost:3000"},
        "requestContext": {
            "http": {"method": "GET", "path": "/account/data/export", "sourceIp": "203.0.113.7"},
            "requestId": "r1",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    let answer = jean_runtime::lambda::answer(server.router(), event.to_string()).await.expect("an event");
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(true)));
    assert!(answer.to_string().len() < LIMIT, "{}", answer.to_string().len());
}

#[tokio::test]
async fn later_memories_are_in_the_first_part() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "tea").await;
    let page = browser.open(&server, "/account/data").await.text();
    assert!(page.contains("href=\"/account/data/export\""), "{page}");
    server.turn_clock(jiff::SignedDuration::from_secs(1));
    server.add_own_memory(&mut browser, "coffee").await;
    assert_eq!(browser.open(&server, "/account/data/export").await.text().lines().count(), 2);
}

#[tokio::test]
async fn odd_part_is_shown() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "tea").await;
    let newest = "after=7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    for query in ["part=0", "part=-1", "part=2", "after=x", newest, &format!("{newest}&part={}", usize::MAX)] {
        let page = browser.open(&server, &format!("/account/data?{query}")).await;
        assert!(page.text().contains("Memories: 1 · 0.1 MB"), "{query}: {}", page.text());
    }
}

/// TO-32, TO-34
#[tokio::test]
async fn report_lists_skipped_records_and_dropped_fields() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let record = |id: u32, text: &str| format!("{{\"id\": \"{id}\", \"memory\": \"{text}\", \"run_id\": \"r\"}}\n");
    let file = record(1, "Tea") + "nonsense\n" + &record(2, " ") + &record(3, "Cake") + &record(4, "tea.");
    let told = import(&server, &mut browser, &file).await.text();
    for told_of in [
        "Memories added: <strong>2</strong>. Duplicates skipped: <strong>1</strong>. Format: mem0.",
        "invalid JSON (1): <bdi>line 2</bdi>",
        "empty text (1): <bdi>line 3</bdi>",
        "<bdi>run_id (3)</bdi>",
    ] {
        assert!(told.contains(told_of), "{told_of} in {told}");
    }
    let listed = browser.open(&server, "/account/memories").await.words();
    assert_eq!(listed.matches("written by mem0").count(), 2, "{listed}");
    let many = "nonsense\n".repeat(30) + &record(5, "Bread");
    let told = import(&server, &mut browser, &many).await.text();
    assert!(told.contains("(30): <bdi>line 1; line 2;") && told.contains("line 20; and 10 more"), "{told}");
    let page =
        format!("{{\"count\": 2, \"next\": \"https://api.mem0.ai/\", \"results\": [{}]}}", record(6, "Rice").trim());
    assert!(import(&server, &mut browser, &page).await.text().contains("one of several pages"));
}

/// T-13
#[tokio::test]
async fn long_names_in_a_file_are_cut() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let long = "<".repeat(1_000_000);
    let dropped = json!({"id": "1", "memory": "Ada drinks tea.", "run_id": "r", &long: "x"}).to_string();
    let users = ["ada", &long]
        .map(|user| json!({"id": "1", "memory": "tea", "run_id": "r", "user_id": user}).to_string())
        .join("\n");
    for (file, told) in [(dropped, "Memories added: <strong>1</strong>."), (users, "<option>ada</option>")] {
        let page = import(&server, &mut browser, &file).await.text();
        assert!(page.contains(told) && page.len() < 100_000, "{} {}", page.len(), &page[..page.len().min(5_000)]);
    }
}

/// TO-35
#[tokio::test]
async fn pasted_list_is_added_once() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "Has a cat").await;
    let list = [("list", "Likes tea\r\n- [2026-01-14] - Has a cat.\r\n\r\nSings\r\n")];
    let form = browser.open(&server, "/account/data").await.form("/account/data");
    let told = browser.submit(&server, &form, &list).await.text();
    assert!(told.contains("Memories added: <strong>2</strong>. Duplicates skipped: <strong>1</strong>."), "{told}");
    let told = browser.submit(&server, &form, &list).await.text();
    assert!(told.contains("Memories added: <strong>0</strong>. Duplicates skipped: <strong>3</strong>."), "{told}");
    let listed = browser.open(&server, "/account/memories").await.text();
    assert!(listed.contains("Likes tea") && listed.contains("Sings"), "{listed}");
    let chat = browser.submit(&server, &form, &[("list", "User: hi\r\nAssistant: hello")]).await.text();
    assert!(chat.contains("Chat logs are not memories"), "{chat}");
}

/// TO-33
#[tokio::test]
async fn user_in_the_file_is_chosen() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let file = "[{\"memory\": \"Tea\", \"user_id\": \"ada\"}, {\"memory\": \"Secret\", \"user_id\": \"<bob>\"}]";
    let told = import(&server, &mut browser, file).await.text();
    assert!(told.contains("<option>&#60;bob&#62;</option>\n<option>ada</option>"), "{told}");
    let form = browser.open(&server, "/account/data").await.form("/account/data");
    let told = browser.submit(&server, &form, &[("user_id", "ada"), ("file", file)]).await.text();
    assert!(told.contains("Memories added: <strong>1</strong>.") && told.contains("of another user (1)"), "{told}");
}

/// TO-30
#[tokio::test]
async fn unknown_format_is_rejected_with_advice() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    for (file, told) in [
        ("name: x", "Unrecognised file format"),
        ("", "Choose a file with memories."),
        (" ", "The file contains no memories."),
        ("PK\u{3}\u{4}", "Unpack it"),
        ("\0\u{1}\u{2}", "The file is binary."),
        ("[{\"role\": \"user\", \"content\": \"hi\"}]", "Chat logs are not memories"),
        ("[{\"url\": \"https://a.example\", \"title\": \"a\"}]", "bookmarks or search results"),
        ("[{\"memory\": \"Tea\",\n}]", "not valid JSON: line 2, column 1"),
        ("{\"id\": 1, \"memory\": \"a\"}\n{\"id\": 2, \"content\": \"b\", \"state\": \"active\"}", "mem0, OpenMemory"),
    ] {
        let answer = import(&server, &mut browser, file).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains(told), "{told} in {}", answer.text());
    }
    let large = "a".repeat(4_500_000);
    let refused = import(&server, &mut browser, &large).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.text().contains("This is too large"), "{}", refused.text());
}

/// T-13
#[tokio::test]
async fn broken_upload_is_rejected() {
    let server = TestServer::new().await;
    let browser = signed_in(&server).await;
    let cookies = browser.cookie_header();
    for (content_type, body, status) in [
        ("application/x-www-form-urlencoded", "token=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data", "x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data; boundary=part", "", StatusCode::BAD_REQUEST),
        ("multipart/form-data; boundary=part", "--part\r\n\r\nx", StatusCode::BAD_REQUEST),
        ("multipart/form-data; boundary=part", "--part--\r\n", StatusCode::FOUND),
    ] {
        let headers = [("cookie", cookies.as_str()), ("content-type", content_type), ("sec-fetch-site", "same-origin")];
        let answer = server.send(http::Method::POST, "/account/data", &headers, body).await;
        assert_eq!(answer.status, status, "{content_type}: {body}");
    }
}

#[tokio::test]
async fn rejected_list_is_shown_again_beside_its_problem() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let form = browser.open(&server, "/account/data").await.form("/account/data");
    for (list, told) in
        [("User: hi\nAssistant: hello", "Chat logs are not memories"), (" ", "The list contains no memories.")]
    {
        let page = browser.submit(&server, &form, &[("list", list)]).await.text();
        let shown = page.split("<h2>Paste a list</h2>").nth(1).unwrap_or_default();
        assert!(shown.contains(told) && shown.contains(&format!("autofocus>\n{list}</textarea>")), "{page}");
    }
}
