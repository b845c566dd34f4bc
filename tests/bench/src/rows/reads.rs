//! Cached reads: `/v1/signals` and `/signals_tf` of a running host on the demo market, beside FastAPI that returns the same
//! bytes.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Setting;
use crate::load::{fetch, press};
use crate::report::{Figure, Gate, rate, short, span};
use crate::sample::{median, quantile};

type Says = fn(&serde_json::Value) -> bool;

/// What is asked for, and what says that the demo market has brought something there.
const PATHS: [(&str, Says); 2] = [
    ("/v1/signals", |body| body["signals"].as_object().is_some_and(|signals| !signals.is_empty())),
    ("/signals_tf", |body| body["as_of"].is_string()),
];
const CONNECTIONS: usize = 16;
/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(90);
/// Nanoseconds of one tick of the kernel's account of processes; 100 a second wherever Linux runs.
const TICK: f64 = 1e7;
const LISTENING: &str = "listening on http://";

/// A server as a child; it is ended when dropped.
struct Server(Child);

impl Server {
    fn busy(&self) -> anyhow::Result<f64> {
        busy(&self.0.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is fine here.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let (host, ours) = start_host(setting, folder.path())?;
    let mut us = Side::new(ours, host);
    PATHS.iter().map(|(path, says_something)| one(setting, folder.path(), &mut us, path, *says_something)).collect()
}

/// One path of the running host, beside a peer that returns what it says there.
fn one(
    setting: &Setting,
    folder: &Path,
    us: &mut Side,
    path: &'static str,
    says_something: Says,
) -> anyhow::Result<Figure> {
    let enough = |body: &[u8]| serde_json::from_slice(body).is_ok_and(|value| says_something(&value));
    let body = until_answered(us.address, path, enough)?;
    let file = folder.join("body.json");
    std::fs::write(&file, &body)?;
    let mut them = start_peer(setting, &file, path)?;
    let time = Duration::from_millis(setting.pick(1_000, 4_000));
    // The first turn of each does not count.
    us.turn(path, time / 4)?;
    them.turn(path, time / 4)?;
    (us.turns, them.turns) = (Vec::new(), Vec::new());
    for _ in 0..setting.pick(3, 5) {
        us.turn(path, time)?;
        them.turn(path, time)?;
    }
    Ok(figure(path, &us.turns, &them.turns, body.len()))
}

/// A server that is asked, and what came of it.
struct Side {
    address: SocketAddr,
    server: Server,
    turns: Vec<Turn>,
}

/// What one turn of load came to.
struct Turn {
    /// Requests a second.
    rate: f64,
    /// The time that one request in a hundred goes beyond.
    p99: f64,
    /// Processor time of the server for a request, in nanoseconds.
    work: f64,
    /// The same of the load generator.
    asking: f64,
}

impl Side {
    fn new(address: SocketAddr, server: Server) -> Self {
        Side { address, server, turns: Vec::new() }
    }

    fn turn(&mut self, path: &str, time: Duration) -> anyhow::Result<()> {
        let before = (self.server.busy()?, busy("self")?);
        let load = press(self.address, path, CONNECTIONS, time)?;
        let asked = load.latencies.len() as f64;
        self.turns.push(Turn {
            rate: load.rate,
            p99: quantile(&load.latencies, 0.99),
            work: (self.server.busy()? - before.0) / asked,
            asking: (busy("self")? - before.1) / asked,
        });
        Ok(())
    }
}

fn figure(path: &str, ours: &[Turn], theirs: &[Turn], bytes: usize) -> Figure {
    let of = |turns: &[Turn], part: fn(&Turn) -> f64| median(turns.iter().map(part).collect());
    let both = |part: fn(&Turn) -> f64| (of(ours, part), of(theirs, part));
    let (rates, p99, work, asking) =
        (both(|turn| turn.rate), both(|turn| turn.p99), both(|turn| turn.work), both(|turn| turn.asking));
    let note = format!(
        "{CONNECTIONS} connections, {} kB a body; p99 {} against {}; processor time for a request: the server {} against \
         {}, that is {} against {} of processor time, {}x; the load generator {} against {}, out of the \
         same cores",
        short(bytes as f64 / 1e3),
        span(p99.0),
        span(p99.1),
        span(work.0),
        span(work.1),
        rate(1e9 / work.0, "requests"),
        rate(1e9 / work.1, "requests"),
        short(work.1 / work.0),
        span(asking.0),
        span(asking.1),
    );
    let figure = Figure::published(&format!("cached reads of {path}, middleware on"), rate(rates.0, "requests"));
    let peer = rate(rates.1, "requests");
    figure.beside("FastAPI + uvicorn + httptools", &peer, rates.0 / rates.1, Gate::AtLeast(10.0)).note(note)
}

/// Nanoseconds of processor time that a process used so far.
fn busy(process: &str) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; what follows are numbers.
    let numbers = text.rsplit_once(')').context("a line of /proc")?.1;
    let ticks = numbers.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() * TICK)
}

fn start_host(setting: &Setting, folder: &Path) -> anyhow::Result<(Server, SocketAddr)> {
    let mut command = Command::new(&setting.host);
    command.env_clear().args(["--log", "warn", "serve", "--feed", "demo", "--port", "0", "--data-dir"]);
    // Limits would end the measurement, and are no part of it.
    command.env("RATE_LIMIT_DEFAULT", "off");
    command.arg(folder.join("data")).arg("--plugins").arg(&setting.plugins).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting {}", setting.host.display()))?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let server = Server(child);
    let mut lines = BufReader::new(stdout).lines();
    let line = lines.find_map(|line| Some(line.ok()?.split_once(LISTENING)?.1.trim().to_owned()));
    let address = line.context("the host ended without saying where it listens")?.parse()?;
    // What it says later must go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((server, address))
}

fn start_peer(setting: &Setting, file: &Path, path: &str) -> anyhow::Result<Side> {
    let python = setting.python.as_deref().unwrap_or(Path::new("python3"));
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut fastapi = Command::new(python);
    fastapi.arg(setting.peers.join("cached.py")).arg(file).arg(path).arg(port.to_string());
    let server = Server(fastapi.spawn().context("starting uvicorn")?);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    until_answered(address, path, |_| true)?;
    Ok(Side::new(address, server))
}

/// Waits until the path is answered as it should be; gives the body.
fn until_answered(address: SocketAddr, path: &str, enough: impl Fn(&[u8]) -> bool) -> anyhow::Result<Vec<u8>> {
    let began = Instant::now();
    loop {
        let up = TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
        let body = if up { fetch(address, path).ok().filter(|body| enough(body)) } else { None };
        match body {
            Some(body) => return Ok(body),
            None if began.elapsed() > PATIENCE => anyhow::bail!("{address}{path} was not answered in {PATIENCE:?}"),
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
