//! Tests over all crates: conformance against recordings of real Kubernetes, and scenario files.

pub mod conformance;
pub mod dice;
pub mod scale;
pub mod scenario;
pub mod story;
pub mod topics;
