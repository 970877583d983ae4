//! The cyclic redundancy checks with which the SDK secures what it sends to S3 and reads from there.
//!
//! This crate stands in for `crc-fast` of the registry (`[patch.crates-io]` in the workspace's manifest), which the SDK
//! names. That crate has tables for fifty checks, 680 KB in every function, of which the linker can leave out none, and
//! which no archive makes smaller. S3 has the three checks of [`CrcAlgorithm`], and a crate of the registry computes each
//! with the instructions of the processor. Names and signatures here are those of `crc-fast`, as far as the SDK and the
//! local S3 use `crc-fast`.

use std::fmt;

/// A check of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32 of Ethernet and zip.
    Crc32IsoHdlc,
    /// CRC-32C of iSCSI.
    Crc32Iscsi,
    /// CRC-64 of NVM Express.
    Crc64Nvme,
}

/// A check of bytes that come in pieces.
#[derive(Clone, Debug)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Crc32(u32),
    Crc32C(u32),
    Crc64(crc64fast_nvme::Digest),
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.value())
    }
}

impl State {
    fn value(&self) -> u64 {
        match self {
            Self::Crc32(value) | Self::Crc32C(value) => u64::from(*value),
            Self::Crc64(digest) => digest.sum64(),
        }
    }
}

impl Digest {
    /// The check before the first byte.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Crc32(0),
            CrcAlgorithm::Crc32Iscsi => State::Crc32C(0),
            CrcAlgorithm::Crc64Nvme => State::Crc64(crc64fast_nvme::Digest::new()),
        })
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(value) => {
                let mut hasher = crc32fast::Hasher::new_with_initial(*value);
                hasher.update(bytes);
                *value = hasher.finalize();
            }
            State::Crc32C(value) => *value = crc32c::crc32c_append(*value, bytes),
            State::Crc64(digest) => digest.write(bytes),
        }
    }

    /// The value of the check, of 32 or 64 bits.
    pub fn finalize(&self) -> u64 {
        self.0.value()
    }
}

/// The value of the check of these bytes.
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::{CrcAlgorithm, Digest, checksum};

    const ALL: [CrcAlgorithm; 3] = [CrcAlgorithm::Crc32IsoHdlc, CrcAlgorithm::Crc32Iscsi, CrcAlgorithm::Crc64Nvme];

    /// The catalogues of checks give each check's value of the digits 1 to 9.
    #[test]
    fn the_values_of_the_catalogue() {
        let values = ALL.map(|algorithm| checksum(algorithm, b"123456789"));
        assert_eq!(values, [0xCBF4_3926, 0xE306_9283, 0xAE8B_1486_0A79_9888]);
        assert_eq!(ALL.map(|algorithm| checksum(algorithm, b"")), [0; 3]);
    }

    /// The division bit by bit. The value before the first byte has all bits of the polynomial's width.
    fn divided(polynomial: u64, bytes: &[u8]) -> u64 {
        let ends = if polynomial > u64::from(u32::MAX) { u64::MAX } else { u64::from(u32::MAX) };
        let rest = bytes.iter().fold(ends, |rest, &byte| {
            (0..8).fold(rest ^ u64::from(byte), |rest, _| (rest >> 1) ^ ((rest & 1) * polynomial))
        });
        rest ^ ends
    }

    #[test]
    fn pieces_of_any_length_give_the_value_of_the_whole() {
        let mut seed = 7_u64;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        })
        .take(300)
        .collect();
        let polynomials = [0xEDB8_8320, 0x82F6_3B78, 0x9A6C_9329_AC4B_C9B5];
        for (algorithm, polynomial) in ALL.into_iter().zip(polynomials) {
            for length in 0..=bytes.len() {
                let whole = &bytes[..length];
                let expected = divided(polynomial, whole);
                assert_eq!(checksum(algorithm, whole), expected, "{algorithm:?} of {length} bytes");
                let (first, second) = whole.split_at(length / 3);
                let mut digest = Digest::new(algorithm);
                digest.update(first);
                digest.update(second);
                assert_eq!(digest.finalize(), expected, "{algorithm:?} of {length} bytes in two pieces");
            }
        }
    }
}
