//! Secrets of webhooks and the signatures made by them, by the specification of Standard Webhooks.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The letters before the base64 of a secret, by which people and programs tell a secret from other texts.
const PREFIX: &str = "whsec_";
/// The number of random bytes of a secret. The specification asks for 24 to 64.
const LENGTH: usize = 32;

/// A secret for signatures, as people see it: `whsec_` and base64. `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Draws a secret of 32 random bytes.
    pub fn draw() -> Self {
        let mut bytes = [0u8; LENGTH];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// The secret as a receiver configures it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The signature of a request, such as `v1,g0hM…`. `id` and `seconds` are the values of the headers `webhook-id` and
    /// `webhook-timestamp`, and `body` is the body as it is sent.
    pub fn signature(&self, id: &str, seconds: i64, body: &str) -> String {
        let encoded = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        let key = STANDARD.decode(encoded).expect("a secret is drawn as base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key may have any length");
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_signature_that_the_libraries_of_the_specification_publish_as_their_example() {
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signature = secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn drawn_secrets_differ_have_256_bits_and_are_not_printed() {
        let (one, other) = (Secret::draw(), Secret::draw());
        assert_ne!(one, other);
        let bytes = one.text().strip_prefix("whsec_").map(|text| STANDARD.decode(text));
        assert_eq!(bytes.and_then(Result::ok).map(|bytes| bytes.len()), Some(LENGTH));
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
