//! Other people's clients on `lifepod serve`: tests alone.

#[cfg(test)]
mod kube_client;
#[cfg(test)]
#[path = "../../../crates/cli/tests/serving/mod.rs"]
mod serving;
