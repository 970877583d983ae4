//! The schedule of attempts, without I/O: an answer and the number of attempts give what is to be done next.
//!
//! The delays are those that the specification of Standard Webhooks gives as an example. With the first attempt they are ten
//! attempts in three days and four hours. Each delay is longer by up to a tenth, at random, so that deliveries which failed
//! together are not tried together again.

use jiff::fmt::rfc2822;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The delays behind the first attempt, the second, and so on, in milliseconds.
pub const DELAYS: [i64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// The longest delay that an answer can ask for, in milliseconds.
const LONGEST_WISH: i64 = 24 * HOUR;
/// The time of nothing but failures after which a webhook is disabled, in milliseconds.
pub const PATIENCE: i64 = 5 * 24 * HOUR;

/// The answer to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The status of the answer.
    Status {
        /// The status, such as 200.
        status: u16,
        /// The delay that the answer asks for by `Retry-After`, in milliseconds, or `None`.
        wish: Option<i64>,
    },
    /// No answer came.
    Nothing,
}

/// The consequence of an attempt for its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The event is delivered.
    Delivered,
    /// A further attempt is due at this time, in milliseconds since 1970.
    Again(i64),
    /// No further attempt is made.
    Failed,
    /// The receiver wants no events any more, so the webhook is disabled.
    Gone,
}

/// The consequence of an answer. `attempts` counts the attempts of the delivery with this one, `now` is the end of the attempt in
/// milliseconds since 1970, and `jitter` lengthens the delay, by nothing at 0 and by a tenth at 255.
pub fn verdict(attempts: u32, answer: Answer, now: i64, jitter: u8) -> Verdict {
    let wish = match answer {
        Answer::Status { status: 200..=299, .. } => return Verdict::Delivered,
        Answer::Status { status: 410, .. } => return Verdict::Gone,
        Answer::Status { status: 429 | 503, wish } => wish,
        Answer::Status { .. } | Answer::Nothing => None,
    };
    let made = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(delay) = DELAYS.get(made) else { return Verdict::Failed };
    let delay = delay + delay / 10 * i64::from(jitter) / 255;
    Verdict::Again(now + delay.max(wish.unwrap_or_default().min(LONGEST_WISH)))
}

/// The delay in a value of `Retry-After`, in milliseconds: a number of seconds, or a date. `None` for another text and for a date
/// that is past.
pub fn wish(retry_after: &str, now: i64) -> Option<i64> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds) * SECOND);
    }
    let date = rfc2822::parse(text).ok()?.timestamp().as_millisecond();
    Some(date - now).filter(|delay| *delay > 0)
}

/// True if a webhook that fails since `failing_since` is to be disabled.
pub fn is_given_up(failing_since: i64, now: i64) -> bool {
    now - failing_since >= PATIENCE
}
