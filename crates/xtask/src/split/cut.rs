//! Cuts a module in two that share one memory: what is there from the start, and the rest.
//!
//! A function of the rest keeps its place in the first module wherever somebody there needs it: as a *door*, which asks
//! for the rest where it is not there yet and then calls the function through the table. So a door costs a few bytes, and
//! nobody on either side has to know which functions moved. The rest, when it comes, writes its functions into the table
//! and calls back what it needs by imports.

use super::module::Module;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, TableSection, TypeSection, ValType,
};
use wasmparser::FunctionBody;

/// The module that the rest imports from, in its own words.
const FIRST: &str = "first";
/// What the first module calls the global that says whether the rest is there; the page's JavaScript sets it.
const HERE: &str = "here";

/// The size of a door that hands on nothing.
const DOOR_BYTES: usize = 12;

/// Both parts, not yet cleaned of what nobody reaches any more.
pub struct Parts {
    /// What is there from the start.
    pub first: Vec<u8>,
    /// The rest.
    pub rest: Vec<u8>,
}

/// Cuts: `moved` are the functions of the rest, `load` the imported function that brings the rest and returns when it
/// is there.
pub fn cut(module: &Module<'_>, moved: &BTreeSet<u32>, load: u32) -> Result<Parts> {
    let mut needed_of_first = BTreeSet::new();
    let mut doors = BTreeSet::new();
    for (function, body) in module.functions() {
        let is_moved = moved.contains(&function);
        for callee in Module::callees(body)? {
            match (is_moved, moved.contains(&callee)) {
                (true, false) => _ = needed_of_first.insert(callee),
                (false, true) => _ = doors.insert(callee),
                _ => {}
            }
        }
    }
    let in_table = module.slots.values().chain(&module.entrances);
    doors.extend(in_table.filter(|function| moved.contains(function)));

    let table = &module.tables[module.table as usize];
    let end = u32::try_from(table.initial)?;
    let places: BTreeMap<u32, u32> = doors.into_iter().zip(end..).collect();
    let mut first = First { module, moved, places: &places, needed: &needed_of_first, load };
    let rest = rest(module, moved, &places, &needed_of_first)?;
    Ok(Parts { first: first.encode()?, rest })
}

/// The functions that move to the rest: of those that are not used, all but those that are needed to begin with, and those
/// so small that a door would be no smaller.
pub fn moved(module: &Module<'_>, unused: &BTreeSet<u32>) -> BTreeSet<u32> {
    let moves = |function: u32, body: &FunctionBody<'_>| {
        let door = DOOR_BYTES + 2 * module.function_type(function).params().len();
        unused.contains(&function) && !module.entrances.contains(&function) && body.as_bytes().len() > door
    };
    module
        .functions()
        .filter(|(function, body)| moves(*function, body))
        .map(|(function, _)| function)
        .collect()
}

/// A name for a table, a memory or a global that the two parts share.
fn name(kind: char, index: u32) -> String {
    format!("{kind}{index}")
}

/// A name for a function that the rest calls, by its number among those: there are thousands, so that names are short, and
/// each is like the one before it. A capital begins it, and no other export's.
fn function_name(number: usize) -> String {
    const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |at: usize| char::from(LETTERS[at % LETTERS.len()]);
    let (high, middle) = (number / LETTERS.len() / LETTERS.len(), number / LETTERS.len());
    String::from_iter([letter(high), letter(middle), letter(number)])
}

/// Writes the first part: the module as it is, with doors.
struct First<'a, 'm> {
    module: &'a Module<'m>,
    moved: &'a BTreeSet<u32>,
    /// The doors, with the place in the table behind each.
    places: &'a BTreeMap<u32, u32>,
    /// Functions that the rest calls.
    needed: &'a BTreeSet<u32>,
    load: u32,
}

impl First<'_, '_> {
    fn encode(&mut self) -> Result<Vec<u8>> {
        let mut encoded = wasm_encoder::Module::new();
        self.parse_core_module(&mut encoded, wasmparser::Parser::new(0), self.module.bytes)
            .context("the module cannot be written again")?;
        Ok(encoded.finish())
    }

    /// The global that says whether the rest is there.
    fn here(&self) -> u32 {
        u32::try_from(self.module.globals.len()).expect("there are few globals")
    }

    /// The function that the doors ask: it makes sure that the rest is there.
    fn porter(&self) -> u32 {
        u32::try_from(self.module.function_types.len()).expect("functions have an index")
    }

