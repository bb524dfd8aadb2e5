//! Tools that read files or standard input, line by line or as a whole.

use super::awk::Awk;
use super::cut::Cut;
use super::grep::Grep;
use super::head::Head;
use super::sed::Sed;
use super::sort::Uniq;
use super::text::{Cat, Lines, Tee};
use super::tr::Tr;
use super::{Cx, State};
use crate::fs::Errno;
use crate::kernel::{FileId, Turn};
use crate::sys::{How, Read};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The most that a tool that needs all of its input at once will hold.
const MAX_COLLECTED: usize = 32 << 20;

/// A filter at work.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    inputs: VecDeque<String>,
    current: Option<(FileId, String)>,
    buffer: Vec<u8>,
    work: Work,
    status: i32,
    /// The status when an input cannot be opened.
    open_failure: i32,
    /// What the tool goes on with once its input is read (`xargs`).
    pub next: Option<State>,
}

/// What is done with the input.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Cat(Cat),
    Head(Head),
    Tee(Tee),
    Tr(Tr),
    Grep(Box<Grep>),
    Sed(Box<Sed>),
    Cut(Cut),
    Uniq(Uniq),
    Awk(Box<Awk>),
    Lines(Lines),
    /// Everything is read first: name and bytes of each input.
    Collect {
        args: Vec<String>,
        whole: Whole,
        data: Vec<(String, Vec<u8>)>,
    },
}

/// What is done with inputs that were read as a whole.
pub(crate) type Whole = fn(&mut Cx<'_, '_>, &[String], Vec<(String, Vec<u8>)>) -> State;

/// Whether a filter wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    Yes,
    /// Not of this input.
    NextInput,
    /// No: it is done.
    No,
}

/// A line of input.
pub(crate) struct Line<'a> {
    pub text: &'a str,
    /// A newline ended it.
    pub ended: bool,
    pub file: &'a str,
}

impl Filter {
    /// A filter over these files; none is standard input.
    pub fn over(files: &[String], work: Work) -> State {
        Filter::with_failure(files, work, 1)
    }

    pub fn with_failure(files: &[String], work: Work, open_failure: i32) -> State {
        let mut inputs: VecDeque<String> = files.iter().cloned().collect();
        if inputs.is_empty() {
            inputs.push_back("-".to_string());
        }
        State::Filter(Box::new(Filter {
            inputs,
            current: None,
            buffer: Vec::new(),
            work,
            status: 0,
            open_failure,
            next: None,
        }))
    }

    /// A tool that needs all of its input at once.
    pub fn collect(files: &[String], args: Vec<String>, whole: Whole) -> State {
        Filter::over(files, Work::Collect { args, whole, data: Vec::new() })
    }

