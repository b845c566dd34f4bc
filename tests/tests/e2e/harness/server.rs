//! A host as a child process on a free port, with a data directory of its own. It is killed when dropped.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::reply::Reply;
use super::wait::{DEADLINE, until, until_within};

/// What the host prints once it listens.
const LISTENING: &str = "listening on http://";

/// How a host is to be started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    args: Vec<String>,
    env: Vec<(String, String)>,
    data: Arc<TempDir>,
}

impl Setup {
    /// The demo market with the plugins of the tree and a fresh data directory.
    pub(crate) fn demo() -> Self {
        Setup::feed("demo", &[])
    }

    /// Any feed, with further flags.
    pub(crate) fn feed(feed: &str, flags: &[&str]) -> Self {
        let plugins = Setup::bundled_plugins();
        let mut args = ["serve", "--feed", feed, "--plugins", &plugins.to_string_lossy()].map(str::to_owned).to_vec();
        args.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let data = Arc::new(TempDir::new().expect("a temporary folder"));
        Setup { args, env: Vec::new(), data }
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder of plugins that hosts run with.
    pub(crate) fn bundled_plugins() -> PathBuf {
        std::env::var_os("SCONCE_PLUGINS").map_or_else(|| target().join("plugins"), PathBuf::from)
    }

    /// Another folder of plugins.
    pub(crate) fn plugins(self, folder: &Path) -> Self {
        self.flag("--plugins", &folder.to_string_lossy())
    }

    /// Another replay speed, of the same data.
    pub(crate) fn speed(self, speed: &str) -> Self {
        self.flag("--speed", speed)
    }

    fn flag(mut self, flag: &str, value: &str) -> Self {
        let place = self.args.iter().position(|arg| arg == flag).expect("the flag is there to be changed");
        self.args[place + 1] = value.to_owned();
        self
    }

    /// The data directory; it outlives the host, so that another start finds it.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Starts a host and waits until it answers.
    #[track_caller]
    pub(crate) fn start(&self) -> Server {
        let mut child = self.command().spawn().unwrap_or_else(|error| {
            panic!("cannot start {}: {error}; build it with `cargo build --package sconce`", binary().display())
        });
        let log = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take().expect("stdout is piped"), Arc::clone(&log));
        listen(child.stderr.take().expect("stderr is piped"), Arc::clone(&log));
        let data = Arc::clone(&self.data);
        let mut server = Server { child, log, base: String::new(), client: Client::new(), _data: data };
        server.base = server.await_address();
        let health = format!("{}/health", server.base);
        let up = || server.client.get(&health).send().ok().filter(|reply| reply.status().is_success());
        until("the host to answer /health", up, || server.logs());
        server
    }

    /// Starts a host whose settings are refused, and gives what it said at its end.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let mut child = self.command().spawn().expect("the binary can be started");
        let log = Arc::new(Mutex::new(Vec::new()));
        listen(child.stderr.take().expect("stderr is piped"), Arc::clone(&log));
        let mut ended = || child.try_wait().expect("the host is ours");
        let said = || log.lock().expect("no reader panics").join("\n");
        let status = until("the host to refuse its settings", &mut ended, said);
        assert!(!status.success(), "it ended well: {}", said());
        until("its last words", || Some(said()).filter(|text| text.contains("error:")), said)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        // Nothing of the developer's environment reaches the host.
        command.env_clear().env("PORT", "0").env("DATA_DIR", self.data());
        // Tests ask as often as it takes; those of the limits set their own.
        command.env("RATE_LIMIT_DEFAULT", "off").env("RATE_LIMIT_CHANGES", "off").env("RATE_LIMIT_RUN_NOW", "off");
        // Fitting at each start takes longer than most tests; those of forecasts say who is asked.
        command.env("FORECAST_AT_CLOSE", "naive");
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Runs a command of the binary to its end, with nothing of the developer's environment.
#[track_caller]
pub(crate) fn run(args: &[&str]) -> Output {
    run_with(args, &[])
}

/// The same with variables.
#[track_caller]
pub(crate) fn run_with(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(variables.iter().copied());
    command.args(args).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("cannot run {}: {error}", binary().display()))
}

