use axum::http::HeaderValue;
use axum::http::header::HeaderName;

use super::*;

const PORT: u16 = 4566;

/// Status with which the gate refuses a request with these headers, or `None` if the request may pass.
fn refused(gate: &Gate, headers: &[(&'static str, &'static str)]) -> Option<u16> {
    let header =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    let headers: HeaderMap = headers.iter().map(header).collect();
    gate.objection(&headers, &Uri::from_static("/v2/entries")).map(|(status, _)| status.as_u16())
}

fn gate(names: &[&str]) -> Gate {
    let names = names.iter().map(|name| name.parse().expect("a name")).collect();
    Gate::new(&Callers { names, doors: Some(8080) }, PORT, plain)
}

#[test]
fn only_loopback_names_with_the_own_port_are_taken_as_hosts() {
    let gate = gate(&[]);
    for host in ["127.0.0.1:4566", "localhost:4566", "LocalHost:4566", "[::1]:4566", "127.8.9.1:4566"] {
        assert_eq!(refused(&gate, &[("host", host)]), None, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:4566",
        "localhost.evil.example:4566",
        "127.0.0.1.evil.example:4566",
        "localhost",
        "127.0.0.1:8080",
        "[::2]:4566",
        "10.0.0.1:4566",
        "0.0.0.0:4566",
    ] {
        assert_eq!(refused(&gate, &[("host", host)]), Some(421), "{host}");
    }
    assert_eq!(refused(&gate, &[]), Some(400));
    assert_eq!(refused(&gate, &[("host", "a b")]), Some(400));
}

#[test]
fn pages_of_other_sites_are_refused_and_programs_are_not() {
    let gate = gate(&[]);
    let from = |more: &[(&'static str, &'static str)]| refused(&gate, &[&[("host", "localhost:4566")], more].concat());
    for taken in [
        &[("origin", "http://localhost:4566"), ("sec-fetch-site", "same-origin")][..],
        // A page from the doors uploads a file to S3.
        &[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin")],
        &[],
    ] {
        assert_eq!(from(taken), None, "{taken:?}");
    }
    for refused in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
        &[("origin", "http://localhost")],
        &[("origin", "null")],
        &[("origin", "file://")],
        &[("origin", "chrome-extension://abcdefgh")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "")],
    ] {
        assert_eq!(from(refused), Some(403), "{refused:?}");
    }
}

#[test]
fn configured_names_are_hosts_and_their_pages_are_ours() {
    let gate = gate(&["imports.example", "localhost:3000"]);
    for host in ["imports.example", "IMPORTS.example:8443", "localhost:3000", "localhost:4566"] {
        assert_eq!(refused(&gate, &[("host", host)]), None, "{host}");
    }
    assert_eq!(refused(&gate, &[("host", "localhost:3001")]), Some(421));
    for (origin, taken) in [
        ("https://imports.example", true),
        ("http://localhost:3000", true),
        ("https://localhost:3000", true),
        ("http://localhost:3001", false),
        ("https://imports.example.evil.example", false),
    ] {
        let refused = refused(&gate, &[("host", "localhost:4566"), ("origin", origin)]);
        assert_eq!(refused.is_none(), taken, "{origin}");
    }
}

#[test]
fn a_name_is_a_host_with_a_port_or_without() {
    for wrong in ["", "a b", "http://a", "a:", "a:b", "a:99999", "a@b", "a/b", ":80"] {
        assert!(wrong.parse::<HostName>().is_err(), "{wrong:?}");
    }
    let [named, bare] = ["Name.example:80", "[::1]"].map(|text| text.parse::<HostName>().expect("a name"));
    assert_eq!(named, HostName { name: "name.example".to_owned(), port: Some(80) });
    assert_eq!(bare, HostName { name: "[::1]".to_owned(), port: None });
}
