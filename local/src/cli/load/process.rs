//! Samples the memory and the open descriptors of a process, from Linux's `/proc`.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

/// Pause between two samples.
const LOOK: Duration = Duration::from_secs(1);
/// Tolerated growth from the middle third of a run to its last third, which is a tenth and in addition a constant for
/// connections and caches whose number varies.
const TOLERANCE: f64 = 1.1;
const FEW_KB: f64 = 8192.0;
const FEW_DESCRIPTORS: f64 = 16.0;
/// Smallest number of samples which can show growth. In a shorter run the clients are still opening connections
/// during the last third.
const FEWEST_SAMPLES: usize = 60;

/// The process whose memory and descriptors are sampled.
pub struct Watched {
    folder: String,
}

/// The memory and descriptors of a process at a moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// Seconds since the beginning of the run.
    pub at: f64,
    /// Present memory in KB, from `VmRSS`.
    pub memory_kb: u64,
    /// Peak memory in KB so far, from `VmHWM`.
    pub peak_kb: u64,
    /// Number of open descriptors, from the entries of `/proc/<pid>/fd`.
    pub descriptors: u64,
}

impl Watched {
    /// Watches this process itself.
    pub fn this() -> Self {
        Self { folder: "/proc/self".to_owned() }
    }

    /// Watches the process with the given id.
    pub fn process(pid: u32) -> Self {
        Self { folder: format!("/proc/{pid}") }
    }

    fn sample(&self, at: Duration) -> anyhow::Result<Sample> {
        let path = format!("{}/status", self.folder);
        let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let kb = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
            Ok(line.trim().trim_end_matches(" kB").parse()?)
        };
        let path = format!("{}/fd", self.folder);
        let descriptors = std::fs::read_dir(&path).with_context(|| path.clone())?.count() as u64;
        Ok(Sample { at: at.as_secs_f64(), memory_kb: kb("VmRSS:")?, peak_kb: kb("VmHWM:")?, descriptors })
    }
}

/// Samples the process every second until `work` is done. Without a watched process the list of samples is empty.
pub async fn while_it_runs<T>(
    watched: Option<Watched>,
    work: impl Future<Output = T>,
) -> anyhow::Result<(T, Vec<Sample>)> {
    let Some(watched) = watched else {
        return Ok((work.await, Vec::new()));
    };
    let began = Instant::now();
    let mut samples = vec![watched.sample(Duration::ZERO)?];
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                samples.push(watched.sample(began.elapsed())?);
                return Ok((done, samples));
            }
            () = tokio::time::sleep(LOOK) => samples.push(watched.sample(began.elapsed())?),
        }
    }
}

/// A figure of a sample which must not keep growing.
type Measure = fn(&Sample) -> u64;

/// True if the run was long enough for [`growth`] to distinguish growth from the opening of connections.
pub fn tells_growth(samples: &[Sample]) -> bool {
    samples.len() >= FEWEST_SAMPLES
}

/// Returns a sentence for each figure which keeps growing, and no sentence for a run which is too short.
pub fn growth(samples: &[Sample]) -> Vec<String> {
    if !tells_growth(samples) {
        return Vec::new();
    }
    let third = samples.len() / 3;
    let median = |samples: &[Sample], of: fn(&Sample) -> u64| {
        let mut values: Vec<u64> = samples.iter().map(of).collect();
        values.sort_unstable();
        values[values.len() / 2] as f64
    };
    let (middle, last) = (&samples[third..2 * third], &samples[2 * third..]);
    let mut grown = Vec::new();
    let measures: [(&str, Measure, f64); 2] = [
        ("KB of memory", |sample| sample.memory_kb, FEW_KB),
        ("open descriptors", |sample| sample.descriptors, FEW_DESCRIPTORS),
    ];
    for (name, of, few) in measures {
        let (before, after) = (median(middle, of), median(last, of));
        if after > before * TOLERANCE + few {
            grown.push(format!("{name} keep growing: {before} in the middle third of the run, {after} in the last"));
        }
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(descriptors: impl Fn(u64) -> u64, memory_kb: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |n: u64| Sample {
            at: n as f64,
            memory_kb: memory_kb(n),
            peak_kb: memory_kb(n),
            descriptors: descriptors(n),
        };
        (0..300).map(sample).collect()
    }

    #[test]
    fn what_fills_up_and_then_stays_does_not_grow_and_what_leaks_does() {
        let fills = |most: u64| move |n: u64| most.min(10 + most * n / 60);
        assert_eq!(growth(&samples(fills(400), fills(150_000))), Vec::<String>::new());
        assert_eq!(growth(&samples(|n| 200 + n, fills(150_000))).len(), 1);
        assert_eq!(growth(&samples(|n| 200 + n, |n| 100_000 + 500 * n)).len(), 2);
        let begins = samples(|n| 20 * n, |_| 150_000);
        assert_eq!(growth(&begins[..FEWEST_SAMPLES]).len(), 1);
        assert_eq!(growth(&begins[..FEWEST_SAMPLES - 1]), Vec::<String>::new());
    }

    #[test]
    fn this_process_has_memory_and_descriptors() -> anyhow::Result<()> {
        let sample = Watched::this().sample(Duration::ZERO)?;
        assert!(sample.memory_kb > 1000 && sample.peak_kb >= sample.memory_kb && sample.descriptors > 2, "{sample:?}");
        Ok(())
    }
}
