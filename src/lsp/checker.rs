//! The thread that checks one root, so that the server goes on listening meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::server::Event;
use super::snapshot::Snapshot;
use crate::config::{Choice, Date};
use crate::fault::Fault;
use crate::source::Overlay;
use crate::{CheckOptions, Start};

/// A tree to check.
pub struct Job {
    /// The version of the root.
    pub version: u64,
    /// The tree.
    pub tree: Overlay,
    /// The configuration, or why there is none.
    pub config: Result<Choice, Fault>,
    /// The day of the run.
    pub today: Option<Date>,
}

/// What became of it.
pub struct Outcome {
    /// The root.
    pub root: u64,
    /// Its version.
    pub version: u64,
    /// What was found out.
    pub result: Result<Arc<Snapshot>, Fault>,
}

/// Starts the thread of a root; it ends when nobody can send it a job any more.
pub fn start(root: u64, events: Sender<Event>) -> Sender<Job> {
    let (sender, jobs) = channel::<Job>();
    thread::spawn(move || {
        let mut last: Option<Arc<Snapshot>> = None;
        let mut start = Start::of_many();
        for job in jobs {
            let check = || {
                let options = CheckOptions { config: job.config?, today: job.today, ..CheckOptions::default() };
                Snapshot::take(job.tree, options, last.as_deref(), start.clone()).map(Arc::new)
            };
            let result = catch_unwind(AssertUnwindSafe(check))
                .unwrap_or_else(|_| Err(Fault::Internal { message: "the check failed on this tree".to_owned() }));
            match &result {
                Ok(snapshot) => last = Some(snapshot.clone()),
                // Ids of files that were read meanwhile mean nothing to the next check.
                Err(_) => (last, start) = (None, Start::of_many()),
            }
            if events.send(Event::Checked(Outcome { root, version: job.version, result })).is_err() {
                break;
            }
        }
    });
    sender
}
