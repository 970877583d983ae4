//! The command `waybill detect` shows whether a file has time entries or contacts, the format, the evidence for it, and
//! the first rows as the parser reads them.
//!
//! The whole file is surveyed in bounded memory, in the same way as for an import. Nothing is
//! started, stored or sent.

mod contacts;

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use shared::contact_form::{Contacts, can_only_be_contacts};
use shared::format::{Candidate, EntryRow, Refusal, TableRow, TimeEntries};
use shared::import::ImportType;
use shared::packed::{Cancellation, Limits, NotUnpacked, Packing, Unpacked, WantedSheet, unpack};
use shared::table::{ChunkSpan, Form, Plan, RefusalOf, Survey};

use super::reading::Reading;
use super::report::{duration, separators};

/// Number of rows in the report.
const SHOWN: u32 = 5;
/// Number of bytes which are read from the file at a time.
const PIECE: usize = 256 * 1024;
/// Number of bytes which are kept from the beginning of the table, for the rows in the report.
const BEGINNING: usize = 1 << 20;
/// Number of candidate formats in the report for people.
const CANDIDATES: usize = 3;

/// Arguments of `waybill detect`.
#[derive(Args)]
pub struct Detect {
    /// Path of the file
    file: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// Print one JSON object instead of a report
    #[arg(long)]
    json: bool,
}

impl Detect {
    /// Surveys the file and prints the report. The exit status is 0 for a readable file, and 2 for a refused file.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if !self.file.is_file() {
            bail!("{} is not a file that can be read", self.file.display());
        }
        let (report, is_read) = match look(&self.file, &self.reading)? {
            Looked::Entries(surveyed) => (self.entries(&surveyed)?, surveyed.is_ok()),
            Looked::Contacts(surveyed) => (contacts::report(&self.file, &surveyed, self.json)?, surveyed.is_ok()),
        };
        print!("{report}");
        Ok(if is_read { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }

    fn entries(&self, surveyed: &Surveyed<TimeEntries>) -> anyhow::Result<String> {
        Ok(match (surveyed, self.json) {
            (Ok(found), true) => format!("{}\n", machine(&found.plan)),
            (Err(refusal), true) => format!("{}\n", refused_machine(refusal)),
            (Ok(found), false) => understood(&self.file, found)?,
            (Err(refusal), false) => refused(&self.file, refusal),
        })
    }
}

/// The findings about a file by the kind of its rows.
enum Looked {
    Entries(Surveyed<TimeEntries>),
    Contacts(Surveyed<Contacts>),
}

/// The type of import to which the file belongs.
pub fn import_type(path: &Path, reading: &Reading) -> anyhow::Result<ImportType> {
    match reading.import_type() {
        Some(import_type) => Ok(import_type),
        None => Ok(match look(path, reading)? {
            Looked::Entries(_) => ImportType::TimeEntries,
            Looked::Contacts(_) => ImportType::Contacts,
        }),
    }
}

/// Surveys the file as the caller says. If the caller says nothing, a file is one of contacts if no reader of time entries
/// knows the header, and the header can only be one of contacts, or the mapping has fields of contacts.
fn look(path: &Path, reading: &Reading) -> anyhow::Result<Looked> {
    let as_contacts = || anyhow::Ok(Looked::Contacts(survey(path, &reading.contacts()?)?));
    match reading.import_type() {
        Some(ImportType::Contacts) => return as_contacts(),
        Some(ImportType::TimeEntries) => return Ok(Looked::Entries(survey(path, &reading.entries()?)?)),
        Some(ImportType::Profiles) => {
            bail!("a file of profiles is read by the schema of its database: import the file")
        }
        None => {}
    }
    let wanted = match reading.entries() {
        Ok(wanted) => wanted,
        Err(_) if reading.maps_contacts() => return as_contacts(),
        Err(error) => return Err(error),
    };
    match survey(path, &wanted)? {
        Err(refusal) if can_only_be_contacts(&refusal.headers) => as_contacts(),
        surveyed => Ok(Looked::Entries(surveyed)),
    }
}

/// The findings about a whole file, or the reasons for its refusal.
type Surveyed<F> = Result<Found<F>, Box<RefusalOf<F>>>;

