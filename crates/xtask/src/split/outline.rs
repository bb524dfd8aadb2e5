//! Takes out of the functions that ran what did not run of them.
//!
//! Most of a large function is there for cases that a first visit does not see. A run of statements none of which was
//! reached becomes a function of its own, so that it can move to the rest: it is given the locals that it reads, gives
//! back those that it writes and somebody reads, and says by which of its exits it was left where it has several.

use super::body::{Body, Node};
use super::live::{Locals, Needs};
use super::module::Module;
use super::write::{New, Write};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};
use wasmparser::Operator;

/// What a call and its door take at least, in bytes; each local that is passed takes a few more.
const LEAST_BYTES: usize = 40;
const BYTES_OF_LOCAL: usize = 5;

/// A module whose functions are split into what ran and what did not.
pub struct Outlined {
    pub bytes: Vec<u8>,
    /// The functions that did not run at all, and the new ones.
    pub unused: BTreeSet<u32>,
}

/// Outlines, given the segments that ran. What is in `whole` stays as it is, and counts as used.
pub fn outline(
    module: &Module<'_>,
    bodies: &[Body<'_>],
    ran: &BTreeSet<u32>,
    whole: &BTreeSet<u32>,
) -> Result<Outlined> {
    let mut new = New::default();
    let mut unused = BTreeSet::new();
    for body in bodies.iter().filter(|body| !whole.contains(&body.function)) {
        if ran.contains(&body.operators[0].segment) {
            let needs = Needs::of(body);
            let mut search = Search { module, body, ran, needs: &needs, found: Vec::new() };
            search.nodes(&body.nodes, body.operators.len() - 1, &mut vec![None]);
            let found = search.found;
            if !found.is_empty() {
                let rewritten = rewrite(module, body, &found, &mut new)?;
                new.rewritten.insert(body.function, rewritten);
            }
        } else {
            unused.insert(body.function);
        }
    }
    let first_new = u32::try_from(module.function_types.len())?;
    unused.extend(first_new..first_new + u32::try_from(new.functions.len())?);
    let mut encoded = wasm_encoder::Module::new();
    Write { module, new: &new }
        .parse_core_module(&mut encoded, wasmparser::Parser::new(0), module.bytes)
        .context("the module cannot be written again")?;
    Ok(Outlined { bytes: encoded.finish(), unused })
}

/// A way out of a region other than its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// To the label so many blocks out; 0 is that of the block in which the region stands.
    Label(u32),
    /// Out of the function.
    Return,
}

/// Statements that become a function.
struct Region {
    /// Their operators.
    steps: Range<usize>,
    /// Whether its end is reached.
    ends: bool,
    exits: Vec<Exit>,
    /// Locals that it is given, …
    given: Vec<u32>,
    /// … and that it gives back.
    back: Vec<u32>,
}

/// Looks for regions in a body.
struct Search<'a, 'm> {
    module: &'a Module<'m>,
    body: &'a Body<'m>,
    ran: &'a BTreeSet<u32>,
    needs: &'a Needs,
    found: Vec<Region>,
}