    /// The same, with another status when an input cannot be opened.
    pub fn with_failure_collect(
        files: &[String],
        args: Vec<String>,
        open_failure: i32,
        whole: Whole,
    ) -> State {
        Filter::with_failure(files, Work::Collect { args, whole, data: Vec::new() }, open_failure)
    }

    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let Some((file, name)) = self.current.clone() else { return self.open_next(cx) };
        match cx.sys.read_open(file, 65_536) {
            Read::Wait(wait) => Turn::Wait(wait),
            Read::Data(data) => {
                let more = self.data(cx, &data, &name);
                self.heed(cx, more)
            }
            Read::Eof => {
                let more = self.rest(cx, &name);
                if more == More::No {
                    return self.heed(cx, more);
                }
                self.end_of_input(cx, &name);
                self.close(cx);
                Turn::More
            }
            Read::Fail(errno) => {
                let message = match (errno, cx.gnu) {
                    (Errno::EISDIR, false) if cx.name != "grep" => "read error: Is a directory".to_string(),
                    (errno, _) => format!("{name}: {}", errno.message()),
                };
                cx.complain(&message);
                self.status = self.open_failure;
                self.close(cx);
                Turn::More
            }
        }
    }

    fn open_next(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let Some(name) = self.inputs.pop_front() else { return self.finish(cx) };
        if let Work::Awk(awk) = &mut self.work
            && awk.takes_assignment(&name)
        {
            return Turn::More;
        }
        if name == "-" {
            match cx.sys.fd(0) {
                Some(file) => {
                    cx.sys.kernel.retain(file);
                    self.begin_input(cx, "-");
                    self.current = Some((file, "-".to_string()));
                }
                None => {
                    cx.complain("-: Bad file descriptor");
                    self.status = self.open_failure;
                }
            }
            return Turn::More;
        }
        match cx.sys.open(&name, How::READ) {
            Ok(file) => {
                self.begin_input(cx, &name);
                self.current = Some((file, name));
            }
            Err(errno) => {
                let quiet = matches!(&self.work, Work::Grep(g) if g.no_messages);
                let message = match (cx.name, cx.gnu) {
                    ("head" | "tac", true) => {
                        format!("cannot open '{name}' for reading: {}", errno.message())
                    }
                    ("sort", true) => format!("cannot read: {name}: {}", errno.message()),
                    ("sed", true) => format!("can't read {name}: {}", errno.message()),
                    (_, true) | ("grep" | "sed" | "sort" | "head" | "egrep" | "fgrep" | "cut" | "awk", _) => {
                        format!("{name}: {}", errno.message())
                    }
                    ("md5sum" | "sha256sum" | "sha1sum", _) => {
                        format!("can't open '{name}': {}", errno.message())
                    }
                    _ => format!("can't open '{name}': {}", errno.message()),
                };
                if !quiet {
                    cx.complain(&message);
                }
                self.status = self.open_failure;
            }
        }
        Turn::More
    }

    fn close(&mut self, cx: &mut Cx<'_, '_>) {
        if let Some((file, _)) = self.current.take() {
            cx.sys.kernel.release(file);
        }
    }

    fn heed(&mut self, cx: &mut Cx<'_, '_>, more: More) -> Turn {
        match more {
            More::Yes => Turn::More,
            More::NextInput => {
                // What was read too much of a file is given back by leaving it; standard input is left as it is.
                let name = self.current.as_ref().map_or(String::new(), |(_, n)| n.clone());
                self.buffer.clear();
                self.end_of_input(cx, &name);
                self.close(cx);
                Turn::More
            }
            More::No => {
                self.close(cx);
                self.inputs.clear();
                self.finish(cx)
            }
        }
    }

    fn begin_input(&mut self, cx: &mut Cx<'_, '_>, name: &str) {
        match &mut self.work {
            Work::Head(head) => head.begin(cx, name),
            Work::Awk(awk) => awk.begin_file(name),
            Work::Collect { data, .. } => data.push((name.to_string(), Vec::new())),
            _ => {}
        }
    }

    /// Bytes came.
    fn data(&mut self, cx: &mut Cx<'_, '_>, data: &[u8], name: &str) -> More {
        match &mut self.work {
            Work::Cat(cat) if cat.plain() => {
                cx.print(data);
                More::Yes
            }
            Work::Tee(tee) => {
                tee.data(cx, data);
                More::Yes
            }
            Work::Tr(tr) => {
                let out = tr.data(data);
                cx.print(out);
                More::Yes
            }
            Work::Head(head) if head.bytes => head.take_bytes(cx, data),
            Work::Collect { data: all, .. } => {
                if let Some((_, bytes)) = all.last_mut()
                    && bytes.len() < MAX_COLLECTED
                {
                    bytes.extend_from_slice(data);
                }
                More::Yes
            }
            _ => {
                self.buffer.extend_from_slice(data);
                let mut from = 0;
                let buffer = core::mem::take(&mut self.buffer);
                let mut more = More::Yes;
                let separator = match &self.work {
                    Work::Awk(awk) => awk.record_separator(),
                    _ => b'\n',
                };
                while let Some(len) = buffer[from..].iter().position(|b| *b == separator) {
                    let text = String::from_utf8_lossy(&buffer[from..from + len]).into_owned();
                    from += len + 1;
                    more = self.line(cx, &Line { text: &text, ended: true, file: name });
                    if more != More::Yes {
                        break;
                    }
                }
                if more == More::No && name == "-" {
                    // `head -n 1` of a pipe leaves the rest to whoever reads next.
                    if let Some((file, _)) = &self.current {
                        let is_file = matches!(
                            cx.sys.kernel.files.get(file).map(|f| &f.target),
                            Some(crate::kernel::Target::Node(_) | crate::kernel::Target::Text(_))
                        );
                        if is_file {
                            cx.sys.unread(0, &buffer[from..]);
                        }
                    }
                }
                self.buffer = buffer[from..].to_vec();
                more
            }
        }
    }

    /// The input is over: what is left of it is a line without a newline.
    fn rest(&mut self, cx: &mut Cx<'_, '_>, name: &str) -> More {
        let rest = core::mem::take(&mut self.buffer);
        if rest.is_empty() {
            return More::Yes;
        }
        let text = String::from_utf8_lossy(&rest).into_owned();
        self.line(cx, &Line { text: &text, ended: false, file: name })
    }

    fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        match &mut self.work {
            Work::Cat(w) => w.line(cx, line),
            Work::Head(w) => w.line(cx, line),
            Work::Grep(w) => w.line(cx, line),
            Work::Sed(w) => w.line(cx, line, self.inputs.is_empty()),
            Work::Cut(w) => w.line(cx, line),
            Work::Uniq(w) => w.line(cx, line),
            Work::Awk(w) => w.line(cx, line),
            Work::Lines(w) => w.line(cx, line),
            Work::Tee(_) | Work::Tr(_) | Work::Collect { .. } => More::Yes,
        }
    }

    fn end_of_input(&mut self, cx: &mut Cx<'_, '_>, name: &str) {
        if let Work::Grep(grep) = &mut self.work {
            grep.end_of_file(cx, name);
        }
    }

    fn finish(&mut self, cx: &mut Cx<'_, '_>) -> Turn {
        let code = match &mut self.work {
            Work::Grep(grep) => {
                if self.status != 0 && !(grep.quiet && grep.found) {
                    self.status
                } else {
                    i32::from(!grep.found)
                }
            }
            Work::Sed(sed) => sed.finish(cx).max(self.status),
            Work::Uniq(uniq) => {
                uniq.finish(cx);
                self.status
            }
            Work::Awk(awk) => {
                let code = awk.finish(cx);
                if code == 0 { self.status * 2 } else { code }
            }
            Work::Tee(tee) => {
                tee.finish(cx);
                tee.status
            }
            Work::Collect { args, whole, data } => {
                let (args, data) = (core::mem::take(args), core::mem::take(data));
                let state = whole(cx, &args, data);
                match state {
                    State::End(code) => code.max(self.status),
                    state => {
                        self.next = Some(state);
                        return Turn::More;
                    }
                }
            }
            _ => self.status,
        };
        self.status = code;
        // What was printed goes out before the end.
        if cx.out.is_empty() {
            return Turn::Exit(code);
        }
        self.work = Work::Lines(Lines::done());
        Turn::More
    }
}
