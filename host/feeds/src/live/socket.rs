//! A WebSocket connection: made in time, with a bound on what a message may weigh, and lost when nothing comes for too
//! long.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::reach::Unreached;

/// Largest message, in bytes. Those that are used weigh less than a kilobyte.
const MOST_BYTES: usize = 1 << 20;

/// Why there is no connection, or none any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// It could not be made.
    #[error("not connected: {reason} ({detail})")]
    Unreached {
        /// Why not.
        reason: Unreached,
        /// In the client's words.
        detail: String,
    },
    /// The provider answers, but not as a WebSocket server does.
    #[error("not connected: HTTP status {0}")]
    Status(u16),
    /// Nothing came for too long.
    #[error("no message for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// The provider ended it.
    #[error("the provider closed the connection")]
    Closed,
    /// It broke off, or a message was against the protocol.
    #[error("the connection broke off ({0})")]
    Broken(String),
}

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A frame.
    Text(String),
    /// A frame of bytes; none of our providers sends one.
    Binary,
    /// A sign of life.
    Alive,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    stall: Duration,
}

impl Socket {
    /// Connects and says what is to be said first.
    pub(crate) async fn connect(
        url: &str,
        first: Option<String>,
        patience: Duration,
        stall: Duration,
    ) -> Result<Self, SocketError> {
        let config = WebSocketConfig::default().max_message_size(Some(MOST_BYTES)).max_frame_size(Some(MOST_BYTES));
        let connecting = connect_async_with_config(url, Some(config), true);
        let late = |_| {
            let reason = Unreached::Timeout;
            SocketError::Unreached { reason, detail: format!("{} s", patience.as_secs_f64()) }
        };
        let (stream, _) = tokio::time::timeout(patience, connecting).await.map_err(late)?.map_err(unreached)?;
        let mut socket = Socket { stream, stall };
        if let Some(text) = first {
            socket.stream.send(Message::text(text)).await.map_err(broken)?;
        }
        Ok(socket)
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Result<Incoming, SocketError> {
        let next = tokio::time::timeout(self.stall, self.stream.next()).await;
        match next.map_err(|_| SocketError::Stalled(self.stall))? {
            None | Some(Ok(Message::Close(_))) => Err(SocketError::Closed),
            Some(Ok(Message::Text(text))) => Ok(Incoming::Text(text.as_str().to_owned())),
            Some(Ok(Message::Binary(_))) => Ok(Incoming::Binary),
            Some(Ok(_)) => Ok(Incoming::Alive),
            Some(Err(error)) => Err(broken(error)),
        }
    }
}

fn unreached(error: Error) -> SocketError {
    match error {
        Error::Http(response) => SocketError::Status(response.status().as_u16()),
        error => SocketError::Unreached { reason: Unreached::of(&error), detail: error.to_string() },
    }
}

fn broken(error: Error) -> SocketError {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => SocketError::Closed,
        error => SocketError::Broken(error.to_string()),
    }
}