/// The findings about a readable file.
struct Found<F: Form> {
    plan: Plan<F>,
    /// The first chunk with its bytes. `None` for a file without rows, or if the chunk is longer
    /// than the kept beginning.
    first: Option<(ChunkSpan, Vec<u8>)>,
}

/// A survey in progress, which also keeps the beginning of the table.
struct Pass<F: Form> {
    survey: Survey<F>,
    first: Option<ChunkSpan>,
    beginning: Vec<u8>,
}

impl<F: Form> Pass<F> {
    fn push(&mut self, piece: &[u8]) -> Result<(), RefusalOf<F>> {
        let room = BEGINNING - self.beginning.len();
        self.beginning.extend_from_slice(&piece[..piece.len().min(room)]);
        self.survey.push(piece)?;
        let chunks = self.survey.take_chunks();
        self.first = self.first.take().or_else(|| chunks.into_iter().next());
        Ok(())
    }

    fn finish(self) -> Surveyed<F> {
        let mut plan = self.survey.finish()?;
        let rest = std::mem::take(&mut plan.chunks);
        let first = self.first.or_else(|| rest.into_iter().next()).and_then(|span| {
            let range = |range: std::ops::Range<u64>| self.beginning.get(range.start as usize..range.end as usize);
            let bytes = span.ranges().map(range).collect::<Option<Vec<_>>>()?.concat();
            Some((span, bytes))
        });
        Ok(Found { plan, first })
    }
}

fn survey<F: Form>(path: &Path, wanted: &WantedSheet<F>) -> anyhow::Result<Surveyed<F>> {
    let unreadable = || format!("{} cannot be read", path.display());
    let mut file = File::open(path).with_context(unreadable)?;
    let mut piece = vec![0; PIECE];
    let mut length = file.read(&mut piece).with_context(unreadable)?;
    if let Some(kind) = Packing::of(&piece[..length]) {
        // The reader stops right after the limit, because one byte more is enough for the refusal of a larger file.
        let most = match kind {
            Packing::Zip => Limits::PARSER.workbook + 1,
            Packing::Gzip | Packing::Json => Limits::PARSER.table + 1,
            Packing::Compound => 0,
        };
        let mut bytes = piece[..length].to_vec();
        file.take(most.saturating_sub(length as u64)).read_to_end(&mut bytes).with_context(unreadable)?;
        return Ok(survey_packed(kind, bytes, wanted));
    }
    let mut pass = Pass { survey: Survey::new(wanted.options.clone(), SHOWN), first: None, beginning: Vec::new() };
    while length > 0 {
        if let Err(refusal) = pass.push(&piece[..length]) {
            return Ok(Err(Box::new(refusal)));
        }
        length = file.read(&mut piece).with_context(unreadable)?;
    }
    Ok(pass.finish())
}

/// Surveys the table within a spreadsheet, a gzip file or JSON, within the limits of an import.
fn survey_packed<F: Form>(kind: Packing, bytes: Vec<u8>, wanted: &WantedSheet<F>) -> Surveyed<F> {
    let from = Unpacked::from(Some(kind));
    let mut pass = Pass { survey: from.survey(wanted.options.clone(), SHOWN), first: None, beginning: Vec::new() };
    let (limits, never) = (Limits::PARSER, Cancellation::default());
    let mut why = None;
    let unpacked = unpack(kind, bytes.into(), wanted, &limits, &never, &mut |piece| {
        pass.push(piece).map_err(|refusal| {
            why = Some(Box::new(refusal));
            NotUnpacked::Unwanted
        })
    });
    if let Some(refusal) = why {
        return Err(refusal);
    }
    let unpacked = unpacked.map_err(|why| Box::new(why.into_refusal()))?;
    let mut found = pass.finish().map_err(|refusal| Box::new(unpacked.tell_refused(*refusal)))?;
    unpacked.tell(&mut found.plan);
    Ok(found)
}

fn machine(plan: &Plan<TimeEntries>) -> Value {
    let mut report = plan.layout.shown();
    report["type"] = json!(ImportType::TimeEntries);
    report["format"] = json!(plan.layout.decisions.format);
    report["rows"] = json!(plan.rows);
    report["total_row"] = json!(plan.total_row);
    report["reasons"] = json!([]);
    report
}

