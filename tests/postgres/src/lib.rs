//! A PostgreSQL server of one's own: made by `initdb` in a temporary folder, listening on a socket in it and nowhere
//! else, killed and removed when dropped. It can be frozen, crashed and started again, which is what tests want it for.
//!
//! The programs of the server are looked for in `PATH` and where Debian and others put them. PostgreSQL refuses to run as
//! root: then it runs as the user `postgres` or `nobody`. Knows no SQL and no crate of the host.

mod processes;
mod programs;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

pub use programs::{Programs, User};

/// A busy machine has this long to start a server.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    user: Option<User>,
    folder: TempDir,
    server: Option<Child>,
}

impl Cluster {
    /// Makes and starts a server; says on standard output that `test` is skipped where there is none to be had.
    #[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
    pub fn or_skip(test: &str) -> Option<Cluster> {
        let Some(programs) = Programs::find() else {
            println!("SKIP {test}: the programs of a PostgreSQL server are not installed");
            return None;
        };
        match Cluster::start_with(programs) {
            Ok(cluster) => Some(cluster),
            Err(error) => panic!("PostgreSQL is installed and does not start: {error}"),
        }
    }

    /// Makes and starts a server with these programs.
    pub fn start_with(programs: Programs) -> Result<Cluster, String> {
        let user = User::to_run_as()?;
        let folder = tempfile::Builder::new().prefix("sconce-pg-").tempdir().map_err(said("make a folder"))?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(said("open the folder"))?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.id), Some(user.group)).map_err(said("give the folder away"))?;
        }
        let mut cluster = Cluster { programs, user, folder, server: None };
        cluster.initialise()?;
        cluster.start()?;
        Ok(cluster)
    }

    /// The URL of a database of this server; `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://sconce@{folder}/{database}")
    }

    /// Makes an empty database and gives its URL.
    pub fn database(&self, name: &str) -> String {
        let mut createdb = self.command("createdb");
        createdb.args(["-h", &self.folder.path().to_string_lossy(), "-U", "sconce", name]);
        let made = createdb.output().expect("createdb can be started");
        assert!(made.status.success(), "createdb {name}: {}", String::from_utf8_lossy(&made.stderr));
        self.url(name)
    }

    /// Runs one statement by `psql` and gives what it printed, bare.
    pub fn psql(&self, database: &str, statement: &str) -> Result<String, String> {
        let mut psql = self.command("psql");
        psql.args([
            "-h",
            &self.folder.path().to_string_lossy(),
            "-U",
            "sconce",
            "-d",
            database,
            "-X",
            "-A",
            "-t",
            "-c",
        ]);
        let done = psql.arg(statement).output().map_err(said("start psql"))?;
        match done.status.success() {
            true => Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned()),
            false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
        }
    }

    /// Starts the server after [`Cluster::crash`]; returns once it answers.
    pub fn start(&mut self) -> Result<(), String> {
        let log = fs::File::options().create(true).append(true).open(self.log()).map_err(said("open the log"))?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        // A test loses nothing by a power cut.
        postgres.args([
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "shared_buffers=32MB",
            "-c",
            "max_connections=40",
        ]);
        let errors = log.try_clone().map_err(said("open the log"))?;
        let server =
            postgres.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().map_err(said("start postgres"))?;
        self.server = Some(server);
        self.wait_until_it_answers()
    }

    /// Ends every process of the server at once, as a machine does that loses its power.
    pub fn crash(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let family = processes::family(server.id());
        processes::signal(&family, Signal::KILL);
        // The server is a child of ours and waits to be reaped; its own children are nobody's and are gone at once.
        let _ = server.wait();
        let end = Instant::now() + DEADLINE;
        while processes::any_alive(&family) && Instant::now() < end {
            std::thread::yield_now();
        }
    }

    /// Stops every process of the server where it stands: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.to_all(Signal::STOP);
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.to_all(Signal::CONT);
    }

    fn to_all(&self, signal: Signal) {
        if let Some(server) = &self.server {
            processes::signal(&processes::family(server.id()), signal);
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn initialise(&self) -> Result<(), String> {
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(self.data()).args([
            "-U",
            "sconce",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        let done = initdb.output().map_err(said("start initdb"))?;
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            let mut ready = self.command("pg_isready");
            ready.args(["-q", "-h", &self.folder.path().to_string_lossy()]);
            if ready.status().map_err(said("start pg_isready"))?.success() {
                return Ok(());
            }
            let over = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            if over.is_some() {
                break;
            }
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        Err(format!("the server does not answer:\n{log}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.programs.command(program, self.user.as_ref());
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.crash();
    }
}

fn said(action: &'static str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("cannot {action}: {error}")
}

/// Whether a folder holds the programs of a server.
fn holds(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready", "createdb", "psql"].iter().all(|program| folder.join(program).is_file())
}
