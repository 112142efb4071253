//! Which names the source files of a crate use, by their syntax: import trees, paths in types and
//! expressions, and the tokens inside macros and attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

/// Names from the crate's root to a module or item; empty for the root itself.
pub type Names = Vec<String>;

/// How often an import may be followed to another one; a longer chain leads in a circle.
const MOST_IMPORTS: usize = 16;

/// Every module of a crate.
pub struct Crate {
    pub modules: BTreeMap<Names, Module>,
}

/// A module: a file, or a `mod name { ... }` inside one.
#[derive(Default)]
pub struct Module {
    /// The file, below the folder of sources.
    pub file: PathBuf,
    /// Every path of two names and more, and every import, as written.
    pub mentions: BTreeSet<Names>,
    /// Names that an import brings into the module, and what they stand for, as written.
    imports: BTreeMap<String, Names>,
    /// Modules declared in this one, wherever they are.
    pub children: BTreeSet<String>,
}

/// Every Rust file below a folder: its path from there, and its text.
pub fn read_sources(root: &Path) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

/// The module that a file holds: `a/b.rs` and `a/b/mod.rs` are `a::b`, `lib.rs` is the root.
fn module_of(file: &Path) -> Names {
    let mut names: Names =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") || names == ["lib"] {
        names.pop();
    }
    names
}

impl Crate {
    /// Parses all files of a crate.
    pub fn parse(files: &[(PathBuf, String)]) -> Self {
        let mut modules = BTreeMap::new();
        for (path, text) in files {
            let parsed = syn::parse_file(text)
                .unwrap_or_else(|error| panic!("{} cannot be parsed: {error}", path.display()));
            let mut collector =
                Collector { file: path, current: module_of(path), modules: &mut modules };
            collector.module().file = path.clone();
            collector.visit_file(&parsed);
        }
        Self { modules }
    }

    /// A path as written in `module`, from the root of the crate, or `None` for a path into another
    /// crate. What an imported name stands for is put in its place; re-exports are not followed.
    pub fn absolute(&self, module: &Names, written: &[String]) -> Option<Names> {
        self.absolute_after(module, written, MOST_IMPORTS)
    }

    fn absolute_after(&self, module: &Names, written: &[String], left: usize) -> Option<Names> {
        let first = written.first()?.as_str();
        let mut base = module.clone();
        let mut rest = written;
        match first {
            "crate" => {
                base.clear();
                rest = &written[1..];
            }
            "self" | "super" => {
                while let Some(name) =
                    rest.first().filter(|name| ["self", "super"].contains(&name.as_str()))
                {
                    if name == "super" {
                        base.pop();
                    }
                    rest = &rest[1..];
                }
            }
            _ => {
                let here = self.modules.get(module)?;
                if let Some(target) = here.imports.get(first).filter(|_| left > 0) {
                    // `use rand;` stands for itself.
                    if target.first().is_some_and(|name| name == first) {
                        return here.children.contains(first).then(|| join(&base, written));
                    }
                    return Some(join(
                        &self.absolute_after(module, target, left - 1)?,
                        &written[1..],
                    ));
                }
                if !here.children.contains(first) {
                    return None;
                }
            }
        }
        Some(join(&base, rest))
    }

    /// The module in which what a path names is defined, following re-exports.
    pub fn definition(&self, absolute: &[String]) -> Names {
        self.definition_after(absolute, MOST_IMPORTS)
    }

    fn definition_after(&self, absolute: &[String], left: usize) -> Names {
        let mut module = Names::new();
        for (index, name) in absolute.iter().enumerate() {
            let Some(here) = self.modules.get(&module) else { break };
            let child = join(&module, std::slice::from_ref(name));
            if here.children.contains(name) && self.modules.contains_key(&child) {
                module = child;
            } else if let Some(target) = here.imports.get(name).filter(|_| left > 0) {
                return match self.absolute_after(&module, target, MOST_IMPORTS) {
                    Some(target) => {
                        self.definition_after(&join(&target, &absolute[index + 1..]), left - 1)
                    }
                    None => module,
                };
            } else {
                break;
            }
        }
        module
    }
}