impl Search<'_, '_> {
    /// Looks among the nodes of a block that is closed by the operator `end`. `labels` are the operators that open the
    /// blocks around, the outermost first, which is the body itself.
    fn nodes(&mut self, nodes: &[Node], end: usize, labels: &mut Vec<Option<usize>>) {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            let longest = self.longest(&nodes[at..], end);
            if let Some(region) = longest
                .and_then(|count| self.region(&nodes[at..at + count], end_of(nodes, at + count, end), labels))
            {
                at += longest.unwrap_or(1);
                self.found.push(region);
                continue;
            }
            match node {
                Node::Plain(_) => {}
                Node::Block(begin, inside, end) => self.inside(*begin, inside, *end, labels),
                Node::Choice(begin, [one, other], end) => {
                    let middle = other.first().map_or(*end, Node::first) - 1;
                    self.inside(*begin, one, middle, labels);
                    self.inside(*begin, other, *end, labels);
                }
            }
            at += 1;
        }
    }

    fn inside(&mut self, begin: usize, nodes: &[Node], end: usize, labels: &mut Vec<Option<usize>>) {
        labels.push(Some(begin));
        self.nodes(nodes, end, labels);
        labels.pop();
    }

    /// How many nodes from the first on are whole statements none of which ran.
    fn longest(&self, nodes: &[Node], end: usize) -> Option<usize> {
        let steps = &self.body.operators;
        let first = &steps[nodes.first()?.first()];
        if first.height > 0 || first.is_dead {
            return None;
        }
        let cold = |node: &&Node| {
            steps[node.first()..=node.last()].iter().all(|step| !self.ran.contains(&step.segment))
        };
        let cold = nodes.iter().take_while(cold).count();
        (1..=cold).rev().find(|count| {
            let next = &steps[end_of(nodes, *count, end)];
            next.height == 0 || next.is_dead
        })
    }

    /// The nodes as a region, if they can be one and it is worth it. `next` is the operator behind them.
    fn region(&self, nodes: &[Node], next: usize, labels: &[Option<usize>]) -> Option<Region> {
        let steps = nodes.first()?.first()..nodes.last()?.last() + 1;
        let results = self.module.function_type(self.body.function).results().len();
        let mut exits = BTreeSet::new();
        let mut written = Locals::default();
        let mut depth = 0_u32;
        let mut bytes = 0;
        for step in &self.body.operators[steps.clone()] {
            bytes += step.bytes.len();
            let mut leave = |target: u32, with_value: bool| -> Option<()> {
                let Some(out) = target.checked_sub(depth) else { return Some(()) };
                match labels[labels.len() - 1 - out as usize] {
                    Some(begin) if self.values(begin) == 0 => _ = exits.insert(Exit::Label(out)),
                    None if results == 0 || (results == 1 && with_value) => _ = exits.insert(Exit::Return),
                    _ => return None,
                }
                Some(())
            };
            match &step.operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                Operator::End => depth -= 1,
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    written.insert(*local_index);
                }
                Operator::Br { relative_depth } => leave(*relative_depth, true)?,
                Operator::BrIf { relative_depth } => leave(*relative_depth, false)?,
                Operator::BrTable { targets } => {
                    leave(targets.default(), false)?;
                    for target in targets.targets() {
                        leave(target.ok()?, false)?;
                    }
                }
                Operator::Return if results > 1 => return None,
                Operator::Return => _ = exits.insert(Exit::Return),
                _ => {}
            }
        }
        let after = self.needs.after.get(&(steps.end - 1)).cloned().unwrap_or_default().and(&written);
        let mut back = after.clone();
        let mut around = Vec::new();
        for label in labels {
            let needed = label.and_then(|begin| self.needs.at_label.get(&begin)).cloned().unwrap_or_default();
            around.push(needed.and(&written));
        }
        for exit in &exits {
            if let Exit::Label(out) = exit {
                back.add(&around[around.len() - 1 - *out as usize]);
            }
        }
        let given = Needs::default().before(self.body, nodes, after, &mut around);
        let (given, back): (Vec<u32>, Vec<u32>) = (given.iter().collect(), back.iter().collect());
        let worth = bytes > LEAST_BYTES + BYTES_OF_LOCAL * (given.len() + back.len() + exits.len());
        worth.then(|| Region {
            steps,
            ends: !self.body.operators[next].is_dead,
            exits: exits.into_iter().collect(),
            given,
            back,
        })
    }

    /// How many values a branch to the block takes along.
    fn values(&self, begin: usize) -> usize {
        let (kind, is_loop) = match &self.body.operators[begin].operator {
            Operator::Loop { blockty } => (blockty, true),
            Operator::Block { blockty } | Operator::If { blockty } => (blockty, false),
            _ => return 0,
        };
        match kind {
            wasmparser::BlockType::Empty => 0,
            wasmparser::BlockType::Type(_) => usize::from(!is_loop),
            wasmparser::BlockType::FuncType(kind) => {
                let kind = &self.module.types[*kind as usize];
                if is_loop { kind.params().len() } else { kind.results().len() }
            }
        }
    }
}

