//! `flux-vet trace OBJECT [FIELD]`: where an object, or a value in it, comes from.

use std::path::Path;

use clap::Args;

use super::tree::Tree;
use super::wanted::{self, Wanted};
use super::{CLEAN, Color, has_color, print};
use crate::build::trail::steps;
use crate::build::{ClusterBuild, Object};
use crate::cluster::secrets::{in_file, leaks, secret_data};
use crate::config::nearest;
use crate::fault::Fault;
use crate::finding::Label;
use crate::inspect;
use crate::report::{self, Style, Trace};
use crate::source::Sources;
use crate::yaml::{FieldPath, Node, Value};

/// Longest value that is shown in the title (characters).
const SHOWN: usize = 60;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The object: Kind/name or Kind/namespace/name
    object: String,

    /// A field of it, such as `spec.template.spec.containers[name=web].image`
    field: Option<String>,

    #[command(flatten)]
    tree: Tree,

    /// Colour of the output
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let wanted = Wanted::parse(&arguments.object)?;
    let (disk, choice) = arguments.tree.open()?;
    let built = inspect::tree(disk, &choice)?;
    let objects: Vec<(&ClusterBuild, &Object)> = built
        .world
        .clusters
        .iter()
        .flat_map(|cluster| cluster.objects.iter().chain(&cluster.modelled).map(move |object| (cluster, object)))
        .filter(|(_, object)| wanted.fits(object))
        .collect();
    if objects.is_empty() {
        return Err(wanted::unknown(&built.world.clusters, &arguments.object));
    }
    let style = Style { color: has_color(arguments.color, true), ..Style::default() };
    let mut text = Vec::new();
    for (at, (cluster, object)) in objects.iter().enumerate() {
        let mut trace = match &arguments.field {
            Some(field) => of_field(object, field, &built.sources)?,
            None => of_object(cluster, object),
        };
        if objects.len() > 1 {
            trace.notes.push(format!("cluster: {}", cluster.entry));
        }
        if at > 0 {
            text.push(b'\n');
        }
        report::trace(&trace, &built.sources, &style, &mut text).map_err(|error| Fault::Write {
            path: Path::new("standard output").display().to_string(),
            reason: error.to_string(),
        })?;
    }
    print(&text)?;
    Ok(CLEAN)
}

fn title(object: &Object) -> String {
    format!("{} {}", object.kind(), object.full_name())
}

/// The file, the kustomizations that list it, and the Flux Kustomizations up to the entry.
fn of_object(cluster: &ClusterBuild, object: &Object) -> Trace {
    let mut steps = vec![Label::new(object.kind_place(), "written here")];
    steps.extend(object.trail.iter().cloned());
    let mut next = Some(object.kustomization);
    while let Some(kustomization) = next.and_then(|at| cluster.kustomizations.get(at)) {
        let spec = &kustomization.spec;
        let is_known = steps.iter().any(|step| step.span == spec.place);
        if !is_known {
            steps.push(Label::new(spec.place, format!("applied by Kustomization {}/{}", spec.namespace, spec.name)));
        }
        let applied = kustomization.object.and_then(|at| cluster.objects.get(at));
        if let Some(applied) = applied.filter(|applied| applied.kustomization != object.kustomization) {
            steps.extend(applied.trail.iter().cloned());
        }
        next = kustomization.parent;
    }
    let mut known = hashbrown::HashSet::new();
    steps.retain(|step| known.insert(step.span));
    Trace { title: title(object), steps, notes: Vec::new() }
}

fn of_field(object: &Object, field: &str, sources: &Sources) -> Result<Trace, Fault> {
    let node = FieldPath::parse(field).find(&object.node).map_err(|error| {
        let nearest = nearest(&error.part, error.candidates.iter().map(String::as_str));
        let there =
            if error.found.is_empty() { title(object) } else { format!("`{}` of {}", error.found, title(object)) };
        let listed = || match error.candidates.as_slice() {
            [] => "there is nothing below it".to_owned(),
            some => format!("there are {}", some.join(", ")),
        };
        Fault::Usage {
            message: format!("{there} has no `{}`", error.part),
            help: Some(nearest.map_or_else(listed, |name| format!("did you mean `{name}`?"))),
        }
    })?;
    let steps = steps(node);
    let is_data = object.kind() == "Secret" && (field.contains("data") || field.contains("stringData"));
    let is_secret = is_data || holds_credential(field, node, &steps, sources);
    let title = match shown(node) {
        Some(_) if is_secret => format!("{} · {field}", title(object)),
        Some(value) => format!("{} · {field} = {value}", title(object)),
        None => format!("{} · {field}", title(object)),
    };
    let notes = match &node.value {
        Value::Map(map) => {
            vec![format!("it holds {} fields; name one of them to see where its value comes from", map.len())]
        }
        Value::Seq(items) => {
            vec![format!("it is a list of {}; name an element to see where it comes from", items.len())]
        }
        _ => Vec::new(),
    };
    Ok(Trace { title, steps, notes })
}

/// Whether a value, or a place it comes from, is hidden in reports.
fn holds_credential(field: &str, node: &Node, steps: &[Label], sources: &Sources) -> bool {
    let key = field.rsplit(['.', '[']).next().unwrap_or_default();
    let by_name = node.shown().is_some_and(|text| !leaks(key, &text).is_empty());
    by_name
        || steps.iter().any(|step| {
            let (text, place) = (&sources.file(step.span.file).text, step.span.range());
            let mut hidden = secret_data(text).into_iter().chain(in_file(text));
            hidden.any(|range| range.start < place.end && place.start < range.end)
        })
}

fn shown(node: &Node) -> Option<String> {
    let text = node.shown()?;
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(SHOWN).collect();
    Some(if cut.len() < text.len() { format!("{cut}…") } else { cut })
}
