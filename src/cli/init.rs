//! `flux-vet init`: a first configuration file, from what the tree says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Write, stderr};

use clap::Args;

use super::tree::Tree;
use super::{CLEAN, NOTHING, print};
use crate::build::State;
use crate::cluster::Cluster;
use crate::cluster::release::Release;
use crate::cluster::versions::Running;
use crate::config::{Choice, FILE_NAMES};
use crate::fault::Fault;
use crate::source::{FileSystem, Sources, Span};
use crate::{CheckOptions, check, inspect};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    tree: Tree,

    /// Print the file and write nothing
    #[arg(long)]
    print: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let (disk, _) = Tree { config: None, isolated: true, ..arguments.tree.clone() }.open()?;
    let there = FILE_NAMES.into_iter().find(|name| disk.size(name).is_ok());
    if let (Some(name), false) = (there, arguments.print) {
        return Err(Fault::Usage {
            message: format!("`{name}` is there already"),
            help: Some("`flux-vet init --print` prints what it would write".to_owned()),
        });
    }
    let path = disk.root().join(FILE_NAMES[0]);
    let seen =
        inspect::clusters(disk, &Choice::Isolated, |clusters| clusters.iter().map(Seen::of).collect::<Vec<_>>())?;
    if seen.iter().all(|cluster| cluster.objects == 0) {
        let _ = writeln!(stderr(), "There is nothing to configure: no manifest was found");
        return Ok(NOTHING);
    }
    // A folder that is named is read as Flux reads it, one that was found with more patience: where that makes a
    // difference, the names stay a comment.
    let named = text(&seen, Clusters::Named);
    let is_same = findings(arguments, Choice::Text { path: FILE_NAMES[0].to_owned(), text: named.clone() })?
        == findings(arguments, Choice::Isolated)?;
    let text = if is_same { named } else { text(&seen, Clusters::Remarked) };
    if !arguments.print {
        let unwritten =
            |error: std::io::Error| Fault::Write { path: path.display().to_string(), reason: error.to_string() };
        // Fails where the file came into being meanwhile.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(unwritten)?;
        file.write_all(text.as_bytes()).map_err(unwritten)?;
        let _ = writeln!(stderr(), "Wrote {}:", path.display());
    }
    print(text.as_bytes())?;
    Ok(CLEAN)
}

/// What a check with a configuration finds, to compare it.
fn findings(arguments: &Arguments, config: Choice) -> Result<BTreeSet<String>, Fault> {
    let (disk, _) = Tree { config: None, isolated: true, ..arguments.tree.clone() }.open()?;
    let checked = check(disk, &CheckOptions { config, ..CheckOptions::default() })?;
    Ok(checked.findings.into_iter().map(|finding| finding.fingerprint).collect())
}

/// How the clusters stand in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clusters {
    Named,
    Remarked,
}

/// What one cluster tells.
struct Seen {
    entry: String,
    kustomizations: usize,
    objects: usize,
    flux: Option<Said>,
    kubernetes: Option<Said>,
    /// Charts that nothing is known of, and the releases that use them.
    charts: BTreeMap<String, BTreeSet<String>>,
    /// Objects that are named and not there, and one place that names them.
    missing: BTreeMap<String, String>,
}

/// A version and where it stands.
struct Said {
    version: String,
    place: Option<String>,
}

impl Seen {
    fn of(cluster: &Cluster<'_>) -> Self {
        let (kustomizations, ..) = cluster.counts();
        let sources = cluster.sources();
        let said =
            |running: Running| Said { version: running.shown, place: running.place.map(|span| place(sources, span)) };
        Seen {
            entry: cluster.entry().to_owned(),
            kustomizations,
            objects: cluster.objects().count(),
            flux: cluster.flux_version().map(said),
            kubernetes: cluster.kubernetes_version().map(said),
            charts: unknown_charts(cluster),
            missing: missing(cluster),
        }
    }
}

fn unknown_charts(cluster: &Cluster<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut charts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let releases = cluster.objects().filter(|object| object.kind() == "HelmRelease");
    for object in releases.filter(|object| cluster.model(object).is_none() && !cluster.is_rendered(object)) {
        let Some(release) = Release::of(cluster, object) else { continue };
        if let (Some(chart), None) = (release.chart, cluster.profiles().of_release(&release)) {
            charts.entry(chart.to_owned()).or_default().insert(object.full_name().to_string());
        }
    }
    charts
}

fn missing(cluster: &Cluster<'_>) -> BTreeMap<String, String> {
    let mut missing = BTreeMap::new();
    let mut add = |kind: &str, namespace: &str, name: &str, span: Span| {
        let parts = [kind, namespace, name].into_iter().filter(|part| !part.is_empty());
        let object = parts.collect::<Vec<_>>().join("/");
        if !object.contains(['$', '{', '*', '?', '[']) {
            missing.entry(object).or_insert_with(|| place(cluster.sources(), span));
        }
    };
    for kustomization in cluster.kustomizations() {
        let spec = &kustomization.spec;
        if matches!(kustomization.state, State::External(_)) {
            continue;
        }
        for from in spec.substitute_from.iter().filter(|from| !from.optional) {
            let Some(name) = from.name.as_deref() else { continue };
            let is_made = cluster.products().find("", &from.kind, &spec.namespace, name).is_some();
            if !is_made && cluster.get("", &from.kind, &spec.namespace, name).is_none() {
                add(&from.kind, &spec.namespace, name, from.span);
            }
        }
    }
    for link in cluster.links().iter().filter(|link| !link.optional && !link.by_form) {
        let existence = cluster.existence_for(Some(link.from), link.group, link.kind, &link.namespace, &link.name);
        if existence.is_absent() {
            add(link.kind, &link.namespace, &link.name, link.node.span());
        }
    }
    missing
}

