//! Tests of the S3 emulator over HTTP, through the product's own client.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use aws_lambda_events::s3::S3EventRecord;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::emulators::testing::{Stack, soon};

type Test = anyhow::Result<()>;

/// A stack with the bucket `files`, whose rule sends notifications of new objects under `inbox/`.
async fn stack() -> anyhow::Result<Stack> {
    let notification = Notification {
        queue: "arrivals".to_owned(),
        bucket: "files".to_owned(),
        prefix: "inbox/".to_owned(),
        suffix: String::new(),
    };
    let stack = Stack::with(None, vec![notification]).await?;
    stack.s3.create_bucket().bucket("files").send().await?;
    Ok(stack)
}

/// Puts an object, and returns its ETag with the quotes.
async fn put(stack: &Stack, key: &str, body: &str) -> anyhow::Result<String> {
    let body = ByteStream::from(body.as_bytes().to_vec());
    let answer = stack.s3.put_object().bucket("files").key(key).body(body).send().await?;
    Ok(answer.e_tag.unwrap_or_default())
}

async fn text(answer: GetObjectOutput) -> anyhow::Result<String> {
    Ok(String::from_utf8(answer.body.collect().await?.to_vec())?)
}

async fn next_event(stack: &Stack) -> anyhow::Result<S3EventRecord> {
    let created = soon(stack.emulators.created_objects().next()).await?;
    let mut created = created.ok_or_else(|| anyhow::anyhow!("S3 has stopped"))?;
    assert_eq!(created.event.records.len(), 1);
    Ok(created.event.records.remove(0))
}

