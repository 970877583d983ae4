//! Interprets a number format: whether a number is shown as a date, a time, a duration or a percentage.
//!
//! A spreadsheet stores dates, times and durations as a number of days, and only the number format tells which.
//! `calamine` says that a cell is a date or a time. The parts that the sheet shows are found here by parsing the
//! format's code (ECMA-376, 18.8.31).

use calamine::Style;

/// The parts of a number that a number format shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The format shows years or days, or a month alone.
    pub date: bool,
    /// The format shows hours, minutes or seconds.
    pub time: bool,
    /// The format shows hours, minutes or seconds that do not wrap around, as in `[h]:mm`.
    pub elapsed: bool,
    /// The format shows a percentage.
    pub percent: bool,
}

impl Shape {
    pub fn of(style: &Style) -> Self {
        let code = style.number_format.as_ref().map_or("General", |format| &format.format_code);
        Self::of_code(code)
    }

    /// Parses the first section of a format's code, which is the section for positive numbers.
    fn of_code(code: &str) -> Self {
        let mut shape = Self::default();
        let mut month_or_minute = false;
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter.to_ascii_lowercase() {
                ';' => break,
                // Skipped: text in quotes, and a letter that is escaped, repeated, or used for its width.
                '"' => drop(letters.by_ref().find(|&letter| letter == '"')),
                '\\' | '*' | '_' => drop(letters.next()),
                '[' => {
                    let inside: String = letters.by_ref().take_while(|&letter| letter != ']').collect();
                    let unit = inside.to_ascii_lowercase();
                    shape.elapsed |=
                        !unit.is_empty() && ["h", "m", "s"].iter().any(|of| unit.replace(of, "").is_empty());
                }
                // The letters of AM/PM and A/P are not months.
                'a' => {
                    let rest = letters.as_str();
                    for mark in ["m/pm", "/p"] {
                        if rest.get(..mark.len()).is_some_and(|next| next.eq_ignore_ascii_case(mark)) {
                            letters = rest[mark.len()..].chars();
                        }
                    }
                }
                'y' | 'd' | 'e' | 'b' => shape.date |= !code.eq_ignore_ascii_case("general"),
                'h' | 's' => shape.time = true,
                'm' => month_or_minute = true,
                '%' => shape.percent = true,
                _ => {}
            }
        }
        shape.date |= month_or_minute && !shape.time && !shape.elapsed;
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_says_which_parts_of_a_moment_are_shown() {
        let date = Shape { date: true, ..Shape::default() };
        let time = Shape { time: true, ..Shape::default() };
        let both = Shape { date: true, ..time };
        for (code, shape) in [
            ("General", Shape::default()),
            ("#,##0.00\\ [$€-407]", Shape::default()),
            ("\"days\" 0", Shape::default()),
            ("0.00%", Shape { percent: true, ..Shape::default() }),
            ("yyyy\\-mm\\-dd", date),
            ("[$-409]d\\-mmm\\-yy;@", date),
            ("mmmm", date),
            ("m/d/yy h:mm", both),
            ("h:mm:ss AM/PM", time),
            ("[$-F400]h:mm:ss\\ AM/PM", time),
            ("mm:ss.0", time),
            ("h:mm a/p", time),
        ] {
            assert_eq!(Shape::of_code(code), shape, "{code}");
        }
        for code in ["[h]:mm:ss", "[hh]:mm", "[mm]", "[ss]"] {
            assert!(Shape::of_code(code).elapsed, "{code}");
        }
        assert!(!Shape::of_code("[Red]0").elapsed);
    }
}
