//! What a model says of a release: its objects, what may be missing, and what is wrong with the values.

use std::cell::RefCell;

use smol_str::SmolStr;

use crate::finding::Confidence;
use crate::source::Span;
use crate::yaml::Node;

/// Why objects of some kinds may be missing, or be other than the model says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Groups and kinds; all where empty.
    pub kinds: Vec<(SmolStr, SmolStr)>,
    /// Why, as a clause.
    pub why: String,
}

impl Gap {
    /// A gap in all kinds.
    pub fn everywhere(why: impl Into<String>) -> Self {
        Gap { kinds: Vec::new(), why: why.into() }
    }

    /// Whether objects of a kind may be missing.
    pub fn covers(&self, group: &str, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|(other, name)| other == group && name == kind)
    }
}

/// What a value does to the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It names an item of the values that is not there or switched off: the chart fails.
    NoSuchItem,
    /// The chart fails without it.
    Missing,
    /// The chart does not take it, and fails.
    Invalid,
    /// It has no effect.
    Ignored,
    /// It holds a template that the chart does not evaluate.
    Literal,
}

/// Something that is wrong with the values of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it does.
    pub trouble: Trouble,
    /// The value, or the place of the item that lacks it.
    pub place: Span,
    /// Path of the value in the values.
    pub path: String,
    /// What is wrong, as a clause.
    pub message: String,
    /// What could stand there instead.
    pub known: Vec<String>,
}

impl Note {
    /// Whether the release cannot be rendered.
    pub fn fails(&self) -> bool {
        matches!(self.trouble, Trouble::NoSuchItem | Trouble::Missing | Trouble::Invalid)
    }
}

/// How much is known of the objects of one kind that a release makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'m> {
    /// All of them are known, so surely.
    Whole(Confidence),
    /// There may be others, or they may have other names; why, as a clause.
    Open(&'m str),
}

/// What a release makes, as a model of its chart says.
#[derive(Clone, Debug)]
pub struct Modelled {
    /// The objects.
    pub objects: Vec<Node>,
    /// How far that goes.
    pub knowledge: Knowledge,
}

/// How far a model goes for a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    /// How sure it is that the chart makes the objects just so.
    pub confidence: Confidence,
    /// What may be missing.
    pub gaps: Vec<Gap>,
    /// What is wrong with the values.
    pub notes: Vec<Note>,
}

impl Knowledge {
    /// How much is known of the objects of a kind.
    pub fn extent(&self, group: &str, kind: &str) -> Extent<'_> {
        match self.gaps.iter().find(|gap| gap.covers(group, kind)) {
            Some(gap) => Extent::Open(&gap.why),
            None => Extent::Whole(self.confidence),
        }
    }

    /// Whether the chart refuses the values: nothing of the release is installed.
    pub fn fails(&self) -> bool {
        self.notes.iter().any(Note::fails)
    }
}

/// What a model finds out besides the objects, from wherever it looks.
#[derive(Debug, Default)]
pub struct Remarks {
    gaps: RefCell<Vec<Gap>>,
    notes: RefCell<Vec<Note>>,
}

impl Remarks {
    /// Objects of these kinds may be missing.
    pub fn gap(&self, kinds: &[(&str, &str)], why: impl Into<String>) {
        let kinds = kinds.iter().map(|(group, kind)| (SmolStr::from(*group), SmolStr::from(*kind))).collect();
        let gap = Gap { kinds, why: why.into() };
        if !self.gaps.borrow().contains(&gap) {
            self.gaps.borrow_mut().push(gap);
        }
    }

    /// Something is wrong with the values. What holds for several objects is noted once.
    pub fn note(&self, note: Note) {
        if !self.notes.borrow().contains(&note) {
            self.notes.borrow_mut().push(note);
        }
    }

    /// All that was found out.
    pub fn into_parts(self) -> (Vec<Gap>, Vec<Note>) {
        (self.gaps.into_inner(), self.notes.into_inner())
    }
}
