//! Amounts as the scheduler reckons with them (`framework/types.go Resource`).

use alloc::collections::BTreeMap;
use alloc::string::String;
use lifepod_api::Quantity;
use lifepod_api::resources::ResourceList;

/// What a pod asks for, or a node has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Resources {
    /// Thousandths of a CPU.
    pub(crate) milli_cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
    /// Bytes.
    pub(crate) ephemeral_storage: i64,
    /// Extended resources and huge pages, by name.
    pub(crate) scalar: BTreeMap<String, i64>,
}

impl Resources {
    /// The amounts of a list. Names that are no resource of a node are left out (`Resource.Add`).
    pub(crate) fn from_list(list: &ResourceList) -> Self {
        let mut amounts = Resources::default();
        for (name, quantity) in list {
            match name.as_str() {
                "cpu" => amounts.milli_cpu = quantity.milli_value(),
                "memory" => amounts.memory = quantity.value(),
                "ephemeral-storage" => amounts.ephemeral_storage = quantity.value(),
                _ if is_scalar(name) => {
                    amounts.scalar.insert(name.clone(), quantity.value());
                }
                _ => {}
            }
        }
        amounts
    }

    /// Adds `other`, or takes it away when `sign` is -1.
    pub(crate) fn change(&mut self, other: &Resources, sign: i64) {
        self.milli_cpu += sign * other.milli_cpu;
        self.memory += sign * other.memory;
        self.ephemeral_storage += sign * other.ephemeral_storage;
        for (name, amount) in &other.scalar {
            *self.scalar.entry(name.clone()).or_insert(0) += sign * amount;
        }
    }

    /// The amount of an extended resource or huge page size.
    pub(crate) fn scalar(&self, name: &str) -> i64 {
        self.scalar.get(name).copied().unwrap_or(0)
    }
}

/// Extended resources, huge pages and attachable volumes (`pkg/scheduler/util/utils.go IsScalarResourceName`).
fn is_scalar(name: &str) -> bool {
    name.contains('/') || name.starts_with("hugepages-") || name.starts_with("attachable-volumes-")
}

/// CPU in thousandths and memory in bytes: what the scoring of resources looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CpuMemory {
    pub(crate) milli_cpu: i64,
    pub(crate) memory: i64,
}

impl CpuMemory {
    pub(crate) fn from_list(list: &ResourceList) -> Self {
        CpuMemory {
            milli_cpu: list.get("cpu").map_or(0, Quantity::milli_value),
            memory: list.get("memory").map_or(0, Quantity::value),
        }
    }
}
