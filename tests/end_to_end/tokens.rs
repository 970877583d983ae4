//! Tests of tokens over HTTP, with their scopes, ends, rotation and lists.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shared::account::token::{self, NewToken, PREFIX};
use shared::account::{self, Principal, Scope};
use shared::clock::Clock;
use shared::id::{AccountId, ThingId};
use shared::store::Table;
use shared::things::UserFields;

use crate::files::TOGGL;
use crate::stack::{Answer, Stack};
use waybill::system::Options;

fn new(scopes: &[Scope], lasts: Option<Duration>) -> NewToken {
    let principal = Principal { account: AccountId(1), user: ThingId(1), scopes: scopes.to_vec() };
    NewToken { name: "a script".to_owned(), principal, lasts }
}

async fn asked(stack: &Stack, method: Method, path: &str, token: &str) -> anyhow::Result<Answer> {
    let request =
        stack.bare(method, path).header("X-NokoToken", token).header("Authorization", format!("Token {token}"));
    stack.answer(request).await
}

#[tokio::test]
async fn a_reading_token_reads_both_doors_and_changes_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let (reader, _) = token::create(stack.system.services(), &new(&[Scope::Read], None)).await?;
    for path in
        ["/v2/imports", "/v2/imports/1/entries", "/v2/entries", "/v2/projects", "/v2/users", "/api/v1/imports/1"]
    {
        asked(&stack, Method::GET, path, &reader).await?.expect(200)?;
    }
    let before = stack.workspace().await?;
    let writes = [
        (Method::POST, "/v2/imports"),
        (Method::DELETE, "/v2/imports/1"),
        (Method::POST, "/v2/entries"),
        (Method::PUT, "/v2/entries/1000000001"),
        (Method::DELETE, "/v2/entries/1000000001"),
        (Method::PUT, "/v2/entries/approved"),
        (Method::POST, "/v2/projects"),
        (Method::PUT, "/v2/current_user"),
        (Method::POST, "/api/v1/imports"),
        (Method::POST, "/api/v1/imports/1/revert"),
    ];
    for (method, path) in writes {
        let answer = asked(&stack, method.clone(), path, &reader).await?;
        assert_eq!(answer.status.as_u16(), 403, "{method} {path}: {}", answer.text);
    }
    stack.idle().await?;
    assert_eq!(stack.workspace().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_or_its_time_is_over() -> anyhow::Result<()> {
    let clock = Clock::steady();
    let stack = Stack::with(Options { clock: clock.clone(), ..Options::default() }).await?;
    let services = stack.system.services();
    let works =
        async |text: &str| asked(&stack, Method::GET, "/v2/projects", text).await.map(|answer| answer.status.as_u16());

    let day = Duration::from_hours(24);
    let (short, short_one) = token::create(services, &new(&[Scope::Workspace], Some(day))).await?;
    let (long, long_one) = token::create(services, &new(&[Scope::Workspace], None)).await?;
    assert!(short.starts_with(PREFIX) && short.len() == PREFIX.len() + 64, "{short}");
    assert_eq!((works(&short).await?, works(&long).await?), (200, 200));
    assert_eq!(works(&format!("{long}0")).await?, 401);
    assert_eq!(works(&short_one.id).await?, 401);

    clock.turn(day);
    assert_eq!((works(&short).await?, works(&long).await?), (401, 200));
    let ended = token::rotate(services, AccountId(1), &short_one.id, Duration::ZERO).await;
    assert_eq!(ended.expect_err("it is over").to_string(), format!("token {} has ended", short_one.id));

    let hour = Duration::from_hours(1);
    let (next, next_one) = token::rotate(services, AccountId(1), &long_one.id, hour).await?;
    assert_eq!((works(&long).await?, works(&next).await?), (200, 200));
    assert_eq!((next_one.name, next_one.principal), (long_one.name, long_one.principal));
    clock.turn(hour);
    assert_eq!((works(&long).await?, works(&next).await?), (401, 200));
    let (last, last_one) = token::rotate(services, AccountId(1), &next_one.id, Duration::ZERO).await?;
    assert_eq!((works(&next).await?, works(&last).await?), (401, 200));
    token::revoke(services, AccountId(1), &last_one.id).await?;
    token::revoke(services, AccountId(1), &last_one.id).await?;
    assert_eq!(works(&last).await?, 401);
    let others = token::revoke(services, AccountId(2), &last_one.id).await;
    assert!(others.is_err(), "a token of another account was found");

    let listed = token::all(services, AccountId(1)).await?;
    // The first token in the list is the demo token.
    assert_eq!(listed.len(), 5);
    let now = services.clock.now_ms();
    assert_eq!(listed.iter().filter(|token| token.has_ended(now)).count(), 4);
    let used = |text: &str| listed.iter().find(|token| token.id == text).and_then(|token| token.last_used);
    assert!(used(&last_one.id) > used(&short_one.id), "the last use is of the last day");
    assert!(used(&short_one.id).is_some());
    Ok(())
}

#[tokio::test]
async fn no_text_of_a_token_is_kept() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let (text, _) = token::create(stack.system.services(), &new(&[Scope::Import], None)).await?;
    asked(&stack, Method::GET, "/v2/imports", &text).await?.expect(200)?;
    for table in [Table::Imports, Table::Workspace, Table::Events] {
        let dump = format!("{:?}", stack.dump(table).await?);
        assert!(!dump.contains(&text) && !dump.contains(&text[PREFIX.len()..]), "{table:?}");
    }
    Ok(())
}

#[tokio::test]
async fn accounts_get_the_next_free_number_and_see_nothing_of_one_another() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let services = stack.system.services();
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let person = |email: &str| UserFields { email: email.to_owned(), ..UserFields::default() };
    // The demo accounts have the first two numbers, which no counter assigned.
    let made = async |name: &'static str| account::create(services, name, name, person("kim@example.com")).await;
    let (one, other) = futures::join!(made("North"), made("South"));
    let mut ids = [one?.id.0, other?.id.0];
    ids.sort_unstable();
    assert_eq!(ids, [3, 4]);
    let all: Vec<_> = account::all(services).await?.into_iter().map(|account| account.id.0).collect();
    assert_eq!(all, [1, 2, 3, 4]);

    let principal =
        Principal { account: AccountId(3), user: ThingId(1), scopes: vec![Scope::Import, Scope::Workspace] };
    let (text, _) = token::create(services, &NewToken { name: "all".to_owned(), principal, lasts: None }).await?;
    let users = asked(&stack, Method::GET, "/v2/users", &text).await?.expect(200)?;
    assert_eq!(users.as_array().map(Vec::len), Some(1));
    assert_eq!(users[0]["email"], "kim@example.com");
    for path in ["/v2/entries", "/v2/imports", "/v2/projects"] {
        assert_eq!(asked(&stack, Method::GET, path, &text).await?.expect(200)?, json!([]), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn whether_the_service_answers_and_which_it_is_needs_no_token() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for (path, expected) in [("/healthz", json!({ "status": "ok" })), ("/version", json!({ "version": "0.1.0" }))] {
        assert_eq!(stack.answer(stack.bare(Method::GET, path)).await?.expect(200)?, expected);
        stack.answer(stack.bare(Method::POST, path)).await?.expect(405)?;
    }
    Ok(())
}
