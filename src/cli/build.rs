//! `flux-vet build`: the objects Flux would apply, or those of one kustomization folder.

use std::io::{Write, stderr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::tree::Tree;
use super::{CLEAN, FINDINGS, NOTHING, print};
use crate::build::kustomize::{Options, Order};
use crate::build::{ClusterBuild, KustomizationBuild, State};
use crate::fault::Fault;
use crate::inspect::{self, BuiltTree};
use crate::report::{self, ObjectStyle, Run, Style};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Print only what this Kustomization applies, by name or namespace/name
    #[arg(conflicts_with = "path")]
    kustomization: Option<String>,

    #[command(flatten)]
    tree: Tree,

    /// Build this kustomization folder alone, as `kustomize build` does
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// Order of the objects
    #[arg(long, value_name = "ORDER", default_value = "legacy", requires = "path")]
    order: OrderName,

    /// Where the files lie that a kustomization may name
    #[arg(long, value_name = "RESTRICTION", default_value = "root-only", requires = "path")]
    load_restrictor: LoadRestrictor,

    /// Print where each value came from, as a comment
    #[arg(long)]
    origins: bool,

    /// Print what the charts of the releases make, where a model of the chart is known
    #[arg(long, conflicts_with = "path")]
    charts: bool,

    /// Print the values of Secrets too
    #[arg(long, conflicts_with = "path")]
    show_secrets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OrderName {
    /// As listed
    Fifo,
    /// By kind
    Legacy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LoadRestrictor {
    /// Anywhere in the tree
    None,
    /// In or below the folder of the kustomization
    RootOnly,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    match &arguments.path {
        Some(path) => folder(arguments, path),
        None => tree(arguments),
    }
}

fn folder(arguments: &Arguments, path: &std::path::Path) -> Result<u8, Fault> {
    let (disk, directory) = arguments.tree.open_around(path)?;
    let options = Options {
        order: match arguments.order {
            OrderName::Fifo => Order::Fifo,
            OrderName::Legacy => Order::Legacy,
        },
        root_only: arguments.load_restrictor == LoadRestrictor::RootOnly,
        ..Options::default()
    };
    let Some(built) = inspect::folder(disk, &directory, options)? else {
        return Err(Fault::Usage {
            message: format!("`{}` has no kustomization file", path.display()),
            help: Some("name a folder with a kustomization.yaml, or leave --path out".to_owned()),
        });
    };
    say(&built.said.run(&built.sources));
    for input in &built.open {
        let _ = writeln!(stderr(), "not built: {} ({})", input.what, input.reason);
    }
    if built.broken {
        return Ok(FINDINGS);
    }
    let style = ObjectStyle { origins: arguments.origins, secrets: true };
    let texts: Vec<String> = built.objects.iter().map(|node| report::object(node, &built.sources, style)).collect();
    print(texts.join("---\n").as_bytes())?;
    Ok(CLEAN)
}

fn tree(arguments: &Arguments) -> Result<u8, Fault> {
    let (disk, choice) = arguments.tree.open()?;
    let built = inspect::tree(disk, &choice)?;
    let asked = arguments.kustomization.as_deref();
    let chosen: Vec<(&ClusterBuild, usize, &KustomizationBuild)> = built
        .world
        .clusters
        .iter()
        .flat_map(|cluster| cluster.kustomizations.iter().enumerate().map(move |(at, one)| (cluster, at, one)))
        .filter(|(_, _, one)| asked.is_none_or(|asked| is_called(one, asked)))
        .collect();
    if chosen.is_empty() {
        return match asked {
            Some(asked) => Err(unknown(&built, asked)),
            None => Ok(NOTHING),
        };
    }
    if asked.is_none() {
        say(&built.said.run(&built.sources));
    }
    let style = ObjectStyle { origins: arguments.origins, secrets: arguments.show_secrets };
    let mut text = String::new();
    let mut is_whole = true;
    for (cluster, at, one) in &chosen {
        let name = format!("{}/{}", one.spec.namespace, one.spec.name);
        match &one.state {
            State::Built => {}
            State::Broken => {
                is_whole = false;
                let _ = writeln!(stderr(), "Kustomization {name}: Flux would not apply it; `flux-vet check` says why");
            }
            State::External(source) => {
                is_whole = false;
                let _ = writeln!(stderr(), "Kustomization {name}: not built, its source is {source}");
            }
        }
        for (position, object) in cluster.objects.iter().enumerate().filter(|(_, one)| one.kustomization == *at) {
            text.push_str("---\n");
            text.push_str(&report::object(&object.node, &built.sources, style));
            let made = cluster.modelled.iter().filter(|one| arguments.charts && one.release == Some(position));
            for one in made {
                text.push_str(&format!("---\n# made by the chart of HelmRelease {}\n", object.full_name()));
                text.push_str(&report::object(&one.node, &built.sources, style));
            }
        }
    }
    print(text.as_bytes())?;
    Ok(if is_whole { CLEAN } else { FINDINGS })
}

fn is_called(one: &KustomizationBuild, asked: &str) -> bool {
    match asked.split_once('/') {
        Some((namespace, name)) => one.spec.namespace == namespace && one.spec.name == name,
        None => one.spec.name == asked,
    }
}

fn unknown(built: &BuiltTree, asked: &str) -> Fault {
    let names: Vec<String> = built
        .world
        .clusters
        .iter()
        .flat_map(|cluster| &cluster.kustomizations)
        .map(|one| format!("{}/{}", one.spec.namespace, one.spec.name))
        .collect();
    let wanted = if asked.contains('/') { asked.to_owned() } else { format!("flux-system/{asked}") };
    let nearest = crate::config::nearest(&wanted, names.iter().map(String::as_str));
    Fault::Usage {
        message: format!("there is no Kustomization `{asked}` in this tree"),
        help: Some(nearest.map_or_else(
            || "`flux-vet check` lists what was built".to_owned(),
            |name| format!("did you mean `{name}`?"),
        )),
    }
}

/// What the build had to say goes to standard error, so that the objects can be piped on.
fn say(run: &Run<'_>) {
    let mut text = Vec::new();
    let style = Style::default();
    if report::findings(run, &style, &mut text).is_ok() {
        let _ = stderr().write_all(&text);
    }
}
