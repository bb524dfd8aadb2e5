//! A function's body as what it is: statements, and blocks of them.

use super::module::Module;
use anyhow::{Context, Result, bail};
use wasmparser::{
    FuncValidatorAllocations, Operator, Parser, ValType, ValidPayload, Validator, WasmFeatures,
};

/// A body, taken apart. Operators are named by their number.
pub struct Body<'a> {
    /// The function's index.
    pub function: u32,
    /// The types of its parameters and locals.
    pub locals: Vec<ValType>,
    /// How many of these are parameters.
    pub params: usize,
    pub operators: Vec<Step<'a>>,
    /// All of it but the `end` that closes it.
    pub nodes: Vec<Node>,
}

/// An operator, and what is known of the moment before it.
pub struct Step<'a> {
    pub operator: Operator<'a>,
    /// As it is written.
    pub bytes: &'a [u8],
    /// How many values the block that it stands in has on the stack.
    pub height: usize,
    /// Whether nothing gets here.
    pub is_dead: bool,
    /// The segment that it belongs to: either all operators of a segment run, or none of them.
    pub segment: u32,
}

/// An operator, or several that belong together.
pub enum Node {
    /// Neither opens nor closes a block.
    Plain(usize),
    /// `block`, `loop` and `if`: the operator that opens it, what is inside, and the one that closes it.
    Block(usize, Vec<Node>, usize),
    /// An `if` with an `else`: there are two insides.
    Choice(usize, [Vec<Node>; 2], usize),
}

impl Node {
    /// Its first operator.
    pub fn first(&self) -> usize {
        match self {
            Self::Plain(at) | Self::Block(at, ..) | Self::Choice(at, ..) => *at,
        }
    }

    /// Its last operator.
    pub fn last(&self) -> usize {
        match self {
            Self::Plain(at) | Self::Block(_, _, at) | Self::Choice(_, _, at) => *at,
        }
    }
}

/// Whether a new segment begins behind the operator: what is there may run when this did not, or the other way round.
pub const fn ends_segment(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::If { .. } | Operator::Else | Operator::BrIf { .. } | Operator::End | Operator::Loop { .. }
    )
}

/// The bodies of a module's functions. Their segments are numbered from 0 in the order of the module; how many there are.
pub fn bodies<'a>(module: &Module<'a>) -> Result<(Vec<Body<'a>>, u32)> {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    let mut allocations = FuncValidatorAllocations::default();
    let mut bodies = Vec::new();
    let mut segments = 0;
    for payload in Parser::new(0).parse_all(module.bytes) {
        let ValidPayload::Func(to_validate, body) = validator.payload(&payload?)? else { continue };
        let function = to_validate.index;
        let mut checks = to_validate.into_validator(allocations);
        let mut reader = body.get_binary_reader();
        checks.read_locals(&mut reader)?;
        let kind = module.function_types[function as usize] as usize;
        let params = module.types[kind].params();
        let mut locals = params.to_vec();
        for group in body.get_locals_reader()? {
            let (count, kind) = group?;
            locals.extend(std::iter::repeat_n(kind, count as usize));
        }
        let mut operators = Vec::new();
        let found: Vec<_> =
            body.get_operators_reader()?.into_iter_with_offsets().collect::<Result<_, _>>()?;
        let end = body.range().end;
        let ends = found.iter().skip(1).map(|(_, offset)| *offset).chain([end]).collect::<Vec<_>>();
        for ((operator, offset), end) in found.into_iter().zip(ends) {
            let frame = checks.get_control_frame(0).context("a body ends before its end")?;
            let (below, is_dead) = (frame.height, frame.unreachable);
            let height = checks.operand_stack_height() as usize;
            checks.op(offset, &operator)?;
            let place = |offset: u64| usize::try_from(offset);
            let ends = ends_segment(&operator);
            operators.push(Step {
                bytes: &module.bytes[place(offset)?..place(end)?],
                operator,
                height: height.saturating_sub(below),
                is_dead,
                segment: segments,
            });
            segments += u32::from(ends);
        }
        allocations = checks.into_allocations();
        let mut at = 0;
        let (nodes, _) = nodes(&operators, &mut at)?;
        bodies.push(Body { function, locals, params: params.len(), operators, nodes });
    }
    Ok((bodies, segments))
}

/// The nodes from an operator on up to the `end` or `else` that closes their block; which of them it was.
fn nodes(operators: &[Step<'_>], at: &mut usize) -> Result<(Vec<Node>, bool)> {
    let mut found = Vec::new();
    loop {
        let here = *at;
        *at += 1;
        match operators.get(here).map(|step| &step.operator) {
            None => bail!("a block has no end"),
            Some(Operator::End) => return Ok((found, false)),
            Some(Operator::Else) => return Ok((found, true)),
            Some(Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }) => {
                let (inside, has_else) = nodes(operators, at)?;
                if has_else {
                    let (other, _) = nodes(operators, at)?;
                    found.push(Node::Choice(here, [inside, other], *at - 1));
                } else {
                    found.push(Node::Block(here, inside, *at - 1));
                }
            }
            Some(_) => found.push(Node::Plain(here)),
        }
    }
}
