//! Looks whether the addresses of a source answer, for `sconce doctor`.

use sconce_domain::time::MINUTE;
use sconce_domain::{Clock, Timeframe};

use super::rest::{Rest, RestError};
use super::socket::{Socket, SocketError};
use super::source::{Probe, ProbeFailure};
use super::stream::StreamOptions;
use super::venue::{Listing, Venue};

/// Both addresses of a venue: its requests by one small question, its stream by a connection that is subscribed.
pub(super) async fn of_venue(
    venue: &dyn Venue,
    listings: &[Listing],
    options: StreamOptions,
    clock: &dyn Clock,
) -> Vec<Probe> {
    let codes: Vec<String> = listings.iter().map(|listing| listing.code.clone()).collect();
    let now = clock.now();
    let asked = async {
        match codes.first() {
            Some(code) => venue.bars(code, Timeframe::M1, now - 5 * MINUTE, now).await.map(drop),
            None => Ok(()),
        }
    };
    let connected = async {
        let (url, first) = (venue.socket_url(&codes), venue.subscription(&codes));
        Socket::connect(&url, first, options.patience, options.stall).await?.next().await
    };
    let (asked, connected) = tokio::join!(asked, connected);
    let socket = venue.socket_url(&codes);
    let socket = socket.split('?').next().unwrap_or_default().to_owned();
    vec![
        of_rest(venue.name(), venue.rest(), asked),
        Probe {
            source: venue.name().to_owned(),
            address: socket,
            fallback: false,
            outcome: connected.map(|_| None).map_err(|error| of_socket(&error)),
        },
    ]
}

/// What a request came to.
pub(crate) fn of_rest(source: &str, rest: &Rest, outcome: Result<(), RestError>) -> Probe {
    let failure = |error: RestError| ProbeFailure { what: error.to_string(), advice: error.advice() };
    let outcome = outcome.map(|()| rest.read().skew).map_err(failure);
    Probe { source: source.to_owned(), address: rest.base().to_owned(), fallback: false, outcome }
}

fn of_socket(error: &SocketError) -> ProbeFailure {
    let advice = match error {
        SocketError::Unreached { reason, .. } => reason.advice(),
        SocketError::Status(451) => "the provider does not serve this region; take another one",
        SocketError::Status(_) => "check that the address in the setting is the provider's stream",
        SocketError::Stalled(_) => "check the instruments in the settings; the provider says nothing about these",
        SocketError::Closed | SocketError::Broken(_) => "try again; a proxy or firewall in between may cut connections",
    };
    ProbeFailure { what: error.to_string(), advice }
}
