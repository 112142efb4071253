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

/// The part between the scheme and the path, and the rest.
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
