//! A set of rows or chunks, as a bit for each.

/// A set of numbers below a bound, with a bit for each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// An empty set for numbers below `count`.
    pub fn new(count: u64) -> Self {
        Self(vec![0; usize::try_from(count.div_ceil(64)).expect("rows are counted")])
    }

    /// Adds a number below the bound.
    pub fn set(&mut self, at: u64) {
        self.0[(at / 64) as usize] |= 1 << (at % 64);
    }

    /// `true` if the set has the number; `false` also above the bound.
    pub fn get(&self, at: u64) -> bool {
        self.0.get((at / 64) as usize).is_some_and(|word| word & 1 << (at % 64) != 0)
    }

    /// Runs of numbers in the set from `first` to before `end`, each as the offset from `first` and the length.
    pub fn runs(&self, first: u64, end: u64) -> Vec<(u32, u32)> {
        runs((first..end).filter(|&row| self.get(row)).map(|row| (row - first) as u32))
    }
}

/// Ascending numbers as runs, each with its first number and its length.
pub fn runs(numbers: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == number => *length += 1,
            _ => runs.push((number, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_within_bounds_and_across_words() {
        let mut bits = Bits::new(200);
        for at in [0, 1, 2, 63, 64, 65, 100, 199] {
            bits.set(at);
        }
        assert_eq!(bits.runs(0, 200), [(0, 3), (63, 3), (100, 1), (199, 1)]);
        assert_eq!(bits.runs(64, 101), [(0, 2), (36, 1)]);
        assert_eq!(bits.runs(3, 63), []);
        let found: Vec<_> = (0..300).filter(|&at| bits.get(at)).collect();
        assert_eq!(found, [0, 1, 2, 63, 64, 65, 100, 199]);
    }
}
