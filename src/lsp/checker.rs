//! The thread that checks one root, so that the server goes on listening meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::server::Event;
use super::snapshot::Snapshot;
use crate::CheckOptions;
use crate::config::Date;
use crate::fault::Fault;
use crate::source::Overlay;

/// A tree to check.
pub struct Job {
    /// The version of the root.
    pub version: u64,
    /// The tree.
    pub tree: Overlay,
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
    pub result: Result<Snapshot, Fault>,
}

/// Starts the thread of a root; it ends when nobody can send it a job any more.
pub fn start(root: u64, events: Sender<Event>) -> Sender<Job> {
    let (sender, jobs) = channel::<Job>();
    thread::spawn(move || {
        for job in jobs {
            let options = CheckOptions { today: job.today, ..CheckOptions::default() };
            let result = catch_unwind(AssertUnwindSafe(|| Snapshot::take(job.tree, &options)))
                .unwrap_or_else(|_| Err(Fault::Internal { message: "the check failed on this tree".to_owned() }));
            if events.send(Event::Checked(Outcome { root, version: job.version, result })).is_err() {
                break;
            }
        }
    });
    sender
}
