//! The settings reference, `infra/docs/SETTINGS.md`: the parameters of template.yaml, and the environment variables.

mod document;
mod template;

use std::{error::Error, fs, path::Path};

use self::template::SettingsTemplate;
use crate::{report::CheckReport, source::Repository};

const TEMPLATE: &str = "template.yaml";
const DOCUMENT: &str = "infra/docs/SETTINGS.md";

pub(crate) fn check(repository: &Repository, write: bool) -> Result<CheckReport, Box<dyn Error>> {
    let expected = document::render(&SettingsTemplate::read(&repository.read(Path::new(TEMPLATE))?)?);
    let mut report = CheckReport::default();
    if write {
        fs::write(repository.root.join(DOCUMENT), expected)?;
    } else if repository.read(Path::new(DOCUMENT)).ok().as_ref() != Some(&expected) {
        let command = "cargo run -p jean-checks -- settings --write";
        report.violations.push(format!("{DOCUMENT} differs from {TEMPLATE}; run `{command}`"));
    }
    Ok(report)
}
