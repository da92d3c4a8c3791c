//! What can be set about a desk, by flag or environment.
//!
//! [`Config`] is the resolved form that [`crate::spawn`] takes; the command-line form is in [`crate::cli`].

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::storage::{Location, postgres, sqlite};
use crate::valkey::ValkeyError;

/// Everything that can be set about a desk.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 lets the system choose.
    pub port: u16,
    /// Where the data is.
    pub database: Location,
    /// Where the bus and the cache are that instances share; `None` means in this process.
    pub valkey: Option<ValkeyUrl>,
    /// Whether an empty database is filled with the seed data.
    pub seed: bool,
    /// Signs access tokens; `None` makes one up.
    pub jwt_secret: Option<String>,
    /// How long an access token is good for.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good for.
    pub refresh_token_lifetime: Duration,
    /// Requests allowed per minute; `None` means no limits.
    pub rate_limit: Option<RateLimit>,
    /// Whether the ledger and the fault knobs are served under `/__target/`.
    pub instrument: bool,
    /// Connections that may be open at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// Connections to SQLite that read.
    pub readers: usize,
    /// Connections to PostgreSQL.
    pub pool: usize,
    /// Queries that may wait for the database before the answer is 503.
    pub query_queue: usize,
    /// How long a query may wait and run.
    pub query_timeout: Duration,
    /// Passwords that are verified at the same time.
    pub login_concurrency: usize,
    /// How long the head of a request may take to arrive, and how long a connection may be idle.
    pub head_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long requests in flight may take to finish after the signal to stop.
    pub grace: Duration,
}

/// Requests allowed per minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// By one account.
    pub per_account: u64,
    /// From one address.
    pub per_address: u64,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_account: 600, per_address: 1200 }
    }
}

impl Default for Config {
    /// A desk in memory on a port that the system chooses: what a test wants.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            database: sqlite::Location::Memory.into(),
            valkey: None,
            seed: true,
            jwt_secret: None,
            access_token_lifetime: Duration::from_secs(15 * 60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 3600),
            rate_limit: None,
            instrument: false,
            max_connections: 16_384,
            readers: cores.clamp(2, 8),
            pool: 16,
            query_queue: 1024,
            query_timeout: Duration::from_secs(2),
            login_concurrency: cores.div_ceil(2),
            head_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// Why a `DATABASE_URL` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not a URL of a kind that is known.
    #[error(
        "{variable}: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, sqlite::memory: or sqlite:PATH, \
         got {scheme:?}; leave it out for a file in the data folder"
    )]
    Unknown {
        /// The setting.
        variable: &'static str,
        /// What was found before the first colon.
        scheme: String,
    },
    /// TLS is asked for.
    #[error(
        "{variable}: sslmode={mode} asks for TLS, which the desk does not speak to its database; say \
         sslmode=disable or leave it out"
    )]
    Tls {
        /// The setting.
        variable: &'static str,
        /// What was asked for.
        mode: String,
    },
}

/// The file in the data folder that holds the database.
const DATABASE_FILE: &str = "insightdesk.db";

/// Where the data is, from `DATABASE_URL` if given and else from the data folder.
pub fn database_location(url: Option<&str>, data_folder: &Path) -> Result<Location, UrlError> {
    let Some(url) = url.filter(|url| !url.is_empty()) else {
        return Ok(sqlite::Location::File(data_folder.join(DATABASE_FILE)).into());
    };
    // Never repeat a whole URL in a message: it may hold a password.
    let scheme = url.split(':').next().unwrap_or_default().to_owned();
    let variable = "DATABASE_URL";
    let file = |path: &str| sqlite::Location::File(PathBuf::from(path.strip_prefix("//").unwrap_or(path)));
    match url.strip_prefix("sqlite:") {
        Some(":memory:") => Ok(sqlite::Location::Memory.into()),
        Some("" | "//") => Err(UrlError::Unknown { variable, scheme }),
        Some(path) => Ok(file(path).into()),
        None if matches!(scheme.as_str(), "postgresql" | "postgres") => {
            if let Some(mode) = tls_mode(url) {
                return Err(UrlError::Tls { variable, mode });
            }
            let address = postgres::Address::parse(url);
            address.map(Into::into).ok_or(UrlError::Unknown { variable, scheme })
        }
        None => Err(UrlError::Unknown { variable, scheme }),
    }
}

/// What a URL of PostgreSQL says about TLS, if it insists on it.
fn tls_mode(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, mode) = pairs.find(|(key, _)| key == "sslmode")?;
    (!matches!(&*mode, "disable" | "allow" | "prefer")).then(|| mode.into_owned())
}

/// Where Valkey is. It prints without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct ValkeyUrl(String);

impl ValkeyUrl {
    /// Reads `VALKEY_URL`; nothing in it means that there is none.
    pub fn parse(url: Option<&str>) -> Result<Option<Self>, ValkeyError> {
        let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
        // `valkey:` is what the scheme will be one day; the crate knows only the old one.
        let url = url.strip_prefix("valkey:").map_or_else(|| url.to_owned(), |rest| format!("redis:{rest}"));
        match redis::Client::open(url.as_str()) {
            Ok(_) => Ok(Some(Self(url))),
            Err(_) => Err(ValkeyError::Address),
        }
    }

    /// The whole URL, password included.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ValkeyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (_, place) = self.0.rsplit_once('@').or(self.0.split_once("//")).unwrap_or_default();
        write!(f, "redis://{place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls() {
        let folder = Path::new("data");
        let file = |path: &str| Ok(sqlite::Location::File(PathBuf::from(path)).into());
        assert_eq!(database_location(None, folder), file("data/insightdesk.db"));
        assert_eq!(database_location(Some(""), folder), file("data/insightdesk.db"));
        assert_eq!(database_location(Some("sqlite::memory:"), folder), Ok(sqlite::Location::Memory.into()));
        assert_eq!(database_location(Some("sqlite:a/b.db"), folder), file("a/b.db"));
        assert_eq!(database_location(Some("sqlite:///a/b.db"), folder), file("/a/b.db"));
    }

    #[test]
    fn what_cannot_be_used_says_so_without_repeating_passwords() {
        for url in ["postgresql://u:secret@h:x/d", "postgres://u:secret@", "mysql://u:secret@h/d", "sqlite:"]
        {
            let error = database_location(Some(url), Path::new("data")).expect_err(url);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgresql://u:secret@h/d?sslmode={mode}");
            let error = database_location(Some(&url), Path::new("data")).expect_err(mode).to_string();
            assert!(error.starts_with(&format!("DATABASE_URL: sslmode={mode} asks for TLS")), "{error}");
        }
        let plain = Some("postgresql://u:secret@h/d?sslmode=disable");
        database_location(plain, Path::new("data")).expect("no TLS is what there is");
        let error = ValkeyUrl::parse(Some("http://:secret@h")).expect_err("not Valkey");
        assert!(error.to_string().starts_with("VALKEY_URL: expected redis://"), "{error}");
        let url = ValkeyUrl::parse(Some("redis://:secret@h:1/2")).expect("a URL").expect("not empty");
        assert_eq!(format!("{url:?}"), "redis://h:1/2");
        assert_eq!(ValkeyUrl::parse(Some("")).expect("nothing"), None);
    }
}
