//! How objects and relations look, for every format: colours, lines and words.

use crate::cluster::graph::{Mark, Node, Relation, Role, Standing};

/// How an object looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeLook {
    /// A folder that is applied by hand.
    Folder,
    /// A Kustomization.
    Kustomization,
    /// A HelmRelease.
    Release,
    /// A source.
    Source,
    /// Any other object.
    Other,
    /// What Flux would not apply.
    Broken,
    /// What may exist.
    Unknown,
    /// What does not exist.
    Missing,
}

/// Colours of a box and its text.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Ground.
    pub fill: &'static str,
    /// Border.
    pub stroke: &'static str,
    /// Text.
    pub text: &'static str,
    /// The border is dashed.
    pub is_dashed: bool,
}

impl NodeLook {
    /// Of a node.
    pub fn of(node: &Node) -> Self {
        match (node.standing, node.role) {
            (Standing::Missing, _) => NodeLook::Missing,
            (Standing::Unknown, _) => NodeLook::Unknown,
            (Standing::Broken, _) => NodeLook::Broken,
            (_, Role::Folder) => NodeLook::Folder,
            (_, Role::Kustomization) => NodeLook::Kustomization,
            (_, Role::Release) => NodeLook::Release,
            (_, Role::Source) => NodeLook::Source,
            (_, Role::Other) => NodeLook::Other,
        }
    }

    /// A word for it, as formats name their classes.
    pub fn class(self) -> &'static str {
        match self {
            NodeLook::Folder => "folder",
            NodeLook::Kustomization => "kustomization",
            NodeLook::Release => "release",
            NodeLook::Source => "source",
            NodeLook::Other => "object",
            NodeLook::Broken => "broken",
            NodeLook::Unknown => "unknown",
            NodeLook::Missing => "missing",
        }
    }

    /// What it means, for the legend.
    pub fn meaning(self) -> &'static str {
        match self {
            NodeLook::Folder => "folder applied by hand",
            NodeLook::Kustomization => "Kustomization",
            NodeLook::Release => "HelmRelease",
            NodeLook::Source => "source",
            NodeLook::Other => "other object",
            NodeLook::Broken => "does not build",
            NodeLook::Unknown => "not known to exist",
            NodeLook::Missing => "missing",
        }
    }

    /// Its colours.
    pub fn paint(self) -> Paint {
        let paint = |fill, stroke, text| Paint { fill, stroke, text, is_dashed: false };
        match self {
            NodeLook::Folder => paint("#fef9c3", "#a16207", "#713f12"),
            NodeLook::Kustomization => paint("#dbeafe", "#2563eb", "#1e3a8a"),
            NodeLook::Release => paint("#ede9fe", "#7c3aed", "#4c1d95"),
            NodeLook::Source => paint("#dcfce7", "#15803d", "#14532d"),
            NodeLook::Other => paint("#f1f5f9", "#475569", "#1e293b"),
            NodeLook::Broken => paint("#fee2e2", "#dc2626", "#7f1d1d"),
            NodeLook::Unknown => Paint { is_dashed: true, ..paint("#ffffff", "#94a3b8", "#64748b") },
            NodeLook::Missing => Paint { is_dashed: true, ..paint("#fff5f5", "#dc2626", "#b91c1c") },
        }
    }
}

/// How an edge looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeLook {
    /// What it says.
    pub relation: Relation,
    /// How it is to be seen.
    pub mark: Mark,
}

impl EdgeLook {
    /// What it means, for the legend.
    pub fn meaning(self) -> &'static str {
        match (self.mark, self.relation) {
            (Mark::Circular, _) => "waits for ever",
            (Mark::Broken, _) => "missing target",
            (Mark::Unknown, _) => "unknown target",
            (Mark::Plain, Relation::DependsOn) => "depends on",
            (Mark::Plain, Relation::Source) => "takes from",
            (Mark::Plain, Relation::Applies) => "applies",
            (Mark::Plain, Relation::Names) => "names",
        }
    }

    /// Its colour.
    pub fn color(self) -> &'static str {
        match (self.mark, self.relation) {
            (Mark::Circular | Mark::Broken, _) => "#dc2626",
            (Mark::Unknown, _) => "#94a3b8",
            (Mark::Plain, Relation::DependsOn | Relation::Names) => "#334155",
            (Mark::Plain, Relation::Source) => "#15803d",
            (Mark::Plain, Relation::Applies) => "#60a5fa",
        }
    }

    /// Its width in pixels.
    pub fn width(self) -> f64 {
        match (self.mark, self.relation) {
            (Mark::Circular | Mark::Broken, _) => 2.5,
            (Mark::Plain, Relation::DependsOn) => 1.75,
            _ => 1.25,
        }
    }

    /// Dashes and gaps in pixels, where the line is not solid.
    pub fn dashes(self) -> Option<&'static str> {
        match (self.mark, self.relation) {
            (Mark::Unknown, _) => Some("6 4"),
            (_, Relation::Applies) => Some("2 3"),
            _ => None,
        }
    }
}