/// A running host.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    base: String,
    client: Client,
    /// Kept until the host has ended, which happens before fields are dropped.
    _data: Arc<TempDir>,
}

impl Server {
    /// The demo market, without settings.
    #[track_caller]
    pub(crate) fn demo() -> Self {
        Setup::demo().start()
    }

    /// Asks for a path.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(format!("GET {path}"), self.client.get(self.url(path)))
    }

    /// Asks for a path and waits until its JSON shows what is wanted.
    #[track_caller]
    pub(crate) fn get_until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.get_within(path, DEADLINE, wanted)
    }

    /// The same for something that takes its time, such as the end of a minute.
    #[track_caller]
    pub(crate) fn get_within(&self, path: &str, patience: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let look = || Some(self.get(path).json(200)).filter(|body| wanted(body));
        until_within(patience, path, look, || format!("last: {}\n{}", self.get(path).body, self.logs()))
    }

    /// Posts JSON.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[])
    }

    /// Posts JSON with headers.
    #[track_caller]
    pub(crate) fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let request = self.client.post(self.url(path)).json(body);
        self.send(format!("POST {path} {body}"), with(request, headers))
    }

    /// Posts bytes that need not be JSON.
    #[track_caller]
    pub(crate) fn post_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Reply {
        let asked = format!("POST {path} with {} bytes of {kind}", body.len());
        self.send(asked, self.client.post(self.url(path)).header("content-type", kind).body(body))
    }

    /// A request of any kind.
    #[track_caller]
    pub(crate) fn request(&self, method: reqwest::Method, path: &str, headers: &[(&str, &str)]) -> Reply {
        let asked = format!("{method} {path}");
        self.send(asked, with(self.client.request(method, self.url(path)), headers))
    }

    /// A request of any kind with a body.
    #[track_caller]
    pub(crate) fn change(&self, method: reqwest::Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let asked = format!("{method} {path} with {} bytes", body.len());
        self.send(asked, with(self.client.request(method, self.url(path)), headers).body(body))
    }

    /// Bytes of memory that it has touched and not given back; nothing where the system does not tell.
    pub(crate) fn memory(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
    }

    /// Everything that it printed so far.
    pub(crate) fn logs(&self) -> String {
        self.log.lock().expect("no reader panics").join("\n")
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Ends it without warning (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        self.ended();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the host is alive");
    }

    #[track_caller]
    fn ended(&mut self) -> ExitStatus {
        let log = Arc::clone(&self.log);
        let look = || self.child.try_wait().expect("the host is ours");
        until("the host to end", look, || log.lock().expect("no reader panics").join("\n"))
    }

    #[track_caller]
    fn await_address(&mut self) -> String {
        let log = Arc::clone(&self.log);
        let look = || {
            let lines = log.lock().expect("no reader panics");
            let address = lines.iter().find_map(|line| line.split_once(LISTENING));
            address.map(|(_, rest)| format!("http://{}", rest.split_whitespace().next().unwrap_or_default()))
        };
        until("the address line", look, || {
            format!("exit: {:?}\n{}", self.child.id(), log.lock().expect("no reader panics").join("\n"))
        })
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    #[track_caller]
    fn send(&self, asked: String, request: RequestBuilder) -> Reply {
        match request.send() {
            Ok(response) => Reply::read(asked, response),
            Err(error) => panic!("{asked}: {error}\n{}", self.logs()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is fine here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Collects the lines of one stream until it ends.
fn listen(stream: impl Read + Send + 'static, log: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.lock().expect("no reader panics").push(line);
        }
    });
}

/// The program under test.
pub(crate) fn binary() -> PathBuf {
    let built = || target().join("debug").join(format!("sconce{}", std::env::consts::EXE_SUFFIX));
    std::env::var_os("SCONCE_BIN").map_or_else(built, PathBuf::from)
}

/// Where things are built.
pub(crate) fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the checkout");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target))
}
