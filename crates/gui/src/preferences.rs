//! Settings that are kept from one run of the window to the next.

use serde::{Deserialize, Serialize};

/// Names that are kept.
const RECENT: usize = 8;

/// Choices that outlive the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Files and spaces that were opened, the last one first.
    pub recent: Vec<String>,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether kernel matrices of chosen architectures are computed unasked.
    pub kernels: bool,
    /// The columns of numbers of the table.
    pub columns: Vec<String>,
    /// Whether a column says which rows are on the Pareto front.
    pub front: bool,
    /// The columns of the scatter: across, up, colour.
    pub axes: [String; 3],
    /// Whether the axes are logarithmic.
    pub logarithmic: [bool; 2],
    /// Further objectives of the Pareto front, beside the axes.
    pub objectives: Vec<String>,
    /// Columns whose other values are better than usual.
    pub reversed: Vec<String>,
    /// Whether points that others beat are drawn.
    pub dominated: bool,
    /// Whether the scatter is shown above the table.
    pub scatter: bool,
    /// Whether parallel coordinates are.
    pub parallel: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            recent: Vec::new(),
            inspector: true,
            kernels: false,
            columns: names(&["score", "params", "macs", "units", "seconds"]),
            front: false,
            axes: ["params", "score", "macs"].map(str::to_owned),
            logarithmic: [false; 2],
            objectives: Vec::new(),
            reversed: Vec::new(),
            dominated: true,
            scatter: true,
            parallel: false,
        }
    }
}

impl Preferences {
    /// Puts a name in front of the recent ones.
    pub fn add_recent(&mut self, name: &str) {
        let name = whole_name(name);
        self.recent.retain(|known| *known != name && whole_name(known) != name);
        self.recent.insert(0, name);
        self.recent.truncate(RECENT);
    }
}

/// A file by its whole path, so that it has one name; other names as they are.
fn whole_name(name: &str) -> String {
    let path = std::path::Path::new(name);
    let whole = path.exists().then(|| path.canonicalize().ok()).flatten();
    whole.map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_once_whatever_its_path_is_written_like() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "").unwrap();
        let mut preferences = Preferences::default();
        for one in [path.clone(), folder.path().join("sub/../own.toml"), path] {
            preferences.add_recent(&one.to_string_lossy());
        }
        assert_eq!(preferences.recent.len(), 1, "{:?}", preferences.recent);
    }

    #[test]
    fn the_last_name_is_first_and_there_once() {
        let mut preferences = Preferences::default();
        (0..20).for_each(|name| preferences.add_recent(&name.to_string()));
        preferences.add_recent("17");
        assert_eq!(preferences.recent[..3], ["17", "19", "18"]);
        assert_eq!(preferences.recent.len(), RECENT);
    }

    // A file of another version must not cost the layout.
    #[test]
    fn what_is_missing_has_its_default() {
        let read: Preferences = serde_json::from_str("{\"recent\": [\"a\"], \"new\": 1}").unwrap();
        assert_eq!(read, Preferences { recent: vec!["a".to_owned()], ..Preferences::default() });
    }
}
