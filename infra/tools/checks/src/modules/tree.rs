//! The modules of a crate, with the names that each defines and imports.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::{Path, PathBuf},
};

use syn::{Item, ItemMod, UseTree, Visibility};

use crate::source::{Repository, is_test_only};

/// The position of a module in [`Tree::modules`].
pub(super) type ModuleId = usize;

/// A crate. The first module is its root.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

/// One module, in a file or inline.
pub(super) struct Module {
    /// The path without `crate`, e.g. `memories::text`; empty for the root.
    pub(super) path: String,
    pub(super) file: PathBuf,
    pub(super) parent: Option<ModuleId>,
    pub(super) children: BTreeMap<String, ModuleId>,
    /// Names of the items it defines.
    pub(super) defined: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    pub(super) items: Vec<Item>,
}

/// One name of a `use` declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// The name in the module, or `None` for a glob.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// `true` if other modules can use it from here.
    pub(super) is_public: bool,
}

impl Tree {
    /// Reads a crate from its root file.
    pub(super) fn read(repository: &Repository, root: &Path) -> Result<Self, Box<dyn Error>> {
        let mut tree = Self::default();
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        let items = repository.parse(root)?.items;
        tree.add(repository, Place { file: root.to_owned(), folder, path: String::new(), parent: None }, items)?;
        Ok(tree)
    }

    fn add(&mut self, repository: &Repository, place: Place, items: Vec<Item>) -> Result<ModuleId, Box<dyn Error>> {
        let id = self.modules.len();
        let Place { file, folder, path, parent } = place;
        let items: Vec<_> = items.into_iter().filter(|item| !is_test_only(attributes(item))).collect();
        let mut defined = BTreeSet::new();
        let mut imports = Vec::new();
        let mut declared = Vec::new();
        for item in &items {
            match item {
                Item::Mod(module) => declared.push(module.clone()),
                Item::Use(item) => {
                    let is_public = !matches!(item.vis, Visibility::Inherited);
                    leaves(&item.tree, &mut Vec::new(), is_public, &mut imports);
                }
                item => defined.extend(name(item)),
            }
        }
        let children = BTreeMap::new();
        let module = Module { path: path.clone(), file: file.clone(), parent, children, defined, imports, items };
        self.modules.push(module);
        for ItemMod { ident, content, .. } in declared {
            let name = ident.to_string();
            let path = if path.is_empty() { name.clone() } else { format!("{path}::{name}") };
            let (file, items) = match content {
                Some((_, items)) => (file.clone(), items),
                None => {
                    let candidates = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                    let found = candidates.into_iter().find(|file| repository.root.join(file).exists());
                    let child = found.ok_or_else(|| format!("{}: no file of module {name}", file.display()))?;
                    let items = repository.parse(&child)?.items;
                    (child, items)
                }
            };
            let place = Place { file, folder: folder.join(&name), path, parent: Some(id) };
            let child = self.add(repository, place, items)?;
            self.modules[id].children.insert(name, child);
        }
        Ok(id)
    }
}

/// Where a module stands.
struct Place {
    file: PathBuf,
    /// The folder of its children's files.
    folder: PathBuf,
    path: String,
    parent: Option<ModuleId>,
}

/// Collects the names that a `use` declaration brings into scope.
pub(super) fn leaves(tree: &UseTree, prefix: &mut Vec<String>, is_public: bool, imports: &mut Vec<Import>) {
    let mut leaf = |name: Option<String>, last: Option<&syn::Ident>, line: usize| {
        let path = prefix.iter().cloned().chain(last.map(ToString::to_string)).collect();
        imports.push(Import { name, path, line, is_public });
    };
    match tree {
        UseTree::Path(part) => {
            prefix.push(part.ident.to_string());
            leaves(&part.tree, prefix, is_public, imports);
            prefix.pop();
        }
        UseTree::Name(part) if part.ident == "self" => {
            leaf(prefix.last().cloned(), None, part.ident.span().start().line)
        }
        UseTree::Name(part) => leaf(Some(part.ident.to_string()), Some(&part.ident), part.ident.span().start().line),
        UseTree::Rename(part) => {
            let last = (part.ident != "self").then_some(&part.ident);
            leaf(Some(part.rename.to_string()), last, part.ident.span().start().line);
        }
        UseTree::Glob(part) => leaf(None, None, part.star_token.spans[0].start().line),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, prefix, is_public, imports)),
    }
}

/// The name that an item defines.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_declaration_has_a_leaf_per_name() {
        let item: syn::ItemUse = syn::parse_str("pub use a::{self, b::{C, D as E}, f::*};").expect("Rust");
        let mut imports = Vec::new();
        leaves(&item.tree, &mut Vec::new(), true, &mut imports);
        let shown: Vec<_> = imports.iter().map(|import| (import.name.as_deref(), import.path.join("::"))).collect();
        let expected = [(Some("a"), "a"), (Some("C"), "a::b::C"), (Some("E"), "a::b::D"), (None, "a::f")];
        assert_eq!(shown, expected.map(|(name, path)| (name, path.to_owned())));
    }
}
