//! The content type of a problem object, which a client chooses by `Accept`.
//!
//! Problem objects are `application/json`, as the vendor's are. A client that names `application/problem+json`, and likes the
//! type no less than `application/json`, gets the type of RFC 9457 for the same object.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The content type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Returns whether the headers of a request ask for [`PROBLEM_JSON`].
pub fn asks_for_problem(headers: &HeaderMap) -> bool {
    let (mut problem, mut json) = (None, [None; 3]);
    for value in headers.get_all(ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = Some(parts.find_map(quality).unwrap_or(1000));
            match name.as_str() {
                PROBLEM_JSON => problem = problem.max(quality),
                "application/json" => json[0] = json[0].max(quality),
                "application/*" => json[1] = json[1].max(quality),
                "*/*" => json[2] = json[2].max(quality),
                _ => {}
            }
        }
    }
    // The most specific range that is there decides about plain JSON.
    let json = json.into_iter().flatten().next().unwrap_or_default();
    problem.is_some_and(|problem| problem > 0 && problem >= json)
}

/// The quality in a parameter such as `q=0.5`, in thousandths. `None` for another parameter, 0 for a number
/// that cannot be read.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let quality = value.trim().parse::<f32>().ok().filter(|quality| (0.0..=1.0).contains(quality));
    // The number is between 0 and 1000, so the cast loses a fraction only.
    Some((quality.unwrap_or_default() * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn problem_json_is_for_clients_that_name_it_and_like_it_no_less_than_json() {
        for (accept, asks) in [
            (&[][..], false),
            (&["*/*"], false),
            (&["application/*"], false),
            (&["application/json"], false),
            (&["application/problem+json"], true),
            (&["Application/Problem+JSON; charset=utf-8"], true),
            (&["application/json, application/problem+json"], true),
            (&["application/json", "application/problem+json"], true),
            (&["application/json;q=0.9, application/problem+json;q=0.5"], false),
            (&["application/json;q=0.5, application/problem+json;q=0.9"], true),
            (&["application/problem+json;q=0.5, */*"], false),
            (&["application/problem+json;q=0.5, application/json;q=0.1, */*"], true),
            (&["application/problem+json;q=0"], false),
            (&["application/problem+json; Q = 0.000"], false),
            (&["application/problem+json;q=much"], false),
            (&["text/html, application/xml;q=0.9, */*;q=0.8"], false),
            (&[",;,=,q=;"], false),
        ] {
            let headers: HeaderMap = accept.iter().map(|&value| (ACCEPT, HeaderValue::from_static(value))).collect();
            assert_eq!(asks_for_problem(&headers), asks, "{accept:?}");
        }
    }
}
