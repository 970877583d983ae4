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

/// One import, its undo, and the bare loop right behind them.
pub struct Run {
    /// From S3's answer to the status `complete`.
    pub import: Phase,
    /// From asking for the undo to the status `rolled_back`.
    pub undo: Phase,
    /// The same entries through BatchWriteItem alone.
    pub bare: Phase,
    /// The process's peak of memory before the bare loop.
    pub peak_memory_kb: u64,
}

/// Everything that was measured.
#[derive(Serialize)]
pub struct Report {
    pub rows: u64,
    pub file_bytes: u64,
    /// The run whose import took the middle time.
    pub import: Phase,
    /// Likewise of the undos.
    pub undo: Phase,
    /// Likewise of the bare loops.
    pub bare: Phase,
    /// The middle one of `ratios`.
    pub ratio_to_bare: f64,
    /// Each run's import by its bare loop, in rows a second, the least first.
    pub ratios: Vec<f64>,
    /// Requests that the bare loop had under way at once: as many as the loaders can have.
    pub concurrency: usize,
    /// The importing process's peak until the end of the first undo: later it is the bare loop's as well.
    pub peak_memory_kb: u64,
}

impl Report {
    /// What several runs, at least one, come to.
    pub fn of(runs: Vec<Run>, rows: u64, file_bytes: u64, concurrency: usize) -> Self {
        let peak_memory_kb = runs[0].peak_memory_kb;
        let mut ratios: Vec<f64> =
            runs.iter().map(|run| run.import.rows_per_second / run.bare.rows_per_second).collect();
        ratios.sort_by(f64::total_cmp);
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
        writeln!(f, "peak memory          {:.1} MB", self.peak_memory_kb as f64 / 1024.0)
    }
}