/// The operator behind so many nodes of a block.
fn end_of(nodes: &[Node], count: usize, end: usize) -> usize {
    nodes.get(count).map_or(end, Node::first)
}

/// The values that a function made of a region returns: which exit it took, where there is a choice; the value that the
/// function around it returns; locals.
struct Returns {
    code: bool,
    value: Option<ValType>,
    locals: Vec<ValType>,
}

/// The body with calls in the places of regions, which become functions.
fn rewrite(module: &Module<'_>, body: &Body<'_>, regions: &[Region], new: &mut New) -> Result<Function> {
    let mut roundtrip = RoundtripReencoder;
    let mut locals: Vec<ValType> = Vec::new();
    for local in &body.locals {
        locals.push(roundtrip.val_type(*local)?);
    }
    let result = module.function_type(body.function).results().first().copied();
    let result = result.map(|kind| roundtrip.val_type(kind)).transpose()?;
    // The value that a region returns from the function waits in a local of its own.
    let waiting = u32::try_from(locals.len())?;
    let own = locals[body.params..].iter().copied().chain(result);
    let mut function = Function::new_with_locals_types(own);
    let mut at = 0;
    for region in regions {
        for step in &body.operators[at..region.steps.start] {
            function.raw(step.bytes.iter().copied());
        }
        at = region.steps.end;
        let has_return = region.exits.contains(&Exit::Return);
        let returns = Returns {
            code: usize::from(region.ends) + region.exits.len() > 1,
            value: result.filter(|_| has_return),
            locals: region.back.iter().map(|local| locals[*local as usize]).collect(),
        };
        let callee =
            new.function(module, &locals, region, &returns, outlined(body, &locals, region, &returns)?)?;
        call(&mut function.instructions(), body, region, &returns, callee, waiting);
    }
    for step in &body.operators[at..] {
        function.raw(step.bytes.iter().copied());
    }
    Ok(function)
}

impl New {
    /// Adds a function for a region; its index.
    fn function(
        &mut self,
        module: &Module<'_>,
        locals: &[ValType],
        region: &Region,
        returns: &Returns,
        function: Function,
    ) -> Result<u32> {
        let params: Vec<ValType> = region.given.iter().map(|local| locals[*local as usize]).collect();
        let code = returns.code.then_some(ValType::I32);
        let results: Vec<ValType> =
            code.into_iter().chain(returns.value).chain(returns.locals.iter().copied()).collect();
        let kind = (params, results);
        let place = self.types.iter().position(|known| *known == kind).unwrap_or_else(|| {
            self.types.push(kind);
            self.types.len() - 1
        });
        let index = module.function_types.len() + self.functions.len();
        self.functions.push((u32::try_from(module.types.len() + place)?, function));
        Ok(u32::try_from(index)?)
    }
}

