//! Where the query tables lie: a file, or a PostgreSQL database by its URL. Prints itself without a password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// A database. Its text form is fit for logs.
#[derive(Debug, Clone)]
pub enum Address {
    /// A SQLite file; made where it is missing.
    Sqlite(PathBuf),
    /// A PostgreSQL database; it must exist.
    Postgres(Box<PgConnectOptions>),
}

/// Why a `DATABASE_URL` is refused. Never holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another kind of database.
    #[error("`{0}:` is not a database that this host knows; use postgres://user:password@host/database or sqlite:FILE")]
    Scheme(String),
    /// The URL cannot be read.
    #[error(
        "the PostgreSQL URL cannot be read: {0}; write postgres://user:password@host:5432/database?sslmode=require"
    )]
    Postgres(String),
}

impl Address {
    /// Reads a URL: `postgres://…`, `postgresql://…`, or `sqlite:FILE`. Empty text means `file`.
    pub fn parse(url: &str, file: &Path) -> Result<Address, AddressError> {
        let url = url.trim();
        if url.is_empty() {
            return Ok(Address::Sqlite(file.to_owned()));
        }
        match url.split_once(':') {
            Some(("sqlite", rest)) => Ok(Address::Sqlite(PathBuf::from(rest.trim_start_matches("//")))),
            Some(("postgres" | "postgresql", _)) => match PgConnectOptions::from_str(url) {
                Ok(options) => Ok(Address::Postgres(Box::new(options))),
                // The parser's own words may hold the text that it could not read.
                Err(_) => Err(AddressError::Postgres("it is not a URL of the form that is known".to_owned())),
            },
            Some((scheme, _)) => Err(AddressError::Scheme(scheme.to_owned())),
            None => Err(AddressError::Scheme(url.chars().take(12).collect())),
        }
    }

    /// `sqlite` or `postgres`.
    pub fn backend(&self) -> &'static str {
        match self {
            Address::Sqlite(_) => "sqlite",
            Address::Postgres(_) => "postgres",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Address::Postgres(options) => {
                let socket = options.get_socket().map(|path| path.display().to_string());
                let host = socket.unwrap_or_else(|| options.get_host().to_owned());
                let database = options.get_database().unwrap_or_else(|| options.get_username());
                write!(f, "postgres://{}@{host}:{}/{database}", options.get_username(), options.get_port())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let shown = match Address::parse(url, Path::new("/data/query.db")) {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(shown.starts_with(expected) && !shown.contains("sesame"), "{url}: {shown}");
    }

    #[test]
    fn urls() {
        check("", "sqlite:/data/query.db");
        check("sqlite:/tmp/q.db", "sqlite:/tmp/q.db");
        check("sqlite:///tmp/q.db", "sqlite:/tmp/q.db");
        check("postgres://sconce:sesame@db.example:5433/trading", "postgres://sconce@db.example:5433/trading");
        check("postgresql://sconce@localhost/trading?sslmode=verify-full", "postgres://sconce@localhost:5432/trading");
        check("postgres://sconce:sesame@%2Frun%2Fpg/trading", "postgres://sconce@/run/pg:5432/trading");
        check("postgres://sconce:sesame@host:port/x", "the PostgreSQL URL cannot be read");
        check("mysql://root:sesame@x/y", "`mysql:` is not a database");
        check("sesam", "`sesam:` is not");
    }
}
