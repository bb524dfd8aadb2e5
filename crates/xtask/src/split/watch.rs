//! A module that remembers what of its functions ran.

use super::body::{Body, ends_segment};
use super::module::Module;
use anyhow::{Context, Result};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Function, MemArg, MemArgTarget, MemorySection};

/// The bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// The module with a byte for each of so many segments, set when it runs, in memory behind all that the module was born
/// with: its allocator only hands out what is added later. And the address of the first of these bytes.
pub fn watched(module: &Module<'_>, bodies: &[Body<'_>], segments: u32) -> Result<(Vec<u8>, u64)> {
    let flags = module.memory.initial * PAGE;
    let mut encoded = wasm_encoder::Module::new();
    Watch { module, bodies, flags, segments }
        .parse_core_module(&mut encoded, wasmparser::Parser::new(0), module.bytes)
        .context("the module cannot be written again")?;
    Ok((encoded.finish(), flags))
}

struct Watch<'a, 'm> {
    module: &'a Module<'m>,
    bodies: &'a [Body<'m>],
    flags: u64,
    segments: u32,
}

impl Watch<'_, '_> {
    /// Notes that a segment runs.
    fn note(&self, function: &mut Function, segment: u32) {
        let address = self.flags + u64::from(segment);
        let byte = MemArg { offset: address, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        function.instructions().i32_const(0).i32_const(1).i32_store8(byte);
    }
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
            kind.minimum += u64::from(self.segments).div_ceil(PAGE);
            memories.memory(kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let module = self.module;
        for ((_, body), steps) in module.functions().zip(self.bodies) {
            let mut watched = self.new_function_with_parsed_locals(body)?;
            self.note(&mut watched, steps.operators[0].segment);
            let last = steps.operators.len() - 1;
            for (at, step) in steps.operators.iter().enumerate() {
                watched.raw(step.bytes.iter().copied());
                if at < last && ends_segment(&step.operator) {
                    self.note(&mut watched, step.segment + 1);
                }
            }
            code.function(&watched);
        }
        Ok(())
    }
}
