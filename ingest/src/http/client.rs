//! From where a request comes. Headers that name another address than the socket's are believed
//! from the operator's own proxies alone: anybody can write them.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::privacy::Sender;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// A proxy, or a network of them, that tells the truth about who is behind it: `10.0.0.0/8`,
/// `192.0.2.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proxy(IpNet);

impl Proxy {
    fn is(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let network = IpNet::from_str(&text).or_else(|_| IpAddr::from_str(&text).map(IpNet::from));
        network
            .map(Self)
            .map_err(|_| format!("{text:?} is not an address or a network such as 10.0.0.0/8"))
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        proxy.0.to_string()
    }
}

/// Who sends a request.
pub(crate) fn sender(request: &HttpRequest, proxies: &[Proxy]) -> Sender {
    let agent = request.headers().get(header::USER_AGENT);
    Sender {
        address: address(request, proxies),
        user_agent: agent
            .and_then(|agent| agent.to_str().ok())
            .map(str::to_owned),
    }
}

/// The address that a request comes from, behind the proxies that are believed. Where the two
/// headers disagree, one of them is not the proxy's work, and neither is believed.
pub(crate) fn address(request: &HttpRequest, proxies: &[Proxy]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !proxies.iter().any(|proxy| proxy.is(peer)) {
        return Some(peer);
    }
    let behind = |name: &str, read: fn(&str) -> Option<IpAddr>| {
        let lines = request.headers().get_all(name);
        let texts: Vec<&str> = lines.map(|line| line.to_str().unwrap_or("")).collect();
        let hops = texts.iter().flat_map(|text| text.split(',')).map(read);
        let hops: Vec<Option<IpAddr>> = hops.collect();
        (!hops.is_empty()).then(|| furthest(peer, &hops, proxies))
    };
    let listed = behind(X_FORWARDED_FOR, |hop| node(hop.trim()));
    let forwarded = behind(header::FORWARDED.as_str(), forwarded_for);
    Some(match (listed, forwarded) {
        (Some(listed), Some(forwarded)) if listed != forwarded => peer,
        (listed, forwarded) => listed.or(forwarded).unwrap_or(peer),
    })
}

/// How the service was reached, as its client would write it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// http or https.
    pub(crate) scheme: &'static str,
    /// The host, with its port where it is not the scheme's own.
    pub(crate) host: String,
}

/// How a client reached the service: a proxy that is believed says so in `X-Forwarded-Proto` and
/// `X-Forwarded-Host`, or in `Forwarded`; of several proxies, the one that the client spoke to.
pub(crate) fn base(request: &HttpRequest, proxies: &[Proxy]) -> Base {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let is_believed = peer.is_some_and(|peer| proxies.iter().any(|proxy| proxy.is(peer)));
    let said = |listed: &str, forwarded: &str| {
        let first = |name| header(name)?.split(',').next();
        let told = || {
            first(header::FORWARDED.as_str())?
                .split(';')
                .find_map(|pair| {
                    let (name, value) = pair.trim().split_once('=')?;
                    let is_it = name.eq_ignore_ascii_case(forwarded);
                    is_it.then(|| value.trim_matches('"'))
                })
        };
        let found = first(listed).map(str::trim).or_else(told)?;
        Some(found.to_owned()).filter(|_| is_believed)
    };
    let scheme = match said("x-forwarded-proto", "proto").as_deref() {
        Some("https") => "https",
        Some("http") => "http",
        _ if request.app_config().secure() => "https",
        _ => "http",
    };
    let own = || {
        let of_line = || request.uri().authority().map(ToString::to_string);
        header(header::HOST.as_str())
            .map(str::to_owned)
            .or_else(of_line)
    };
    let host = said("x-forwarded-host", "host").filter(|host| !host.is_empty());
    Base {
        scheme,
        host: host.or_else(own).unwrap_or_default(),
    }
}

/// Follows the hops from the nearest one, each as long as the one that names it is believed.
fn furthest(peer: IpAddr, hops: &[Option<IpAddr>], proxies: &[Proxy]) -> IpAddr {
    let mut reached = peer;
    for hop in hops.iter().rev() {
        match hop {
            Some(hop) if proxies.iter().any(|proxy| proxy.is(reached)) => reached = *hop,
            _ => break,
        }
    }
    reached
}

/// The `for` of one element of a `Forwarded` header (RFC 7239).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let is_for = name.eq_ignore_ascii_case("for");
        is_for.then(|| node(value.trim_matches('"'))).flatten()
    })
}

