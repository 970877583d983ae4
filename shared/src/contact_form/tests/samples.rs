//! Reads the real files which may lie beside the checkout. A fresh clone has no such folder and skips the test. The
//! files are read in place and never copied.

use std::path::Path;

use super::*;

/// Name of the file, and the number of rows of people, of companies, and of errors.
const READ: [(&str, u64, u64, u64); 5] = [
    ("mautic-10contacts-spaces.csv", 10, 0, 0),
    ("mautic-fakecompanydata.csv", 0, 4, 0),
    ("dataloader-insertAccount.csv", 0, 100, 0),
    // A list of customers, each with the person to talk to.
    ("kimai-grandtotal-en.csv", 1, 0, 0),
    // One cell has bytes that are not UTF-8, so the file is read as Windows-1252.
    ("salesforce-accountData.csv", 0, 423, 0),
];

/// Tables without a column that names anybody.
const REFUSED: [&str; 2] = ["dataloader-BOM-UTF8.csv", "dataloader-BOM-UTF16LE.csv"];

#[test]
fn every_row_of_the_real_files_is_accounted_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/crm");
    if !folder.is_dir() {
        return;
    }
    for (name, people, companies, errors) in READ {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let plan = survey(&bytes, &ContactReading::default(), 10, 4096)
            .unwrap_or_else(|refusal| panic!("{name} is refused: {refusal}"));
        let mut found = (0, 0, 0);
        load(&bytes, &plan, |row| match &row.parsed {
            Ok(ContactRow::Person(_)) => found.0 += 1,
            Ok(ContactRow::Company { .. }) => found.1 += 1,
            Err(_) => found.2 += 1,
        });
        assert_eq!(found, (people, companies, errors), "{name}: {:?}", plan.layout.evidence);
    }
    for name in REFUSED {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let refusal = survey(&bytes, &ContactReading::default(), 10, 4096).unwrap_err().to_string();
        assert!(refusal.contains("no column names people or companies"), "{name}: {refusal}");
    }
}
