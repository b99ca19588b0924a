//! A field that names a Flux object: whether the object exists, and what to say where it does not.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::flux::{FluxMakers, FluxPresence};
use crate::cluster::nearest::{Meant, Wanted};
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, ObjectRef, Observation};
use crate::rulebook::Sink;
use crate::source::Span;
use crate::yaml::Node;

/// One such field.
pub struct Reference<'w> {
    /// The rule that asks.
    pub rule: &'static str,
    /// The object that has the field.
    pub from: &'w Object,
    /// The map with name and namespace.
    pub entry: &'w Node,
    /// API group of the object named.
    pub group: &'static str,
    /// Its kind.
    pub kind: &'w str,
    /// Its name.
    pub name: &'w str,
    /// Its namespace, the default put in.
    pub namespace: &'w str,
    /// Whether the map names a namespace.
    pub has_namespace: bool,
    /// Who does what with it: the beginning of the sentence.
    pub lead: String,
    /// Kinds that are taken for this one.
    pub others: &'static [(&'static str, &'static str)],
    /// What to say where the object is of another kind: a clause, and the advice.
    pub other_kind: fn(&Cluster<'_>, &Reference<'_>, &Object) -> (String, String),
    /// What tells the entry apart in its object.
    pub path: String,
}

/// The name and namespace of a map that refers to an object: `None` for either where it is not known.
pub struct Named<'w> {
    /// `name`.
    pub name: Option<&'w str>,
    /// `namespace`, or that of the object that refers.
    pub namespace: Option<&'w str>,
    /// Whether the map names a namespace.
    pub has_namespace: bool,
}

impl<'w> Named<'w> {
    /// Reads a map of an object.
    pub fn of(from: &'w Object, entry: &'w Node) -> Self {
        let namespace = entry.get("namespace").filter(|node| !node.is_null() && node.as_str() != Some(""));
        let known = |node: &'w Node| node.as_str().filter(|text| !text.contains("${"));
        Named {
            name: entry.get("name").and_then(known),
            namespace: match namespace {
                Some(node) => known(node),
                None => Some(from.namespace()),
            },
            has_namespace: namespace.is_some(),
        }
    }
}

/// For a map that names the kind as well.
pub fn wrong_kind(_: &Cluster<'_>, _: &Reference<'_>, found: &Object) -> (String, String) {
    (format!("but that is a {}", found.kind()), format!("set `kind: {}`", found.kind()))
}