/// An address with or without a port; names that hide one are none.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let address = bare.map_or(text, |(address, _)| address);
    let without_port = || address.rsplit_once(':').map_or(address, |(host, _)| host);
    let parsed = IpAddr::from_str(address).or_else(|_| IpAddr::from_str(without_port()));
    parsed.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn proxies() -> Vec<Proxy> {
        let texts = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
        texts
            .map(|text| Proxy::try_from(text.to_owned()).unwrap())
            .to_vec()
    }

    type Headers<'a> = &'a [(&'a str, &'a str)];

    fn found(peer: &str, headers: Headers<'_>) -> String {
        let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 4_000);
        let mut request = TestRequest::default().peer_addr(peer);
        for header in headers {
            request = request.append_header(*header);
        }
        address(&request.to_http_request(), &proxies())
            .unwrap()
            .to_string()
    }

    #[test]
    fn headers_are_believed_from_named_proxies_alone() {
        let (list, forwarded) = ("X-Forwarded-For", "Forwarded");
        let cases: [(&str, Headers<'_>, &str); 14] = [
            ("203.0.113.9", &[(list, "198.51.100.1")], "203.0.113.9"),
            ("10.1.1.1", &[], "10.1.1.1"),
            ("10.1.1.1", &[(list, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.1.1.1", &[(list, "198.51.100.1")], "198.51.100.1"),
            // What a client wrote before the proxy added its own is not reached.
            (
                "10.1.1.1",
                &[(list, "1.1.1.1, 198.51.100.1")],
                "198.51.100.1",
            ),
            (
                "10.1.1.1",
                &[(list, "1.1.1.1"), (list, "198.51.100.1")],
                "198.51.100.1",
            ),
            // Several proxies of ours in a row.
            (
                "10.1.1.1",
                &[(list, "198.51.100.1, 192.0.2.7,10.2.2.2")],
                "198.51.100.1",
            ),
            ("10.1.1.1", &[(list, "198.51.100.1:4711")], "198.51.100.1"),
            ("fd00::1", &[(list, "2001:db8::1")], "2001:db8::1"),
            ("10.1.1.1", &[(list, "unknown")], "10.1.1.1"),
            (
                "10.1.1.1",
                &[(forwarded, "for=198.51.100.1;proto=https")],
                "198.51.100.1",
            ),
            (
                "10.1.1.1",
                &[(
                    forwarded,
                    "for=1.1.1.1, proto=https; For=\"[2001:db8::1]:4711\"",
                )],
                "2001:db8::1",
            ),
            ("10.1.1.1", &[(forwarded, "for=_hidden")], "10.1.1.1"),
            (
                "10.1.1.1",
                &[(list, "198.51.100.1"), (forwarded, "for=1.1.1.1")],
                "10.1.1.1",
            ),
        ];
        for (peer, headers, expected) in cases {
            assert_eq!(found(peer, headers), expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn host_is_the_one_that_the_client_called() {
        let cases: [(&str, Headers<'_>, &str); 6] = [
            ("203.0.113.9", &[], "http://own:7000"),
            (
                "203.0.113.9",
                &[("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "https")],
                "http://own:7000",
            ),
            (
                "10.1.1.1",
                &[("X-Forwarded-Proto", "https")],
                "https://own:7000",
            ),
            (
                "10.1.1.1",
                &[
                    ("X-Forwarded-Proto", "https, http"),
                    ("X-Forwarded-Host", "a.example, b"),
                ],
                "https://a.example",
            ),
            (
                "10.1.1.1",
                &[(
                    "Forwarded",
                    "for=1.2.3.4; Proto=https;host=\"a.example:8443\", for=9.9.9.9;host=b",
                )],
                "https://a.example:8443",
            ),
            (
                "10.1.1.1",
                &[("X-Forwarded-Proto", "gopher")],
                "http://own:7000",
            ),
        ];
        for (peer, headers, expected) in cases {
            let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 4_000);
            let mut request = TestRequest::default().peer_addr(peer);
            request = request.insert_header(("Host", "own:7000"));
            for header in headers {
                request = request.append_header(*header);
            }
            let Base { scheme, host } = base(&request.to_http_request(), &proxies());
            assert_eq!(format!("{scheme}://{host}"), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "10.0.0.0/33", "proxy.example", "10.0.0"] {
            assert!(Proxy::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
