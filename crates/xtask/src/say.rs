//! What the commands tell the person who waits: one line before each step, its time after it.

use std::fmt::Display;
use std::time::Instant;

/// Says that `what` begins, and `why`; hands back the clock for [`done`].
pub fn step(what: &str, why: &str) -> Instant {
    eprintln!("\n── {what}: {why}");
    Instant::now()
}

/// Says how long the step took.
pub fn done(what: &str, since: Instant) {
    eprintln!("── {what}: done in {:.1} s", since.elapsed().as_secs_f64());
}

/// Says one thing.
pub fn line(text: &str) {
    eprintln!("{text}");
}

/// Says what went wrong, the cause of it below.
pub fn problem(error: &anyhow::Error) {
    eprintln!("\nxtask: {error}");
    error.chain().skip(1).for_each(cause);
}

fn cause(cause: impl Display) {
    eprintln!("  because: {cause}");
}
