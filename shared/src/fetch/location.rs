//! The address of a file that a caller of the API gave.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::addresses::is_public;
use crate::shorten::shortened;

/// The longest address in bytes, as given and as spelt out.
const LONGEST: usize = 2048;
/// The most characters of an address that are shown.
const SHOWN: usize = 200;
/// The only port that is dialled: others are those of databases and administration.
pub(super) const PORT: u16 = 443;

/// An address (URL) whose form was checked: `https`, port 443, without user name and password, or, for the local service alone, plain
/// HTTP on loopback. The query may be a signature, so [`shown`](Self::shown) and `Debug` leave the query out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Location(String);

/// The reasons why an address is refused before anything is resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongLocation {
    /// The text is no absolute URL.
    #[error("{0}")]
    Malformed(String),
    /// The URL is one that is not fetched.
    #[error("{0}")]
    Refused(&'static str),
}

impl Location {
    /// Checks the form of an address. The names in the address are resolved when the file is fetched.
    pub fn parse(text: &str) -> Result<Self, WrongLocation> {
        if text.len() > LONGEST {
            return Err(WrongLocation::Malformed(format!("is longer than {LONGEST} bytes")));
        }
        let url = Url::parse(text).map_err(|error| WrongLocation::Malformed(format!("is no URL: {error}")))?;
        Self::of(url)
    }

    /// Checks the form of an address to which events are posted. With `loopback`, plain HTTP on this machine is taken as well, with
    /// any port, such as `http://127.0.0.1:9000/events`.
    pub(super) fn receiver(text: &str, loopback: bool) -> Result<Self, WrongLocation> {
        let url = Url::parse(text).ok().filter(|url| loopback && text.len() <= LONGEST && is_loopback(url));
        match url {
            Some(mut url) => {
                url.set_fragment(None);
                Ok(Self(url.into()))
            }
            None => Self::parse(text),
        }
    }

    /// The address to which a redirect from this address leads.
    pub(super) fn redirected(&self, to: &str) -> Result<Self, WrongLocation> {
        let joined = self.url().ok().and_then(|url| url.join(to).ok());
        let url = joined.ok_or_else(|| WrongLocation::Malformed("is no URL".to_owned()))?;
        Self::of(url)
    }

