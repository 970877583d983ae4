//! Looks up the names of columns in the dictionary.

use super::dictionary::{Meaning, NEUTRAL, OTHERWISE, meanings};
use super::plain::plain;
use crate::values::durations::Unit;

/// The meanings which a column name may have.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Each meaning with its weight from 0 to 100.
    pub meanings: Vec<(Meaning, u32)>,
    /// The unit contained in the name, as in `Dauer (h)` and `Zeit in Minuten`; `None` without a unit.
    pub unit: Option<Unit>,
}

impl Said {
    pub fn of(name: &str) -> Self {
        let whole = plain(name);
        let known = meanings(&whole);
        if !known.is_empty() {
            return Self { meanings: known.to_vec(), unit: None };
        }
        let (before, inside) = parenthesised(name);
        let before = plain(before);
        let unit = inside.and_then(unit);
        if inside.is_some() && !before.is_empty() {
            let known = meanings(&before);
            if !known.is_empty() {
                return Self { meanings: known.to_vec(), unit };
            }
        }
        if let Some((rest, last)) = before.rsplit_once(' ')
            && let Some(unit) = unit.is_none().then(|| Unit::named(last)).flatten()
        {
            let rest = rest.rsplit_once(' ').filter(|(_, word)| IN.contains(word)).map_or(rest, |(rest, _)| rest);
            let durations = meanings(rest).iter().filter(|(meaning, _)| *meaning == Meaning::Duration).copied();
            let durations: Vec<_> = durations.collect();
            if !durations.is_empty() {
                return Self { meanings: durations, unit: Some(unit) };
            }
        }
        let meanings = within(&before);
        Self { meanings: if meanings.is_empty() { of_unit(&before) } else { meanings }, unit }
    }

    /// True if the name may have the meaning, with any weight.
    pub fn says(&self, meaning: Meaning) -> bool {
        self.meanings.iter().any(|(other, _)| *other == meaning)
    }
}

/// Words before a unit, as in `Dauer in Stunden` and `durée en heures`.
const IN: [&str; 8] = ["in", "en", "em", "i", "v", "w", "в", "u"];

/// Splits a name into the text before the parentheses at its end, and the text inside the parentheses.
fn parenthesised(name: &str) -> (&str, Option<&str>) {
    let name = name.trim();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((before, inside)) = name.strip_suffix(close).and_then(|name| name.split_once(open)) {
            return (before, Some(inside));
        }
    }
    (name, None)
}

/// The unit named in the parentheses, as `h` in `Dauer (h)`; `None` for a pattern such as `hh:mm`.
fn unit(inside: &str) -> Option<Unit> {
    let inside = inside.trim();
    if inside.contains(':') {
        return None;
    }
    let plain = plain(inside);
    // A duration in decimals counts hours.
    let decimal = ["decimal", "dezimal", "decimale", "decimaal", "dezimalzahl", "desimal"].contains(&plain.as_str());
    if decimal { Some(Unit::Hours) } else { Unit::named(inside).or_else(|| Unit::named(&plain)) }
}

/// The meaning of a name which is a unit: `Std`, `godz.`, `h`.
fn of_unit(name: &str) -> Vec<(Meaning, u32)> {
    let meaning = match Unit::named(name) {
        Some(Unit::Hours) => Meaning::Hours,
        Some(Unit::Minutes) => Meaning::Minutes,
        Some(Unit::Seconds) => Meaning::Seconds,
        Some(Unit::Days) | None => return Vec::new(),
    };
    vec![(meaning, if name.len() > 1 || name == "h" { 90 } else { 50 })]
}

/// The meanings of a name of which a part is known. The weight is 85 if the remaining words
/// add no meaning, and 50 otherwise.
fn within(name: &str) -> Vec<(Meaning, u32)> {
    let words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() < 2 || words.iter().any(|word| OTHERWISE.contains(word)) {
        return Vec::new();
    }
    let mut best: Vec<(Meaning, u32)> = Vec::new();
    for length in (1..words.len()).rev() {
        for start in 0..=words.len() - length {
            let known = meanings(&words[start..start + length].join(" "));
            let rest = words[..start].iter().chain(&words[start + length..]);
            let sure = rest.clone().all(|word| NEUTRAL.contains(word));
            let is_neutral = length == 1 && NEUTRAL.contains(&words[start]);
            for &(meaning, weight) in known.iter().filter(|_| !is_neutral) {
                let weight = weight * if sure { 85 } else { 50 } / 100;
                match best.iter_mut().find(|(other, _)| *other == meaning) {
                    Some((_, known)) => *known = weight.max(*known),
                    None => best.push((meaning, weight)),
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Vec<Meaning> {
        Said::of(name).meanings.into_iter().map(|(meaning, _)| meaning).collect()
    }

    #[test]
    fn names_are_known_in_any_dress() {
        for name in ["Start Date", "start_date", "startDate", "START-DATE:", "Startdatum", "Fecha de inicio"] {
            assert_eq!(said(name), [Meaning::StartDay], "{name}");
        }
        for name in ["Durée", "DUREE", "Dure\u{301}e", "Dauer", "Duración", "Czas trwania", "Длительность", "ΔΙΆΡΚΕΙΑ"]
        {
            assert_eq!(said(name), [Meaning::Duration], "{name}");
        }
        assert_eq!(said("Projektname"), [Meaning::Project]);
        assert_eq!(said("Nom du projet"), [Meaning::Project]);
        assert_eq!(said("Projekt Bezeichnung"), [Meaning::Project]);
        assert_eq!(said("Flowers"), []);
    }

    #[test]
    fn units_are_told_by_names() {
        for (name, unit) in [
            ("Dauer (h)", Some(Unit::Hours)),
            ("Dauer (dezimal)", Some(Unit::Hours)),
            ("Dauer [Minuten]", Some(Unit::Minutes)),
            ("Zeit in Minuten", Some(Unit::Minutes)),
            ("Durée en heures", Some(Unit::Hours)),
            ("Duration (hh:mm)", None),
            ("Dauer", None),
        ] {
            let said = Said::of(name);
            assert_eq!((said.says(Meaning::Duration), said.unit), (true, unit), "{name}");
        }
    }

    #[test]
    fn a_unit_alone_is_a_name_as_well() {
        for (name, meaning) in
            [("Godz.", Meaning::Hours), ("h", Meaning::Hours), ("Min.", Meaning::Minutes), ("сек", Meaning::Seconds)]
        {
            assert_eq!(said(name), [meaning], "{name}");
        }
    }

    #[test]
    fn a_known_word_beside_one_that_changes_it_says_nothing() {
        for name in
            ["Client ID", "Planned hours", "Datum Rechnung", "Geplante Stunden", "Fecha de factura", "Project code"]
        {
            assert_eq!(said(name), [], "{name}");
        }
    }
}
