//! Tests of delimiters, quotes, line breaks, rows of different lengths, rows of totals,
//! and records which are too long.

use super::*;
use crate::source::MAX_RECORD;
use crate::table::ErrorCode;

const FILE: &str = "date,person,minutes,description\n2024-03-04,Jo,5,\"a, b; c\"\n2024-03-05,Mo,6,\"say \"\"hi\"\"\"\n";

const ROWS: [&str; 2] =
    ["2024-03-04 | 300 s | name: Jo | text: a, b; c", "2024-03-05 | 360 s | name: Mo | text: say \"hi\""];

#[test]
fn each_delimiter_is_found() {
    for delimiter in [",", ";", "\t", "|"] {
        let swapped = FILE.replace("a, b; c", "A").replace(',', delimiter).replace('A', "a, b; c");
        assert_eq!(read(&swapped), ROWS, "{delimiter:?}");
        let plan = survey(swapped.as_bytes(), &plainly(), 10, 99).unwrap();
        assert_eq!(plan.layout.delimiter, delimiter.as_bytes()[0]);
    }
}

#[test]
fn each_line_end_is_read_and_the_last_one_may_be_missing() {
    for end in ["\n", "\r\n", "\r"] {
        let file = FILE.replace('\n', end);
        assert_eq!(read(&file), ROWS, "{end:?}");
        assert_eq!(read(file.trim_end()), ROWS, "{end:?}");
    }
    assert_eq!(read("date,person,minutes,tags\r2024-03-04,Jo,5,\n\r\n2024-03-05,Mo,6,\r\n").len(), 2);
}

#[test]
fn a_spreadsheets_own_word_for_the_delimiter_is_believed() {
    let plan = survey(b"sep=;\r\ndate;person;minutes;tags\r\n2024-03-04;Jo;5;\r\n", &plainly(), 9, 1);
    let plan = plan.unwrap();
    assert_eq!((plan.layout.delimiter, plan.chunks[0].first_line, plan.chunks[0].start), (b';', 3, 33));
}

#[test]
fn rows_of_nothing_but_delimiters_are_none() {
    let rows =
        read("\n,,,\ndate,person,minutes,tags\n,,,\n2024-03-04,Jo,5,a\n , ,,\n\"\",,,\n2024-03-05,Jo,5,a\n,,,\n\u{1a}");
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[test]
fn a_blank_may_follow_each_delimiter_also_before_a_quote() {
    let rows = read("date, person, minutes, description\n2024-03-04, Jo, 5, \"a, b\"\n2024-03-05, Mo, 6, c\n");
    assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo | text: a, b", "2024-03-05 | 360 s | name: Mo | text: c"]);
    // A blank at the beginning of a few cells is no evidence for a dialect.
    let rows = read("date,person,minutes,description\n2024-03-04,Jo,5, \"a\" b\n2024-03-05,Mo,6,c\n");
    assert_eq!(rows[0], "2024-03-04 | 300 s | name: Jo | text: \"a\" b");
}

#[test]
fn decimal_commas_do_not_make_a_comma_the_delimiter() {
    let rows = read("date;person;hours;tags\n2024-03-04;Jo;1,5;a, b\n2024-03-05;Mo;2,25;c, d\n");
    assert_eq!(rows[1], "2024-03-05 | 8100 s | name: Mo | tags: c, d");
}

#[test]
fn a_row_is_named_by_the_physical_line_on_which_it_begins() {
    let rows = read(
        "\ndate,person,minutes,description\n\n2024-03-04,Jo,5,\"two\r\nlines\"\n   \n2024-03-05,Jo,x,\n2024-03-06\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 300 s | name: Jo | text: two\r\nlines",
            "line 7: invalid_duration: minutes: \"x\" cannot be read as a duration",
            "line 8: ragged: the row has 1 cell, the header 4",
        ]
    );
}

#[test]
fn a_ragged_row_is_one_error_and_the_rest_goes_on() {
    let rows = read("date,person,minutes,tags\n2024-03-04,Jo,5,a,b\n2024-03-04,Jo,5,a\n2024-03-04,Jo\n");
    assert_eq!(
        rows,
        [
            "line 2: ragged: the row has 5 cells, the header 4",
            "2024-03-04 | 300 s | name: Jo | tags: a",
            "line 4: ragged: the row has 2 cells, the header 4",
        ]
    );
}

