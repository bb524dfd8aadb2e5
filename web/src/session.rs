//! What the worker remembers between two messages, and its answers. Knows no browser.

use crate::protocol::{Look, Ran, Reply, Request, Run, Seen, Story};

/// The worker's memory: the last run that worked.
#[derive(Default)]
pub struct Session {}

impl Session {
    /// Answers a request.
    pub fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Run(run) => Reply::Ran(self.run(run)),
            Request::Look(look) => Reply::Seen(self.look(look)),
            Request::Why(entry) => Reply::Story(self.why(entry)),
        }
    }

    fn run(&mut self, run: Run) -> Ran {
        Ran { id: run.id, diagnostics: Vec::new(), drawing: None }
    }

    fn look(&self, look: Look) -> Seen {
        Seen { look, shell: Vec::new(), view: None }
    }

    fn why(&self, _entry: u32) -> Option<Story> {
        None
    }
}