/// The function that a region becomes.
fn outlined(body: &Body<'_>, locals: &[ValType], region: &Region, returns: &Returns) -> Result<Function> {
    let steps = &body.operators[region.steps.clone()];
    let mut places: BTreeMap<u32, u32> = region.given.iter().copied().zip(0..).collect();
    let mut own = Vec::new();
    let given = u32::try_from(places.len())?;
    let used = steps.iter().filter_map(|step| match step.operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    });
    for local in used.chain(region.back.iter().copied()) {
        places.entry(local).or_insert_with(|| {
            own.push(locals[local as usize]);
            given + u32::try_from(own.len()).expect("few locals") - 1
        });
    }
    let value = given + u32::try_from(own.len())?;
    own.extend(returns.value);
    let mut function = Function::new_with_locals_types(own);

    let leave = |does: &mut InstructionSink<'_>, code: usize| {
        if returns.code {
            does.i32_const(i32::try_from(code).expect("few exits"));
        }
        if returns.value.is_some() {
            does.local_get(value);
        }
        for local in &region.back {
            does.local_get(places[local]);
        }
    };
    // A block around it for each exit, whose end is where that exit leads.
    for _ in &region.exits {
        function.instructions().block(BlockType::Empty);
    }
    let mut depth = 0_u32;
    let target = |depth: u32, target: u32| -> u32 {
        let Some(out) = target.checked_sub(depth) else { return target };
        let exit = region.exits.iter().position(|exit| *exit == Exit::Label(out));
        // A label that is no exit is the function's.
        let exit = exit.or_else(|| region.exits.iter().position(|exit| *exit == Exit::Return));
        depth + u32::try_from(exit.expect("all exits are known")).expect("few exits")
    };
    for step in steps {
        let mut does = function.instructions();
        match &step.operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::End => depth -= 1,
            _ => {}
        }
        match &step.operator {
            Operator::LocalGet { local_index } => _ = does.local_get(places[local_index]),
            Operator::LocalSet { local_index } => _ = does.local_set(places[local_index]),
            Operator::LocalTee { local_index } => _ = does.local_tee(places[local_index]),
            Operator::Br { relative_depth } => {
                let to = target(depth, *relative_depth);
                let is_return = to >= depth && region.exits[(to - depth) as usize] == Exit::Return;
                if is_return && returns.value.is_some() {
                    does.local_set(value);
                }
                does.br(to);
            }
            Operator::BrIf { relative_depth } => _ = does.br_if(target(depth, *relative_depth)),
            Operator::BrTable { targets } => {
                let mut to = Vec::new();
                for one in targets.targets() {
                    to.push(target(depth, one?));
                }
                does.br_table(to, target(depth, targets.default()));
            }
            Operator::Return => {
                if returns.value.is_some() {
                    does.local_set(value);
                }
                does.br(target(depth, u32::MAX));
            }
            _ => _ = function.raw(step.bytes.iter().copied()),
        }
    }
    let mut does = function.instructions();
    if region.ends {
        leave(&mut does, 0);
        does.return_();
    }
    for code in 1..=region.exits.len() {
        does.end();
        leave(&mut does, code);
        does.return_();
    }
    does.end();
    Ok(function)
}

/// Calls the function of a region in its place, and goes on where it says.
fn call(
    does: &mut InstructionSink<'_>,
    body: &Body<'_>,
    region: &Region,
    returns: &Returns,
    callee: u32,
    waiting: u32,
) {
    let by_value = returns.value.is_some();
    // With one exit and its end, which it was is a question of yes or no.
    let is_simple = region.ends && region.exits.len() == 1;
    let is_choice = returns.code && !is_simple;
    let around = if is_choice { u32::from(region.ends) + u32::from(by_value) } else { 0 };
    for _ in 0..around {
        does.block(BlockType::Empty);
    }
    for local in &region.given {
        does.local_get(*local);
    }
    does.call(callee);
    for local in region.back.iter().rev() {
        does.local_set(*local);
    }
    if by_value {
        does.local_set(waiting);
    }
    let depth = u32::try_from(depth_of(body, region.steps.start)).expect("few blocks");
    let to = |exit: Exit| match exit {
        Exit::Label(out) => out + around,
        // Inside the block of those that end there is that of those that return a value.
        Exit::Return if by_value => 0,
        Exit::Return => depth + around,
    };
    if is_choice {
        let end = u32::from(by_value);
        let first = if region.ends { end } else { to(region.exits[0]) };
        let mut targets: Vec<u32> =
            std::iter::once(first).chain(region.exits.iter().map(|exit| to(*exit))).collect();
        let last = targets.pop().expect("there are exits");
        does.br_table(targets, last);
        if by_value {
            does.end().local_get(waiting).return_();
        }
        if region.ends {
            does.end();
        }
        return;
    }
    match region.exits.first() {
        Some(_) if is_simple && by_value => {
            does.if_(BlockType::Empty).local_get(waiting).return_().end();
        }
        Some(exit) if is_simple => _ = does.br_if(to(*exit)),
        Some(Exit::Return) if by_value => _ = does.local_get(waiting).return_(),
        Some(exit) => _ = does.br(to(*exit)),
        None if region.ends => {}
        None => _ = does.unreachable(),
    }
}