#[tokio::test]
async fn an_object_comes_back_with_its_metadata() -> Test {
    let stack = stack().await?;
    let put = stack
        .s3
        .put_object()
        .bucket("files")
        .key("sources/1")
        .metadata("fallback-user", "7")
        .metadata("name", "a file.csv")
        .content_type("text/csv")
        .body(ByteStream::from_static(b"a,b\n1,2\n"))
        .send()
        .await?;
    // The ETag of an object put in a single piece is the MD5 of its content.
    assert_eq!(put.e_tag(), Some("\"e5ebd4c02cefbe7955977c67ada242b7\""));
    let got = stack.s3.get_object().bucket("files").key("sources/1").send().await?;
    assert_eq!(got.e_tag(), put.e_tag());
    assert_eq!(got.content_type(), Some("text/csv"));
    let metadata = got.metadata().into_iter().flatten();
    let mut metadata: Vec<_> = metadata.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    metadata.sort_unstable();
    assert_eq!(metadata, [("fallback-user", "7"), ("name", "a file.csv")]);
    assert_eq!(text(got).await?, "a,b\n1,2\n");
    let head = stack.s3.head_object().bucket("files").key("sources/1").send().await?;
    assert_eq!(head.content_length(), Some(8));
    assert_eq!(head.metadata().map(|metadata| metadata.len()), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_range_is_streamed_as_it_was_asked_for() -> Test {
    let stack = stack().await?;
    let body: String = (0..300_000).map(|number| format!("{number:06}\n")).collect();
    put(&stack, "big", &body).await?;
    let get = |range: &str| stack.s3.get_object().bucket("files").key("big").range(range).send();
    let got = get("bytes=7000-7013").await?;
    assert_eq!(got.content_range(), Some("bytes 7000-7013/2100000"));
    assert_eq!(text(got).await?, "001000\n001001\n");
    let mut got = get("bytes=700000-").await?;
    assert_eq!(got.content_length(), Some(1_400_000));
    let mut pieces = 0;
    let mut read = 0;
    while let Some(piece) = got.body.try_next().await? {
        pieces += 1;
        read += piece.len();
    }
    assert_eq!(read, 1_400_000);
    assert!(pieces > 1, "the body came in one piece");
    let beyond = get("bytes=2100000-").await;
    assert_eq!(code(beyond).as_deref(), Some("InvalidRange"));
    Ok(())
}

#[tokio::test]
async fn a_read_pinned_to_an_etag_fails_once_the_object_is_another() -> Test {
    let stack = stack().await?;
    let old = put(&stack, "a", "the first of two").await?;
    let pinned = || stack.s3.get_object().bucket("files").key("a").if_match(&old);
    assert_eq!(text(pinned().range("bytes=4-8").send().await?).await?, "first");
    assert_eq!(text(pinned().if_match(old.trim_matches('"')).send().await?).await?, "the first of two");
    put(&stack, "a", "the 2nd").await?;
    for answer in [
        pinned().send().await,
        pinned().range("bytes=4-6").send().await,
        // The range lies beyond the end of the new object, and the answer still reports the failed condition first.
        pinned().range("bytes=10-").send().await,
    ] {
        assert_eq!(status(&answer), Some(412));
        assert_eq!(code(answer).as_deref(), Some("PreconditionFailed"));
    }
    let head = stack.s3.head_object().bucket("files").key("a").if_match(&old).send().await;
    assert_eq!(status(&head), Some(412));
    Ok(())
}

#[tokio::test]
async fn a_read_that_has_begun_goes_on_with_the_object_it_opened() -> Test {
    let stack = stack().await?;
    let old: String = "old,".repeat(500_000);
    put(&stack, "a", &old).await?;
    let reading = stack.s3.get_object().bucket("files").key("a").send().await?;
    put(&stack, "a", &"new,".repeat(500_000)).await?;
    assert!(text(reading).await? == old, "two objects were mixed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_object_that_is_replaced_all_the_time_is_never_read_under_the_wrong_etag() -> Test {
    let stack = stack().await?;
    put(&stack, "a", "0").await?;
    let writing = tokio::spawn({
        let s3 = stack.s3.clone();
        async move {
            for number in 1..=60 {
                let body = ByteStream::from(number.to_string().into_bytes());
                s3.put_object().bucket("files").key("a").body(body).send().await?;
            }
            Ok::<_, anyhow::Error>(())
        }
    });
    let mut read = 0;
    while !writing.is_finished() {
        let got = stack.s3.get_object().bucket("files").key("a").send().await?;
        let e_tag = got.e_tag().unwrap_or_default().to_owned();
        let body = text(got).await?;
        let md5: String = md5::Digest::finalize(<md5::Md5 as md5::Digest>::new_with_prefix(&body))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(e_tag, format!("\"{md5}\""), "read {body:?}");
        read += 1;
    }
    writing.await??;
    assert!(read > 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_rivals_who_put_only_if_nothing_is_there_one_wins() -> Test {
    let stack = stack().await?;
    let put = |body: &'static str| {
        let body = ByteStream::from_static(body.as_bytes());
        stack.s3.put_object().bucket("files").key("a").if_none_match("*").body(body).send()
    };
    let answers = futures::future::join_all(["a", "b", "c", "d", "e"].map(put)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers {
        if answer.is_err() {
            assert_eq!(status(&answer), Some(412));
            assert_eq!(code(answer).as_deref(), Some("PreconditionFailed"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_new_object_is_told_of_as_s3_tells_it() -> Test {
    let stack = stack().await?;
    put(&stack, "elsewhere/a", "not told of").await?;
    let key = "inbox/1/time_entries/März + 2 (a&b).csv";
    let e_tag = put(&stack, key, "a,b\n1,2\n").await?;
    let record = next_event(&stack).await?;
    assert_eq!(record.event_name.as_deref(), Some("ObjectCreated:Put"));
    assert_eq!(record.event_source.as_deref(), Some("aws:s3"));
    assert_eq!(record.aws_region.as_deref(), Some("us-east-1"));
    assert_eq!(record.s3.bucket.name.as_deref(), Some("files"));
    assert_eq!(record.s3.bucket.arn.as_deref(), Some("arn:aws:s3:::files"));
    assert_eq!(record.s3.object.key.as_deref(), Some("inbox/1/time_entries/M%C3%A4rz+%2B+2+%28a%26b%29.csv"));
    assert_eq!(record.s3.object.size, Some(8));
    assert_eq!(record.s3.object.e_tag.as_deref(), Some(e_tag.trim_matches('"')));

    put(&stack, "inbox/2", "").await?;
    let later = next_event(&stack).await?;
    assert_eq!(later.s3.object.size, Some(0));
    assert!(later.s3.object.sequencer > record.s3.object.sequencer);
    Ok(())
}

#[tokio::test]
async fn an_event_has_the_time_of_the_clock_and_is_unsettled_until_its_token_is_gone() -> Test {
    let stack = stack().await?;
    let pending = stack.emulators.pending();
    stack.clock.turn(Duration::from_secs(3_600));
    put(&stack, "inbox/a", "a").await?;
    assert_eq!(pending.watch().borrow().unsettled, 1);
    let created = soon(stack.emulators.created_objects().next()).await?;
    let created = created.ok_or_else(|| anyhow::anyhow!("S3 has stopped"))?;
    let at = created.event.records[0].event_time.timestamp_millis();
    assert!((stack.clock.now_ms() - at).abs() < 60_000, "{at}");
    assert_eq!(pending.watch().borrow().unsettled, 1);
    drop(created);
    soon(pending.settled()).await?;
    Ok(())
}

#[tokio::test]
async fn a_copy_and_an_upload_in_parts_are_told_of_too() -> Test {
    let stack = stack().await?;
    // The upload in parts replaces this object, whose checksum must not be reported for the new object.
    put(&stack, "inbox/parts", "before").await?;
    next_event(&stack).await?;
    let upload =
        stack.s3.create_multipart_upload().bucket("files").key("inbox/parts").metadata("a", "b").send().await?;
    let id = upload.upload_id.unwrap_or_default();
    let first = "0123456789".repeat(5 * 1024 * 1024 / 10 + 1);
    let mut parts = CompletedMultipartUpload::builder();
    for (number, body) in [(1, first.clone()), (2, "the end".to_owned())] {
        let part = stack
            .s3
            .upload_part()
            .bucket("files")
            .key("inbox/parts")
            .upload_id(&id)
            .part_number(number)
            .body(ByteStream::from(body.into_bytes()))
            .send()
            .await?;
        parts = parts.parts(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let completed = stack
        .s3
        .complete_multipart_upload()
        .bucket("files")
        .key("inbox/parts")
        .upload_id(&id)
        .multipart_upload(parts.build())
        .send()
        .await?;
    let record = next_event(&stack).await?;
    assert_eq!(record.event_name.as_deref(), Some("ObjectCreated:CompleteMultipartUpload"));
    assert_eq!(record.s3.object.size, i64::try_from(first.len() + 7).ok());
    assert_eq!(record.s3.object.e_tag.as_deref(), completed.e_tag().map(|e_tag| e_tag.trim_matches('"')));
    let got = stack.s3.get_object().bucket("files").key("inbox/parts").send().await?;
    assert_eq!(got.metadata().and_then(|metadata| metadata.get("a")).map(String::as_str), Some("b"));
    assert!(text(got).await? == first + "the end");

    stack.s3.copy_object().bucket("files").key("inbox/copy").copy_source("files/inbox/parts").send().await?;
    let record = next_event(&stack).await?;
    assert_eq!(record.event_name.as_deref(), Some("ObjectCreated:Copy"));
    assert_eq!(record.s3.object.key.as_deref(), Some("inbox/copy"));
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_named() -> Test {
    let stack = stack().await?;
    put(&stack, "directory/a", "a").await?;
    let get = |bucket: &str, key: &str| stack.s3.get_object().bucket(bucket).key(key).send();
    assert_eq!(code(get("files", "nothing").await).as_deref(), Some("NoSuchKey"));
    assert_eq!(code(get("files", "directory").await).as_deref(), Some("NoSuchKey"));
    assert_eq!(code(get("nowhere", "a").await).as_deref(), Some("NoSuchBucket"));
    let put = stack.s3.put_object().bucket("nowhere").key("a").send().await;
    assert_eq!(code(put).as_deref(), Some("NoSuchBucket"));
    let head = stack.s3.head_object().bucket("files").key("nothing").send().await;
    assert!(head.is_err_and(|error| error.into_service_error().is_not_found()));
    Ok(())
}

#[tokio::test]
async fn a_key_is_any_text_of_up_to_1024_bytes() -> Test {
    let stack = stack().await?;
    let long = |bytes: usize| format!("long/{}", "k".repeat(bytes - 5));
    let umlauts = format!("long/{}", "ü".repeat(400));
    let keys = [
        "there/a",
        "there",
        "there/a/b",
        "a//b",
        "../b",
        "a/../../b",
        "./b",
        "there/",
        "nul\0",
        "a+b c%20(ö)&?#.csv",
        ".keys/x",
    ];
    let keys: Vec<String> =
        keys.map(str::to_owned).into_iter().chain([long(120), long(121), long(1024), umlauts]).collect();
    for key in &keys {
        put(&stack, key, key).await?;
    }
    for key in &keys {
        let got = stack.s3.get_object().bucket("files").key(key).send().await?;
        assert_eq!(&text(got).await?, key);
    }
    let too_long = stack.s3.put_object().bucket("files").key(long(1025)).send().await;
    assert_eq!(status(&too_long), Some(400));
    assert_eq!(code(too_long).as_deref(), Some("KeyTooLongError"));
    // The object in the way of the path is deleted, and the key still leads to the same object.
    stack.s3.delete_object().bucket("files").key("there").send().await?;
    assert_eq!(code(stack.s3.get_object().bucket("files").key("there").send().await).as_deref(), Some("NoSuchKey"));
    let got = stack.s3.get_object().bucket("files").key("there/a/b").send().await?;
    assert_eq!(text(got).await?, "there/a/b");
    Ok(())
}

#[tokio::test]
async fn objects_aside_are_listed_copied_and_uploaded_in_parts_under_their_keys() -> Test {
    let stack = stack().await?;
    let long = format!("inbox/1/{}.csv", "lang+".repeat(150));
    for key in [long.as_str(), "inbox/1//a", "inbox/1/b", "inbox/2/c", "other"] {
        put(&stack, key, key).await?;
        if key.starts_with("inbox/") {
            let told = next_event(&stack).await?.s3.object.key;
            assert_eq!(told, Some(encode_key(key)));
        }
    }
    let list = stack.s3.list_objects_v2().bucket("files").prefix("inbox/1/").send().await?;
    let keys: Vec<_> = list.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["inbox/1//a", "inbox/1/b", &long]);
    let list = stack.s3.list_objects_v2().bucket("files").delimiter("/").send().await?;
    assert_eq!(list.common_prefixes().iter().filter_map(|common| common.prefix()).collect::<Vec<_>>(), ["inbox/"]);
    assert_eq!(list.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["other"]);

    let upload = stack.s3.create_multipart_upload().bucket("files").key(&long).send().await?;
    assert_eq!(upload.key(), Some(long.as_str()));
    let id = upload.upload_id.unwrap_or_default();
    let part = stack.s3.upload_part().bucket("files").key(&long).upload_id(&id).part_number(1);
    let part = part.body(ByteStream::from_static(b"in parts")).send().await?;
    let part = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = stack.s3.complete_multipart_upload().bucket("files").key(&long).upload_id(&id);
    assert_eq!(complete.multipart_upload(parts).send().await?.key(), Some(long.as_str()));
    stack
        .s3
        .copy_object()
        .bucket("files")
        .key("a/../copy")
        .copy_source(format!("files/{}", encode_key(&long)))
        .send()
        .await?;
    let got = stack.s3.get_object().bucket("files").key("a/../copy").send().await?;
    assert_eq!(text(got).await?, "in parts");
    Ok(())
}

#[tokio::test]
async fn a_list_has_the_etags_and_goes_page_by_page() -> Test {
    let stack = stack().await?;
    let mut expected = Vec::new();
    for key in ["inbox/1/a", "inbox/1/b", "inbox/2/a", "sources/1"] {
        let e_tag = put(&stack, key, key).await?;
        if key.starts_with("inbox/") {
            expected.push((key.to_owned(), e_tag));
        }
    }
    let mut listed = Vec::new();
    let mut pages = stack.s3.list_objects_v2().bucket("files").prefix("inbox/").max_keys(2).into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += 1;
        for object in page?.contents() {
            listed.push((object.key().unwrap_or_default().to_owned(), object.e_tag().unwrap_or_default().to_owned()));
        }
    }
    assert_eq!(listed, expected);
    assert_eq!(count, 2);
    stack.s3.delete_object().bucket("files").key("inbox/1/a").send().await?;
    let gone = stack.s3.get_object().bucket("files").key("inbox/1/a").send().await;
    assert_eq!(code(gone).as_deref(), Some("NoSuchKey"));
    Ok(())
}

#[tokio::test]
async fn a_file_is_uploaded_as_a_stream() -> Test {
    let stack = stack().await?;
    let file = tempfile::NamedTempFile::new()?;
    let body = "0123456789".repeat(200_000);
    std::fs::write(file.path(), &body)?;
    let stream = ByteStream::from_path(file.path()).await?;
    stack.s3.put_object().bucket("files").key("inbox/a").body(stream).send().await?;
    assert_eq!(next_event(&stack).await?.s3.object.size, i64::try_from(body.len()).ok());
    let got = stack.s3.get_object().bucket("files").key("inbox/a").send().await?;
    assert!(text(got).await? == body, "the upload was changed");
    Ok(())
}

#[tokio::test]
async fn a_presigned_upload_and_download_work_until_they_expire() -> Test {
    let stack = stack().await?;
    let http = crate::http_client::loopback().build()?;
    let valid = PresigningConfig::expires_in(Duration::from_secs(60))?;
    let upload = stack.s3.put_object().bucket("files").key("inbox/a").presigned(valid.clone()).await?;
    let answer = http.put(upload.uri()).body("by whoever has the address").send().await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(next_event(&stack).await?.s3.object.size, Some(26));
    let download = stack.s3.get_object().bucket("files").key("inbox/a").presigned(valid).await?;
    let answer = http.get(download.uri()).send().await?;
    assert_eq!(answer.text().await?, "by whoever has the address");

    let other = upload.uri().replace("/inbox/a", "/inbox/b");
    assert_eq!(http.put(other).body("for another key").send().await?.status(), 403);
    let unsigned = upload.uri().split('?').next().unwrap_or_default();
    assert_eq!(http.put(unsigned).body("by anyone").send().await?.status(), 403);
    let expired = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_secs(120))
        .expires_in(Duration::from_secs(60))
        .build()?;
    let late = stack.s3.put_object().bucket("files").key("inbox/a").presigned(expired).await?;
    assert_eq!(http.put(late.uri()).body("too late").send().await?.status(), 403);
    assert_eq!(stack.emulators.pending().watch().borrow().unsettled, 0);
    Ok(())
}

#[tokio::test]
async fn a_request_by_an_unknown_key_is_refused() -> Test {
    let stack = stack().await?;
    let config = stack
        .s3
        .config()
        .to_builder()
        .credentials_provider(aws_sdk_s3::config::Credentials::new("someone", "else", None, None, "static"));
    let stranger = aws_sdk_s3::Client::from_conf(config.build());
    let answer = stranger.get_object().bucket("files").key("a").send().await;
    assert_eq!(status(&answer), Some(403));
    Ok(())
}

/// URL of a presigned PUT of 9 bytes with the condition `If-None-Match: *`.
async fn presigned(stack: &Stack, key: &str) -> anyhow::Result<String> {
    let put = stack.s3.put_object().bucket("files").key(key).content_length(9).if_none_match("*");
    Ok(put.presigned(PresigningConfig::expires_in(Duration::from_secs(60))?).await?.uri().to_owned())
}

#[tokio::test]
async fn a_client_that_stays_in_the_middle_of_a_body_holds_up_nobody() -> Test {
    let stack = stack().await?;
    let url = presigned(&stack, "uploads/1").await?;
    let (address, path) = url.trim_start_matches("http://").split_once('/').unwrap_or_default();
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("PUT /{path} HTTP/1.1\r\nHost: {address}\r\nIf-None-Match: *\r\nContent-Length: 9\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(b"half").await?;
    // The first request is in progress, and yet the second request to the same key is answered.
    soon(put(&stack, "uploads/1", "whole")).await??;
    let got = soon(stack.s3.get_object().bucket("files").key("uploads/1").send()).await??;
    assert_eq!(text(got).await?, "whole");
    stream.write_all(b"whole").await?;
    let mut answer = [0; 12];
    soon(stream.read_exact(&mut answer)).await??;
    assert_eq!(&answer, b"HTTP/1.1 412");
    Ok(())
}

#[tokio::test]
async fn a_presigned_put_succeeds_once_and_only_with_its_condition() -> Test {
    let stack = stack().await?;
    let url = presigned(&stack, "uploads/1").await?;
    let http = crate::http_client::loopback().build()?;
    let put = async |body: &'static str, condition: Option<&str>| {
        let put = http.put(&url).body(body);
        let put = match condition {
            Some(condition) => put.header("If-None-Match", condition),
            None => put,
        };
        anyhow::Ok(put.send().await?.status().as_u16())
    };
    assert_eq!(put("123456789", None).await?, 403);
    assert_eq!(put("123456789", Some("\"other\"")).await?, 403);
    assert_eq!(put("123456789", Some("*")).await?, 200);
    assert_eq!(put("abcdefghi", Some("*")).await?, 412);
    let got = stack.s3.get_object().bucket("files").key("uploads/1").send().await?;
    assert_eq!(text(got).await?, "123456789");
    Ok(())
}

#[tokio::test]
async fn a_large_body_is_stored_as_it_is() -> Test {
    let stack = stack().await?;
    let body: Vec<u8> = (0..20_000_000u32).map(|n| (n % 251) as u8).collect();
    let put = stack.s3.put_object().bucket("files").key("sources/1").body(ByteStream::from(body.clone()));
    put.send().await?;
    let got = stack.s3.get_object().bucket("files").key("sources/1").send().await?;
    assert_eq!(got.body.collect().await?.to_vec(), body);
    Ok(())
}

#[tokio::test]
async fn pages_of_the_service_may_upload_and_others_may_not() -> Test {
    let stack = stack().await?;
    let url = presigned(&stack, "uploads/1").await?;
    let http = crate::http_client::loopback().build()?;
    let own = stack.emulators.s3_url();
    for (origin, allowed) in [(own, true), ("https://evil.example", false), ("null", false)] {
        let preflight = http.request(reqwest::Method::OPTIONS, &url).header("Origin", origin);
        let preflight = preflight
            .header("Access-Control-Request-Method", "PUT")
            .header("Access-Control-Request-Headers", "if-none-match");
        let answer = preflight.send().await?;
        assert_eq!(answer.status().is_success(), allowed, "{origin}");
        let told = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(told("access-control-allow-origin").as_deref(), allowed.then_some(origin));
        assert_eq!(told("access-control-allow-headers").as_deref(), allowed.then_some("if-none-match"));
        let put = http.put(&url).header("Origin", origin).header("If-None-Match", "*").body("123456789");
        let answer = put.send().await?;
        assert_eq!(answer.status(), if allowed { 200 } else { 403 }, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn files_outlive_the_process_with_a_data_directory() -> Test {
    let data = tempfile::tempdir()?;
    let start = || Stack::with(Some(data.path().to_owned()), Vec::new());
    let stack = start().await?;
    stack.s3.create_bucket().bucket("files").send().await?;
    let e_tag = put(&stack, "sources/1", "kept").await?;
    soon(stack.emulators.shutdown()).await?;
    let stack = start().await?;
    let got = stack.s3.get_object().bucket("files").key("sources/1").if_match(e_tag).send().await?;
    assert_eq!(text(got).await?, "kept");
    let again = stack.s3.create_bucket().bucket("files").send().await;
    assert_eq!(code(again).as_deref(), Some("BucketAlreadyOwnedByYou"));
    Ok(())
}

#[tokio::test]
async fn an_event_that_was_not_settled_is_told_again_by_the_next_run() -> Test {
    let data = tempfile::tempdir()?;
    let notification = Notification {
        queue: "arrivals".to_owned(),
        bucket: "files".to_owned(),
        prefix: "inbox/".to_owned(),
        suffix: String::new(),
    };
    let start = || Stack::with(Some(data.path().to_owned()), vec![notification.clone()]);
    let stack = start().await?;
    stack.s3.create_bucket().bucket("files").send().await?;
    for key in ["inbox/a", "inbox/b"] {
        put(&stack, key, "kept").await?;
    }
    let mut first = soon(stack.emulators.created_objects().next()).await?.context("S3 has stopped")?;
    first.record.take().context("not kept")?.settle();
    let lost = next_event(&stack).await?;
    soon(stack.emulators.shutdown()).await?;
    let stack = start().await?;
    let again = next_event(&stack).await?;
    assert_eq!((&again.s3.object.key, &again.s3.object.sequencer), (&lost.s3.object.key, &lost.s3.object.sequencer));
    put(&stack, "inbox/c", "new").await?;
    assert_eq!(next_event(&stack).await?.s3.object.key.as_deref(), Some("inbox/c"));
    Ok(())
}

type Answer<T, E> = Result<T, aws_sdk_s3::error::SdkError<E>>;

fn status<T, E>(answer: &Answer<T, E>) -> Option<u16> {
    let error = answer.as_ref().err()?;
    Some(error.raw_response()?.status().as_u16())
}

fn code<T, E: ProvideErrorMetadata>(answer: Answer<T, E>) -> Option<String> {
    answer.err()?.code().map(str::to_owned)
}
