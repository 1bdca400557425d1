//! The Markdown of the settings reference.

use super::template::{Parameter, SettingsTemplate, Variable};

const HEAD: &str = "# Settings

Generated from `template.yaml` by `cargo run -p jean-checks -- settings --write`; CI fails if it is out of date.

## Parameters

Set at deployment, e.g. `sam deploy --config-file infra/samconfig.toml --parameter-overrides ServiceName='\"My Memory\"'`. A
value with spaces needs both pairs of quotation marks. A parameter that is left out keeps its value; `'LogoUrl=\"\"'` empties one.

";

const VARIABLES: &str = "
## Environment variables

Set by the template. The local server sets the same ones.

| variable | value | functions |
|---|---|---|
";

pub(super) fn render(template: &SettingsTemplate) -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "| parameter | default | permitted values | environment variable | description |\n|---|---|---|---|---|\n",
    );
    for parameter in &template.parameters {
        text.push_str(&parameter_row(template, parameter));
    }
    text.push_str(VARIABLES);
    for (name, variable) in &template.variables {
        text.push_str(&variable_row(name, variable));
    }
    text
}

fn parameter_row(template: &SettingsTemplate, parameter: &Parameter) -> String {
    let Parameter { name, default, permitted, description } = parameter;
    let default = match default.as_deref() {
        None => "required".into(),
        Some("") => "empty".into(),
        Some(default) => format!("`{default}`"),
    };
    let variables: Vec<_> = template.variables_of(name).map(|(variable, _)| format!("`{variable}`")).collect();
    row(&[&format!("`{name}`"), &default, permitted, &variables.join(", "), description])
}

fn variable_row(name: &str, Variable { sources, constant, functions }: &Variable) -> String {
    let sources: Vec<_> = sources.iter().map(|source| format!("`{source}`")).collect();
    let value = match constant {
        Some(constant) => format!("`{constant}`"),
        None if sources.is_empty() => "the stack's name".into(),
        None => sources.join(" or "),
    };
    let functions: Vec<_> =
        functions.iter().map(|function| function.trim_end_matches("Function").to_lowercase()).collect();
    let functions = if functions.is_empty() { "all".into() } else { functions.join(", ") };
    row(&[&format!("`{name}`"), &value, &functions])
}

fn row(cells: &[&str]) -> String {
    let cells = cells.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_one_row() {
        let parameter = Parameter {
            name: "Minutes".into(),
            default: Some("5".into()),
            permitted: "1 to 9".into(),
            description: "Minutes\nuntil a|b.".into(),
        };
        let variable =
            Variable { sources: vec!["Minutes".into()], constant: None, functions: vec!["TokenFunction".into()] };
        let template =
            SettingsTemplate { parameters: vec![parameter], variables: [("MINUTES".into(), variable)].into() };
        let text = render(&template);
        assert!(text.contains("\n| `Minutes` | `5` | 1 to 9 | `MINUTES` | Minutes until a\\|b. |\n"), "{text}");
        assert!(text.ends_with("\n| `MINUTES` | `Minutes` | token |\n"), "{text}");
    }
}
