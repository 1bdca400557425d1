//! Features of dependencies: equal in all functions, so that `sam build`, which builds them one by one, compiles each once.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    process::Command,
};

use crate::{report::CheckReport, source::Repository};

/// Dependencies of at most this many functions are left alone: the other functions would have to compile them.
const FEW: usize = 2;

/// By package with its version, the sets of features with which a function compiles it. There are two if the function also has it
/// in a macro or a build script.
type FeaturesByPackage = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn check(repository: &Repository) -> Result<CheckReport, Box<dyn Error>> {
    let functions = repository.packages()?.into_iter().filter(|folder| folder.starts_with("functions"));
    let names = functions.filter_map(|folder| folder.file_name().map(|name| name.to_string_lossy().into_owned()));
    let trees = names.map(|name| Ok((name.clone(), packages(&tree(repository, &name)?))));
    let violations = differences(&trees.collect::<Result<Vec<_>, Box<dyn Error>>>()?);
    Ok(CheckReport { violations, ..CheckReport::default() })
}

fn tree(repository: &Repository, function: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--edges", "normal,build", "--format", "{p}\t{f}", "--package"])
        .arg(format!("jean-{function}"))
        .current_dir(&repository.root)
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads lines such as `url v2.5.8<tab>serde,std (*)`.
fn packages(tree: &str) -> FeaturesByPackage {
    let mut packages = FeaturesByPackage::new();
    for (package, features) in tree.lines().filter_map(|line| line.split_once('\t')) {
        if !package.starts_with("jean-") {
            let features = features.trim_end_matches("(*)").trim_end();
            packages.entry(package.into()).or_default().insert(features.into());
        }
    }
    packages
}

fn differences(functions: &[(String, FeaturesByPackage)]) -> Vec<String> {
    let all: BTreeSet<_> = functions.iter().flat_map(|(_, packages)| packages.keys()).collect();
    let differences = all.into_iter().filter_map(|package| {
        let users: Vec<_> = functions.iter().filter_map(|(name, found)| Some((name, found.get(package)?))).collect();
        let largest = users.iter().map(|(_, sets)| *sets).max_by_key(|sets| sets.len())?;
        if users.len() <= FEW || users.iter().all(|(_, sets)| sets.is_subset(largest)) {
            return None;
        }
        let sets = users.iter().map(|(name, sets)| {
            format!("\n  {name}: {}", sets.iter().map(String::as_str).collect::<Vec<_>>().join(" and "))
        });
        Some(format!("{package} has different features; add them to shared/features:{}", sets.collect::<String>()))
    });
    differences.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_of_three_functions_has_the_same_features_in_each() {
        let function = |name: &str, tree: &str| (name.to_owned(), packages(tree));
        let found = differences(&[
            function("a", "jean-a v0.1.0 (a)\tx\nurl v2.5.8\tserde,std\nsyn v3.0.0\tfull\nmemchr v2.8.3\tstd"),
            function(
                "b",
                "jean-b v0.1.0 (b)\ty\nurl v2.5.8\tstd (*)\nsyn v3.0.0\tfull (*)\nmemchr v2.8.3\tstd\nmemchr v2.8.3\talloc",
            ),
            function("c", "url v2.5.8\tstd\nsyn v3.0.0\tfull\nmemchr v2.8.3\tstd"),
        ]);
        assert_eq!(
            found,
            ["url v2.5.8 has different features; add them to shared/features:\n  a: serde,std\n  b: std\n  c: std"]
        );
    }

    #[test]
    fn a_dependency_of_two_functions_may_differ() {
        let function = |name: &str, tree: &str| (name.to_owned(), packages(tree));
        assert!(differences(&[function("a", "p256 v0.14.0\tecdh"), function("b", "p256 v0.14.0\t")]).is_empty());
    }
}
