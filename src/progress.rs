//! How a run gets on: its phases with their times, for those who ask where the time goes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How closely something is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// A phase of the run.
    Phase,
    /// A part of a phase: a rule on a cluster.
    Part,
}

/// A piece of work that came to an end.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// How large it is.
    pub detail: Detail,
    /// What was done.
    pub name: &'a str,
    /// What came of it.
    pub result: String,
    /// How long it took.
    pub took: Duration,
}

type Listener = dyn Fn(&Step<'_>) + Send + Sync;

/// Who is told of every step; nobody where nobody asks. Steps of the same phase may come from several threads.
#[derive(Clone, Default)]
pub struct Progress(Option<(Detail, Arc<Listener>)>);

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.0.as_ref().map(|(detail, _)| detail)).finish()
    }
}

impl Progress {
    /// Tells somebody of all steps that are at least so large.
    pub fn told_to(detail: Detail, listener: impl Fn(&Step<'_>) + Send + Sync + 'static) -> Self {
        Progress(Some((detail, Arc::new(listener))))
    }

    /// Begins to count the time of phases.
    pub fn begin(&self) -> Laps<'_> {
        Laps { progress: self, since: Instant::now() }
    }

    /// Does a part of a phase, and tells of it.
    pub fn part<T>(&self, name: impl FnOnce() -> String, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some((Detail::Part, listener)) => {
                let since = Instant::now();
                let done = work();
                let took = since.elapsed();
                listener(&Step { detail: Detail::Part, name: &name(), result: String::new(), took });
                done
            }
            _ => work(),
        }
    }
}

/// The times of phases that follow each other.
pub struct Laps<'p> {
    progress: &'p Progress,
    since: Instant,
}

impl Laps<'_> {
    /// A phase is over; the next one begins.
    pub fn end(&mut self, name: &str, result: impl FnOnce() -> String) {
        if let Some((_, listener)) = &self.progress.0 {
            let took = self.since.elapsed();
            listener(&Step { detail: Detail::Phase, name, result: result(), took });
            self.since = Instant::now();
        }
    }
}
