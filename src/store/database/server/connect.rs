//! The way to a server.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};

use super::password::{PasswordFile, Wanted};
use super::schema;
use crate::store::database::address::with_port;
use crate::store::database::engine::{Connection, EngineError, Session};
use crate::store::database::{StoreAccess, StoreError};

/// The first version of PostgreSQL with everything that statements need, as `server_version_num` has it.
const OLDEST_SERVER: i32 = 130_000;
/// How long a connection may take, unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a dead network goes unnoticed.
const SILENCE: Duration = Duration::from_secs(30);

pub fn open(
    path: &Path,
    access: StoreAccess,
    busy_timeout: Duration,
) -> Result<Connection, StoreError> {
    let text = path.to_str().unwrap_or_default();
    let environment = |name: &str| std::env::var_os(name);
    let (config, passwords) = config(text, environment)
        .map_err(|reason| StoreError::Address { address: text.to_owned(), reason })?;
    let failed = |error: EngineError| StoreError::from_engine(path, error);
    let mut client = config.connect(NoTls).map_err(|error| {
        let mut error = EngineError::from(error);
        // The server wants a password, and there is none to send: the same as a wrong one.
        if let EngineError::Server { code: code @ None, message, is_lost: false } = &mut error
            && config.get_password().is_none()
            && message.contains("password missing")
        {
            *code = Some("28P01".to_owned());
        }
        passwords.explain(StoreError::from_engine(path, error))
    })?;
    check_version(path, &mut client)?;
    client
        .batch_execute(&format!(
            "SET search_path TO {}; SET lock_timeout TO {}; SET client_min_messages TO warning",
            schema::NAMESPACE,
            busy_timeout.as_millis().min(i32::MAX as u128)
        ))
        .map_err(|error| failed(error.into()))?;
    let identity = schema::prepare(path, &mut client, access)?;
    Ok(Session::new(client, identity).into())
}

fn check_version(path: &Path, client: &mut Client) -> Result<(), StoreError> {
    let version = "SELECT CAST(current_setting('server_version_num') AS INTEGER)";
    let version: i32 = client
        .query_one(version, &[])
        .and_then(|row| row.try_get(0))
        .map_err(|error| StoreError::from_engine(path, error.into()))?;
    if version >= OLDEST_SERVER {
        return Ok(());
    }
    Err(StoreError::Address {
        address: path.display().to_string(),
        reason: format!(
            "the server is PostgreSQL {}, and studies need {} or later",
            version / 10_000,
            OLDEST_SERVER / 10_000
        ),
    })
}

/// The connection that an address asks for, with what it leaves open from the variables of PostgreSQL's own
/// programs; and where a password was looked for.
fn config(
    text: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(Config, PasswordFile), String> {
    let own = |name: &str| variable(name).and_then(|value| value.into_string().ok());
    let given = |name: &str| own(name).filter(|value| !value.is_empty());
    let mode = option(text, "sslmode").map(str::to_owned).or_else(|| given("PGSSLMODE"));
    if let Some(mode @ ("require" | "verify-ca" | "verify-full")) = mode.as_deref() {
        return Err(format!(
            "sslmode={mode} asks for an encrypted connection, which this program cannot make: use a tunnel \
             (`ssh -L`) or a network that you trust, and sslmode=disable"
        ));
    }
    let port = match given("PGPORT") {
        Some(port) => {
            Some(port.parse::<u16>().map_err(|_| format!("PGPORT is {port}, which is no port"))?)
        }
        None => None,
    };
    // Read as it is, a host without a port would have the default one.
    let address = port.map_or(text.to_owned(), |port| with_port(text, port));
    let mut config: Config = address.parse().map_err(|error: postgres::Error| {
        format!("{error}: expected postgres://USER@HOST:PORT/DATABASE")
    })?;
    config.ssl_mode(SslMode::Disable);
    if config.get_hosts().is_empty() {
        match given("PGHOST") {
            Some(host) => config.host(&host),
            None => config.host(&default_host()),
        };
    }
    if let (true, Some(port)) = (config.get_ports().is_empty(), port) {
        config.port(port);
    }
    if let (None, Some(user)) = (config.get_user(), given("PGUSER")) {
        config.user(&user);
    }
    let user = match config.get_user() {
        Some(user) => user.to_owned(),
        None => given("USER").or_else(|| given("USERNAME")).ok_or(
            "whose database it is, is not known: expected postgres://USER@HOST/DATABASE".to_owned(),
        )?,
    };
    config.user(&user);
    if config.get_dbname().is_none_or(str::is_empty) {
        config.dbname(given("PGDATABASE").as_deref().unwrap_or(&user));
    }
    if config.get_connect_timeout().is_none() {
        let seconds = given("PGCONNECT_TIMEOUT").and_then(|text| text.parse().ok());
        config.connect_timeout(seconds.map_or(CONNECT_TIMEOUT, Duration::from_secs));
    }
    if config.get_application_name().is_none() {
        config.application_name("untrained");
    }
    config.keepalives_idle(SILENCE).tcp_user_timeout(SILENCE);
    let passwords = PasswordFile::find(&variable);
    if let Some(password) = own("PGPASSWORD") {
        config.password(password);
    } else if let Some(password) = passwords.password(&Wanted::of(&config)) {
        config.password(password);
    }
    Ok((config, passwords))
}

/// The value of an option at the end of an address.
fn option<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, options) = text.split_once('?')?;
    options.split('&').find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
}

