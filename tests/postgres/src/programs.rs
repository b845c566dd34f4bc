//! Where the programs of a server are, and as whom they are run.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::holds;

/// Where distributions put what is not in `PATH`; each holds one folder for each version.
const HOMES: [&str; 3] = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/postgresql"];

/// The folder of the programs.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// Finds them; of several versions the newest.
    pub fn find() -> Option<Programs> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let in_path = std::env::split_paths(&path).find(|folder| holds(folder));
        in_path.or_else(newest_installed).map(Programs)
    }

    /// A program, run as `user` where one is given.
    pub(crate) fn command(&self, program: &str, user: Option<&User>) -> Command {
        let mut command = Command::new(self.0.join(program));
        if let Some(user) = user {
            command.uid(user.id).gid(user.group);
        }
        // The server must not follow the wishes of the developer's shell.
        command.env_clear().env("PATH", &self.0).env("LC_ALL", "C").env("TZ", "UTC");
        command
    }
}

fn newest_installed() -> Option<PathBuf> {
    let versions = HOMES.iter().filter_map(|home| std::fs::read_dir(home).ok()).flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| holds(folder))
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Number of the user.
    pub id: u32,
    /// Number of its group.
    pub group: u32,
}

impl User {
    /// Nobody else, unless we are root, which the server refuses to be.
    pub(crate) fn to_run_as() -> Result<Option<User>, String> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| User::named(&users, name));
        found.map(Some).ok_or_else(|| "we are root, and there is no user `postgres` or `nobody`".to_owned())
    }

    fn named(users: &str, name: &str) -> Option<User> {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(User { id: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nbroken:x:a:b\n";
        for (name, expected) in
            [("nobody", Some(User { id: 65534, group: 65534 })), ("broken", None), ("postgres", None)]
        {
            assert_eq!(User::named(users, name), expected, "{name}");
        }
    }
}
