//! What a seed decides.

const NAMES: [&str; 4] = ["Garden", "Orchard", "Harbour", "garden"];

/// Numbers that a seed draws (SplitMix64).
pub struct Draw(pub u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn name(&mut self) -> String {
        (*self.of(&NAMES).expect("there are some")).to_owned()
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let n = self.below(all.len() as u64);
        all.get(usize::try_from(n).expect("an index"))
    }
}
