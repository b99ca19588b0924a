//! `flux-vet reach`: whether network policies let one end reach another, and which rule decides.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::chosen::chosen;
use super::tree::Tree;
use super::{CLEAN, Color, NOTHING, has_color, print, save};
use crate::cluster::Cluster;
use crate::cluster::pods::{PodPort, may_bring_into};
use crate::cluster::policies::{Direction, Side, Verdict};
use crate::cluster::reach::Reach;
use crate::cluster::reach::explain::{explain, shown};
use crate::cluster::reach::matrix::{Matrix, matrix};
use crate::cluster::reach::names::{Found, Port, known, resolve};
use crate::config::nearest;
use crate::fault::Fault;
use crate::inspect;
use crate::report::Style;
use crate::report::reach::{self, Table, Way};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Who connects: namespace/name or Kind/namespace/name of a workload, a Service or a release, a namespace with one
    /// workload, or an entity such as world
    #[arg(required_unless_present = "matrix", conflicts_with = "matrix")]
    from: Option<String>,

    /// Where to: the same, with :PORT of its pods or of the Service behind it [default: every port that is known]
    #[arg(required_unless_present = "matrix", conflicts_with = "matrix")]
    to: Option<String>,

    /// Every source against every port of a namespace; may be given several times
    #[arg(long, value_name = "NAMESPACE")]
    matrix: Vec<String>,

    #[command(flatten)]
    tree: Tree,

    /// Form of the answer; markdown and svg are for tables
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,

    /// File to write it to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only the cluster of this entry path; may be given several times
    #[arg(long, value_name = "ENTRY")]
    cluster: Vec<String>,

    /// Colour of the output
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// A table of Markdown
    Markdown,
    /// A finished picture of a table
    Svg,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    if arguments.matrix.is_empty() && matches!(arguments.format, Form::Markdown | Form::Svg) {
        return Err(Fault::Usage {
            message: "only tables are written as Markdown or SVG".to_owned(),
            help: Some("ask for one with --matrix NAMESPACE".to_owned()),
        });
    }
    let (disk, choice) = arguments.tree.open()?;
    let text = inspect::clusters(disk, &choice, |clusters| {
        let clusters = chosen(&arguments.cluster, clusters)?;
        if arguments.matrix.is_empty() { answers(arguments, &clusters) } else { tables(arguments, &clusters) }
    })??;
    if text.is_empty() {
        return Ok(NOTHING);
    }
    match &arguments.output {
        Some(path) => save(path, &text)?,
        None => print(&text)?,
    }
    Ok(CLEAN)
}

