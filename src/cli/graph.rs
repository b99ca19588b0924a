//! `flux-vet graph`: pictures of what Flux objects depend on, and of the references around one object.

use std::io::{Write, stderr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::chosen::chosen;
use super::tree::Tree;
use super::wanted::{self, Wanted};
use super::{CLEAN, NOTHING, print, save};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::graph::{self, Graph, Selection, Sources};
use crate::config::nearest;
use crate::fault::Fault;
use crate::inspect;
use crate::report::{self, Picture};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Root of the repository, as --root
    #[arg(conflicts_with = "root", value_name = "ROOT")]
    folder: Option<PathBuf>,

    #[command(flatten)]
    tree: Tree,

    /// Form of the picture
    #[arg(long, value_name = "FORMAT", default_value = "mermaid")]
    format: Form,

    /// File to write it to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only the cluster of this entry path; may be given several times
    #[arg(long, value_name = "ENTRY")]
    cluster: Vec<String>,

    /// Only this Kustomization, the releases it applies, and all that these need; by name or namespace/name, may be
    /// given several times
    #[arg(long, value_name = "NAME", conflicts_with = "object")]
    kustomization: Vec<String>,

    /// Leave out HelmReleases
    #[arg(long, conflicts_with = "object")]
    no_releases: bool,

    /// Which sources to draw
    #[arg(long, value_name = "WHICH", default_value = "auto", conflicts_with = "object")]
    sources: SourcesDrawn,

    /// Draw what names this object and what it names: Kind/name or Kind/namespace/name
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,

    /// How many references away from the object
    #[arg(long, value_name = "N", default_value_t = 1, requires = "object")]
    depth: u8,

    /// Leave out the legend
    #[arg(long)]
    no_legend: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A Mermaid flowchart
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// A finished picture
    Svg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SourcesDrawn {
    /// All but the one that most objects of a kind share
    Auto,
    /// All
    All,
    /// Those that do not exist
    None,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let tree =
        Tree { root: arguments.folder.clone().or_else(|| arguments.tree.root.clone()), ..arguments.tree.clone() };
    let (disk, choice) = tree.open()?;
    let graphs = inspect::clusters(disk, &choice, |clusters| graphs(arguments, clusters))??;
    if graphs.is_empty() {
        return Ok(NOTHING);
    }
    let picture = match arguments.format {
        Form::Mermaid => Picture::Mermaid,
        Form::Dot => Picture::Dot,
        Form::Svg => Picture::Svg,
    };
    let text = report::graph(&graphs, picture, !arguments.no_legend).map_err(|error| Fault::Usage {
        message: error.to_string(),
        help: Some("draw it as mermaid or dot, or less of it with --kustomization or --cluster".to_owned()),
    })?;
    if picture == Picture::Mermaid
        && let Some(why) = report::too_large(&graphs, &text)
    {
        let _ = writeln!(
            stderr(),
            "This picture has {why}: draw less of it with --kustomization, --cluster, --no-releases or --sources none, \
             or draw it as svg"
        );
    }
    match &arguments.output {
        Some(path) => save(path, text.as_bytes())?,
        None => print(text.as_bytes())?,
    }
    Ok(CLEAN)
}

/// The graphs of the clusters that are asked for; those without an object are left out.
fn graphs(arguments: &Arguments, clusters: &[Cluster<'_>]) -> Result<Vec<Graph>, Fault> {
    let chosen = chosen(&arguments.cluster, clusters)?;
    let graphs = match &arguments.object {
        Some(object) => around(object, usize::from(arguments.depth), &chosen)?,
        None => {
            unknown_kustomizations(&arguments.kustomization, &chosen)?;
            let selection = Selection {
                without_releases: arguments.no_releases,
                sources: match arguments.sources {
                    SourcesDrawn::Auto => Sources::Auto,
                    SourcesDrawn::All => Sources::All,
                    SourcesDrawn::None => Sources::None,
                },
                only: &arguments.kustomization,
            };
            chosen.into_iter().map(|cluster| graph::flux(cluster, &selection)).collect()
        }
    };
    Ok(graphs.into_iter().filter(|graph: &Graph| !graph.nodes.is_empty()).collect())
}

fn around(asked: &str, depth: usize, clusters: &[&Cluster<'_>]) -> Result<Vec<Graph>, Fault> {
    let wanted = Wanted::parse(asked)?;
    let mut graphs = Vec::new();
    for cluster in clusters {
        let centers: Vec<&Object> =
            cluster.objects().chain(cluster.modelled()).filter(|object| wanted.fits(object)).collect();
        if !centers.is_empty() {
            graphs.push(graph::around(cluster, &centers, depth));
        }
    }
    if graphs.is_empty() {
        return Err(wanted::unknown(clusters.iter().map(|cluster| cluster.build()), asked));
    }
    Ok(graphs)
}

fn unknown_kustomizations(asked: &[String], clusters: &[&Cluster<'_>]) -> Result<(), Fault> {
    let specs = || clusters.iter().flat_map(|cluster| cluster.kustomizations()).map(|one| &one.spec);
    for name in asked {
        let is_called = match name.split_once('/') {
            Some((namespace, name)) => specs().any(|spec| spec.namespace == namespace && spec.name == name),
            None => specs().any(|spec| spec.name == *name),
        };
        if !is_called {
            let names: Vec<String> =
                specs().flat_map(|spec| [spec.name.clone(), format!("{}/{}", spec.namespace, spec.name)]).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            return Err(Fault::Usage {
                message: format!("there is no Kustomization `{name}` in this tree"),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    Ok(())
}
