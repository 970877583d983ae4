//! What was measured.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use shared::store::Consumed;

/// One way through all rows.
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

/// Everything that was measured.
#[derive(Serialize)]
pub struct Report {
    pub rows: u64,
    pub file_bytes: u64,
    /// From asking for the upload to S3's answer; no part of the import's time.
    pub upload_seconds: f64,
    /// From S3's answer to the status `complete`.
    pub import: Phase,
    /// From asking for the undo to the status `rolled_back`.
    pub undo: Phase,
    /// The same entries through BatchWriteItem alone.
    pub bare: Phase,
    /// The import's rows a second by the bare loop's.
    pub ratio_to_bare: f64,
    /// Requests that the bare loop had under way at once: as many as the loaders can have.
    pub concurrency: usize,
    /// The importing process's peak until the end of the undo.
    pub peak_memory_kb: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.file_bytes as f64 / 1e6;
        writeln!(f, "{} rows, {megabytes:.1} MB, uploaded in {:.2} s", self.rows, self.upload_seconds)?;
        writeln!(f)?;
        writeln!(f, "                     seconds     rows/s   write units/row   read units/row")?;
        for (name, phase) in [("import", &self.import), ("undo", &self.undo), ("bare BatchWriteItem", &self.bare)] {
            let Phase { seconds, rows_per_second, write_units_per_row, read_units_per_row } = phase;
            let units = format_args!("{write_units_per_row:>17.4}{read_units_per_row:>17.4}");
            writeln!(f, "{name:<19}{seconds:>9.2}{rows_per_second:>11.0}{units}")?;
        }
        writeln!(f)?;
        writeln!(f, "import / bare        {:.2}   ({} requests at once)", self.ratio_to_bare, self.concurrency)?;
        writeln!(f, "peak memory          {:.1} MB", self.peak_memory_kb as f64 / 1024.0)
    }
}