    /// The type of that function, and of `load`: neither takes or gives anything.
    fn bare(&self) -> u32 {
        self.module.function_types[self.load as usize]
    }

    fn door(&self, function: u32, place: u32) -> Function {
        let kind = self.module.function_types[function as usize];
        let params = self.module.function_type(function).params().len();
        let mut door = Function::new([]);
        let mut does = door.instructions();
        does.call(self.porter());
        for local in (0..).take(params) {
            does.local_get(local);
        }
        does.i32_const(place.cast_signed()).call_indirect(self.module.table, kind).end();
        door
    }
}

impl Reencode for First<'_, '_> {
    type Error = Infallible;

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        wasm_encoder::reencode::utils::parse_function_section(self, functions, section)?;
        functions.function(self.bare());
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: wasmparser::TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let more = self.places.len() as u64;
        for (index, table) in (0..).zip(section) {
            let mut kind = RoundtripReencoder.table_type(table?.ty)?;
            if index == self.module.table {
                kind.minimum += more;
                kind.maximum = kind.maximum.map(|maximum| maximum + more);
            }
            tables.table(kind);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        wasm_encoder::reencode::utils::parse_global_section(self, globals, section)?;
        let flag = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(flag, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        wasm_encoder::reencode::utils::parse_export_section(self, exports, section)?;
        exports.export(HERE, ExportKind::Global, self.here());
        exports.export(&name('m', 0), ExportKind::Memory, 0);
        for table in (0..).take(self.module.tables.len()) {
            exports.export(&name('t', table), ExportKind::Table, table);
        }
        for global in 0..self.here() {
            exports.export(&name('g', global), ExportKind::Global, global);
        }
        for (number, function) in self.needed.iter().enumerate() {
            exports.export(&function_name(number), ExportKind::Func, *function);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (function, body) in self.module.functions() {
            if let Some(place) = self.places.get(&function) {
                code.function(&self.door(function, *place));
            } else if self.moved.contains(&function) {
                let mut nothing = Function::new([]);
                nothing.instructions().unreachable().end();
                code.function(&nothing);
            } else {
                code.raw(body.as_bytes());
            }
        }
        let mut porter = Function::new([]);
        let mut does = porter.instructions();
        does.global_get(self.here()).i32_eqz().if_(wasm_encoder::BlockType::Empty);
        does.call(self.load).end().end();
        code.function(&porter);
        Ok(())
    }
}

/// Writes the rest.
fn rest(
    module: &Module<'_>,
    moved: &BTreeSet<u32>,
    places: &BTreeMap<u32, u32>,
    needed: &BTreeSet<u32>,
) -> Result<Vec<u8>> {
    let indices = needed.iter().chain(moved).copied().zip(0..).collect();
    let mut to_rest = ToRest { indices };
    let mut roundtrip = RoundtripReencoder;

    let mut types = TypeSection::new();
    for kind in &module.types {
        types.ty().func_type(&roundtrip.func_type(kind.clone())?);
    }
    let mut imports = ImportSection::new();
    imports.import(FIRST, &name('m', 0), roundtrip.memory_type(module.memory)?);
    for (index, table) in (0..).zip(&module.tables) {
        let mut kind = roundtrip.table_type(*table)?;
        if index == module.table {
            kind.minimum += places.len() as u64;
            kind.maximum = kind.maximum.map(|maximum| maximum + places.len() as u64);
        }
        imports.import(FIRST, &name('t', index), kind);
    }
    for (index, global) in (0..).zip(&module.globals) {
        imports.import(FIRST, &name('g', index), roundtrip.global_type(*global)?);
    }
    for (number, function) in needed.iter().enumerate() {
        let kind = module.function_types[*function as usize];
        imports.import(FIRST, &function_name(number), EntityType::Function(kind));
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for (function, body) in module.functions() {
        if moved.contains(&function) {
            functions.function(module.function_types[function as usize]);
            to_rest.parse_function_body(&mut code, body.clone())?;
        }
    }
    // Behind the doors, and where the table named a function that has moved: from now on without a door.
    let places = places.iter().map(|(function, place)| (*place, *function));
    let slots = module.slots.iter().map(|(slot, function)| (*slot, *function));
    let places: BTreeMap<u32, u32> =
        slots.filter(|(_, function)| moved.contains(function)).chain(places).collect();
    let mut elements = ElementSection::new();
    let mut run: Vec<u32> = Vec::new();
    let mut begin = 0;
    for (place, function) in places.iter().map(|(place, function)| (*place, *function)) {
        let follows = begin + u32::try_from(run.len())? == place;
        if !follows && !run.is_empty() {
            write_run(&mut elements, module.table, begin, &run);
            run.clear();
        }
        if run.is_empty() {
            begin = place;
        }
        run.push(to_rest.indices[&function]);
    }
    if !run.is_empty() {
        write_run(&mut elements, module.table, begin, &run);
    }

    let mut encoded = wasm_encoder::Module::new();
    encoded.section(&types).section(&imports).section(&functions).section(&elements).section(&code);
    Ok(encoded.finish())
}

fn write_run(elements: &mut ElementSection, table: u32, begin: u32, run: &[u32]) {
    let table = (table != 0).then_some(table);
    elements.active(table, &ConstExpr::i32_const(begin.cast_signed()), Elements::Functions(run.into()));
}

/// What a function of the module is called in the rest.
struct ToRest {
    indices: BTreeMap<u32, u32>,
}

impl Reencode for ToRest {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.indices[&function])
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, moved};
    use crate::split::module::Module;
    use std::collections::BTreeSet;
    use wasm_encoder::{
        CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
        FunctionSection, GlobalSection, ImportSection, MemorySection, MemoryType, RefType, TableSection,
        TableType, TypeSection, ValType,
    };
    use wasmparser::{Payload, Validator};

    /// Functions of a module: `load` is imported, `begin` exported and calls `rare`, which calls `common`; `rare` and
    /// `never` are in the table.
    const LOAD: u32 = 0;
    const BEGIN: u32 = 1;
    const RARE: u32 = 2;
    const COMMON: u32 = 3;
    const NEVER: u32 = 4;

    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([ValType::I32], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("page", "load", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(1).function(1).function(1).function(0);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 3,
            maximum: Some(3),
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let globals = GlobalSection::new();
        let mut exports = ExportSection::new();
        exports.export("begin", ExportKind::Func, BEGIN);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions([RARE, NEVER][..].into()));
        let mut code = CodeSection::new();
        let calls = |callee: u32| {
            let mut body = Function::new([]);
            body.instructions().local_get(0).i32_const(1).i32_add().call(callee).i32_const(7).i32_mul().end();
            body
        };
        code.function(&calls(RARE)).function(&calls(COMMON));
        let mut common = Function::new([]);
        common.instructions().local_get(0).end();
        let mut never = Function::new([]);
        for _ in 0..8 {
            never.instructions().i32_const(100_000).drop();
        }
        never.instructions().end();
        code.function(&common).function(&never);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code);
        module.finish()
    }

