//! Measures the way from the bytes of a report to typed rows, on a single core and without I/O: the survey of a
//! file, the reading of its chunks, and both together. Two yardsticks stand beside these figures. The bare `csv`
//! reader splits the same bytes and understands nothing, and the same reader with serde makes a struct of borrowed
//! cells and `jiff` dates of each record.
//!
//!     cargo bench -p waybill-shared --bench reading                    Criterion's figures, then the ratios
//!     cargo bench -p waybill-shared --bench reading -- --ratios        the ratios alone
//!
//! Criterion prints the throughput in elements, which are rows. A ratio is a pace divided by the pace of the bare
//! reader. The ratios come from rounds in which every reading takes a turn, by the fastest turn of each, so that a
//! busy machine slows all readings alike.

mod files;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use serde::Deserialize;
use shared::format::{Layout, Plan, ReadingOptions, Survey};
use shared::table::ChunkSpan;

use files::{File, ROWS};

/// Size in bytes of the pieces in which the parser function streams a file.
const PIECE: usize = 64 * 1024;
const ROWS_PER_CHUNK: u32 = 1000;
/// Number of turns of each reading for the ratios, and number of rows in a turn, which is short enough to
/// end before a busy machine interrupts.
const ROUNDS: usize = 200;
const ROWS_OF_A_TURN: usize = 5_000;

fn survey(bytes: &[u8]) -> Plan {
    let mut survey = Survey::new(ReadingOptions::default(), ROWS_PER_CHUNK);
    let mut chunks = Vec::new();
    for piece in bytes.chunks(PIECE) {
        survey.push(piece).expect("the file can be read");
        chunks.extend(survey.take_chunks());
    }
    let mut plan = survey.finish().expect("the file can be read");
    chunks.append(&mut plan.chunks);
    Plan { chunks, ..plan }
}

/// Reads the rows of the chunks, and sums their seconds so that the compiler cannot drop any work.
fn rows(bytes: &[u8], layout: &Layout, chunks: &[ChunkSpan]) -> u64 {
    let mut seconds = 0;
    for span in chunks {
        let rows = layout.rows(span, &bytes[span.start as usize..span.end as usize]).expect("the chunk is whole");
        for row in &rows {
            seconds += black_box(&row).parsed.as_ref().expect("each row is an entry").seconds;
        }
    }
    seconds
}

fn both(bytes: &[u8]) -> u64 {
    let plan = survey(bytes);
    rows(bytes, &plan.layout, &plan.chunks)
}

fn bare_csv(bytes: &[u8]) -> u64 {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let (mut record, mut cells) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("the file can be split") {
        cells += black_box(&record).len() as u64;
    }
    cells
}

/// A record of the Toggl file with parsed dates and all remaining cells as text.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "what is not read is made all the same")]
struct Record<'r> {
    user: &'r str,
    email: &'r str,
    client: &'r str,
    project: &'r str,
    task: &'r str,
    description: &'r str,
    billable: &'r str,
    #[serde(rename = "Start date")]
    start_date: jiff::civil::Date,
    #[serde(rename = "Start time")]
    start_time: &'r str,
    #[serde(rename = "End date")]
    end_date: jiff::civil::Date,
    #[serde(rename = "End time")]
    end_time: &'r str,
    duration: &'r str,
    tags: &'r str,
    #[serde(rename = "Amount (EUR)")]
    amount: &'r str,
}

fn serde_with_dates(bytes: &[u8]) -> u64 {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let (mut record, mut days) = (csv::StringRecord::new(), 0);
    while reader.read_record(&mut record).expect("the file can be split") {
        let record: Record<'_> = record.deserialize(None).expect("the record has all columns");
        days += black_box(&record).start_date.day() as u64;
    }
    days
}

fn figures(criterion: &mut Criterion, file: &File) {
    let bytes = file.text.as_bytes();
    let plan = survey(bytes);
    assert_eq!(plan.rows, ROWS);
    let mut group = criterion.benchmark_group(format!("{ROWS} {} rows", file.name));
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("survey", |bencher| bencher.iter(|| survey(bytes).rows));
    group.bench_function("typed rows", |bencher| bencher.iter(|| rows(bytes, &plan.layout, &plan.chunks)));
    group.bench_function("both", |bencher| bencher.iter(|| both(bytes)));
    group.bench_function("bare csv", |bencher| bencher.iter(|| bare_csv(bytes)));
    if file.name == "Toggl" {
        group.bench_function("serde with dates", |bencher| bencher.iter(|| serde_with_dates(bytes)));
    }
    group.finish();
}

/// The name of a reading, and a function which reads the whole file.
type Turn<'t> = (&'static str, Box<dyn Fn() -> u64 + 't>);

fn ratios(file: &File) {
    let end = file.text.match_indices('\n').nth(ROWS_OF_A_TURN).map_or(0, |(end, _)| end + 1);
    let bytes = &file.text.as_bytes()[..end];
    let plan = survey(bytes);
    let mut turns: Vec<Turn<'_>> = vec![
        ("bare csv", Box::new(|| bare_csv(bytes))),
        ("survey", Box::new(|| survey(bytes).rows)),
        ("typed rows", Box::new(|| rows(bytes, &plan.layout, &plan.chunks))),
        ("both", Box::new(|| both(bytes))),
    ];
    if file.name == "Toggl" {
        turns.push(("serde with dates", Box::new(|| serde_with_dates(bytes))));
    }
    let mut fastest = vec![Duration::MAX; turns.len()];
    for _ in 0..ROUNDS {
        for (fastest, (_, read)) in fastest.iter_mut().zip(&turns) {
            let begun = Instant::now();
            black_box(read());
            *fastest = begun.elapsed().min(*fastest);
        }
    }
    println!("\n{} ({ROWS_OF_A_TURN} rows, {} bytes a row)", file.name, bytes.len() / ROWS_OF_A_TURN);
    for ((name, _), took) in turns.iter().zip(&fastest) {
        let pace = ROWS_OF_A_TURN as f64 / took.as_secs_f64() / 1e6;
        let ratio = fastest[0].as_secs_f64() / took.as_secs_f64();
        println!("{name:>16}  {pace:5.2} million rows a second  {ratio:.2} of the bare reader's pace");
    }
}

fn main() {
    let files = [files::toggl(), files::harvest(), files::tempo()];
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    if !has("--ratios") {
        let mut criterion = Criterion::default().configure_from_args();
        files.iter().for_each(|file| figures(&mut criterion, file));
        criterion.final_summary();
    }
    // Without `--bench` Criterion only runs each benchmark once.
    if has("--bench") {
        files.iter().for_each(ratios);
    }
}