#[test]
fn columns_without_a_name_may_be_missing_and_are_kept_where_they_are_not() {
    assert_eq!(read("date,person,minutes,tags,\n2024-03-04,Jo,5,a\n").len(), 1);
    let rows = read("date,person,minutes,tags,\n2024-03-04,Jo,5,a,\n2024-03-04,Jo,5,a,more\n");
    assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo | tags: a", "2024-03-04 | 300 s | name: Jo | tags: a | +: more",]);
    // Cells may have shifted if some rows are short and others too long; here the durations may be 1,5 and 2 hours.
    let said = refused("date,hours,person,tags,\n2024-03-04,1,5,Jo,a\n2024-03-04,2,Jo,a\n").to_string();
    assert!(said.contains("line 2 has something behind the last named column, and line 3 has fewer cells"), "{said}");
    // Surplus cells which are empty have no effect.
    assert_eq!(read("date,person,minutes,tags\n2024-03-04,Jo,5,a,\n2024-03-04,Jo,5,a, ,\n").len(), 2);
}

#[test]
fn of_two_columns_of_one_name_the_first_is_taken_and_the_other_kept() {
    let rows = read("date,person,Project,minutes,project,tags\n2024-03-04,Jo,Site,5,Other,\n");
    assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo | project: Site | +project: Other"]);
}

#[test]
fn headers_may_be_padded_marked_and_shouted() {
    let rows = read("\u{feff}\u{feff}\"DATE \",  Person?,MiNuTeS , tags\n2024-03-04,Jo,5,\n");
    assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo"]);
}

#[test]
fn a_quote_left_open_is_named_with_its_line() {
    let file = "date,person,minutes,description\n2024-03-04,Jo,5,ok\n2024-03-05,Mo,6,\"never\n2024-03-06,Jo,7,x\n";
    assert_eq!(
        read(file),
        [
            "2024-03-04 | 300 s | name: Jo | text: ok",
            "line 3: unclosed_quote: a quote opens in this record and the file ends before it is closed; lines 3 to 4 are in it",
        ]
    );
}

#[test]
fn a_row_of_totals_at_the_end_is_left_out_and_said() {
    let file = "date,person,minutes,description\n2024-03-04,Jo,5,x\n2024-03-05,Jo,7,x\n";
    for total in ["Total,,12,\n", ",,12,\n", ",,12,Total\n", "Total:,,,\n", "Total\n", "\"Grand Total\",,0.2\n"] {
        let bytes = format!("{file}{total}").into_bytes();
        // The total is recognised even if the chunk before the total is full.
        for rows_per_chunk in [1, 2, 3] {
            let plan = survey(&bytes, &plainly(), rows_per_chunk, 5).unwrap();
            assert_eq!((plan.rows, plan.total_row), (2, Some(4)), "{total:?}");
            assert_eq!(plan.chunks.last().unwrap().end as usize, file.trim_end().len());
        }
    }
}

#[test]
fn a_row_of_totals_with_a_date_is_told_by_its_sum() {
    let file = |last: &str| {
        format!(
            "Date,Client,Hours,First Name,Last Name\n2024-01-01,Alder,1.0,Jo,F\n2024-01-02,Alder,2.0,Jo,F\n2024-01-31,Total,{last},,\n"
        )
    };
    assert_eq!(read(file("3.0")).len(), 2);
    assert_eq!(read(file("2.5")).len(), 3);
}

#[test]
fn what_is_no_row_of_totals_is_a_row() {
    let file = "date,person,minutes,description\n2024-03-04,Jo,5,x\n2024-03-05,Jo,7,x\n";
    for row in [
        ",,99,\n",
        ",Jo,12,\n",
        ",,12,done\n",
        "2024-03-06,,13,Total\n",
        "2024-03-06,Total,12,done\n",
        "Total,,12,\n2024-03-06,Jo,1,\n",
    ] {
        let plan = survey(format!("{file}{row}").as_bytes(), &plainly(), 9, 5).unwrap();
        assert_eq!(plan.total_row, None, "{row:?}");
        assert_eq!(plan.rows, 2 + row.lines().count() as u64);
    }
}

