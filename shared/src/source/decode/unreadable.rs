//! The reasons for refusing a file's bytes as text, each with the place of the fault.

use std::fmt;

use super::super::{Encoding, OtherKind};

/// The reason why the bytes of a file cannot be decoded to text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the file is empty")]
    Empty,
    #[error("{0}")]
    NotText(OtherKind),
    #[error("{0} is zero: this is binary data, not text")]
    Binary(Spot),
    #[error("{at} is not valid {encoding}{}", if *.encoding == Encoding::Utf8 { ": save the file as UTF-8, or say its encoding" } else { "" })]
    Invalid { at: Spot, encoding: Encoding },
    #[error("{at} ends a line outside of ASCII, which is not read of {encoding}: save the file as UTF-8")]
    Shifted { at: Spot, encoding: Encoding },
    #[error("{at} fits neither utf-8 nor windows-1252: save the file as UTF-8, or say its encoding with `encoding`")]
    Neither { at: Spot },
    /// UTF-8 except in a few places: the first of them, and the letters before this place in its cell.
    #[error(
        "the file is UTF-8, but for {at}{}: a letter is broken or cut there; mend it, or export the file again",
        .behind.as_ref().map(|text| format!(", behind {text:?}")).unwrap_or_default()
    )]
    Broken { at: Spot, behind: Option<String> },
    #[error(
        "{at} is not UTF-8, but what begins at {utf8} is: the file has rows in two encodings; export it again, or save all of \
         it as UTF-8"
    )]
    Mixed { at: Spot, utf8: Spot },
    /// A word which reads well in Windows-1252, while another encoding is likelier.
    #[error(
        "{at} is in a word that does not tell the encoding: it is {ours:?} in windows-1252, or {theirs}: say which with `encoding`, or save \
         the file as UTF-8"
    )]
    Open { at: Spot, ours: String, theirs: String },
    /// Text in an encoding which is neither UTF-8 nor Windows-1252.
    #[error("the file is not UTF-8: {at} looks like {guess}")]
    Other { at: Spot, guess: Guess },
}

/// A byte of the object, counted from 0, and its physical line, counted from 1; the line is `None` where unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub byte: u64,
    pub line: Option<u64>,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} (counted from 0)", self.byte)?;
        match self.line {
            Some(line) => write!(f, " on line {line}"),
            None => Ok(()),
        }
    }
}

/// The likeliest encoding of a file, as named in a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Description of the text, for example `Cyrillic text`.
    pub kind: &'static str,
    /// The encoding and a word as decoded by this encoding; `None` if another encoding reads the file as well.
    pub read: Option<(Encoding, String)>,
    /// True if the encoding can be named in the option `encoding`.
    pub is_known: bool,
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match (&self.read, self.is_known) {
            (Some((encoding, word)), _) => {
                write!(f, "{kind} in {encoding} ({word:?}): say encoding={encoding}, or save the file as UTF-8")
            }
            (None, true) => {
                write!(
                    f,
                    "{kind}, but too little of it tells which encoding: save the file as UTF-8, or say `encoding`"
                )
            }
            (None, false) => write!(f, "{kind}, which is not read: save the file as UTF-8"),
        }
    }
}
