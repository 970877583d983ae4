//! From the bytes of a Toggl report to typed rows, on one core and without I/O: what the survey of a file takes, what its
//! chunks take, and both; beside the bare `csv` reader, which splits the same bytes and understands nothing.
//!
//!     cargo bench -p waybill-shared --bench reading
//!
//! Criterion prints the throughput in elements, which are rows.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::format::{ChunkSpan, Layout, Plan, ReadingOptions, Survey};

const ROWS: u64 = 100_000;
/// As the parser function streams a file.
const PIECE: usize = 64 * 1024;
const ROWS_PER_CHUNK: u32 = 1000;

/// A report of a year, with 20 projects and some texts in quotes.
fn toggl() -> String {
    let mut text =
        "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,\
                    Tags,Amount (EUR)\n"
            .to_owned();
    for row in 0..ROWS {
        let (month, day, hour) = (1 + row % 12, 1 + row % 28, 8 + row % 9);
        let (project, minutes) = (row % 20, 1 + row % 59);
        let description = match row % 4 {
            0 => format!("\"Plan, then build step {row}\""),
            _ => format!("Look after step {row}"),
        };
        writeln!(
            text,
            "Jo Field,jo.field@example.com,Client {},Project {project},,{description},{},2024-{month:02}-{day:02},\
             {hour:02}:00:00,2024-{month:02}-{day:02},{hour:02}:{minutes:02}:00,00:{minutes:02}:00,\"design, tag {project}\",\
             {}.50",
            project % 5,
            if row % 3 == 0 { "No" } else { "Yes" },
            minutes * 2,
        )
        .expect("a string takes all");
    }
    text
}

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

/// Reads the rows of chunks; the sum of their seconds, so that nothing can be left out.
fn rows(bytes: &[u8], layout: &Layout, chunks: &[ChunkSpan]) -> u64 {
    let mut seconds = 0;
    for span in chunks {
        let rows = layout.rows(span, &bytes[span.start as usize..span.end as usize]).expect("the chunk is whole");
        for row in &rows {
            seconds += black_box(&row).entry.as_ref().expect("each row is an entry").seconds;
        }
    }
    seconds
}

fn bare_csv(bytes: &[u8]) -> u64 {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let (mut record, mut cells) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("the file can be split") {
        cells += black_box(&record).len() as u64;
    }
    cells
}

fn reading(criterion: &mut Criterion) {
    let text = toggl();
    let bytes = text.as_bytes();
    let plan = survey(bytes);
    assert_eq!(plan.rows, ROWS);
    let mut group = criterion.benchmark_group("100,000 Toggl rows");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("survey", |bencher| bencher.iter(|| survey(bytes).rows));
    group.bench_function("typed rows", |bencher| bencher.iter(|| rows(bytes, &plan.layout, &plan.chunks)));
    group.bench_function("both", |bencher| {
        bencher.iter(|| {
            let plan = survey(bytes);
            rows(bytes, &plan.layout, &plan.chunks)
        });
    });
    group.bench_function("bare csv", |bencher| bencher.iter(|| bare_csv(bytes)));
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
