//! The network of the cluster.

pub(crate) mod dns;
pub(crate) mod requests;
