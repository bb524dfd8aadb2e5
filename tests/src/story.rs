//! A failed test tells the story of its run.

use lifepod_engine::{Run, Trace};
use lifepod_timeline::{Lang, chronicle};
use std::ops::Deref;

/// A run whose chronicle is printed if the test panics while it looks at it.
#[derive(Debug)]
pub struct Story(pub Run);

impl Deref for Story {
    type Target = Trace;

    fn deref(&self) -> &Trace {
        &self.0.trace
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", story(self));
        }
    }
}

/// Everything that happened in a run, a line each.
pub fn story(trace: &Trace) -> String {
    let lines = chronicle(trace, Lang::En, true);
    let lines = lines
        .iter()
        .map(|line| format!("{:>10.3} {} {}: {}\n", line.at.as_secs_f64(), line.who, line.object, line.what));
    lines.collect()
}
