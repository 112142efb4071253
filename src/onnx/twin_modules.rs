//! Modules of one kind, by which a call of an activation that was merged away is told.
//!
//! A module that calls an activation and then a layer, such as `/cell/left` with `act/Relu` and `conv/Conv`,
//! has twins: modules with the same parts. A module that has all of those parts but `act`, and whose
//! `conv/Conv` reads an activation of another module, has lost its call to that one. What `act` lies in may be
//! missing as well: a batch normalisation before it is merged if its values are those of another one.

use std::collections::{BTreeSet, HashMap};

use super::calls::{parent, within};

/// Most nodes of a module that has twins.
const MAX_MODULE_NODES: usize = 64;

/// Most kinds of modules with the same layer.
const MAX_KINDS: usize = 64;

/// How deep modules with twins may lie in each other.
const MAX_DEPTH: usize = 64;

/// The modules that call an activation before one of their layers, by the place of that layer in them.
#[derive(Default)]
pub(super) struct TwinModules {
    by_layer: HashMap<String, BTreeSet<CallingModule>>,
}

/// A kind of module that calls an activation.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CallingModule {
    /// The part that calls it, such as `act`.
    activation: String,
    /// All parts, that one included.
    parts: BTreeSet<String>,
}

impl TwinModules {
    /// Adds the module of an activation and a node that reads it, if they have one; `sorted` are the paths of
    /// all nodes.
    pub fn add(&mut self, activation: &str, reader: &str, sorted: &[&str]) {
        if [activation, reader].into_iter().any(is_deep) {
            return;
        }
        let module = common_module(activation, reader);
        let [activation, layer] = [parent(activation), reader].map(|path| inside(path, module));
        let (Some(activation), Some(layer)) = (activation, layer) else { return };
        let Some(parts) = parts(module, sorted) else { return };
        let kind = CallingModule { activation: activation.to_owned(), parts };
        let kinds = self.by_layer.entry(layer.to_owned()).or_default();
        if kinds.len() < MAX_KINDS {
            kinds.insert(kind);
        }
    }

    /// The module that lost its call of an activation to another one, which `reader` reads.
    pub fn without_call<'p>(&self, reader: &'p str, sorted: &[&str]) -> Option<&'p str> {
        let ends = reader.match_indices('/').map(|(at, _)| at).skip(1);
        ends.map(|at| (&reader[..at], &reader[at + 1..])).find_map(|(module, layer)| {
            let kinds = self.by_layer.get(layer)?;
            let own = parts(module, sorted)?;
            let lost = |kind: &CallingModule| {
                let around =
                    |part: &String| *part == kind.activation || within(&kind.activation, part);
                let lacks = !own.contains(&kind.activation);
                lacks && own.is_subset(&kind.parts) && kind.parts.difference(&own).all(around)
            };
            kinds.iter().any(lost).then_some(module)
        })
    }
}

/// Whether a path names more modules in each other than any network has.
pub(super) fn is_deep(path: &str) -> bool {
    path.bytes().filter(|&byte| byte == b'/').nth(MAX_DEPTH).is_some()
}

/// The innermost module that holds both nodes; empty if that is the whole model.
pub(super) fn common_module<'p>(a: &'p str, b: &str) -> &'p str {
    let mut module = parent(a);
    while !module.is_empty() && !within(b, module) {
        module = parent(module);
    }
    module
}

/// The path inside a module, which is not the whole model.
fn inside<'p>(path: &'p str, module: &str) -> Option<&'p str> {
    path.strip_prefix(module).filter(|_| !module.is_empty())?.strip_prefix('/')
}

/// The paths, inside a module, of the modules of its nodes; `None` if it has too many nodes.
fn parts(module: &str, sorted: &[&str]) -> Option<BTreeSet<String>> {
    let prefix = format!("{module}/");
    let first = sorted.partition_point(|&path| path < prefix.as_str());
    let own = || sorted[first..].iter().take_while(|path| path.starts_with(&prefix));
    if own().nth(MAX_MODULE_NODES).is_some() {
        return None;
    }
    Some(own().map(|path| inside(parent(path), module).unwrap_or("").to_owned()).collect())
}
