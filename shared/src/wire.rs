//! Enums whose values are words in options, answers and stored items, such as an import's status `rolling_back`.

/// Declares an enum with a word for each value. `name`, `Display`, `Serialize` and `Deserialize` share a single list of
/// words, so every value is stored, shown and parsed under the same word.
macro_rules! wire_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$said:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$said])* #[serde(rename = $word)] $value,)+
        }

        impl $name {
            /// The words of all values, in the order of the values.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for the value in options, answers and stored items.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use wire_words;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    wire_words! {
        Sample {
            Plain = "plain",
            TwoWords = "two_words",
            Mark = ".",
        }
    }

    #[test]
    fn a_value_is_stored_shown_and_read_by_its_word() -> Result<(), serde_json::Error> {
        for (value, word) in [(Sample::Plain, "plain"), (Sample::TwoWords, "two_words"), (Sample::Mark, ".")] {
            assert_eq!((value.name(), value.to_string(), json!(value)), (word, word.to_owned(), json!(word)));
            assert_eq!(serde_json::from_value::<Sample>(json!(word))?, value);
        }
        assert_eq!(Sample::WORDS, ["plain", "two_words", "."]);
        let others = ["Plain", "twowords", "TwoWords", "dot", ""];
        assert!(others.into_iter().all(|word| serde_json::from_value::<Sample>(Value::from(word)).is_err()));
        Ok(())
    }
}
