//! The names of months and weekdays, in the languages we know.

const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "januari", "janvier", "enero", "gennaio", "janeiro", "jänner"],
    &["february", "februar", "februari", "février", "fevrier", "febrero", "febbraio", "fevereiro"],
    &["march", "märz", "maerz", "maart", "mars", "marzo", "março", "marco", "mrz", "mrt", "marts"],
    &["april", "avril", "abril", "aprile"],
    &["may", "mai", "mei", "mayo", "maggio", "maio", "maj"],
    &["june", "juni", "juin", "junio", "giugno", "junho"],
    &["july", "juli", "juillet", "julio", "luglio", "julho"],
    &["august", "augustus", "août", "aout", "agosto", "augusti"],
    &["september", "septembre", "septiembre", "settembre", "setembro"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro"],
    &["november", "novembre", "noviembre", "novembro"],
    &["december", "dezember", "desember", "décembre", "decembre", "diciembre", "dicembre", "dezembro"],
];

/// The month that a word names, or that it is the beginning of (three letters at least) in one of the
/// languages we know; `None` if it could be two months ("jui").
pub(in crate::format) fn month(word: &str) -> Option<u8> {
    let word = word.to_lowercase();
    if word.chars().count() < 3 {
        return None;
    }
    let mut fitting = MONTHS
        .iter()
        .enumerate()
        .filter(|(_, names)| names.iter().any(|name| name.starts_with(&word)))
        .map(|(index, _)| index as u8 + 1);
    let month = fitting.next()?;
    fitting.next().is_none().then_some(month)
}

const WEEKDAYS: [&str; 24] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "tues",
    "thurs",
    "weds",
];

/// Whether a word is a day of the week or the beginning of one.
pub(in crate::format) fn is_weekday(word: &str) -> bool {
    let word = word.to_lowercase();
    word.len() >= 2 && WEEKDAYS.iter().any(|name| name.starts_with(&word))
}
