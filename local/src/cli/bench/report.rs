//! The measured figures of a benchmark, and the table in which they are printed.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use shared::store::Consumed;

/// Figures of one pass over all rows.
#[derive(Serialize)]
pub struct Phase {
    pub seconds: f64,
    pub rows_per_second: f64,
    pub write_units_per_row: f64,
    pub read_units_per_row: f64,
}

impl Phase {
    pub fn new(took: Duration, rows: u64, consumed: Consumed) -> Self {
        let (seconds, rows) = (took.as_secs_f64(), rows as f64);
        Self {
            seconds,
            rows_per_second: rows / seconds,
            write_units_per_row: consumed.write / rows,
            read_units_per_row: consumed.read / rows,
        }
    }
}

/// Figures of an import, its undo, and the bare loop which directly follows.
pub struct Run {
    /// From S3's answer to the upload until the status `complete`.
    pub import: Phase,
    /// From the request for the undo until the status `rolled_back`.
    pub undo: Phase,
    /// Writes of the same entries by BatchWriteItem alone.
    pub bare: Phase,
    /// Processor time of the importing process for a row of the import, without that of the stores.
    pub processor_us_per_row: f64,
    /// Peak memory of the process before the bare loop, in KB.
    pub peak_memory_kb: u64,
}

/// All figures of a benchmark, as printed in JSON.
#[derive(Serialize)]
pub struct Report {
    pub rows: u64,
    pub file_bytes: u64,
    /// The import with the median time.
    pub import: Phase,
    /// The undo with the median time.
    pub undo: Phase,
    /// The bare loop with the median time.
    pub bare: Phase,
    /// Median of `ratios`, and the lower of the two middle values for an even number of runs.
    pub ratio_to_bare: f64,
    /// For each run, the import's rows per second divided by the rows per second of its bare
    /// loop, in ascending order.
    pub ratios: Vec<f64>,
    /// Number of simultaneous requests of the bare loop, which is the largest number for the loaders.
    pub concurrency: usize,
    /// Median of the processor time of the importing process for a row of an import, in microseconds.
    pub processor_us_per_row: f64,
    /// Peak memory of the importing process until the end of the first undo, in KB. Later peaks would
    /// include the bare loop.
    pub peak_memory_kb: u64,
}

impl Report {
    /// Summarizes the figures of several runs, of which there must be at least one.
    pub fn of(runs: Vec<Run>, rows: u64, file_bytes: u64, concurrency: usize) -> Self {
        let peak_memory_kb = runs[0].peak_memory_kb;
        let mut ratios: Vec<f64> =
            runs.iter().map(|run| run.import.rows_per_second / run.bare.rows_per_second).collect();
        ratios.sort_by(f64::total_cmp);
        let mut processor: Vec<f64> = runs.iter().map(|run| run.processor_us_per_row).collect();
        processor.sort_by(f64::total_cmp);
        let (mut imports, mut undos, mut bares) = (Vec::new(), Vec::new(), Vec::new());
        for Run { import, undo, bare, .. } in runs {
            imports.push(import);
            undos.push(undo);
            bares.push(bare);
        }
        let middle = |mut phases: Vec<Phase>| {
            phases.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
            phases.swap_remove(phases.len() / 2)
        };
        Self {
            rows,
            file_bytes,
            import: middle(imports),
            undo: middle(undos),
            bare: middle(bares),
            ratio_to_bare: ratios[(ratios.len() - 1) / 2],
            ratios,
            concurrency,
            processor_us_per_row: processor[processor.len() / 2],
            peak_memory_kb,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (megabytes, runs) = (self.file_bytes as f64 / 1e6, self.ratios.len());
        let runs_said = if runs == 1 { "one run".to_owned() } else { format!("the middle of {runs} runs") };
        writeln!(f, "{} rows, {megabytes:.1} MB, {runs_said}", self.rows)?;
        writeln!(f)?;
        writeln!(f, "                     seconds     rows/s   write units/row   read units/row")?;
        for (name, phase) in [("import", &self.import), ("undo", &self.undo), ("bare BatchWriteItem", &self.bare)] {
            let Phase { seconds, rows_per_second, write_units_per_row, read_units_per_row } = phase;
            let units = format_args!("{write_units_per_row:>17.4}{read_units_per_row:>17.4}");
            writeln!(f, "{name:<19}{seconds:>9.2}{rows_per_second:>11.0}{units}")?;
        }
        writeln!(f)?;
        let (least, most) = (self.ratios[0], self.ratios[runs - 1]);
        let (ratio, requests) = (self.ratio_to_bare, self.concurrency);
        writeln!(f, "import / bare        {ratio:.2}   ({least:.2} to {most:.2}; {requests} requests at once)")?;
        writeln!(
            f,
            "processor time       {:.1} us a row of the import, without the stores",
            self.processor_us_per_row
        )?;
        writeln!(f, "peak memory          {:.1} MB", self.peak_memory_kb as f64 / 1024.0)
    }
}