fn tables(arguments: &Arguments, clusters: &[&Cluster<'_>]) -> Result<Vec<u8>, Fault> {
    let mut found: Vec<Matrix> = Vec::new();
    for namespace in &arguments.matrix {
        let before = found.len();
        found.extend(clusters.iter().filter_map(|cluster| matrix(cluster, namespace)));
        if found.len() == before && !clusters.is_empty() {
            let all: Vec<&str> =
                clusters.iter().flat_map(|cluster| cluster.pods().iter().map(|set| set.namespace())).collect();
            return Err(Fault::Usage {
                message: format!("the tree runs nothing in namespace `{namespace}`"),
                help: nearest(namespace, all).map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let form = match arguments.format {
        Form::Text => Table::Text,
        Form::Json => Table::Json,
        Form::Markdown => Table::Markdown,
        Form::Svg => Table::Svg,
    };
    Ok(reach::matrices(&found, form).into_bytes())
}

fn answers(arguments: &Arguments, clusters: &[&Cluster<'_>]) -> Result<Vec<u8>, Fault> {
    let (from, to) = (arguments.from.as_deref().unwrap_or_default(), arguments.to.as_deref().unwrap_or_default());
    let (to, port) = Port::split(to);
    let mut ways = Vec::new();
    let (mut has_from, mut has_to) = (false, false);
    for cluster in clusters {
        let (sources, targets) = (resolve(cluster, from), resolve(cluster, to));
        has_from |= !sources.is_empty();
        has_to |= !targets.is_empty();
        for source in &sources {
            for target in &targets {
                ways.extend(of_pair(cluster, source, target, port.as_ref()));
            }
        }
    }
    for (name, is_known) in [(from, has_from), (to, has_to)] {
        if !is_known && !clusters.is_empty() {
            return Err(unknown(clusters, name));
        }
    }
    if ways.is_empty() && !clusters.is_empty() {
        return Err(Fault::Usage { message: format!("no cluster has both `{from}` and `{to}`"), help: None });
    }
    let Some(sources) = clusters.first().map(|cluster| cluster.sources()) else { return Ok(Vec::new()) };
    if arguments.format == Form::Json {
        return Ok(reach::ways(&ways, sources).into_bytes());
    }
    let style = Style { color: has_color(arguments.color, arguments.output.is_none()), ..Style::default() };
    let mut text = Vec::new();
    for (at, way) in ways.iter().enumerate() {
        if at > 0 {
            text.push(b'\n');
        }
        reach::way(way, sources, &style, &mut text).map_err(|error| Fault::Write {
            path: Path::new("standard output").display().to_string(),
            reason: error.to_string(),
        })?;
    }
    Ok(text)
}

fn unknown(clusters: &[&Cluster<'_>], name: &str) -> Fault {
    let several: Vec<String> = clusters.iter().flat_map(|cluster| known(cluster, Some(name))).collect();
    if let [first, second, ..] = several.as_slice() {
        return Fault::Usage {
            message: format!("the tree runs more than one workload in namespace `{name}`"),
            help: Some(format!("name one of them, such as `{first}` or `{second}`")),
        };
    }
    let all: Vec<String> = clusters.iter().flat_map(|cluster| known(cluster, None)).collect();
    let near = nearest(name, all.iter().map(String::as_str));
    Fault::Usage {
        message: format!("the tree runs nothing that is called `{name}`"),
        help: Some(near.map_or_else(
            || "write namespace/name of a workload, a Service or a release, or an entity such as `world`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )),
    }
}

fn of_pair(cluster: &Cluster<'_>, source: &Found, target: &Found, asked: Option<&Port>) -> Vec<Way> {
    let (Some(from), Some(to)) = (source.side(cluster), target.side(cluster)) else { return Vec::new() };
    let one = |port: &PodPort, mut notes: Vec<String>| {
        let reach = Reach::of(cluster, from, to, port);
        for (direction, verdict) in reach.verdicts() {
            let subject = if direction == Direction::Egress { from } else { to };
            if matches!(verdict, Verdict::Allowed(by) if by.is_empty()) && may_have_more(cluster, subject) {
                notes.push(format!("{} may be under policies that the tree does not show", shown(subject)));
            }
        }
        Way {
            entry: cluster.entry().to_owned(),
            from: shown(from),
            to: shown(to),
            port: text(port),
            ends: explain(&reach, from, to),
            notes,
        }
    };
    match (asked, to) {
        (Some(asked), _) => {
            let (port, note) = target.port(cluster, asked);
            vec![one(&port, note.into_iter().collect())]
        }
        (None, Side::Pods(set)) if !set.ports.is_empty() => {
            set.ports.iter().map(|port| one(port, Vec::new())).collect()
        }
        (None, _) => {
            let note = "no port was named, and none is known: `:PORT` behind the target asks about one".to_owned();
            vec![one(&PodPort::tcp(None, None), vec![note])]
        }
    }
}

/// Whether pods may be under policies of a part that was not looked at.
fn may_have_more(cluster: &Cluster<'_>, side: Side<'_>) -> bool {
    side.has_own_policies() || side.endpoint().is_some_and(|pods| may_bring_into(cluster, &pods.namespace))
}

fn text(port: &PodPort) -> Option<String> {
    let known = match (port.number, &port.name) {
        (Some(number), Some(name)) => Some(format!("{number} (`{name}`)")),
        (Some(number), None) => Some(number.to_string()),
        (None, Some(name)) => Some(format!("`{name}`")),
        (None, None) => None,
    };
    known.map(|known| if port.protocol == "TCP" { known } else { format!("{known} {}", port.protocol) })
}
