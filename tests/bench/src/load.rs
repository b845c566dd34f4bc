//! A small load generator: keep-alive connections on the loopback, one request at a time each, bounded in time.
//!
//! One thread, one poll for all connections, the request's bytes made once, and of an answer only its status and its
//! length are read: it takes as little of the machine from the server as it can. Both servers of a comparison are asked
//! by it in the same way.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// A server that says nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes read at once: more than an answer has.
const BUFFER: usize = 64 << 10;

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
    let request = request(address, path);
    let mut poll = Poll::new()?;
    let began = Instant::now();
    let connect = |number| Caller::connect(address, &poll, Token(number), began);
    let mut callers = (0..connections).map(connect).collect::<anyhow::Result<Vec<_>>>()?;
    callers.iter_mut().try_for_each(|caller| caller.ask(&request, Instant::now()))?;
    let mut latencies = Vec::new();
    let mut events = Events::with_capacity(connections);
    let mut buffer = vec![0; BUFFER];
    let mut asking = connections;
    while asking > 0 {
        wait(&mut poll, &mut events)?;
        for event in &events {
            let caller = &mut callers[event.token().0];
            if !caller.has_answer(&mut buffer)? {
                continue;
            }
            let now = Instant::now();
            latencies.push((now - caller.asked).as_nanos() as f64);
            if now < began + span {
                caller.ask(&request, now)?;
            } else {
                asking -= 1;
            }
        }
    }
    let rate = latencies.len() as f64 / began.elapsed().as_secs_f64();
    latencies.sort_unstable_by(f64::total_cmp);
    Ok(Load { rate, latencies })
}

/// The body of one answer.
pub(crate) fn fetch(address: SocketAddr, path: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request(address, path))?;
    let (mut answer, mut buffer) = (Vec::new(), vec![0; BUFFER]);
    loop {
        let read = stream.read(&mut buffer)?;
        anyhow::ensure!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..read]);
        if let Some((from, to)) = bounds(&answer)?.filter(|(_, to)| answer.len() >= *to) {
            return Ok(answer[from..to].to_vec());
        }
    }
}

fn request(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n\r\n").into_bytes()
}

fn wait(poll: &mut Poll, events: &mut Events) -> anyhow::Result<()> {
    match poll.poll(events, Some(PATIENCE)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => Err(error.into()),
        Ok(()) if events.is_empty() => anyhow::bail!("no answer in {PATIENCE:?}"),
        _ => Ok(()),
    }
}

/// One connection and what it waits for.
struct Caller {
    stream: TcpStream,
    asked: Instant,
    awaited: Awaited,
}

/// What is still to come of an answer.
enum Awaited {
    /// The end of the head; what is there of it so far.
    Head(Vec<u8>),
    /// So many bytes of the body.
    Body(usize),
}

impl Caller {
    fn connect(address: SocketAddr, poll: &Poll, token: Token, now: Instant) -> anyhow::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, Interest::READABLE)?;
        Ok(Caller { stream, asked: now, awaited: Awaited::Head(Vec::new()) })
    }

    fn ask(&mut self, request: &[u8], now: Instant) -> anyhow::Result<()> {
        self.asked = now;
        // It waits for one answer at a time, so there is always room for a request.
        self.stream.write_all(request).context("sending a request")
    }

    /// Reads what has come; true once the answer is whole.
    fn has_answer(&mut self, buffer: &mut [u8]) -> anyhow::Result<bool> {
        loop {
            let read = match self.stream.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            anyhow::ensure!(read > 0, "the server closed the connection");
            if self.awaited.take(&buffer[..read])? {
                self.awaited = Awaited::Head(Vec::new());
                return Ok(true);
            }
        }
    }
}

impl Awaited {
    /// Takes what has come; true once nothing is awaited any more.
    fn take(&mut self, read: &[u8]) -> anyhow::Result<bool> {
        let missing = match self {
            Awaited::Body(missing) => missing.checked_sub(read.len()),
            // An answer mostly comes in one piece, which is not copied.
            Awaited::Head(before) if before.is_empty() => match bounds(read)? {
                Some((_, end)) => end.checked_sub(read.len()),
                None => {
                    before.extend_from_slice(read);
                    return Ok(false);
                }
            },
            Awaited::Head(before) => {
                before.extend_from_slice(read);
                let Some((_, end)) = bounds(before)? else { return Ok(false) };
                end.checked_sub(before.len())
            }
        };
        let missing = missing.context("more came than one answer")?;
        *self = Awaited::Body(missing);
        Ok(missing == 0)
    }
}

/// Where the body of an answer begins and ends, once its head is whole.
fn bounds(answer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end]).context("the head of an answer is text")?;
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
        assert_eq!(bounds(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").expect("fits"), Some((38, 41)));
        assert_eq!(bounds(b"HTTP/1.1 200 OK\r\n").expect("fits"), None);
        assert!(bounds(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(bounds(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn an_answer_is_whole_however_it_is_cut() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        for size in 1..=answer.len() {
            let mut awaited = Awaited::Head(Vec::new());
            let whole: Vec<bool> = answer.chunks(size).map(|piece| awaited.take(piece).expect("fits")).collect();
            let (last, before) = whole.split_last().expect("some pieces");
            assert!(*last && before.iter().all(|whole| !whole), "pieces of {size}");
        }
        assert!(Awaited::Head(Vec::new()).take(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcd").is_err());
    }
}