#[test]
fn who_is_called_total_has_rows_and_a_total_may_bear_a_date_wherever_it_says_so() {
    let head = "Date,Client,Project,Task,Notes,Hours,First Name,Last Name\n";
    let rows = "2024-03-04,Alder,Site,Plan,x,1.33,Jo,Field\n2024-03-05,Alder,Site,Plan,x,1.33,Jo,Field\n";
    let total = |row: &str| {
        let file = format!("{head}{rows}{row}\n");
        survey(file.as_bytes(), &plainly(), 9, 5).unwrap().total_row
    };
    for row in ["2024-03-06,Total,Rigs,Plan,Talk,2.66,Jo,Field", ",Total,Rigs,Plan,Talk,7,Jo,Field"] {
        assert_eq!(total(row), None, "{row}");
    }
    for row in
        ["2024-03-31,Total,,,,2.66,,", "2024-03-31,,,,Total,2.67,,", ",Total,,,,9,,", "Total,,,,,9,,", ",,,,,2.66,,"]
    {
        assert_eq!(total(row), Some(4), "{row}");
    }
}

#[test]
fn rows_that_a_quote_has_glued_are_an_error() {
    let file =
        "date,person,minutes,description\n2024-03-04,Jo,5,\"12 pipe\n2024-03-05,Mo,6,say 24\"\n2024-03-06,Jo,7,x\n";
    let rows = read(file);
    assert!(rows[0].starts_with("line 2: unclosed_quote: "), "{rows:?}");
    assert_eq!(rows.len(), 2);
    // A text may contain line breaks, dates and commas.
    let notes =
        "date,person,minutes,description\n2024-03-04,Jo,5,\"on\n2024-03-05, as said, Mo came\nand, well, it went\"\n";
    assert!(read(notes)[0].contains("text: on\n2024-03-05, as said"), "{:?}", read(notes));
}

#[test]
fn a_record_over_a_megabyte_is_a_row_error_and_need_not_be_fetched() {
    let long = "x".repeat(MAX_RECORD);
    let file = format!(
        "date,person,minutes,description\n2024-03-04,Jo,5,a\n2024-03-05,Jo,5,\"{long}\n\"\n\n2024-03-06,Jo,x,b\n"
    );
    let plan = survey(file.as_bytes(), &plainly(), 10, 4096).unwrap();
    assert_eq!(plan, survey(file.as_bytes(), &plainly(), 10, file.len()).unwrap());
    let span = &plan.chunks[0];
    assert!(span.ranges().map(|range| range.end - range.start).sum::<u64>() < 100);
    let mut rows = Vec::new();
    load(file.as_bytes(), &plan, |row| rows.push((row.row, tell(row))));
    let length = MAX_RECORD + "2024-03-05,Jo,5,\"\n\"".len();
    assert_eq!(
        rows,
        [
            (1, "2024-03-04 | 300 s | name: Jo | text: a".to_owned()),
            (2, format!("line 3: too_large: the record has {length} bytes; {MAX_RECORD} are read at most")),
            (3, "line 6: invalid_duration: minutes: \"x\" cannot be read as a duration".to_owned()),
        ]
    );
}

#[test]
fn a_record_of_just_a_megabyte_is_read() {
    let head = "date,person,minutes,description\n";
    let row = "2024-03-04,Jo,5,";
    let file = format!("{head}{row}{}\n", "x".repeat(MAX_RECORD - row.len()));
    assert!(read(&file)[0].starts_with("2024-03-04 | 300 s"));
    let file = format!("{head}{row}{}\n", "x".repeat(MAX_RECORD - row.len() + 1));
    assert!(read(&file)[0].contains("too_large"));
}

