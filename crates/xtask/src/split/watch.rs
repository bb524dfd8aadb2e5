//! A module that remembers which of its functions ran.

use super::module::Module;
use anyhow::{Context, Result};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, MemArg, MemorySection};

/// The bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// The module with a byte for each function that has a body, set when it runs, in memory behind all that the module
/// was born with: its allocator only hands out what is added later. And the address of the first of these bytes.
pub fn watched(module: &Module<'_>) -> Result<(Vec<u8>, u64)> {
    let flags = module.memory.initial * PAGE;
    let mut encoded = wasm_encoder::Module::new();
    Watch { module, flags }
        .parse_core_module(&mut encoded, wasmparser::Parser::new(0), module.bytes)
        .context("the module cannot be written again")?;
    Ok((encoded.finish(), flags))
}

struct Watch<'a, 'm> {
    module: &'a Module<'m>,
    flags: u64,
}

impl Reencode for Watch<'_, '_> {
    type Error = Infallible;

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for memory in section {
            let mut kind = RoundtripReencoder.memory_type(memory?)?;
            kind.minimum += (self.module.bodies.len() as u64).div_ceil(PAGE);
            memories.memory(kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (flag, body) in (self.flags..).zip(&self.module.bodies) {
            let mut watched = self.new_function_with_parsed_locals(body)?;
            let address = i32::try_from(flag).map_err(|_| Error::InvalidCodeSectionSize)?;
            let byte =
                MemArg { offset: 0, align: 0, target: wasm_encoder::MemArgTarget::Memory(0), ordering: None };
            watched.instructions().i32_const(address).i32_const(1).i32_store8(byte);
            let mut operators = body.get_operators_reader()?.get_binary_reader();
            let left = operators.bytes_remaining();
            watched.raw(operators.read_bytes(left)?.iter().copied());
            code.function(&watched);
        }
        Ok(())
    }
}
