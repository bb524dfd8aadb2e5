//! Writes a module with functions added to it and others rewritten.

use super::module::Module;
use std::collections::BTreeMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, TypeSection, ValType};

/// What is new in the module.
#[derive(Default)]
pub(super) struct New {
    /// The types of functions that it did not have.
    pub(super) types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// The functions that it did not have, with their types.
    pub(super) functions: Vec<(u32, Function)>,
    pub(super) rewritten: BTreeMap<u32, Function>,
}

/// Writes the module with what is new.
pub(super) struct Write<'a, 'm> {
    pub(super) module: &'a Module<'m>,
    pub(super) new: &'a New,
}

impl Reencode for Write<'_, '_> {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        wasm_encoder::reencode::utils::parse_type_section(self, types, section)?;
        for (params, results) in &self.new.types {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        wasm_encoder::reencode::utils::parse_function_section(self, functions, section)?;
        for (kind, _) in &self.new.functions {
            functions.function(*kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (function, body) in self.module.functions() {
            match self.new.rewritten.get(&function) {
                Some(rewritten) => code.function(rewritten),
                None => code.raw(body.as_bytes()),
            };
        }
        for (_, function) in &self.new.functions {
            code.function(function);
        }
        Ok(())
    }
}
