//! What has to be known of a module before it can be cut in two.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use wasmparser::{
    ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, KnownCustom, Name, Operator, Parser,
    Payload, TypeRef,
};

/// A WebAssembly module, taken apart as far as cutting needs it. Functions are named by their index: the imported ones
/// first, as everywhere in WebAssembly.
pub struct Module<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The types of functions, by type index.
    pub types: Vec<FuncType>,
    /// The imported functions' names in their module.
    pub imports: Vec<&'a str>,
    /// Every function's type index.
    pub function_types: Vec<u32>,
    /// The bodies of the functions that are not imported.
    pub bodies: Vec<FunctionBody<'a>>,
    /// The functions in the table of functions, by their place in it.
    pub slots: BTreeMap<u32, u32>,
    /// The index of the table of functions.
    pub table: u32,
    /// The tables, memories and globals that it has.
    pub tables: Vec<wasmparser::TableType>,
    pub memory: wasmparser::MemoryType,
    pub globals: Vec<wasmparser::GlobalType>,
    /// Functions that others reach from outside: exported ones, and the one that starts the module.
    pub entrances: Vec<u32>,
    /// The functions' names, as the linker wrote them.
    pub names: BTreeMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    /// Takes a module apart.
    ///
    /// # Errors
    /// It is no module, or has something that no module of this page has: several memories, tables whose functions
    /// are not known before it runs.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut memory = None;
        let mut module = Self {
            bytes,
            types: Vec::new(),
            imports: Vec::new(),
            function_types: Vec::new(),
            bodies: Vec::new(),
            slots: BTreeMap::new(),
            table: 0,
            tables: Vec::new(),
            memory: wasmparser::MemoryType {
                memory64: false,
                shared: false,
                initial: 0,
                maximum: None,
                page_size_log2: None,
            },
            globals: Vec::new(),
            entrances: Vec::new(),
            names: BTreeMap::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        module.types.push(kind?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(kind) => {
                                module.imports.push(import.name);
                                module.function_types.push(kind);
                            }
                            _ => bail!("it imports {}, which is no function", import.name),
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        module.function_types.push(kind?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        module.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(memories) => {
                    for kind in memories {
                        if memory.replace(kind?).is_some() {
                            bail!("it has more than one memory");
                        }
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        module.globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            module.entrances.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => module.entrances.push(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        module.element(element?)?;
                    }
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names {
                            if let Name::Function(names) = name? {
                                for naming in names {
                                    let naming = naming?;
                                    module.names.insert(naming.index, naming.name);
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        module.memory = memory.context("it has no memory")?;
        Ok(module)
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> Result<()> {
        let ElementKind::Active { table_index, offset_expr } = element.kind else { return Ok(()) };
        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
            bail!("functions are put into a table at a place that is not known before it runs");
        };
        self.table = table_index.unwrap_or(0);
        if let ElementItems::Functions(functions) = element.items {
            for (slot, function) in (u32::try_from(value)?..).zip(functions) {
                self.slots.insert(slot, function?);
            }
            return Ok(());
        }
        bail!("a table holds something that is no function");
    }

    /// What a function takes and gives.
    pub fn function_type(&self, function: u32) -> &FuncType {
        &self.types[self.function_types[function as usize] as usize]
    }

    /// How many functions are imported: the index of the first that has a body.
    pub fn imported(&self) -> u32 {
        u32::try_from(self.imports.len()).expect("few functions are imported")
    }

    /// Every function that has a body, with that body.
    pub fn functions(&self) -> impl Iterator<Item = (u32, &FunctionBody<'a>)> {
        (self.imported()..).zip(&self.bodies)
    }

    /// The functions that a body names: calls, and references.
    pub fn callees(body: &FunctionBody<'_>) -> Result<Vec<u32>> {
        let mut callees = Vec::new();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index }
                | Operator::ReturnCall { function_index }
                | Operator::RefFunc { function_index } => callees.push(function_index),
                _ => {}
            }
        }
        callees.sort_unstable();
        callees.dedup();
        Ok(callees)
    }
}