impl Reference<'_> {
    /// What is wrong with it, if anything.
    pub fn judge(&self, cluster: &Cluster<'_>, makers: &FluxMakers<'_, '_>, out: &mut Sink) -> Option<Observation> {
        let own: ObjectRef = self.from.reference();
        let wanted = Wanted {
            group: self.group,
            kind: self.kind,
            namespace: self.namespace,
            name: self.name,
            others: self.others,
            by: Some(&own),
        };
        let mut undecided = |reason: String| {
            let what = format!("{} `{}`, named by {own}", self.kind, self.shown());
            out.undecided(cluster, "broken", what, reason);
            None
        };
        match makers.presence(self.group, self.kind, self.namespace, self.name) {
            FluxPresence::Here(_) | FluxPresence::Made => None,
            FluxPresence::Possible(by) => undecided(format!("{} may make it", by.reference())),
            // An object without a namespace goes where somebody sends it.
            _ if self.namespace.is_empty() && cluster.named(self.name).any(|object| object.kind() == self.kind) => {
                undecided("the namespace is not known".to_owned())
            }
            FluxPresence::Absent => {
                let found = self.missing(cluster, cluster.meant(&wanted));
                Some(if cluster.has_losses() { found.confidence(Confidence::Medium) } else { found })
            }
            // Proof that needs no closed world: the very object is there under another namespace or kind.
            FluxPresence::Unknown => match cluster.misdirected(&wanted) {
                Some(meant) => Some(self.missing(cluster, Some(meant)).confidence(Confidence::Medium)),
                None => undecided("a part of the cluster that could hold it was not built".to_owned()),
            },
        }
    }

    fn shown(&self) -> String {
        if self.namespace.is_empty() { self.name.to_owned() } else { format!("{}/{}", self.namespace, self.name) }
    }

    fn observation(&self, what: &str, label: &str) -> Observation {
        let node = self.entry.get("name").unwrap_or(self.entry);
        let message = format!("{} `{}`, {what}", self.lead, self.shown());
        Observation::new(self.rule, message, Label::new(node.span(), label))
            .about(self.from.reference(), self.path.clone())
            .trail(trail(node))
    }

    fn missing(&self, cluster: &Cluster<'_>, meant: Option<Meant<'_>>) -> Observation {
        match meant {
            Some(Meant::Elsewhere(objects)) => self.elsewhere(cluster, &objects),
            Some(Meant::OtherKind(object)) => {
                let (clause, help) = (self.other_kind)(cluster, self, object);
                self.observation(&clause, &format!("names a {}", object.kind()))
                    .related(Label::new(object.place(), format!("the {}", object.kind())))
                    .help(help)
            }
            Some(Meant::Unbuilt(document)) => {
                let place = document.node.at(&["metadata", "name"]).unwrap_or(&document.node).span();
                if cluster.is_reached(place.file) {
                    return self
                        .observation("which only another cluster of this repository has", "not in this cluster")
                        .related(Label::new(place, "in another cluster"))
                        .help(format!("bring `{}` into this cluster, or drop the entry", document.path));
                }
                self.observation(
                    "which is written in a file that no kustomization of this cluster lists",
                    "not in this cluster",
                )
                .related(Label::new(place, "written here, not built"))
                .help(format!("list `{}` in its kustomization file, or drop the entry", document.path))
            }
            Some(Meant::Near(near)) => {
                let shown = if near.namespace() == self.namespace { near.name.to_string() } else { near.full_name() };
                let found = self
                    .observation("which does not exist", "no such object")
                    .help(format!("did you mean `{shown}`?"))
                    .related(Label::new(near.place(), "nearest name"));
                let node = self.entry.get("name").filter(|node| node.origin.is_source());
                match node.filter(|_| near.namespace() == self.namespace) {
                    Some(node) => found.fix(Fix {
                        title: format!("rename to `{}`", near.name),
                        applicability: Applicability::Unsafe,
                        edits: vec![Edit { span: node.span(), text: near.name.to_string() }],
                    }),
                    None => found,
                }
            }
            None => self.observation("which does not exist", "no such object"),
        }
    }

    /// The object is in another namespace.
    fn elsewhere(&self, cluster: &Cluster<'_>, objects: &[&Object]) -> Observation {
        if let Some(object) = objects.iter().find(|object| object.namespace().is_empty()) {
            return self
                .observation(
                    &format!("but the {} of that name has no namespace", self.kind),
                    "nothing in this namespace",
                )
                .related(Label::new(object.place(), "without a namespace"))
                .help(format!("give it `namespace: {}`", self.namespace));
        }
        let places: Vec<String> = objects.iter().map(|object| format!("`{}`", object.namespace())).collect();
        // The namespace that a release is installed into is not the one its object is in.
        let only_installs = objects.iter().any(|object| {
            self.kind == "HelmRelease"
                && object.namespace() != self.namespace
                && ReleaseNames::of(object).namespace == self.namespace
        });
        let clause = format!(
            "but the {} of that name is in namespace {}{}",
            self.kind,
            places.join(", "),
            if only_installs { format!(" and only installs into `{}`", self.namespace) } else { String::new() }
        );
        let label = if self.has_namespace { "wrong namespace" } else { "no namespace given" };
        let mut found = self.observation(&clause, label);
        for object in objects {
            found = found.related(Label::new(object.place(), format!("in namespace `{}`", object.namespace())));
        }
        if let [first, rest @ ..] = objects {
            found = found.help(format!("set `namespace: {}` on the entry", first.namespace()));
            if rest.is_empty() {
                found.fix = self.namespace_fix(cluster, first.namespace());
            }
        }
        found
    }

    /// Sets the namespace of a map that stands in a file as it is.
    fn namespace_fix(&self, cluster: &Cluster<'_>, namespace: &str) -> Option<Fix> {
        let title = format!("set `namespace: {namespace}`");
        let fix = |edit: Edit| Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] };
        if let Some(node) = self.entry.get("namespace").filter(|node| !node.is_null()) {
            return node.origin.is_source().then(|| fix(Edit { span: node.span(), text: namespace.to_owned() }));
        }
        let name = self.entry.get("name").filter(|node| node.origin.is_source())?;
        let entry = self.entry.as_map()?.entry("name")?;
        let file = cluster.sources().file(name.span().file);
        let is_flow = file.slice(self.entry.span()).starts_with('{');
        let (_, column) = file.line_column(entry.key_span.start as usize);
        let end = Span { start: name.span().end, ..name.span() };
        let text = if is_flow {
            format!(", namespace: {namespace}")
        } else {
            format!("\n{}namespace: {namespace}", " ".repeat(column - 1))
        };
        Some(fix(Edit { span: end, text }))
    }
}
