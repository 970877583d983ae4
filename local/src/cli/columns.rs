//! Tables of aligned columns for people.

/// The number of letters of a cell, after which a cell is cut.
const WIDEST: usize = 60;

/// Formats rows below a header. Each column is as wide as its longest cell, and the last one has no blanks behind.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| plain(cell))))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A cell on a single line: without control characters, which a terminal would obey, and cut to [`WIDEST`] letters.
fn plain(cell: &str) -> String {
    let mut letters = cell.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut plain: String = letters.by_ref().take(WIDEST).collect();
    if letters.next().is_some() {
        plain.pop();
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cells_stay_on_their_line() {
        let rows = [["7".to_owned(), "Größe".to_owned()], ["12".to_owned(), "a\n\u{1b}[31mb".to_owned()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID  NAME\n7   Größe\n12  a  [31mb\n");
        let long = table(["X"], &["é".repeat(100)].map(|cell| [cell]));
        assert_eq!(long, format!("X\n{}…\n", "é".repeat(WIDEST - 1)));
        assert_eq!(table(["X"], &[["é".repeat(WIDEST)]]), format!("X\n{}\n", "é".repeat(WIDEST)));
        assert_eq!(table(["A", "B"], &[]), "A  B\n");
    }
}
