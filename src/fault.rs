//! Why a run itself failed: unreadable configuration, wrong arguments, input or output errors. Exit code 2.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// A broken run. Broken manifests are findings, never faults.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// The root cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(flux_vet::root), help("name a directory with --root"))]
    Root {
        /// As given.
        path: String,
        /// What the operating system says.
        reason: String,
    },

    /// The configuration, a card, or another file of our own is wrong at a place.
    #[error("{message}")]
    #[diagnostic(code(flux_vet::configuration))]
    Place {
        /// One sentence.
        message: String,
        /// The file.
        #[source_code]
        source_code: Arc<NamedSource<String>>,
        /// Where.
        #[label("{label}")]
        at: SourceSpan,
        /// A few words at the place.
        label: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },

    /// A file of our own cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(flux_vet::read))]
    Read {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },

    /// A report cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    #[diagnostic(code(flux_vet::write))]
    Write {
        /// The file, or `standard output`.
        path: String,
        /// What the operating system says.
        reason: String,
    },

    /// The network does not give what it is asked for.
    #[error("cannot fetch `{url}`: {reason}")]
    #[diagnostic(code(flux_vet::fetch))]
    Fetch {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },

    /// The arguments contradict each other.
    #[error("{message}")]
    #[diagnostic(code(flux_vet::usage))]
    Usage {
        /// One sentence.
        message: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },

    /// A defect of flux-vet itself.
    #[error("internal error: {message}")]
    #[diagnostic(code(flux_vet::internal), help("please report it with the tree that shows it"))]
    Internal {
        /// What happened.
        message: String,
    },
}

impl Fault {
    /// A fault at a byte range of a text of our own.
    pub fn place(
        path: &str,
        text: &str,
        range: std::ops::Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        Fault::Place {
            message: message.into(),
            source_code: Arc::new(NamedSource::new(path, text.to_owned())),
            at: SourceSpan::from(range),
            label: label.into(),
            help,
        }
    }
}
