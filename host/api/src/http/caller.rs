//! Who calls: the other end of the connection, or the one for whom a trusted proxy asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderName};

use crate::config::Proxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whoever holds one address of IPv6 holds as many as this many bits can tell apart; they are one caller.
const OWN_BITS: u32 = 64;

/// The address of the caller; unspecified where nothing is known of the connection.
pub(crate) fn caller(extensions: &Extensions, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
    origin(peer.to_canonical(), headers, proxies)
}

/// Goes back from the nearest proxy to the first address that is none: further entries are whatever that one wrote.
fn origin(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let mut origin = peer;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for entry in entries {
        if !proxies.trusts(origin) {
            break;
        }
        let Some(next) = address(entry.trim()) else { break };
        origin = next;
    }
    origin
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// The address that stands for all that its holder has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(own) => IpAddr::V6(Ipv6Addr::from_bits(own.to_bits() >> OWN_BITS << OWN_BITS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let (mut extensions, mut headers) = (Extensions::new(), HeaderMap::new());
        let peer: IpAddr = peer.parse().expect("an address");
        extensions.insert(ConnectInfo(SocketAddr::new(peer, 4711)));
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().expect("a header value"));
        }
        let proxies = Proxies::parse("127.0.0.1,10.0.0.0/8").expect("a list");
        let found = network(caller(&extensions, &headers, &proxies));
        assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("192.0.2.7", &[], "192.0.2.7");
        check("192.0.2.7", &["198.51.100.1"], "192.0.2.7");
        check("127.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("127.0.0.1", &["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1");
        check("127.0.0.1", &["203.0.113.9", "198.51.100.1:80, 10.1.2.3"], "198.51.100.1");
        check("127.0.0.1", &["198.51.100.1, nonsense"], "127.0.0.1");
        check("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        check("2001:db8:1:2:3:4:5:6", &[], "2001:db8:1:2::");
        check("127.0.0.1", &["[2001:db8::1]:443"], "2001:db8::");
        check("::ffff:192.0.2.7", &[], "192.0.2.7");
    }
}
