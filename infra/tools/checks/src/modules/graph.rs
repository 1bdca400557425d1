//! The dependencies between the modules of a crate, and the cycles in them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Item, Macro, Path,
    visit::{self, Visit},
};

use super::{
    names::ModuleTarget,
    tree::{ModuleId, Tree, leaves},
};
use crate::source::is_test_only;

/// For each pair of modules, the first use of an item.
pub(super) struct Graph<'a> {
    tree: &'a Tree,
    edges: BTreeMap<(ModuleId, ModuleId), Use>,
}

/// A use of another module's item.
struct Use {
    line: usize,
    item: String,
}

impl<'a> Graph<'a> {
    pub(super) fn of(tree: &'a Tree) -> Self {
        let mut graph = Self { tree, edges: BTreeMap::new() };
        for (id, module) in tree.modules.iter().enumerate() {
            // A re-export is no use; where the module uses the name itself, its path is met below.
            for import in module.imports.iter().filter(|import| !import.is_public && import.name.is_some()) {
                graph.add(id, &import.path, import.line);
            }
            for item in module.items.iter().filter(|item| !matches!(item, Item::Mod(_) | Item::Use(_))) {
                Paths { graph: &mut graph, module: id }.visit_item(item);
            }
        }
        graph
    }

    fn add(&mut self, from: ModuleId, path: &[String], line: usize) {
        let Some(ModuleTarget::Item(to, item)) = self.tree.resolve(from, path) else { return };
        if to != from {
            self.edges.entry((from, to)).or_insert(Use { line, item });
        }
    }

    /// Describes the groups of modules that reach each other.
    pub(super) fn cycles(&self) -> Vec<String> {
        let reached: Vec<_> = (0..self.tree.modules.len()).map(|from| self.reached_from(from)).collect();
        let mut seen = BTreeSet::new();
        let mut cycles = Vec::new();
        for (id, others) in reached.iter().enumerate() {
            let group: BTreeSet<_> = others.iter().copied().filter(|other| reached[*other].contains(&id)).collect();
            if group.contains(&id) && seen.insert(group.clone()) {
                cycles.push(self.describe(&group));
            }
        }
        cycles
    }

    /// The modules that one depends on, directly or not.
    fn reached_from(&self, from: ModuleId) -> BTreeSet<ModuleId> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            let targets = self.edges.range((module, 0)..(module + 1, 0)).map(|((_, to), _)| *to);
            next.extend(targets.filter(|to| reached.insert(*to)));
        }
        reached
    }

    fn describe(&self, group: &BTreeSet<ModuleId>) -> String {
        let names: Vec<_> = group.iter().map(|id| self.name(*id)).collect();
        let within = self.edges.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
        let lines = within.map(|((from, to), Use { line, item })| {
            let file = self.tree.modules[*from].file.display();
            format!("\n    {file}:{line}: {} uses {}::{item}", self.name(*from), self.name(*to))
        });
        format!("cycle of {}{}", names.join(", "), lines.collect::<String>())
    }

    fn name(&self, id: ModuleId) -> &str {
        let path = self.tree.modules[id].path.as_str();
        if path.is_empty() { "crate" } else { path }
    }
}

/// Adds the paths of one module's items to a graph.
struct Paths<'a, 'b> {
    graph: &'a mut Graph<'b>,
    module: ModuleId,
}

impl Paths<'_, '_> {
    fn add(&mut self, path: &[String], line: usize) {
        self.graph.add(self.module, path, line);
    }

    /// Adds the paths among the tokens of a macro, which are not parsed further.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 || path.is_empty() {
                        self.add(&std::mem::take(&mut path), line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                }
                other => {
                    self.add(&std::mem::take(&mut path), line);
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
            colons = 0;
        }
        self.add(&path, line);
    }
}

impl<'ast> Visit<'ast> for Paths<'_, '_> {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let line = path.segments[0].ident.span().start().line;
            self.add(&names, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast Macro) {
        self.add_tokens(invoked.tokens.clone());
        visit::visit_macro(self, invoked);
    }

    /// A `use` within a function.
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut imports = Vec::new();
        leaves(&item.tree, &mut Vec::new(), false, &mut imports);
        imports.iter().for_each(|import| self.add(&import.path, import.line));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test_only(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }
}
