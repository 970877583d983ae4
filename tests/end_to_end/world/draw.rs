//! Random choices which depend on nothing but a seed.

use shared::id::AccountId;

const NAMES: [&str; 4] = ["Garden", "Orchard", "Harbour", "garden"];

/// The random number generator SplitMix64, whose field is the seed.
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

    /// A file of a few rows, whose texts contain the number of the account.
    pub fn file(&mut self, account: AccountId) -> String {
        let mut file = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,\
            Duration,Tags\n"
            .to_owned();
        for row in 0..=self.below(6) {
            let client = if self.one_in(2) { self.name() } else { String::new() };
            let project = if self.one_in(5) { String::new() } else { self.name() };
            let day = if self.one_in(9) { 31 } else { 1 + row };
            let tags = if self.one_in(3) { String::new() } else { format!("{}, x", self.name()) };
            file.push_str(&format!(
                "A,demo@example.com,{client},{project},,account {account} row {row},Yes,2026-02-{day:02},09:00:00,\
                 2026-02-01,10:00:00,00:0{}:00,\"{tags}\"\n",
                1 + row
            ));
        }
        file
    }

    /// An address, of few enough that imports, users and people meet. The demo user has the last one.
    pub fn address(&mut self) -> String {
        let addresses = ["a@example.com", "B@example.com", "b@example.com", "c@example.com", "demo@example.com"];
        (*self.of(&addresses).expect("there are some")).to_owned()
    }

    /// A file of a few companies and people, with rows that fail.
    pub fn contacts(&mut self) -> String {
        let mut file = "model,company,first_name,last_name,email,title\n".to_owned();
        for row in 0..=self.below(6) {
            let company = if self.one_in(3) { String::new() } else { self.name() };
            let address = if self.one_in(3) { String::new() } else { self.address() };
            let address = if self.one_in(9) { "nobody".to_owned() } else { address };
            match self.below(5) {
                0 => file.push_str(&format!("company,{company},,,,\n")),
                _ => file.push_str(&format!("person,{company},Person {row},,{address},Gardener\n")),
            }
        }
        file
    }
}
