# Tasks, for https://just.systems. Each is one command that also works without just.

# List the tasks
default:
    @just --list

# Run the tests, of one package if given: just test jean-token
test package="":
    cargo test {{ if package == "" { "" } else { "--package " + package } }}

# Check format, lints, spelling and the rules of the workspace
lint:
    bash .ci/run format clippy checks typos

# Compile everything
check:
    cargo check --workspace --all-targets

# Run real clients and a browser against a local server
e2e:
    infra/tests/e2e/run

# Fuzz every target, or one: just fuzz 1800 mcp
fuzz seconds="60" *targets:
    infra/tools/fuzz/run {{seconds}} {{targets}}

# Run a benchmark: just bench search
bench *arguments:
    infra/tools/bench/run {{arguments}}

# Run all functions in a local server
serve *arguments:
    cargo run --package jean-cli -- serve {{arguments}}

# Build the documentation, with private items
doc:
    cargo doc --workspace --no-deps --document-private-items --open

# Write infra/docs/SETTINGS.md from template.yaml
settings:
    cargo run --package jean-checks -- settings --write

# Run everything that CI runs
ci *sections:
    bash .ci/run {{sections}}