    fn of(mut url: Url) -> Result<Self, WrongLocation> {
        use WrongLocation::Refused;
        url.set_fragment(None);
        if url.scheme() != "https" {
            return Err(Refused("is not https, over which alone addresses are reached"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused("has a user name or password, which would be stored: use a signed URL"));
        }
        if url.port_or_known_default() != Some(PORT) {
            return Err(Refused("names a port other than 443"));
        }
        let is_refused = match url.host() {
            None => true,
            Some(Host::Ipv4(address)) => !is_public(address.into()),
            Some(Host::Ipv6(address)) => !is_public(address.into()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name.is_empty() || name == "localhost" || name.ends_with(".localhost")
            }
        };
        if is_refused {
            return Err(Refused("leads to an address that is not public"));
        }
        if url.as_str().len() > LONGEST {
            return Err(WrongLocation::Malformed(format!("is longer than {LONGEST} bytes")));
        }
        Ok(Self(url.into()))
    }

    /// The whole address, for the digest of a request.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Scheme, host and path, for answers, reports and logs.
    pub fn shown(&self) -> String {
        let Ok(url) = self.url() else { return "https://".to_owned() };
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        shortened(format!("{}://{host}{port}{}", url.scheme(), url.path()), SHOWN)
    }

    /// The host, for example `hooks.example.com`.
    pub fn host(&self) -> String {
        self.url().ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The last part of the path, decoded: the name of the file, as far as the address tells.
    pub fn file_name(&self) -> String {
        let Ok(url) = self.url() else { return String::new() };
        let last = url.path().rsplit('/').next().unwrap_or_default();
        let decoded: Vec<u8> = decoded(last.as_bytes());
        String::from_utf8_lossy(&decoded).into_owned()
    }

    /// The parts of the address that a request needs.
    pub(super) fn target(&self) -> Option<Target> {
        let url = self.url().ok()?;
        let (name, address) = match url.host()? {
            Host::Domain(name) => (name.trim_end_matches('.').to_owned(), None),
            Host::Ipv4(address) => (address.to_string(), Some(address.into())),
            Host::Ipv6(address) => (format!("[{address}]"), Some(address.into())),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let is_loopback = is_loopback(&url);
        let port = if is_loopback { url.port_or_known_default()? } else { PORT };
        Some(Target { name, address, port, is_loopback, path })
    }

    fn url(&self) -> Result<Url, url::ParseError> {
        Url::parse(&self.0)
    }
}

/// The parts of an address that a request needs.
pub(super) struct Target {
    /// The name for the header `Host` and for the certificate.
    pub name: String,
    /// The address, if the URL names an address instead of a host.
    pub address: Option<IpAddr>,
    /// The port, which is 443 but on loopback.
    pub port: u16,
    /// True for plain HTTP on loopback.
    pub is_loopback: bool,
    /// Path and query.
    pub path: String,
}

/// True for plain HTTP on this machine, without user name and password.
fn is_loopback(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && is_here && url.username().is_empty() && url.password().is_none()
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Decodes `%41`.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| byte == b'%') {
            Some(letter) => {
                out.push(letter);
                rest = &behind[2..];
            }
            None => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn neither_query_nor_fragment_is_shown() {
        let location =
            Location::parse("https://Files.Example.com/a%20b/M%C3%A4rz.csv?X-Amz-Signature=secret#frag").unwrap();
        assert_eq!(location.shown(), "https://files.example.com/a%20b/M%C3%A4rz.csv");
        assert_eq!(format!("{location:?}"), location.shown());
        assert_eq!(location.file_name(), "März.csv");
        let target = location.target().unwrap();
        assert_eq!(
            (target.name.as_str(), target.path.as_str()),
            ("files.example.com", "/a%20b/M%C3%A4rz.csv?X-Amz-Signature=secret")
        );
        let stored = serde_json::to_string(&location).unwrap();
        assert_eq!(serde_json::from_str::<Location>(&stored).unwrap(), location);
    }

    #[test]
    fn addresses_are_refused_in_every_notation() {
        for text in [
            "http://example.com/a.csv",
            "ftp://example.com/a.csv",
            "file:///etc/passwd",
            "gopher://example.com/",
            "https://user@example.com/",
            "https://user:password@example.com/",
            "https://:password@example.com/",
            "https://example.com:80/",
            "https://example.com:8443/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://0/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://127.0.0.1./",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://a.localhost/",
            "https://１２７.０.０.１/",
            "https://⑫7.0.0.1/",
            "https://127。0。0。1/",
            "https://10.0.0.1/",
            "https://192.168.0.1/",
            "https://example.com@127.0.0.1/",
            "https:\\\\127.0.0.1/",
            "https:127.0.0.1/",
            "https:////127.0.0.1/",
        ] {
            assert!(
                matches!(Location::parse(text), Err(WrongLocation::Refused(_))),
                "{text}: {:?}",
                Location::parse(text)
            );
        }
        let from = Location::parse("https://example.com/exports/a.csv").unwrap();
        assert_eq!(from.redirected("b.csv").unwrap().shown(), "https://example.com/exports/b.csv");
        assert_eq!(from.redirected("https://[").unwrap_err().to_string(), "is no URL");
        assert!(from.redirected("http://127.0.0.1:9000/").is_err());
        for text in
            ["", "/a.csv", "example.com/a.csv", "https://", "https://[::1", "https://a b/", "https://256.0.0.1/"]
        {
            assert!(
                matches!(Location::parse(text), Err(WrongLocation::Malformed(_))),
                "{text}: {:?}",
                Location::parse(text)
            );
        }
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        assert!(matches!(Location::parse(&long), Err(WrongLocation::Malformed(_))));
    }
    #[test]
    fn events_are_posted_to_plain_http_on_loopback_by_the_local_service_alone() {
        for text in ["http://127.0.0.1:9000/events", "http://localhost:9000/", "http://[::1]:1/", "http://127.8.8.8/"] {
            assert!(matches!(Location::receiver(text, false), Err(WrongLocation::Refused(_))), "{text}");
            assert_eq!(Location::receiver(text, true).unwrap().shown(), text);
        }
        for text in
            ["http://example.com/", "http://10.0.0.1/", "http://a@127.0.0.1/", "ftp://127.0.0.1/", "https://127.0.0.1/"]
        {
            assert!(matches!(Location::receiver(text, true), Err(WrongLocation::Refused(_))), "{text}");
        }
        let public = Location::receiver("https://hooks.example.com/a?key=1", true).unwrap();
        assert_eq!((public.host(), public.shown()), ("hooks.example.com".into(), "https://hooks.example.com/a".into()));
    }
}
