//! The shell's syntax trees. Nodes that the machine walks are shared (`Arc`), so that its state stays small.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Complete commands, in order: the body of `$( )`, of a function, of a loop.
pub(crate) type Block = Arc<Vec<Item>>;

/// One element of a list.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub chain: Arc<AndOr>,
    /// It ends with `&`.
    pub background: bool,
    /// As it was written, for a list of jobs; empty in the foreground.
    pub text: String,
    pub line: u32,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug)]
pub(crate) struct AndOr {
    pub first: Arc<Pipeline>,
    /// `true` is `&&`.
    pub rest: Vec<(bool, Arc<Pipeline>)>,
}

/// Commands joined by `|`.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub negate: bool,
    pub timed: bool,
    pub commands: Vec<Arc<Command>>,
}

/// One command.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Simple(Simple),
    Compound(Compound, Vec<Redirect>),
    Function(String, Arc<Command>),
}

/// Assignments, words and redirections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simple {
    pub assigns: Vec<Assign>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub line: u32,
}

/// `name=word`, `name+=word`, `name[i]=word`, `name=(words)`.
#[derive(Clone, Debug)]
pub(crate) struct Assign {
    pub name: String,
    pub index: Option<Word>,
    pub append: bool,
    pub value: Value,
}

/// The right side of an assignment.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Word(Word),
    Array(Vec<(Option<Word>, Word)>),
}

/// Commands that hold commands.
#[derive(Clone, Debug)]
pub(crate) enum Compound {
    Brace(Block),
    Subshell(Block),
    /// Conditions with their bodies; the last `else` has no condition.
    If(Vec<(Option<Block>, Block)>),
    While {
        until: bool,
        condition: Block,
        body: Block,
    },
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Block,
    },
    ForArith {
        init: Word,
        condition: Word,
        step: Word,
        body: Block,
    },
    Case {
        word: Word,
        arms: Vec<Arm>,
    },
    Arith(Word),
    Cond(Cond),
}

/// One arm of `case`.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub patterns: Vec<Word>,
    pub body: Block,
    pub end: ArmEnd,
}

/// How an arm ends: `;;`, `;&`, `;;&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArmEnd {
    Done,
    FallThrough,
    TestNext,
}

/// The inside of `[[ ]]`.
#[derive(Clone, Debug)]
pub(crate) enum Cond {
    Word(Word),
    Unary(String, Word),
    Binary(Word, String, Word),
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
}

/// A redirection.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    pub fd: Option<u32>,
    pub op: RedirectOp,
    pub target: Word,
}

/// Which way a redirection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectOp {
    Read,
    Write,
    Clobber,
    Append,
    ReadWrite,
    DupRead,
    DupWrite,
    /// `<<`: the target is the text.
    Here,
    /// `<<<`: the target is a word.
    HereString,
    /// `&>`, and `>&` with a file.
    Both,
    /// `&>>`.
    BothAppend,
}

/// A word: parts side by side.
pub(crate) type Word = Vec<Part>;

/// One part of a word.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Unquoted text, in which glob characters work.
    Literal(String),
    /// Text that was quoted.
    Quoted(String),
    /// `"…"`.
    Double(Word),
    Parameter(Box<Parameter>),
    /// `$(…)` and backquotes.
    Command(Block),
    /// `$((…))`.
    Arith(Word),
    /// `~`, `~user` at the start.
    Tilde(String),
    /// `<(…)` and `>(…)`.
    Process {
        read: bool,
        body: Block,
    },
}

/// `$name`, `${name…}`.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub name: String,
    pub index: Option<Word>,
    pub op: Op,
}

/// What happens to a parameter's value.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Plain,
    Length,
    /// `-`, `=`, `?`, `+`; with a colon, empty counts as unset.
    Test {
        colon: bool,
        kind: char,
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`.
    Trim {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    /// `:offset:length`.
    Slice {
        offset: Word,
        length: Option<Word>,
    },
    /// `/pattern/replacement`; `kind` is ` `, `/` (all), `#` (at the start), `%` (at the end).
    Replace {
        kind: char,
        pattern: Word,
        with: Word,
    },
    /// `^`, `^^`, `,`, `,,`.
    Case {
        upper: bool,
        all: bool,
    },
    /// `@Q`, `@U`…
    Transform(char),
    /// `${!name}`.
    Indirect,
    /// `${!prefix*}`.
    Names,
    /// `${!array[@]}`.
    Keys,
    /// Something that is no expansion: the error is told when it is reached.
    Bad(String),
}