fn join(front: &[String], back: &[String]) -> Names {
    front.iter().chain(back).cloned().collect()
}

struct Collector<'a> {
    file: &'a Path,
    current: Names,
    modules: &'a mut BTreeMap<Names, Module>,
}

impl Collector<'_> {
    fn module(&mut self) -> &mut Module {
        let module = self.modules.entry(self.current.clone()).or_default();
        if module.file.as_os_str().is_empty() {
            module.file = self.file.to_owned();
        }
        module
    }

    fn mention(&mut self, names: Names) {
        self.module().mentions.insert(names);
    }

    /// The leaves of an import tree: each is a mention, and most bind a name.
    fn import(&mut self, front: &[String], tree: &syn::UseTree) {
        let named = |ident: &syn::Ident| join(front, &[ident.to_string()]);
        match tree {
            syn::UseTree::Path(path) => self.import(&named(&path.ident), &path.tree),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(front, tree);
                }
            }
            syn::UseTree::Glob(_) => self.mention(front.to_vec()),
            syn::UseTree::Name(name) => {
                // `use a::{self}` brings `a` itself.
                let target = if name.ident == "self" && !front.is_empty() {
                    front.to_vec()
                } else {
                    named(&name.ident)
                };
                let bound = target.last().cloned().unwrap_or_default();
                self.bind(bound, target);
            }
            syn::UseTree::Rename(rename) => {
                let target = if rename.ident == "self" && !front.is_empty() {
                    front.to_vec()
                } else {
                    named(&rename.ident)
                };
                self.bind(rename.rename.to_string(), target);
            }
        }
    }

    fn bind(&mut self, name: String, target: Names) {
        self.mention(target.clone());
        // Two imports of a name, as in two functions: the second is mentioned, not followed.
        self.module().imports.entry(name).or_insert(target);
    }

    /// Paths in tokens that have no syntax of their own: what macros get and what attributes say.
    fn scan(&mut self, tokens: TokenStream, text_too: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(_) => {
                    at = self.scan_path(&tokens, at, &[]);
                    continue;
                }
                TokenTree::Group(group) => self.scan(group.stream(), text_too),
                TokenTree::Literal(literal) if text_too => {
                    let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                    if let Some(path) = text.ok().and_then(|text| text.parse::<syn::Path>().ok()) {
                        self.visit_path(&path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads the path that begins at a token, with the groups of an import, and returns where it ends.
    fn scan_path(&mut self, tokens: &[TokenTree], mut at: usize, front: &[String]) -> usize {
        let mut names = front.to_vec();
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            names.push(ident.to_string());
            at += 1;
            let colons = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(point)) if point.as_char() == ':');
            if !(colons(at) && colons(at + 1)) {
                break;
            }
            at += 2;
            match tokens.get(at) {
                Some(TokenTree::Group(group)) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let mut inside = 0;
                    while inside < inner.len() {
                        inside = match inner[inside] {
                            TokenTree::Ident(_) => self.scan_path(&inner, inside, &names),
                            _ => inside + 1,
                        };
                    }
                    at += 1;
                    break;
                }
                Some(TokenTree::Ident(_)) => {}
                // A glob or generic arguments.
                _ => break,
            }
        }
        if names.len() > 1 {
            self.mention(names);
        }
        at
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let path = item.attrs.iter().any(|attribute| attribute.path().is_ident("path"));
        assert!(!path, "{}: a module in a file of another name", self.file.display());
        let name = item.ident.to_string();
        self.module().children.insert(name.clone());
        if item.content.is_some() {
            self.current.push(name);
            self.module();
            syn::visit::visit_item_mod(self, item);
            self.current.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if names.len() > 1 {
            self.mention(names);
        }
        syn::visit::visit_path(self, path);
    }

    // `pub(in crate::a)` says who may use an item, and uses nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // A comment may point to anything.
        if attribute.path().is_ident("doc") {
            return;
        }
        self.visit_path(attribute.path());
        if let syn::Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone(), true);
        }
    }
}
