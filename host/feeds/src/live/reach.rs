//! Why a provider is not reached, told apart so that an operator knows what to do.

use std::error::Error;
use std::fmt;
use std::io;

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreached {
    /// Its name has no address.
    Dns,
    /// Its address takes no connection.
    Refused,
    /// The network has no way to its address.
    NoRoute,
    /// Its certificate, or its way of encrypting, is not accepted.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke off.
    Broken,
    /// Something else; the text that goes with it says what.
    Other,
}

impl Unreached {
    /// What an error of a client comes to, by the innermost cause that is known.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        let mut found = Unreached::Other;
        while let Some(cause) = next {
            if let Some(reason) = known(cause) {
                found = reason;
            }
            next = cause.source().or_else(|| inside(cause));
        }
        found
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Unreached::Dns => "check the network, the resolver, and the host name in the setting",
            Unreached::Refused => "check the port in the setting, and that no firewall refuses outgoing connections",
            Unreached::NoRoute => "check the network connection of this machine",
            Unreached::Tls => "check the clock and the root certificates of this machine, and any proxy in between",
            Unreached::Timeout => "check the network and any firewall; a slow line may need a longer time-out",
            Unreached::Broken => "try again; a proxy or firewall in between may cut connections",
            Unreached::Other => "check the address in the setting",
        }
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreached::Dns => "its name is not resolved",
            Unreached::Refused => "the connection is refused",
            Unreached::NoRoute => "there is no route to it",
            Unreached::Tls => "no encrypted connection is agreed on",
            Unreached::Timeout => "no answer in time",
            Unreached::Broken => "the connection broke off",
            Unreached::Other => "it is not reached",
        })
    }
}

/// An I/O error hides the error that it was made of from `source`.
fn inside<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner as &(dyn Error + 'static))
}

fn known(cause: &(dyn Error + 'static)) -> Option<Unreached> {
    if cause.is::<rustls::Error>() {
        return Some(Unreached::Tls);
    }
    if let Some(error) = cause.downcast_ref::<reqwest::Error>() {
        return error.is_timeout().then_some(Unreached::Timeout);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>()
        && let Some(reason) = of_io(error.kind())
    {
        return Some(reason);
    }
    // The resolver's failures have no type of their own.
    let text = cause.to_string();
    ["dns error", "failed to lookup address"].iter().any(|sign| text.starts_with(sign)).then_some(Unreached::Dns)
}

fn of_io(kind: io::ErrorKind) -> Option<Unreached> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused => Unreached::Refused,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown => {
            Unreached::NoRoute
        }
        io::ErrorKind::TimedOut => Unreached::Timeout,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Unreached::Broken,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_innermost_known_cause_counts() {
        let check = |error: io::Error, expected: Unreached| assert_eq!(Unreached::of(&Outer(error)), expected);
        check(io::ErrorKind::ConnectionRefused.into(), Unreached::Refused);
        check(io::ErrorKind::NetworkUnreachable.into(), Unreached::NoRoute);
        check(io::ErrorKind::UnexpectedEof.into(), Unreached::Broken);
        check(io::Error::other("failed to lookup address information: Try again"), Unreached::Dns);
        check(io::Error::other(rustls::Error::HandshakeNotComplete), Unreached::Tls);
        check(io::Error::other("what"), Unreached::Other);
    }
}
