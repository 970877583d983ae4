//! Properties of every file of contacts.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::values::names;

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["Jo", "van", "der", "Field", "De", "Ünal", "O'Brook", "Jr.", "III", "x"])
        .prop_map(str::to_owned)
}

/// A spelling of a column's name: another case, and other gaps between its words.
fn spelt(name: &'static str) -> impl Strategy<Value = String> {
    let gap = prop::sample::select(vec!["_", " ", "-", "", "  "]);
    (gap, any::<bool>()).prop_map(move |(gap, upper)| {
        let name = name.replace('_', gap);
        if upper { name.to_uppercase() } else { name }
    })
}

proptest! {
    #[test]
    fn the_parts_of_a_full_name_make_the_name_again(words in prop::collection::vec(word(), 0..6)) {
        let name = words.join(" ");
        let (first, last) = names::split(Cow::Borrowed(&name));
        let joined = names::joined(first.clone(), last.clone()).unwrap_or_default();
        prop_assert_eq!(&joined, &name);
        // A last name never stands alone, and no part begins or ends with a blank.
        prop_assert!(last.is_none() || first.is_some());
        for part in [first, last].into_iter().flatten() {
            prop_assert!(!part.is_empty() && part.trim() == part, "{:?}", part);
        }
    }

    #[test]
    fn last_and_first_are_turned_round(first in word(), last in word()) {
        prop_assume!(!["Jr.", "III"].contains(&first.as_str()));
        let written = format!("{last}, {first}");
        let (split_first, split_last) = names::split(Cow::Borrowed(&written));
        prop_assert_eq!((split_first.as_deref(), split_last.as_deref()), (Some(first.as_str()), Some(last.as_str())));
    }

    #[test]
    fn the_order_and_the_spelling_of_columns_and_the_pieces_of_the_file_change_nothing(
        order in Just(vec![0, 1, 2, 3, 4, 5]).prop_shuffle(),
        names in (spelt("first_name"), spelt("last_name"), spelt("email"), spelt("company"), spelt("job_title")),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        piece in 1_usize..40,
        rows in 1_u32..4,
    ) {
        let header = [names.0, names.1, names.2, names.3, names.4, "Phone".to_owned()];
        let cells = [
            ["Jo", "Field", "jo@example.com", "Quay, North", "Clerk", "1"],
            ["Mo", "", "", "Wharf; South", "", "\"2\""],
            ["", "", "al@example.com", "", "a|b", ""],
        ];
        let line = |cells: &[&str]| {
            let quoted = |at: &usize| format!("\"{}\"", cells[*at].replace('"', "\"\""));
            order.iter().map(quoted).collect::<Vec<_>>().join(&delimiter.to_string())
        };
        let shown: Vec<&str> = header.iter().map(String::as_str).collect();
        let text = [line(&shown), line(&cells[0]), line(&cells[1]), line(&cells[2])].join("\r\n");
        let plan = survey(text.as_bytes(), &ContactReading::default(), rows, piece)
            .map_err(|refusal| TestCaseError::fail(format!("{refusal}: {text}")))?;
        let mut told = Vec::new();
        load(text.as_bytes(), &plan, |row| told.push(tell(row)));
        prop_assert_eq!(told, [
            "Jo | Field | jo@example.com | Quay, North | Clerk | +Phone: 1",
            "Mo | – | – | Wharf; South | – | +Phone: \"2\"",
            "– | – | al@example.com | – | a|b",
        ]);
        prop_assert_eq!(survey(text.as_bytes(), &ContactReading::default(), rows, text.len()).ok(), Some(plan));
    }

    #[test]
    fn any_text_is_refused_or_each_of_its_records_is_accounted_for(text in "(name|email|company|[a-z@,;\"\\n ]){0,60}") {
        let options = ContactReading::default();
        if let Ok(plan) = survey(text.as_bytes(), &options, 2, 5) {
            load(text.as_bytes(), &plan, |_| {});
        }
    }
}
