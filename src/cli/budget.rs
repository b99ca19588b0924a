//! `flux-vet budget`: what a cluster asks for, as a table by namespace, Kustomization or workload.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::chosen::chosen;
use super::tree::Tree;
use super::{CLEAN, Color, NOTHING, has_color, print, save, since};
use crate::cluster::Cluster;
use crate::cluster::budget::table::{By, Table};
use crate::fault::Fault;
use crate::inspect;
use crate::report::{self, BudgetForm, BudgetStyle, Compared};

/// So many of the things that are not counted are listed unless all are asked for.
const UNCOUNTED: usize = 10;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Root of the repository, as --root
    #[arg(conflicts_with = "root", value_name = "ROOT")]
    folder: Option<PathBuf>,

    #[command(flatten)]
    tree: Tree,

    /// What gets a line of its own
    #[arg(long, value_name = "WHAT", default_value = "namespace")]
    by: Parts,

    /// Print the change since this git revision
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Form of the table
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,

    /// File to write it to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only the cluster of this entry path; may be given several times
    #[arg(long, value_name = "ENTRY")]
    cluster: Vec<String>,

    /// List everything that is not counted
    #[arg(long)]
    all: bool,

    /// Colour of the table
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Parts {
    /// The whole cluster
    Cluster,
    /// Each namespace
    Namespace,
    /// Each Flux Kustomization
    Kustomization,
    /// Each workload
    Workload,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A table with bars
    Human,
    /// Everything, for programs
    Json,
    /// Tables for a document or a comment
    Markdown,
    /// A picture
    Svg,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let tree =
        Tree { root: arguments.folder.clone().or_else(|| arguments.tree.root.clone()), ..arguments.tree.clone() };
    let (disk, choice) = tree.open()?;
    let by = match arguments.by {
        Parts::Cluster => By::Cluster,
        Parts::Namespace => By::Namespace,
        Parts::Kustomization => By::Kustomization,
        Parts::Workload => By::Workload,
    };
    let tables =
        |clusters: &[Cluster<'_>]| -> Vec<Table> { clusters.iter().map(|cluster| Table::of(cluster, by)).collect() };
    let mut before = match &arguments.base {
        Some(base) => {
            let (revision, choice) = since::open(&disk, base, &choice)?;
            inspect::clusters(revision, &choice, tables)?
        }
        None => Vec::new(),
    };
    let compared = inspect::clusters(disk, &choice, |clusters| {
        let asked = chosen(&arguments.cluster, clusters)?;
        let compared = asked.into_iter().map(|cluster| {
            let now = Table::of(cluster, by);
            let at = before.iter().position(|table| table.entry == now.entry);
            Compared { now, base: at.map(|at| before.swap_remove(at)) }
        });
        Ok::<_, Fault>(compared.collect::<Vec<_>>())
    })??;
    if compared.iter().all(|one| one.now.rows.is_empty() && one.now.uncounted.is_empty() && one.base.is_none())
        && by != By::Cluster
    {
        return Ok(NOTHING);
    }
    let form = match arguments.format {
        Form::Human => BudgetForm::Terminal,
        Form::Json => BudgetForm::Json,
        Form::Markdown => BudgetForm::Markdown,
        Form::Svg => BudgetForm::Svg,
    };
    let style = BudgetStyle {
        color: arguments.output.is_none() && has_color(arguments.color, arguments.format == Form::Human),
        compares: arguments.base.is_some(),
        uncounted: if arguments.all { usize::MAX } else { UNCOUNTED },
    };
    let text = report::budget(&compared, form, style);
    match &arguments.output {
        Some(path) => save(path, text.as_bytes())?,
        None => print(text.as_bytes())?,
    }
    Ok(CLEAN)
}
