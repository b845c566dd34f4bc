//! The API on a real socket: one request over TCP, then an orderly end.

use std::sync::Arc;

use sconce_api::{ApiConfig, ApiState, router, serve};
use sconce_domain::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::fake::Fake;
use crate::world::World;

#[tokio::test]
async fn a_socket_is_answered_and_shutdown_is_orderly() {
    let state =
        ApiState::new(ApiConfig::default(), Arc::new(Fake::new(World::sample())), Arc::new(SystemClock), String::new);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, router(&state), async move {
        stopped.await.expect("the test stops the server");
    }));

    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = b"GET /v1/signals HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"signals\":{\"BTC\""), "{answer}");

    stop.send(()).expect("the server waits");
    server.await.expect("no panic").expect("no error");
}
