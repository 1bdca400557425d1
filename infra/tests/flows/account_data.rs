//! Everything somebody has, taken along and brought to another account.

use http::StatusCode;
use serde_json::json;

use crate::{
    account_memories::{bob, signed_in},
    browser::Browser,
    world::{Answer, World},
};

/// The files that the page offers.
async fn files(world: &World, browser: &mut Browser) -> Vec<String> {
    let text = browser.open(world, "/account/data").await.text();
    let mut files = Vec::new();
    for link in text.split("href=\"/account/data/export").skip(1) {
        let query = link[..link.find('"').expect("an end")].replace("&#38;", "&");
        let file = browser.open(world, &format!("/account/data/export{query}")).await;
        assert_eq!(file.header("content-type"), "application/jsonl");
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"memories-20"));
        files.push(file.text());
    }
    files
}

async fn import(world: &World, browser: &mut Browser, file: &str) -> Answer {
    let form = browser.open(world, "/account/data").await.form("/account/data");
    browser.submit(world, &form, &[("file", file)]).await
}

#[tokio::test]
async fn what_one_exports_another_imports_with_ids_dates_and_writers() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "Tea, \u{2028} never \"coffee\""})).await;
    world.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": "Zanzibar."})).await;
    let mut ours = signed_in(&world).await;
    world.add_own_memory(&mut ours, "Two\nlines").await;
    let [file] = files(&world, &mut ours).await.try_into().expect("one file");
    assert_eq!(file.lines().count(), 3);
    let mut theirs = bob(&world).await;
    assert!(files(&world, &mut theirs).await.is_empty());
    let told = import(&world, &mut theirs, &file).await.text();
    assert!(told.contains("Memories added: <strong>3</strong>."), "{told}");
    assert_eq!(files(&world, &mut theirs).await, std::slice::from_ref(&file));
    let told = import(&world, &mut theirs, &file).await.text();
    assert!(told.contains("Memories added: <strong>0</strong>. Duplicates skipped: <strong>3</strong>."), "{told}");
}

#[tokio::test]
async fn an_export_that_is_large_has_parts_and_each_is_imported_by_itself() {
    let world = World::new().await;
    let pair = world.connect().await;
    for number in 0..80 {
        let text = format!("{number} {}", "a".repeat(60_000));
        world.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    }
    let mut ours = signed_in(&world).await;
    let page = browser_parts(&world, &mut ours).await;
    assert_eq!(page, 2);
    let parts = files(&world, &mut ours).await;
    assert!(parts.iter().all(|part| part.len() <= 4_000_000));
    assert_eq!(parts.iter().map(|part| part.lines().count()).sum::<usize>(), 80);
    let mut theirs = bob(&world).await;
    for part in &parts {
        import(&world, &mut theirs, part).await;
    }
    assert_eq!(files(&world, &mut theirs).await, parts);
}

async fn browser_parts(world: &World, browser: &mut Browser) -> usize {
    browser.open(world, "/account/data").await.text().matches("href=\"/account/data/export").count()
}

#[tokio::test]
async fn what_was_added_after_the_page_was_shown_is_in_the_first_part() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    world.add_own_memory(&mut browser, "tea").await;
    let page = browser.open(&world, "/account/data").await.text();
    assert!(page.contains("href=\"/account/data/export?\""), "{page}");
    world.turn_clock(jiff::SignedDuration::from_secs(1));
    world.add_own_memory(&mut browser, "coffee").await;
    assert_eq!(browser.open(&world, "/account/data/export?").await.text().lines().count(), 2);
}

#[tokio::test]
async fn what_is_no_memory_is_told_and_the_rest_is_imported() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let file = "{\"memory\": \"Tea\"}\nnonsense\n{\"memory\": \" \"}\n{\"memory\": \"Cake\"}\n";
    let told = import(&world, &mut browser, file).await.text();
    for told_of in ["Memories added: <strong>2</strong>.", "2: Unrecognised record format", "3: Enter some text."] {
        assert!(told.contains(told_of), "{told}");
    }
    let listed = browser.open(&world, "/account/memories").await.text();
    assert_eq!(listed.matches("written by mem0").count(), 2, "{listed}");
    let many = "nonsense\n".repeat(30) + "{\"memory\": \"Bread\"}";
    let told = import(&world, &mut browser, &many).await.text();
    assert!(told.contains("20: Unrecognised record format") && told.contains("and 10 more"), "{told}");
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_with_what_to_do() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    for (file, told) in
        [("id,text", "Unrecognised file format"), ("", "Unrecognised file format"), ("PK\u{3}\u{4}", "Unpack it")]
    {
        let answer = import(&world, &mut browser, file).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    let large = "a".repeat(4_500_000);
    assert_eq!(import(&world, &mut browser, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_form_with_a_file_that_is_broken_is_refused_and_nothing_fails_t13() {
    let world = World::new().await;
    let browser = signed_in(&world).await;
    let cookies = browser.cookie_header();
    for (content_type, body, status) in [
        ("application/x-www-form-urlencoded", "token=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data", "x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data; boundary=part", "", StatusCode::BAD_REQUEST),
        ("multipart/form-data; boundary=part", "--part\r\n\r\nx", StatusCode::BAD_REQUEST),
        ("multipart/form-data; boundary=part", "--part--\r\n", StatusCode::FOUND),
    ] {
        let headers = [("cookie", cookies.as_str()), ("content-type", content_type), ("sec-fetch-site", "same-origin")];
        let answer = world.send(http::Method::POST, "/account/data", &headers, body).await;
        assert_eq!(answer.status, status, "{content_type}: {body}");
    }
}
