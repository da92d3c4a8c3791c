//! Where a PostgreSQL database is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The address of a database. It prints without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Arc<Config>);

impl Address {
    /// Reads `postgresql://user:password@host:port/database`; `None` when it is no such address.
    pub fn parse(url: &str) -> Option<Self> {
        url.parse::<Config>()
            .ok()
            .filter(|config| !config.get_hosts().is_empty())
            .map(|config| Self(Arc::new(config)))
    }

    /// How to connect, the server being told how long a query may run.
    pub(super) fn config(&self, limit: Duration) -> Config {
        let mut config = Config::clone(&self.0);
        let given = config.get_options().unwrap_or_default();
        let options = format!("{given} -c statement_timeout={}", super::pool::millis(limit));
        config.options(options.trim()).application_name("insightdesk");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(limit);
        }
        config
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgresql://")?;
        if let Some(user) = self.0.get_user() {
            write!(f, "{user}@")?;
        }
        for (index, host) in self.0.get_hosts().iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{}", path.display())?,
            }
            if let Some(port) = self.0.get_ports().get(index).or(self.0.get_ports().first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.0.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let address = Address::parse("postgresql://u:secret@h:5433/d").expect("an address");
        assert_eq!((address.to_string(), format!("{address:?}")), {
            let shown = "postgresql://u@h:5433/d".to_owned();
            (shown.clone(), shown)
        });
        assert_eq!(Address::parse("postgresql://u:secret@h:port/d"), None);
        assert_eq!(Address::parse("postgresql:///d"), None);
    }
}
