//! Quotas: how many rows a day, open imports and bytes of a file an account may have.
//!
//! | quota | bounds | an import over the quota |
//! |---|---|---|
//! | `rows_a_day` | the rows of the files that are planned on a day of UTC | ends as `failed`, and no row is loaded |
//! | `open_imports` | the imports that have not ended, when a request makes another import | is not made |
//! | `file_bytes` | the file as it comes, packed or not | is not made; a file that is fetched leaves its import `incomplete` |
//!
//! A stack has quotas for all accounts, and an account may have quotas of its own, each of which takes the place of the
//! stack's. A quota is written as a number, and 0 stands for no quota, for a stack as well as for an account.
//! [`account::allowance`](crate::account::allowance) compares what an account has with its quotas.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The largest quota. JSON shows every number up to here exactly.
const LARGEST: u64 = 999_999_999_999_999;

/// A text is no whole number from 0 to 999,999,999,999,999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no whole number from 0 to {LARGEST}")]
pub struct WrongQuota(String);

/// The most of something that an account may have, from 1, or no quota, which is written as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Quota(Option<u64>);

impl Quota {
    /// The most that an account may have, from 1, or `None` without a quota.
    pub fn most(self) -> Option<u64> {
        self.0
    }
}

impl From<u64> for Quota {
    fn from(most: u64) -> Self {
        Self(Some(most).filter(|most| *most > 0))
    }
}

impl From<Quota> for u64 {
    fn from(quota: Quota) -> Self {
        quota.0.unwrap_or_default()
    }
}

impl FromStr for Quota {
    type Err = WrongQuota;

    fn from_str(text: &str) -> Result<Self, WrongQuota> {
        let most = text.parse::<u64>().ok().filter(|most| *most <= LARGEST);
        most.map(Self::from).ok_or_else(|| WrongQuota(text.to_owned()))
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::from(*self).fmt(f)
    }
}

/// The quotas that hold for an account, or the quotas of a stack for accounts without quotas of their own. By default there
/// is no quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// The most rows of files that are planned on a day of UTC.
    pub rows_a_day: Quota,
    /// The most imports that have not ended.
    pub open_imports: Quota,
    /// The most bytes of a file.
    pub file_bytes: Quota,
}

impl Quotas {
    /// The environment variables for [`Quotas::read`], with their values.
    pub fn variables(&self) -> [(&'static str, Quota); 3] {
        let Self { rows_a_day, open_imports, file_bytes } = *self;
        [("ROWS_A_DAY", rows_a_day), ("OPEN_IMPORTS", open_imports), ("FILE_BYTES", file_bytes)]
    }

    /// Reads the quotas from variables by their names.
    pub fn read<E: From<WrongQuota>>(variable: impl Fn(&'static str) -> Result<String, E>) -> Result<Self, E> {
        let quota = |name| Ok::<Quota, E>(variable(name)?.parse()?);
        Ok(Self {
            rows_a_day: quota("ROWS_A_DAY")?,
            open_imports: quota("OPEN_IMPORTS")?,
            file_bytes: quota("FILE_BYTES")?,
        })
    }

    /// Refuses a file of `bytes` bytes that is larger than the quota.
    pub fn admit_file(&self, bytes: u64) -> Result<(), OverQuota> {
        match self.file_bytes.most() {
            Some(most) if bytes > most => Err(OverQuota::FileBytes { bytes, most }),
            _ => Ok(()),
        }
    }
}

/// The quotas in the settings of an account. `None` where the stack's quota holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnQuotas {
    /// The account's own quota of rows a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_a_day: Option<Quota>,
    /// The account's own quota of open imports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_imports: Option<Quota>,
    /// The account's own quota of bytes in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_bytes: Option<Quota>,
}

impl OwnQuotas {
    /// `true` if the stack's quotas hold for the account.
    pub fn are_absent(&self) -> bool {
        *self == Self::default()
    }

    /// The quotas that hold for the account in a stack with the quotas `of_stack`.
    pub fn over(self, of_stack: Quotas) -> Quotas {
        Quotas {
            rows_a_day: self.rows_a_day.unwrap_or(of_stack.rows_a_day),
            open_imports: self.open_imports.unwrap_or(of_stack.open_imports),
            file_bytes: self.file_bytes.unwrap_or(of_stack.file_bytes),
        }
    }
}

/// A request asks for more than a quota of its account allows. The text is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverQuota {
    /// The account has as many imports that have not ended as the quota allows.
    #[error(
        "the account may have {most} imports at once that have not ended; send the file again when one of them has ended"
    )]
    OpenImports {
        /// The quota.
        most: u64,
    },
    /// The file is larger than the quota allows.
    #[error("the file has {bytes} bytes, and a file of this account may have {most}")]
    FileBytes {
        /// The size of the file.
        bytes: u64,
        /// The quota.
        most: u64,
    },
}

impl OverQuota {
    /// The word for the quota in settings and answers, and the quota itself.
    pub fn quota(self) -> (&'static str, u64) {
        match self {
            Self::OpenImports { most } => ("open_imports", most),
            Self::FileBytes { most, .. } => ("file_bytes", most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_from_settings_and_0_means_no_quota() {
        let read = |text: &str| {
            Quotas::read(|name| Ok::<_, WrongQuota>(if name == "OPEN_IMPORTS" { text } else { "0" }.to_owned()))
        };
        assert_eq!(read("0"), Ok(Quotas::default()));
        let three = read("3")
            .map(|quotas| (quotas.open_imports.most(), quotas.variables().map(|(_, quota)| quota.to_string())));
        assert_eq!(three, Ok((Some(3), ["0", "3", "0"].map(str::to_owned))));
        assert_eq!(read("999999999999999").map(|quotas| quotas.open_imports.most()), Ok(Some(LARGEST)));
        for wrong in ["", "-1", "1.5", "1000000000000000", "many"] {
            assert_eq!(read(wrong), Err(WrongQuota(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn a_quota_of_the_account_takes_the_place_of_the_stacks() {
        let of_stack = Quotas { rows_a_day: 100.into(), open_imports: 2.into(), file_bytes: 0.into() };
        assert_eq!(OwnQuotas::default().over(of_stack), of_stack);
        let own = OwnQuotas { rows_a_day: Some(7.into()), open_imports: Some(0.into()), file_bytes: None };
        assert_eq!(own.over(of_stack), Quotas { rows_a_day: 7.into(), ..Quotas::default() });
    }

    #[test]
    fn a_file_may_have_as_many_bytes_as_the_quota() {
        let quotas = Quotas { file_bytes: 10.into(), ..Quotas::default() };
        assert_eq!((quotas.admit_file(9), quotas.admit_file(10)), (Ok(()), Ok(())));
        assert_eq!(quotas.admit_file(11), Err(OverQuota::FileBytes { bytes: 11, most: 10 }));
        assert_eq!(Quotas::default().admit_file(u64::MAX), Ok(()));
    }
}