fn place(sources: &Sources, span: Span) -> String {
    let at = sources.location(span);
    format!("{}:{}", at.path, at.line)
}

/// Text of a manifest as it may stand in YAML, also behind `#`.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/-:".contains(c);
    let is_word = text.chars().all(is_plain) && text.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_word && !text.ends_with(':') { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn text(clusters: &[Seen], form: Clusters) -> String {
    let mut out = format!(
        "# yaml-language-server: $schema={}/raw/main/schemas/flux-vet.schema.json\n\
         # What `flux-vet init` found. Every key may be left out: `flux-vet config show` says what holds then.\n",
        env!("CARGO_PKG_REPOSITORY")
    );
    let alone = clusters.len() == 1;
    if let (true, Some(cluster)) = (alone, clusters.first()) {
        out.push('\n');
        versions(cluster, "", &mut out);
    }
    let mark = match form {
        Clusters::Named => "",
        Clusters::Remarked => "# ",
    };
    let _ = write!(out, "\n{mark}clusters:\n");
    for cluster in clusters {
        let counts = format!("{} Kustomizations, {} objects", cluster.kustomizations, cluster.objects);
        let entry = if cluster.entry.is_empty() { "." } else { &cluster.entry };
        let _ = writeln!(out, "{mark}  - entry: {} # {counts}", quoted(entry));
        if !alone {
            versions(cluster, "    ", &mut out);
        }
    }
    let charts: BTreeMap<&String, BTreeSet<&String>> =
        clusters.iter().flat_map(|cluster| &cluster.charts).fold(BTreeMap::new(), |mut all, (chart, releases)| {
            all.entry(chart).or_insert_with(BTreeSet::new).extend(releases);
            all
        });
    if !charts.is_empty() {
        out.push_str(
            "\n# Nothing is known of these charts, so nothing is said to be missing that they could bring. Their rendered\n\
             # manifests, as NAMESPACE/NAME.yaml in a folder, are checked as well:\n",
        );
    }
    for (chart, releases) in &charts {
        let releases: Vec<String> = releases.iter().map(|release| plain(release)).collect();
        let _ = writeln!(out, "#   {}: {}", plain(chart), releases.join(", "));
    }
    if !charts.is_empty() {
        out.push_str("# charts:\n#   rendered: rendered\n");
    }
    let missing: BTreeMap<&String, &String> = clusters.iter().flat_map(|cluster| &cluster.missing).collect();
    if !missing.is_empty() {
        out.push_str(
            "\n# Named in the tree, but neither in it nor made by it. Take out the comment of those that something else makes,\n\
             # and say what:\n# externals:\n",
        );
    }
    for (object, place) in missing {
        let _ = writeln!(out, "#   - object: {} # {}\n#     reason:", quoted(object), plain(place));
    }
    out
}

/// A scalar that is a string whatever it looks like.
fn quoted(text: &str) -> String {
    if text == "." { "\".\"".to_owned() } else { plain(text) }
}

/// What the tree says needs no word here; it would stay behind when the tree moves on.
fn versions(cluster: &Seen, indent: &str, out: &mut String) {
    let keys = [("flux", "Flux", &cluster.flux, "2.9"), ("kubernetes", "Kubernetes", &cluster.kubernetes, "1.35")];
    for (key, name, said, example) in keys {
        let line = match said {
            Some(said) => {
                let place = said.place.as_deref().map(|place| format!(" ({})", plain(place))).unwrap_or_default();
                format!("# {name} {}, as the tree says{place}; `{key}` overrules it.", plain(&said.version))
            }
            None => format!("# {key}: \"{example}\" # the tree does not say which {name} runs it"),
        };
        let _ = writeln!(out, "{indent}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::source::Memory;

    #[test]
    fn what_is_written_can_be_read_whatever_the_names_are() {
        for name in ["kubernetes/main", "", "a b # c", "ä\n- x: \"y\"", "2024", "true", "x:", "- a", "\u{1b}[1m"] {
            let seen = |entry: &str| Seen {
                entry: entry.to_owned(),
                kustomizations: 1,
                objects: 2,
                flux: Some(Said { version: name.to_owned(), place: Some(name.to_owned()) }),
                kubernetes: None,
                charts: BTreeMap::from([(name.to_owned(), BTreeSet::from([name.to_owned()]))]),
                missing: BTreeMap::from([(format!("Secret/{name}"), name.to_owned())]),
            };
            for clusters in [vec![seen(name)], vec![seen(name), seen("other")]] {
                let sources = Sources::new(Memory::default());
                let text = text(&clusters, Clusters::Named);
                let config = Config::from_file(&sources, sources.add("c.yaml", &text)).unwrap();
                assert_eq!(config.clusters.len(), clusters.len(), "{text}");
                assert!(config.externals.is_empty() && config.flux.is_none(), "{text}");
            }
        }
    }
}
