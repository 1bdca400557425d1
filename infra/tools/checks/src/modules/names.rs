//! Resolution of a path to the module that defines its item.

use super::tree::{Import, ModuleId, Tree};

/// Maximum number of imports that lead to each other: imports can be circular.
const MOST_IMPORTS: usize = 16;

/// The meaning of a path within the crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ModuleTarget {
    Module(ModuleId),
    /// An item, by the module that defines it and its name there.
    Item(ModuleId, String),
}

impl Tree {
    /// Resolves a path that stands in a module. `None` if it leads out of the crate or names a local variable.
    pub(super) fn resolve(&self, from: ModuleId, path: &[String]) -> Option<ModuleTarget> {
        self.follow(from, path, 0)
    }

    fn follow(&self, from: ModuleId, path: &[String], imports: usize) -> Option<ModuleTarget> {
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => ModuleTarget::Module(0),
            "self" => ModuleTarget::Module(from),
            "super" => ModuleTarget::Module(self.modules[from].parent?),
            name => self.named(from, name, rest.is_empty(), imports)?,
        };
        while let (ModuleTarget::Module(module), [name, after @ ..]) = (&target, rest) {
            target = match name.as_str() {
                "super" => ModuleTarget::Module(self.modules[*module].parent?),
                "self" => ModuleTarget::Module(*module),
                // Without a definition in sight, the item comes out of a macro of this module.
                name => {
                    let found = self.named(*module, name, after.is_empty(), imports);
                    found.unwrap_or(ModuleTarget::Item(*module, name.into()))
                }
            };
            rest = after;
        }
        Some(target)
    }

    /// Looks a name up in a module: its definitions, its children, its imports. A function and a child may have the same
    /// name; the function is meant where the path ends.
    fn named(&self, module: ModuleId, name: &str, is_last: bool, imports: usize) -> Option<ModuleTarget> {
        let found = &self.modules[module];
        let child = found.children.get(name).map(|child| ModuleTarget::Module(*child));
        let defined = found.defined.contains(name).then(|| ModuleTarget::Item(module, name.into()));
        let own = if is_last { defined.or(child) } else { child.or(defined) };
        if own.is_some() {
            return own;
        }
        if imports == MOST_IMPORTS {
            return None;
        }
        let import = found.imports.iter().find(|import| import.name.as_deref() == Some(name));
        if let Some(Import { path, .. }) = import {
            // `use name;` of another crate would otherwise be looked up here again.
            return if path == &[name.to_owned()] { None } else { self.follow(module, path, imports + 1) };
        }
        let globs = found.imports.iter().filter(|import| import.name.is_none());
        globs.into_iter().find_map(|glob| match self.follow(module, &glob.path, imports + 1)? {
            ModuleTarget::Module(of) if of != module => self.named(of, name, is_last, imports + 1),
            _ => None,
        })
    }
}
