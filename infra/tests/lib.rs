//! Tests across functions: flows, faults, histories, real clients and real pages. The library is empty.
