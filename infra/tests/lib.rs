//! Tests that involve several functions: flows, store faults, generated histories, client libraries and browsers.
//!
//! The library is empty; see the test targets.
