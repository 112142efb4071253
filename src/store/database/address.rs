//! Names of stores: most are files, and some are the addresses of databases on a server.

use std::path::Path;

use super::StoreError;

/// What addresses begin with; the same as in PostgreSQL's own programs.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Whether a store is a database on a PostgreSQL server: `postgres://USER@HOST:PORT/DATABASE`.
pub fn is_server(path: &Path) -> bool {
    path.to_str().is_some_and(|text| SCHEMES.iter().any(|scheme| text.starts_with(scheme)))
}

/// Refuses addresses with something secret in them: they are shown, and stored with studies. Names of files are
/// accepted.
///
/// # Errors
///
/// [`StoreError::Address`], without what is secret.
pub fn check_store_address(path: &Path) -> Result<(), StoreError> {
    let text = path.to_str().unwrap_or_default();
    if !is_server(path) || !has_password(text) {
        return Ok(());
    }
    Err(StoreError::Address {
        address: without_password(text),
        reason: "a password in an address can be read by others in lists of processes, in job files and in \
                 messages: leave it out, and give it by the environment variable PGPASSWORD or in the file \
                 that PGPASSFILE names (usually ~/.pgpass)"
            .to_owned(),
    })
}

/// An address whose hosts have this port where they name none.
#[cfg(feature = "postgres")]
pub(super) fn with_port(text: &str, port: u16) -> String {
    let (scheme, authority, rest) = parts(text);
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let named = |host: &str| {
        // The colons of an address of version 6 stand in brackets.
        let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
        if host.is_empty() || has_port { host.to_owned() } else { format!("{host}:{port}") }
    };
    let hosts: Vec<String> = hosts.split(',').map(named).collect();
    let at = if authority.contains('@') { "@" } else { "" };
    format!("{scheme}{user}{at}{}{rest}", hosts.join(","))
}

/// The scheme, the part up to the path, and the rest.
fn parts(text: &str) -> (&str, &str, &str) {
    let begin = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(begin);
    // A password may hold a slash that should have been written as %2F.
    let end = rest.rfind('@').unwrap_or(0);
    let end = rest[end..].find(['/', '?']).map_or(rest.len(), |at| end + at);
    let (authority, rest) = rest.split_at(end);
    (scheme, authority, rest)
}

fn has_password(text: &str) -> bool {
    let (_, authority, rest) = parts(text);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || secret_options(rest).next().is_some()
}

/// The options of an address that are secret.
fn secret_options(rest: &str) -> impl Iterator<Item = &str> {
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    options.split('&').filter(|option| option.contains("password") || option.contains('%'))
}

/// An address as it may be shown.
pub(super) fn without_password(text: &str) -> String {
    if !is_server(Path::new(text)) {
        return text.to_owned();
    }
    let (scheme, authority, rest) = parts(text);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => {
            format!("{}@{host}", user.split_once(':').map_or(user, |(user, _)| user))
        }
        None => authority.to_owned(),
    };
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    let rest = if secret_options(rest).next().is_some() { path } else { rest };
    format!("{scheme}{authority}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_files() {
        for address in ["postgres://h/d", "postgresql:///d", "postgres://u@h:1/d"] {
            assert!(is_server(Path::new(address)), "{address}");
        }
        for file in ["studies.db", "postgres:/h/d", "postgres", "a/postgres://b", "POSTGRES.db"] {
            assert!(!is_server(Path::new(file)), "{file}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn hosts_without_a_port_get_one() {
        for (address, expected) in [
            ("postgres://u@h/d", "postgres://u@h:7/d"),
            ("postgres://h", "postgres://h:7"),
            ("postgres://u@h:8/d", "postgres://u@h:8/d"),
            ("postgres://[::1]/d", "postgres://[::1]:7/d"),
            ("postgres://[::1]:8/d", "postgres://[::1]:8/d"),
            ("postgres://u@a,b:8/d?sslmode=disable", "postgres://u@a:7,b:8/d?sslmode=disable"),
            ("postgres:///d?host=/tmp", "postgres:///d?host=/tmp"),
        ] {
            assert_eq!(with_port(address, 7), expected);
        }
    }

    #[test]
    fn passwords_are_refused_and_never_shown() {
        for address in [
            "postgres://u:geheim@h/d",
            "postgres://u:geheim@h:5432/d?application_name=x",
            "postgresql://u:ge/heim@h/d",
            "postgresql://u:geheim@x@h/d",
            "postgresql://:geheim@h",
            "postgres://h/d?password=geheim",
            "postgres://h/d?sslmode=disable&password=geheim&user=u",
            "postgres://h/d?%70assword=geheim",
            "postgres://u:geheim@",
        ] {
            let error = check_store_address(Path::new(address)).unwrap_err().to_string();
            assert!(!error.contains("heim"), "{error}");
            assert!(error.contains("PGPASSFILE"), "{error}");
        }
        for address in
            ["postgres://u@h:5432/d", "postgres:///d?host=/tmp", "a:b@c", "postgres://h:1/d"]
        {
            assert!(check_store_address(Path::new(address)).is_ok(), "{address}");
            assert_eq!(without_password(address), address);
        }
    }
}