/// Where servers of this computer listen unless they are told otherwise.
fn default_host() -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let has_socket = |folder: &&str| cfg!(unix) && Path::new(folder).join(".s.PGSQL.5432").exists();
    folders.into_iter().find(has_socket).unwrap_or("localhost").to_owned()
}

impl Wanted {
    /// What a file of passwords is searched for.
    fn of(config: &Config) -> Self {
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            // So do PostgreSQL's own programs.
            _ => "localhost".to_owned(),
        };
        Self {
            host,
            port: config.get_ports().first().copied().unwrap_or(5432).to_string(),
            database: config.get_dbname().unwrap_or_default().to_owned(),
            user: config.get_user().unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        config(text, variable).map(|(config, _)| config)
    }

    #[test]
    fn what_an_address_leaves_open_comes_from_variables() {
        let variables = [
            ("PGHOST", "h"),
            ("PGPORT", "77"),
            ("PGUSER", "u"),
            ("PGDATABASE", "d"),
            ("PGPASSWORD", "secret"),
        ];
        let config = made("postgres://", &variables).unwrap();
        assert_eq!(config.get_hosts(), [Host::Tcp("h".to_owned())]);
        assert_eq!((config.get_ports(), config.get_user()), (&[77][..], Some("u")));
        assert_eq!((config.get_dbname(), config.get_password()), (Some("d"), Some(&b"secret"[..])));
        let config = made("postgresql://v@g:78/e", &variables).unwrap();
        assert_eq!(config.get_hosts(), [Host::Tcp("g".to_owned())]);
        assert_eq!((config.get_ports(), config.get_user()), (&[78][..], Some("v")));
        assert_eq!(config.get_dbname(), Some("e"));
        assert_eq!(made("postgres://w@h", &[]).unwrap().get_dbname(), Some("w"));
        let config = made("postgres://w@h", &variables).unwrap();
        assert_eq!((config.get_hosts().len(), config.get_ports()), (1, &[77][..]));
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for (text, variables) in [
            ("postgres://u@h/d?sslmode=require", &[][..]),
            ("postgres://u@h/d?sslmode=verify-full", &[]),
            ("postgres://u@h/d", &[("PGSSLMODE", "require")]),
        ] {
            let error = made(text, variables).unwrap_err();
            assert!(error.contains("encrypted") && error.contains("ssh -L"), "{error}");
        }
        assert!(made("postgres://u@h/d?sslmode=prefer", &[]).is_ok());
        for text in ["postgres://u@h:port/d", "postgres://u@h/d?colour=red"] {
            assert!(made(text, &[]).unwrap_err().contains("expected postgres://"), "{text}");
        }
        assert!(made("postgres://h/d", &[]).unwrap_err().contains("USER@HOST"));
        assert!(made("postgres://u@h", &[("PGPORT", "x")]).unwrap_err().contains("PGPORT"));
    }
}
