//! Where the program keeps studies and settings unless it is told otherwise, by the conventions of each system.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::store::DEFAULT_FILE;

/// Conventions about folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conventions {
    /// The XDG Base Directory Specification, 0.8: Linux and other Unixes.
    Xdg,
    /// Apple's File System Programming Guide.
    Apple,
    /// The known folders of Windows.
    Windows,
}

impl Conventions {
    const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Apple
    } else {
        Self::Xdg
    };
}

/// The user's folders and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPlaces {
    /// The studies of a window that no folder of the user's was chosen for.
    pub studies: PathBuf,
    /// The settings of the window.
    pub settings: PathBuf,
}

impl UserPlaces {
    /// Those of the user who runs this process; `None` for a user without a home folder.
    pub fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name);
        Self::by(Conventions::HERE, variable, std::env::home_dir())
    }

    fn by(
        conventions: Conventions,
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Option<Self> {
        // Relative paths in these variables are to be ignored.
        let folder = |name: &str, below_home: &str| {
            let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            named.or_else(|| Some(home.as_ref()?.join(below_home)))
        };
        let (data, settings) = match conventions {
            Conventions::Xdg => (
                folder("XDG_DATA_HOME", ".local/share")?.join("untrained"),
                folder("XDG_CONFIG_HOME", ".config")?.join("untrained"),
            ),
            Conventions::Apple => {
                let support = home.as_ref()?.join("Library/Application Support/Untrained");
                (support.clone(), support)
            }
            // Studies may be too large to be copied to every computer that the user logs on to.
            Conventions::Windows => (
                folder("LOCALAPPDATA", "AppData/Local")?.join("Untrained"),
                folder("APPDATA", "AppData/Roaming")?.join("Untrained"),
            ),
        };
        Some(Self { studies: data.join(DEFAULT_FILE), settings: settings.join("window.ron") })
    }
}

/// How the program was started.
#[derive(Clone, Debug, Default)]
struct Start {
    /// The working directory.
    folder: Option<PathBuf>,
    /// Whether somebody typed its name: one of the standard streams is a terminal.
    from_terminal: bool,
    home: Option<PathBuf>,
    /// The folder of the program's file.
    program: Option<PathBuf>,
    /// The folder of the operating system, where that may be the working directory.
    system: Option<PathBuf>,
}

impl Start {
    fn of_this_process() -> Self {
        let folder_of = |file: PathBuf| file.parent().map(Path::to_owned);
        Self {
            folder: std::env::current_dir().ok(),
            from_terminal: std::io::stdin().is_terminal()
                || std::io::stdout().is_terminal()
                || std::io::stderr().is_terminal(),
            home: std::env::home_dir(),
            program: std::env::current_exe().ok().and_then(folder_of),
            system: std::env::var_os("SystemRoot").filter(|_| cfg!(windows)).map(PathBuf::from),
        }
    }

    /// The working directory, if the user may have chosen it. Desktops start programs in the root, the home
    /// folder, the program's folder or one of the system's.
    fn chosen_folder(&self) -> Option<&Path> {
        let folder = self.folder.as_deref()?;
        let is = |other: &Option<PathBuf>| other.as_deref() == Some(folder);
        let of_system = self.system.as_deref().is_some_and(|system| folder.starts_with(system));
        let by_desktop = !self.from_terminal && (is(&self.home) || is(&self.program));
        (folder.parent().is_some() && !of_system && !by_desktop).then_some(folder)
    }

    /// The studies of a window that was started so.
    fn studies(&self, user: Option<&UserPlaces>) -> PathBuf {
        match (self.chosen_folder(), user) {
            (Some(folder), _) => folder.join(DEFAULT_FILE),
            (None, Some(user)) => user.studies.clone(),
            (None, None) => DEFAULT_FILE.into(),
        }
    }
}

/// The study database of a window that names none: `untrained.db` in the working directory or, where that is
/// not a folder that the user chose, as after a double click, among the user's data.
pub fn window_studies() -> PathBuf {
    Start::of_this_process().studies(UserPlaces::find().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(conventions: Conventions, set: &[(&str, &str)]) -> [String; 2] {
        let variable = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        let places = UserPlaces::by(conventions, variable, Some("/home/me".into())).unwrap();
        // Tests of Windows' conventions run everywhere.
        [places.studies, places.settings].map(|path| path.to_string_lossy().replace('\\', "/"))
    }

    #[test]
    fn every_system_has_its_folders() {
        assert_eq!(
            places(Conventions::Xdg, &[]),
            [
                "/home/me/.local/share/untrained/untrained.db",
                "/home/me/.config/untrained/window.ron"
            ]
        );
        let support = "/home/me/Library/Application Support/Untrained";
        assert_eq!(
            places(Conventions::Apple, &[]),
            [format!("{support}/untrained.db"), format!("{support}/window.ron")]
        );
        assert_eq!(
            places(Conventions::Windows, &[]),
            [
                "/home/me/AppData/Local/Untrained/untrained.db",
                "/home/me/AppData/Roaming/Untrained/window.ron"
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn variables_name_others_unless_they_are_relative() {
        assert_eq!(
            places(Conventions::Xdg, &[("XDG_DATA_HOME", "/data"), ("XDG_CONFIG_HOME", "etc")]),
            ["/data/untrained/untrained.db", "/home/me/.config/untrained/window.ron"]
        );
        assert_eq!(
            places(Conventions::Windows, &[("LOCALAPPDATA", "/c/local"), ("APPDATA", "")]),
            ["/c/local/Untrained/untrained.db", "/home/me/AppData/Roaming/Untrained/window.ron"]
        );
    }

    fn studies(folder: &str, from_terminal: bool) -> String {
        let start = Start {
            folder: Some(folder.into()),
            from_terminal,
            home: Some("/home/me".into()),
            program: Some("/opt/untrained".into()),
            system: Some("/windows".into()),
        };
        let user = UserPlaces { studies: "/data/untrained.db".into(), settings: "/s".into() };
        start.studies(Some(&user)).to_string_lossy().into_owned()
    }

    #[test]
    fn a_double_click_keeps_studies_among_the_users_data() {
        for folder in ["/", "/home/me", "/opt/untrained", "/windows", "/windows/System32"] {
            assert_eq!(studies(folder, false), "/data/untrained.db", "{folder}");
        }
        assert_eq!(studies("/home/me/project", false), "/home/me/project/untrained.db");
    }

    #[test]
    fn a_terminal_keeps_them_in_the_working_directory() {
        for folder in ["/home/me", "/opt/untrained", "/home/me/project"] {
            assert_eq!(studies(folder, true), format!("{folder}/untrained.db"));
        }
        // Nobody's studies belong there.
        for folder in ["/", "/windows/System32"] {
            assert_eq!(studies(folder, true), "/data/untrained.db", "{folder}");
        }
    }

    #[test]
    fn without_a_home_they_are_where_the_program_is() {
        assert_eq!(UserPlaces::by(Conventions::Xdg, |_| None, None), None);
        assert_eq!(Start::default().studies(None), Path::new(DEFAULT_FILE));
    }
}