/// How many blocks are open at an operator.
fn depth_of(body: &Body<'_>, at: usize) -> usize {
    body.operators[..at].iter().fold(0, |depth, step| match step.operator {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth + 1,
        Operator::End => depth - 1,
        _ => depth,
    })
}

#[cfg(test)]
mod tests {
    use super::outline;
    use crate::shell;
    use crate::split::body::bodies;
    use crate::split::module::Module;
    use std::collections::BTreeSet;
    use std::process::Command;
    use wasm_encoder::{
        BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, MemorySection,
        MemoryType, TypeSection, ValType,
    };
    use wasmparser::{Operator, Validator};

    /// `f(x)`, in which a region is left in every way there is: by its end, by a branch out of a block, by one back to a
    /// loop, and by a return with a value.
    fn module() -> Vec<u8> {
        const X: u32 = 0;
        const Y: u32 = 1;
        const Z: u32 = 2;
        let mut body = Function::new([(2, ValType::I32)]);
        let mut does = body.instructions();
        does.block(BlockType::Empty).loop_(BlockType::Empty);
        does.local_get(X).i32_const(10).i32_gt_s().if_(BlockType::Empty);
        does.local_get(X).i32_const(2).i32_mul().local_set(Y);
        for summand in 0..30 {
            does.local_get(Y).i32_const(summand).i32_add().local_set(Z);
        }
        let is_more = |does: &mut wasm_encoder::InstructionSink<'_>, than: i32| {
            does.local_get(Y).i32_const(than).i32_gt_s().if_(BlockType::Empty);
        };
        is_more(&mut does, 80);
        does.local_get(Z).return_().end();
        is_more(&mut does, 60);
        does.br(3).end();
        does.local_get(X).i32_const(1).i32_and().if_(BlockType::Empty);
        does.local_get(X).i32_const(3).i32_sub().local_set(X).br(2).end();
        does.local_get(X).i32_const(5).i32_sub().local_set(X);
        does.end();
        does.local_get(X).i32_const(1).i32_sub().local_tee(X).i32_const(5).i32_gt_s().br_if(0);
        does.end().end();
        does.local_get(X).local_get(Y).i32_add().end();

        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut exports = ExportSection::new();
        exports.export("f", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        code.function(&body);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
        module.finish()
    }

    /// What `f` gives for some numbers; none where Node is missing.
    fn values(module: &[u8]) -> Option<String> {
        let bytes: Vec<String> = module.iter().map(u8::to_string).collect();
        let script = format!(
            "const {{ exports: {{ f }} }} = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of({})));
             console.log(Array.from({{ length: 80 }}, (_, x) => f(x - 10)).join());",
            bytes.join(",")
        );
        shell::output(Command::new("node").args(["-e", &script]))
    }

    #[test]
    fn what_did_not_run_does_the_same_elsewhere() {
        let bytes = module();
        let module = Module::read(&bytes).expect("a module");
        let (bodies, segments) = bodies(&module).expect("a sound one");
        let steps = &bodies[0].operators;
        let begin =
            steps.iter().position(|step| matches!(step.operator, Operator::If { .. })).expect("an if");
        let last = steps.iter().rposition(|step| matches!(step.operator, Operator::BrIf { .. }));
        let cold: BTreeSet<u32> =
            (steps[begin + 1].segment..steps[last.expect("a branch")].segment).collect();
        let ran = (0..segments).filter(|segment| !cold.contains(segment)).collect();

        let outlined = outline(&module, &bodies, &ran, &BTreeSet::new()).expect("it can be written");
        Validator::new().validate_all(&outlined.bytes).expect("it is a module");
        assert_eq!(outlined.unused, BTreeSet::from([1]), "one region became a function");
        let after = Module::read(&outlined.bytes).expect("a module");
        assert!(after.bodies[0].as_bytes().len() < module.bodies[0].as_bytes().len() / 2);
        assert_eq!(values(&outlined.bytes), values(&bytes));
    }
}
