//! The API objects, one declaration each: Kubernetes 1.36's fields under their Go types' names.

pub mod apps;
pub mod batch;
pub mod config;
pub mod container;
pub mod event;
pub mod meta;
pub mod network;
pub mod node;
pub mod pod;
pub mod policy;
pub mod storage;
pub mod volume;

pub use apps::*;
pub use batch::*;
pub use config::*;
pub use container::*;
pub use event::*;
pub use meta::*;
pub use network::*;
pub use node::*;
pub use pod::*;
pub use policy::*;
pub use storage::*;
pub use volume::*;