fn refused_machine(refusal: &Refusal) -> Value {
    json!({
        "format": null,
        "candidates": refusal.considered.candidates,
        "encoding": refusal.encoding,
        "delimiter": refusal.delimiter.map(char::from),
        "date_order": null,
        "decimal_mark": null,
        "rows": null,
        "headers": refusal.headers,
        "look_alike": refusal.look_alike,
        "dates": refusal.dates,
        "numbers": refusal.numbers,
        "suggested_mapping": refusal.considered.suggested_mapping,
        "reasons": refusal.reasons,
    })
}

/// Builds the report of a readable file, for people.
fn understood(path: &Path, Found { plan, first }: &Found<TimeEntries>) -> anyhow::Result<String> {
    let layout = &plan.layout;
    let mut text = String::new();
    writeln!(text, "{}: {}, {} rows", path.display(), layout.decisions.format, plan.rows)?;
    writeln!(text)?;
    if !layout.sheet {
        writeln!(text, "  encoding      {}", layout.encoding)?;
        writeln!(text, "  separated by  {}", separators(char::from(layout.delimiter).encode_utf8(&mut [0; 4])))?;
    }
    let order = layout.decisions.date_order.map_or("any: the dates read the same", |order| order.name());
    writeln!(text, "  date order    {order}")?;
    writeln!(text, "  decimal mark  {}", layout.decisions.decimal_mark.map_or("none is used", |mark| mark.name()))?;
    for said in &layout.evidence {
        writeln!(text, "                {said}")?;
    }
    write_candidates(&mut text, &layout.decisions.candidates)?;
    if let Some((span, bytes)) = first {
        writeln!(text)?;
        writeln!(text, "  The first rows as they are understood:")?;
        for row in &layout.rows(span, bytes)? {
            writeln!(text, "    line {:<4} {}", row.line, told(&row))?;
        }
    }
    Ok(text)
}

/// Builds the report of a refused file, for people.
fn refused(path: &Path, refusal: &Refusal) -> String {
    let mut text = format!("{}: refused\n\n", path.display());
    for reason in &refusal.reasons {
        text.push_str(&format!("  refused       {reason}\n"));
    }
    if let Some(encoding) = refusal.encoding {
        text.push_str(&format!("  encoding      {encoding}\n"));
    }
    if let Some(delimiter) = refusal.delimiter {
        text.push_str(&format!("  separated by  {}\n", separators(char::from(delimiter).encode_utf8(&mut [0; 4]))));
    }
    write_candidates(&mut text, &refusal.considered.candidates).expect("a string takes all");
    if let Some(suggestion) = &refusal.considered.suggested_mapping {
        text.push('\n');
        text.push_str(&super::report::suggested(&json!(suggestion)));
    }
    text
}

fn write_candidates(text: &mut String, candidates: &[Candidate]) -> std::fmt::Result {
    for Candidate { format, score, evidence, lacks } in candidates.iter().take(CANDIDATES) {
        let evidence = evidence.join("; ");
        let lacks = if lacks.is_empty() { String::new() } else { format!("; lacks {}", lacks.join(" and ")) };
        writeln!(text, "  {:<13} {score} of 100: {evidence}{lacks}", format.name())?;
    }
    Ok(())
}

fn told(row: &TableRow<'_>) -> String {
    match &row.parsed {
        Ok(entry) => told_entry(entry),
        Err(error) => format!("error: {}", error.message),
    }
}

fn told_entry(entry: &EntryRow<'_>) -> String {
    let mut parts = vec![entry.date.to_string(), duration(entry.seconds)];
    let person = entry.person.email.as_deref().or(entry.person.name.as_deref());
    let tags: Vec<&str> = entry.tags.iter().map(|tag| &*tag.name).collect();
    let tags = tags.join(", ");
    let words = [
        ("by", person),
        ("client", entry.client.as_deref()),
        ("project", entry.project.as_deref()),
        ("task", entry.task.as_deref()),
        ("text", entry.text.as_deref()),
        ("tags", Some(tags.as_str()).filter(|tags| !tags.is_empty())),
    ];
    parts.extend(words.into_iter().filter_map(|(name, word)| Some(format!("{name} {:?}", word?))));
    parts.join(", ")
}
