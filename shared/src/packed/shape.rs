//! What a number format makes of a number: a date, a time, a duration, a share.
//!
//! A spreadsheet stores all of them as one number of days, and only the format tells them apart. `calamine` says that
//! a cell is a date or a time; which parts of it the sheet shows is read from the format's code here (ECMA-376, 18.8.31).

use calamine::Style;

/// What a number is, by its format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Years or days are shown, or a month alone.
    pub date: bool,
    /// Hours, minutes or seconds are shown.
    pub time: bool,
    /// Hours, minutes or seconds that do not start again: `[h]:mm`.
    pub elapsed: bool,
    /// Hundredths.
    pub percent: bool,
}

impl Shape {
    pub fn of(style: &Style) -> Self {
        let code = style.number_format.as_ref().map_or("General", |format| &format.format_code);
        Self::of_code(code)
    }

    /// By the first section of a format's code, which is the one for positive numbers.
    fn of_code(code: &str) -> Self {
        let mut shape = Self::default();
        let mut month_or_minute = false;
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter.to_ascii_lowercase() {
                ';' => break,
                // Text in quotes; a letter that is escaped, repeated, or as wide as a blank.
                '"' => drop(letters.by_ref().find(|&letter| letter == '"')),
                '\\' | '*' | '_' => drop(letters.next()),
                '[' => {
                    let inside: String = letters.by_ref().take_while(|&letter| letter != ']').collect();
                    let unit = inside.to_ascii_lowercase();
                    shape.elapsed |=
                        !unit.is_empty() && ["h", "m", "s"].iter().any(|of| unit.replace(of, "").is_empty());
                }
                // AM/PM and A/P, whose letters are no months.
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
