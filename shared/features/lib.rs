//! Features of dependencies that all functions share; see `Cargo.toml`. The library is empty.
