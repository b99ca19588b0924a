//! The HelmReleases of a cluster: which chart, which values, and what a model of the chart makes of them.

use hashbrown::HashMap;

use rayon::prelude::*;

use super::inventory::Inventory;
use super::release::ReleaseNames;
use super::rendered::object;
use super::values::{ReleaseValues, release_values};
use crate::build::charts::{self, Chart, Gap, Knowledge, Modelled};
use crate::build::kustomize::{Resource, Schema, apply_patch, patch_entry};
use crate::build::manifests::Library;
use crate::build::object::Object;
use crate::finding::{Confidence, Label};
use crate::yaml::Node;

const SOURCES: &str = "source.toolkit.fluxcd.io";

/// A HelmRelease.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseBuild {
    /// Its position among the objects of the cluster.
    pub object: usize,
    /// Its names in Helm.
    pub names: ReleaseNames,
    /// Its chart.
    pub chart: Chart,
    /// Its values.
    pub values: ReleaseValues,
    /// What it makes.
    pub made: Made,
}

/// What is known of the objects that a release makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// They were rendered, and are objects of the build.
    Rendered,
    /// A model of the chart says which; so far it goes.
    Modelled(Knowledge),
    /// Nothing; why, as a clause.
    Unknown(String),
}

/// Every HelmRelease among the objects, and the objects that models of their charts make.
pub fn releases(library: &Library<'_>, objects: &[Object], inventory: &Inventory) -> (Vec<ReleaseBuild>, Vec<Object>) {
    let all: Vec<usize> = objects
        .iter()
        .enumerate()
        .filter(|(_, object)| object.is("helm.toolkit.fluxcd.io", "HelmRelease") && !object.left_alone)
        .map(|(at, _)| at)
        .collect();
    let mut sources: HashMap<(&str, &str, &str), &Object> = HashMap::new();
    for object in objects.iter().filter(|object| object.gvk.group == SOURCES && !object.left_alone) {
        sources.entry((object.kind(), object.namespace(), &object.name)).or_insert(object);
    }
    let mut rendered: Vec<usize> = objects.iter().filter_map(|object| object.release).collect();
    rendered.sort_unstable();
    let build = |at: &usize| -> Option<(ReleaseBuild, Vec<Object>)> {
        let release = objects.get(*at)?;
        let values = release_values(library, release, &|kind, namespace, name| {
            inventory.built(kind, namespace, name).and_then(|at| objects.get(at))
        });
        let chart = Chart::of(release, &|kind, namespace, name| sources.get(&(kind, namespace, name)).copied());
        let names = ReleaseNames::of(release);
        let (made, own) = match rendered.binary_search(at) {
            Ok(_) => (Made::Rendered, Vec::new()),
            Err(_) => modelled(library, release, *at, &names, &chart, &values),
        };
        Some((ReleaseBuild { object: *at, names, chart, values, made }, own))
    };
    let built: Vec<_> = all.par_iter().filter_map(build).collect();
    let mut modelled = Vec::new();
    let mut releases = Vec::new();
    for (release, own) in built {
        releases.push(release);
        modelled.extend(own);
    }
    (releases, modelled)
}

fn modelled(
    library: &Library<'_>,
    release: &Object,
    at: usize,
    names: &ReleaseNames,
    chart: &Chart,
    values: &ReleaseValues,
) -> (Made, Vec<Object>) {
    let nothing = |why: String| (Made::Unknown(why), Vec::new());
    if release.dig("spec.kubeConfig").is_some_and(|node| !node.is_null()) {
        return nothing("it is installed in another cluster".to_owned());
    }
    let asked = charts::Release { names, chart, values, place: release.place() };
    let Some(mut modelled) = charts::model(&asked) else {
        return nothing(match &chart.name {
            Some(name) => format!("what chart `{name}` makes is not known"),
            None => "its chart is not known".to_owned(),
        });
    };
    post_rendered(library, release, &mut modelled);
    let Modelled { objects, knowledge } = modelled;
    let trail = [Label::new(release.place(), "made by its chart")];
    let own = objects.iter().filter_map(|node| {
        let own = object(node, release, at, &names.namespace)?;
        Some(Object { trail: trail.to_vec(), modelled: Some(knowledge.confidence), ..own })
    });
    let own = own.collect();
    (Made::Modelled(knowledge), own)
}

/// Applies the patches of `postRenderers`; what else they hold may change anything.
fn post_rendered(library: &Library<'_>, release: &Object, modelled: &mut Modelled) {
    let mut resources: Vec<Resource> = modelled.objects.drain(..).map(Resource::new).collect();
    let mut is_followed = true;
    for renderer in release.dig("spec.postRenderers").map(Node::items).unwrap_or_default() {
        let kustomize = renderer.get("kustomize");
        is_followed &= kustomize.is_some_and(|own| own.entries().all(|entry| entry.key == "patches"));
        for patch in kustomize.and_then(|own| own.get("patches")).map(Node::items).unwrap_or_default() {
            let applied = apply_patch(library, &Schema::default(), &patch_entry(patch), &mut resources, false);
            is_followed &= !applied.broken;
        }
    }
    modelled.objects = resources.into_iter().map(|resource| resource.node.into_node()).collect();
    if !is_followed {
        modelled.knowledge.confidence = Confidence::Low;
        modelled.knowledge.gaps.push(Gap::everywhere("its post-renderers may change what the chart makes"));
    }
}
