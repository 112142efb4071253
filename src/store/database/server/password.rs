//! The file of passwords of PostgreSQL's own programs: section 34.16 of its manual.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::store::database::{EngineError, StoreError};

/// More than any such file has, in bytes.
const MOST: u64 = 1 << 20;

/// The connection that a password is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub host: String,
    pub port: String,
    pub database: String,
    pub user: String,
}

/// The file, if there is one.
#[derive(Debug)]
pub struct PasswordFile {
    path: PathBuf,
    text: String,
    /// Why it is not used.
    problem: Option<&'static str>,
}

impl PasswordFile {
    /// The file that PGPASSFILE names, or the user's own.
    pub fn find(variable: &impl Fn(&str) -> Option<OsString>) -> Self {
        let named = variable("PGPASSFILE").filter(|name| !name.is_empty()).map(PathBuf::from);
        let own = || {
            let (folder, name) = match cfg!(windows) {
                true => (variable("APPDATA"), "postgresql/pgpass.conf"),
                false => (variable("HOME"), ".pgpass"),
            };
            folder.map(|folder| PathBuf::from(folder).join(name))
        };
        let is_named = named.is_some();
        let path = named.or_else(own).unwrap_or_default();
        let (text, problem) = match read(&path) {
            Ok(text) => (text, None),
            Err(problem) => (String::new(), Some(problem)),
        };
        // Most users have none.
        let problem = problem.filter(|_| is_named || path.exists());
        Self { path, text, problem }
    }

    /// The password of the first line that fits.
    pub fn password(&self, wanted: &Wanted) -> Option<String> {
        self.text.lines().find_map(|line| {
            let fields = fields(line)?;
            let [host, port, database, user, password] = fields;
            let fits = |field: &str, value: &str| field == "*" || field == value;
            (fits(&host, &wanted.host)
                && fits(&port, &wanted.port)
                && fits(&database, &wanted.database)
                && fits(&user, &wanted.user))
            .then_some(password)
        })
    }

    /// Adds why the file was not used to an error about passwords.
    pub fn explain(&self, error: StoreError) -> StoreError {
        match (error, self.problem) {
            (StoreError::Server { path, reason, source }, Some(problem))
                if matches!(&source, EngineError::Server { code: Some(code), .. }
                            if code.starts_with("28")) =>
            {
                let reason = format!("{reason} (note: {} {problem})", self.path.display());
                StoreError::Server { path, reason, source }
            }
            (error, _) => error,
        }
    }
}

fn read(path: &Path) -> Result<String, &'static str> {
    let facts = std::fs::metadata(path).map_err(|_| "is not there or cannot be read")?;
    if !facts.is_file() || facts.len() > MOST {
        return Err("is no file of passwords");
    }
    if can_others_read(&facts) {
        return Err("was not used because others may read it: take that away by `chmod 600`");
    }
    std::fs::read_to_string(path).map_err(|_| "cannot be read")
}

#[cfg(unix)]
fn can_others_read(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    facts.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn can_others_read(_: &std::fs::Metadata) -> bool {
    false
}

/// The five fields of a line; a backslash takes the meaning from the colon or the backslash after it.
fn fields(line: &str) -> Option<[String; 5]> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.trim_end_matches('\r').chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(characters.next()),
            other => fields.last_mut()?.push(other),
        }
    }
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        let [host, port, database, user] = ["h", "5432", "d:e", "u"].map(str::to_owned);
        Wanted { host, port, database, user }
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let text = "# h:5432:*:u:no\nother:*:*:*:no\nh:5432\nh:*:d\\:e:u:a\\\\b:c\n*:*:*:*:later\n";
        let file = PasswordFile { path: PathBuf::new(), text: text.to_owned(), problem: None };
        assert_eq!(file.password(&wanted()).as_deref(), Some("a\\b:c"));
        let other = Wanted { user: "v".to_owned(), ..wanted() };
        assert_eq!(file.password(&other).as_deref(), Some("later"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        std::fs::write(&path, "*:*:*:*:secret\n").unwrap();
        let variable = |name: &str| (name == "PGPASSFILE").then(|| OsString::from(&path));
        for (mode, password, told) in [(0o600, Some("secret"), false), (0o640, None, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let file = PasswordFile::find(&variable);
            assert_eq!(file.password(&wanted()).as_deref(), password);
            assert_eq!(file.problem.is_some(), told);
        }
    }
}
