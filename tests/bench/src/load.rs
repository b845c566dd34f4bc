//! A small load generator: keep-alive connections on the loopback, one request at a time each, bounded in time.
//!
//! One thread and hand-read HTTP, so that it takes as little of the machine from the server as it can. Both servers of a
//! comparison are asked by it in the same way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a round of load came to.
#[derive(Debug)]
pub(crate) struct Load {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Nanoseconds of each request, sorted.
    pub(crate) latencies: Vec<f64>,
}

/// Asks `path` over `connections` connections for `span`. An answer other than 200 is an error.
pub(crate) fn press(address: SocketAddr, path: &str, connections: usize, span: Duration) -> anyhow::Result<Load> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n\r\n");
    let began = Instant::now();
    let mut latencies: Vec<f64> = runtime.block_on(async {
        let one = || tokio::spawn(connection(address, request.clone().into_bytes(), began + span));
        let tasks: Vec<_> = (0..connections).map(|_| one()).collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.context("a connection's task")??);
        }
        anyhow::Ok(all)
    })?;
    let rate = latencies.len() as f64 / began.elapsed().as_secs_f64();
    latencies.sort_unstable_by(f64::total_cmp);
    Ok(Load { rate, latencies })
}

/// The body of one answer.
pub(crate) fn fetch(address: SocketAddr, path: &str) -> anyhow::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n\r\n");
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await?;
        let mut buffer = Vec::new();
        stream.write_all(request.as_bytes()).await?;
        let (from, to) = answer(&mut stream, &mut buffer).await?;
        Ok(buffer[from..to].to_vec())
    })
}

async fn connection(address: SocketAddr, request: Vec<u8>, until: Instant) -> anyhow::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    let mut latencies = Vec::new();
    loop {
        let began = Instant::now();
        if began >= until {
            return Ok(latencies);
        }
        stream.write_all(&request).await?;
        answer(&mut stream, &mut buffer).await?;
        latencies.push(began.elapsed().as_nanos() as f64);
    }
}

/// Reads one answer into `buffer`; gives where its body stands.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<(usize, usize)> {
    buffer.clear();
    let mut bounds = None;
    loop {
        if bounds.is_none() {
            bounds = head(buffer)?;
        }
        if let Some((from, to)) = bounds.filter(|(_, to)| buffer.len() >= *to) {
            return Ok((from, to));
        }
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
    }
}

/// Where the body of an answer begins and ends, once its head is whole.
fn head(buffer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&buffer[..end]).context("the head of an answer is text")?;
    anyhow::ensure!(head.starts_with("HTTP/1.1 200"), "answered `{}`", head.lines().next().unwrap_or_default());
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map(|(_, value)| value.trim()).next().context("an answer without a length")?.parse()?;
    Ok(Some((end + 4, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").expect("fits"), Some((38, 41)));
        assert_eq!(head(b"HTTP/1.1 200 OK\r\n").expect("fits"), None);
        assert!(head(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
