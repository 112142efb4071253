//! The columns that name architectures.

/// Columns that hold architectures, the first that is there counts.
const ARCHITECTURES: [&str; 3] = ["architecture", "arch_str", "arch"];
/// The columns that hold a graph in two parts.
const PARTS: [&str; 2] = ["adjacency", "operations"];
/// Columns of the index in the benchmark's order and of NAS-Bench-101's hash.
const INDEX: &str = "index";
const HASH: &str = "hash";
/// What stands before the names of parameters in the exports of Weights & Biases and Optuna, and of
/// their like.
const PREFIXES: [&str; 8] =
    ["params_", "user_attrs_", "config/", "config.", "params.", "param_", "attr_", "hp_"];

/// The names that a table can have for its architectures, for messages.
pub const KEY_NAMES: &str = "architecture, arch, arch_str, index or hash";

/// A column's name as it is compared.
pub fn plain_name(name: &str) -> String {
    let name = name.trim_start_matches('\u{feff}').trim().trim_matches('"').trim().to_lowercase();
    let bare = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    match bare {
        Some(bare) if is_key(bare) => bare.to_owned(),
        _ => name,
    }
}

/// Whether a column of that plain name names architectures.
pub fn is_key(name: &str) -> bool {
    ARCHITECTURES.contains(&name) || PARTS.contains(&name) || name == INDEX || name == HASH
}

/// Where a table names its architectures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyColumns {
    /// The column of architectures.
    pub architecture: Option<usize>,
    /// Adjacency matrix and operations, if the architecture stands there.
    pub parts: Option<(usize, usize)>,
    /// The column of indices.
    pub index: Option<usize>,
    /// The column of hashes.
    pub hash: Option<usize>,
}

impl KeyColumns {
    /// Finds them by the names of the columns; `None` if there are none.
    pub fn find<S: AsRef<str>>(header: &[S]) -> Option<Self> {
        let names: Vec<String> = header.iter().map(|name| plain_name(name.as_ref())).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let architecture = ARCHITECTURES.iter().find_map(|name| find(name));
        let [adjacency, operations] = PARTS.map(find);
        let parts = adjacency.zip(operations).filter(|_| architecture.is_none());
        let (index, hash) = (find(INDEX), find(HASH));
        let found = Self { architecture, parts, index, hash };
        (found != Self::default()).then_some(found)
    }

    /// The architecture of a row as text, empty where there is none.
    pub fn architecture(&self, cells: &[String]) -> String {
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell.trim());
        match (self.architecture, self.parts) {
            (Some(column), _) => cell(column).to_owned(),
            (None, Some((adjacency, operations))) => {
                format!("{}:{}", cell(adjacency), cell(operations))
            }
            (None, None) => String::new(),
        }
    }

    /// The index of a row; an error with its text if it is not one.
    ///
    /// # Errors
    ///
    /// The text of the cell.
    pub fn index<'c>(&self, cells: &'c [String]) -> Result<Option<u64>, &'c str> {
        let text = self.index.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim());
        // Indices that were read as numbers come back with a fraction.
        let digits = text.strip_suffix(".0").unwrap_or(text);
        match text {
            "" => Ok(None),
            _ => digits.parse().map(Some).map_err(|_| text),
        }
    }

    /// The hash of a row.
    pub fn hash<'c>(&self, cells: &'c [String]) -> Option<&'c str> {
        let text = self.hash.and_then(|column| cells.get(column))?.trim();
        (!text.is_empty()).then_some(text)
    }
}