#[test]
fn an_open_quote_over_a_megabyte_is_named_as_such() {
    let file = format!("date,person,minutes,description\n2024-03-04,Jo,5,\"{}", "a\n".repeat(MAX_RECORD));
    let plan = survey(file.as_bytes(), &plainly(), 10, 1 << 16).unwrap();
    let mut codes = Vec::new();
    load(file.as_bytes(), &plan, |row| codes.push((row.line, row.parsed.as_ref().unwrap_err().code)));
    assert_eq!(codes, [(2, ErrorCode::UnclosedQuote)]);
}

#[test]
fn a_rows_cells_can_be_had_as_they_were_parsed() {
    let plan = survey(FILE.as_bytes(), &plainly(), 10, 99).unwrap();
    let mut cells = Vec::new();
    load(FILE.as_bytes(), &plan, |row| {
        cells.push(row.cells().into_iter().map(std::borrow::Cow::into_owned).collect::<Vec<_>>());
    });
    assert_eq!(cells[1], ["2024-03-05", "Mo", "6", "say \"hi\""]);
}

#[test]
fn the_value_in_an_error_is_cut_to_eighty_letters() {
    let rows = format!("date,person,minutes,tags\n2024-03-04,Jo,{},\n", "ä".repeat(200));
    let plan = survey(rows.as_bytes(), &plainly(), 10, 99).unwrap();
    load(rows.as_bytes(), &plan, |row| {
        let value = &row.parsed.as_ref().unwrap_err().value;
        assert_eq!((value.chars().count(), value.ends_with("ä…")), (80, true));
    });
}

#[test]
fn bytes_that_are_not_those_of_the_span_are_refused() {
    let plan = survey(FILE.as_bytes(), &plainly(), 10, 99).unwrap();
    assert!(plan.layout.rows(&plan.chunks[0], b"short").is_err());
    let mut broken = FILE.as_bytes()[plan.chunks[0].start as usize..plan.chunks[0].end as usize].to_vec();
    broken[0] = 0xff;
    assert!(plan.layout.rows(&plan.chunks[0], &broken).is_err());
}

#[test]
fn a_quote_that_runs_into_the_next_row_is_an_error_of_its_row_and_no_text() {
    let rows = read(
        "date,description,hours,person\n\
         2024-01-01,\"5 inch,1.5,Jo\n\
         2024-01-02,\"6 inch,2.5,Jo\n\
         2024-01-03,c,4.5,Jo\n\
         2024-01-04,\"7\" inch,1.5,Jo\n",
    );
    assert!(rows[0].starts_with("line 2: unclosed_quote: "), "{rows:?}");
    assert_eq!(rows.len(), 3, "{rows:?}");
    // A quote which closes before the next cell is a way to write inches.
    assert!(rows[2].contains("7 inch"), "{rows:?}");
}

#[test]
fn a_backslash_before_a_quote_is_an_error_of_its_row_and_of_no_other() {
    let file = "date,person,minutes,description\n2024-03-04,Jo,5,\"said \\\"ok, then\\\"\"\n2024-03-05,Jo,6,\"C:\\\\ and \"\"x\"\"\"\n\
                2024-03-06,Jo,7,a \\\"b\\\"\n";
    assert_eq!(
        read(file),
        [
            "line 2: unclosed_quote: a backslash stands before a quote, as PHP's fputcsv writes it: whether the backslash belongs to \
             the text cannot be told; a quote inside a cell has to be doubled",
            "2024-03-05 | 360 s | name: Jo | text: C:\\\\ and \"x\"",
            "2024-03-06 | 420 s | name: Jo | text: a \\\"b\\\"",
        ]
    );
    // The cells are returned exactly as written.
    let plan = survey(file.as_bytes(), &plainly(), 5, 99).unwrap();
    let mut cells = Vec::new();
    load(file.as_bytes(), &plan, |row| cells.push(row.cells()[3].clone().into_owned()));
    assert_eq!(cells[0], r#"said \"ok, then\""#);
    // A backslash at the end of a path is part of the path.
    let file = "date,person,minutes,description\n2024-03-04,Jo,5,\"C:\\dir\\\"\n2024-03-05,Jo,6,\"x\"\n";
    assert_eq!(read(file)[0], "2024-03-04 | 300 s | name: Jo | text: C:\\dir\\");
}
