//! Reads the real files which may lie beside the checkout. A fresh clone has no such folder and skips the tests. The
//! files are read in place and never copied.

use std::path::{Path, PathBuf};

use super::*;
use crate::format::FormatName;
use crate::values::dates::DateOrder;
use FormatName::{Basecamp, Freckle, Freshbooks, Harvest, Tempo, Toggl};

/// Name of the file, format, count of rows, sum of seconds.
const READ: [(&str, FormatName, u64, u64); 19] = [
    ("toggl/2017-02-anonymised.csv", Toggl, 45, 518_359),
    ("toggl/2021-pt-anonymised.csv", Toggl, 5, 108_605),
    ("toggl/natecostello-input.csv", Toggl, 49, 211_582),
    ("toggl/opentickly-issue84-classic-duration.csv", Toggl, 1, 1_105),
    ("toggl/solidtime-test1.csv", Toggl, 2, 3_601),
    ("toggl/timba-2022.csv", Toggl, 11, 38_700),
    ("toggl/tuttle-test.csv", Toggl, 29, 152_400),
    ("harvest/even-invoicer-2024-14col-faker.csv", Harvest, 45, 625_320),
    ("harvest/flandrade-5col-subset.csv", Harvest, 12, 129_600),
    ("harvest/harvest-official-import-example.csv", Harvest, 2, 7_272),
    ("harvest/2013-mar25-long-notes-anonymised.csv", Harvest, 103, 903_024),
    ("harvest/solidtime-eu-decimal-comma.csv", Harvest, 2, 72_036),
    ("tempo/derived-cloud-2024-01-anonymised.csv", Tempo, 84, 633_600),
    ("tempo/server-HEADER-ONLY-en.csv", Tempo, 0, 0),
    ("basecamp/classic-2026-time-report-anonymised.csv", Basecamp, 98, 814_500),
    ("freshbooks/classic-2017-lemonade-anon.csv", Freshbooks, 104, 1_800_180),
    ("freshbooks/new-time-entry-details-HEADER-ONLY.csv", Freshbooks, 0, 0),
    ("freckle/freckle-2011-6col.csv", Freckle, 6, 28_800),
    // Every row of this file lacks its hours.
    ("tempo/server-2016-39col-dup-header.csv", Tempo, 45, 0),
];

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

/// Format, count of rows, sum of seconds and count of row errors of a file.
fn sums(bytes: &[u8], options: &ReadingOptions) -> Result<(FormatName, u64, u64, u64), Refusal> {
    let plan = survey(bytes, options, 10, 4096)?;
    let (mut seconds, mut errors) = (0, 0);
    load(bytes, &plan, |row| match &row.parsed {
        Ok(entry) => seconds += entry.seconds,
        Err(_) => errors += 1,
    });
    Ok((plan.layout.decisions.format, plan.rows, seconds, errors))
}

#[test]
fn each_sample_gives_exactly_its_rows_and_its_sum() {
    let Some(folder) = samples() else { return };
    for (name, format, rows, seconds) in READ {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let errors = if name.contains("39col") { rows } else { 0 };
        let told = sums(&bytes, &plainly()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(told, (format, rows, seconds, errors), "{name}");
    }
}

#[test]
fn the_sample_that_leaves_its_dates_open_is_refused_until_the_order_is_said() {
    let Some(folder) = samples() else { return };
    let bytes = std::fs::read(folder.join("freckle/noko-help-example-anonymised.csv")).unwrap();
    let refusal = sums(&bytes, &plainly()).unwrap_err();
    assert!(refusal.to_string().contains("say `date_order`"), "{refusal}");
    assert_eq!(refusal.dates[0].readings.len(), 2);
    let told = ReadingOptions { date_order: Some(DateOrder::Mdy), ..plainly() };
    assert_eq!(sums(&bytes, &told), Ok((Freckle, 3, 12_600, 0)));
}

#[test]
fn each_negative_sample_is_refused_by_a_message_that_helps() {
    let Some(folder) = samples() else { return };
    let files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("_negative")).unwrap().map(|file| file.unwrap().path()).collect();
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        let refusal = match sums(&bytes, &plainly()) {
            Ok(read) => panic!("{}: read as {read:?}", file.display()),
            Err(refusal) => refusal,
        };
        let said = refusal.to_string();
        for part in ["found \"", "nearest is ", "which needs ", "`mapping`"] {
            assert!(said.contains(part), "{}: {part} is missing in {said}", file.display());
        }
        assert!(!refusal.headers.is_empty() && refusal.considered.candidates.len() == 6, "{}", file.display());
        assert!(refusal.look_alike.is_some(), "{}: {said}", file.display());
    }
    assert!(files.len() > 5);
}

#[test]
fn a_refusal_is_no_dead_end() {
    let Some(folder) = samples() else { return };
    for (name, pairs, rows) in [
        (
            "clockify-time-entries-1.csv",
            &[("Start Date", "date"), ("Duration (h)", "duration"), ("User", "person")][..],
            2,
        ),
        ("generic-solidtime.csv", &[("start", "start"), ("end", "end"), ("user_email", "email")][..], 2),
        ("jira-worklogs-simple.csv", &[("Start Date", "start"), ("Timespent", "duration")][..], 40),
        ("togglcsv-tool-format.csv", &[("Start", "start"), ("Stop", "end"), ("Tag(s)", "tags")][..], 7),
        ("togxp-timesheet.csv", &[("Start Time", "start"), ("Time Spent", "minutes")][..], 45),
    ] {
        let bytes = std::fs::read(folder.join("_negative").join(name)).unwrap();
        let pairs = pairs.iter().map(|&(column, field)| (column.to_owned(), field.to_owned()));
        let mapping = Some(crate::format::Mapping::new(pairs).unwrap());
        // The two rows of Clockify's file leave the order of dates open.
        let options = ReadingOptions { mapping, date_order: Some(DateOrder::Mdy), ..plainly() };
        let read = sums(&bytes, &options).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!((read.0, read.1, read.3), (FormatName::Table, rows, 0), "{name}");
    }
}