    /// How many functions a part has bodies of, and how many it imports.
    fn functions(part: &[u8]) -> (usize, usize) {
        Validator::new().validate_all(part).expect("the part is a module");
        let mut counts = (0, 0);
        for payload in wasmparser::Parser::new(0).parse_all(part) {
            match payload.expect("it was valid") {
                Payload::CodeSectionEntry(_) => counts.0 += 1,
                Payload::ImportSection(imports) => {
                    let functions = imports.into_imports().flatten();
                    counts.1 +=
                        functions.filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_))).count();
                }
                _ => {}
            }
        }
        counts
    }

    #[test]
    fn what_did_not_run_moves_unless_its_door_would_be_as_large() {
        let bytes = module();
        let module = Module::read(&bytes).expect("a module");
        let unused = BTreeSet::from([RARE, NEVER]);
        assert_eq!(moved(&module, &unused), BTreeSet::from([NEVER]), "`rare` is smaller than a door");
    }

    #[test]
    fn both_parts_are_modules_and_name_each_other_s_functions() {
        let bytes = module();
        let module = Module::read(&bytes).expect("a module");
        let parts = cut(&module, &BTreeSet::from([RARE, NEVER]), LOAD).expect("it can be cut");
        // The rest of the old functions are doors, or empty; the porter is new.
        assert_eq!(functions(&parts.first), (5, 1));
        assert_eq!(functions(&parts.rest), (2, 1), "it has `rare` and `never`, and calls `common`");
        let first = Module::read(&parts.first).expect("a module");
        assert_eq!(first.tables[0].initial, 3 + 2, "there is a place behind each door");
        assert_eq!(first.slots, module.slots, "the table leads to the doors");
    }
}
