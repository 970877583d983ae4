//! Tests of the pure parts: the schedule of attempts, the ids of deliveries, and the messages.

use proptest::prelude::*;

use super::schedule::{Answer, DELAYS, Verdict, is_given_up, verdict, wish};
use super::*;
use crate::id::{AccountId, WebhookId};
use crate::queue::QueueError;

const NOW: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;

#[test]
fn the_delays_are_those_of_the_specification_and_ten_attempts_take_more_than_three_days() {
    let mut since = 0;
    let table =
        ["00:00:05", "00:05:05", "00:35:05", "02:35:05", "07:35:05", "17:35:05", "31:35:05", "51:35:05", "75:35:05"];
    for (made, told) in table.into_iter().enumerate() {
        let attempts = u32::try_from(made).expect("a few") + 1;
        let Verdict::Again(due) = verdict(attempts, Answer::Nothing, NOW + since, 0) else { panic!("{attempts}") };
        since = due - NOW;
        let seconds = since / 1000;
        assert_eq!(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60), told);
    }
    assert_eq!(verdict(10, Answer::Nothing, NOW, 0), Verdict::Failed);
}

#[test]
fn a_receiver_that_is_busy_lengthens_the_delay_and_never_shortens_it() {
    let asked = |status, wish| verdict(1, Answer::Status { status, wish: Some(wish) }, NOW, 0);
    for busy in [429, 503] {
        assert_eq!(asked(busy, HOUR), Verdict::Again(NOW + HOUR));
        assert_eq!(asked(busy, 1000), Verdict::Again(NOW + 5000));
        assert_eq!(asked(busy, 1000 * HOUR), Verdict::Again(NOW + 24 * HOUR));
    }
    assert_eq!(asked(500, HOUR), Verdict::Again(NOW + 5000));
}

#[test]
fn a_wish_is_a_number_of_seconds_or_a_date_to_come() {
    for (text, expected) in [
        ("120", Some(120_000)),
        (" 0 ", Some(0)),
        ("Mon, 21 Sep 2026 14:14:20 GMT", Some(60_000)),
        ("Mon, 21 Sep 2026 14:12:20 GMT", None),
        ("soon", None),
        ("-5", None),
        ("99999999999", None),
        ("", None),
    ] {
        assert_eq!(wish(text, NOW), expected, "{text:?}");
    }
}

#[test]
fn a_webhook_is_given_up_after_five_days_of_failures() {
    assert!(!is_given_up(NOW, NOW + 120 * HOUR - 1));
    assert!(is_given_up(NOW, NOW + 120 * HOUR));
}

proptest! {
    #[test]
    fn every_answer_has_one_consequence(
        attempts in 1_u32..2_000,
        code in 100_u16..1_000,
        answered in any::<bool>(),
        wish in proptest::option::of(-HOUR..1_000 * HOUR),
        jitter in any::<u8>(),
    ) {
        let answer = if answered { Answer::Status { status: code, wish } } else { Answer::Nothing };
        let delay = usize::try_from(attempts - 1).ok().and_then(|made| DELAYS.get(made)).copied();
        match verdict(attempts, answer, NOW, jitter) {
            Verdict::Delivered => prop_assert!(answered && (200..300).contains(&code)),
            Verdict::Gone => prop_assert!(answered && code == 410),
            Verdict::Failed => prop_assert!(delay.is_none()),
            Verdict::Again(due) => {
                prop_assert!(!answered || (code != 410 && !(200..300).contains(&code)));
                let delay = delay.expect("a further attempt is in the schedule");
                let most = if answered && matches!(code, 429 | 503) { 24 * HOUR } else { 0 };
                prop_assert!((delay..=(delay + delay / 10).max(most)).contains(&(due - NOW)));
            }
        }
    }

    #[test]
    fn an_id_of_a_delivery_has_one_spelling_and_ids_sort_by_time(
        event in "[a-z0-9-]{0,40}", at in 0_i64..999_999_999_999_999, later in 0_i64..1_000,
    ) {
        let id = DeliveryId::of(&event, at);
        prop_assert_eq!(id.to_string().parse::<DeliveryId>(), Ok(id));
        prop_assert_eq!(DeliveryId::of(&event, at), id);
        prop_assert!(DeliveryId::of("another", at + later + 1) > id);
        let with_a_zero = format!("0{id}");
        prop_assert!(with_a_zero.parse::<DeliveryId>().is_err());
    }
}

#[test]
fn other_texts_are_no_ids_of_deliveries() {
    for text in [
        "",
        "-",
        "1",
        "1-",
        "1-1",
        "+1-9f86d081884c7d65",
        "1-9F86D081884C7D65",
        "x-9f86d081884c7d65",
        "1-9f86d081884c7d650",
        "9999999999999999-9f86d081884c7d65",
    ] {
        assert!(text.parse::<DeliveryId>().is_err(), "{text}");
    }
}

#[test]
fn a_message_survives_the_wire_and_another_version_is_refused() {
    let (account, webhook) = (AccountId(1), WebhookId(2));
    let message = AttemptMessage { account, webhook, delivery: DeliveryId { at: NOW, number: 0x9f86 }, attempts: 3 };
    let body = message.encode();
    let delivery = "1790000000000-0000000000009f86";
    let expected = format!(r#"{{"v":1,"deliver":{{"account":1,"webhook":2,"delivery":"{delivery}","attempts":3}}}}"#);
    assert_eq!(body, expected);
    assert_eq!(AttemptMessage::decode(&body).ok(), Some(message));
    for other in [body.replace("\"v\":1", "\"v\":2"), body.replace("deliver\"", "load\""), "text".to_owned()] {
        assert!(matches!(AttemptMessage::decode(&other), Err(QueueError::Shape(_))), "{other}");
    }
}

#[test]
fn a_webhook_chooses_among_eleven_different_types() {
    let mut types = TYPES.to_vec();
    types.sort_unstable();
    types.dedup();
    assert_eq!((types.len(), TYPES[TYPES.len() - 1]), (11, "Webhook Disabled"));
}
