//! What `buildMetadata` asks for: annotations that say where objects came from and what changed them.
//! Source: kustomize `api/resource/origin.go`, `api/internal/target/kusttarget.go`.

use super::file::Text;
use super::metadata;
use super::resource::{BuildOrigin, Resource};
use crate::build::object::Id;
use crate::source::Span;

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// What the root asks for, and the folder the build is in.
#[derive(Debug, Default)]
pub struct Tracking {
    origins: bool,
    transformations: bool,
    managed_by: bool,
    place: Option<Span>,
    // Folders as they were listed, from the root on.
    folders: Vec<String>,
}

impl Tracking {
    /// Reads the options of the root kustomization; those of the others do not count.
    pub fn new(options: &[Text]) -> Self {
        let asks = |name: &str| options.iter().any(|option| option.text == name);
        Tracking {
            origins: asks("originAnnotations"),
            transformations: asks("transformerAnnotations"),
            managed_by: asks("managedByLabel"),
            place: options.first().map(|option| option.span),
            folders: Vec::new(),
        }
    }

    /// A folder is entered by its entry.
    pub fn enter(&mut self, entry: &str) {
        self.folders.push(entry.to_owned());
    }

    /// It is left again.
    pub fn leave(&mut self) {
        self.folders.pop();
    }

    /// Whether the label that says what built an object is asked for.
    pub fn wants_managed_by(&self) -> bool {
        self.managed_by
    }

    /// Whether anything is asked for.
    pub fn is_on(&self) -> bool {
        self.place.is_some()
    }

    fn path(&self, entry: &str) -> String {
        clean(self.folders.iter().map(String::as_str).chain([entry]))
    }

    /// The origin of an object in a file.
    pub fn file(&self, entry: &str) -> Option<BuildOrigin> {
        self.is_on().then(|| BuildOrigin { path: Some(self.path(entry)), ..BuildOrigin::default() })
    }

    /// What a field of a kustomization file makes or does.
    pub fn built_in(&self, file: &str, plugin: &str) -> Option<BuildOrigin> {
        let gvk = crate::build::object::Gvk { kind: plugin.into(), version: "builtin".into(), ..Default::default() };
        self.is_on().then(|| BuildOrigin {
            path: None,
            configured_in: Some(self.path(file)),
            configured_by: Some(Id { gvk, ..Id::default() }),
        })
    }

    /// What a plugin of its own makes or does.
    pub fn plugin(&self, plugin: &Resource) -> Option<BuildOrigin> {
        let origin = plugin.origin.as_ref()?;
        Some(BuildOrigin { path: None, configured_in: origin.path.clone(), configured_by: Some(plugin.id()) })
    }

    /// Records a transformer on every resource; those without origin were made by it.
    pub fn transformed(&self, resources: &mut [Resource], by: Option<BuildOrigin>) {
        let Some(by) = by else { return };
        for resource in resources {
            match resource.origin {
                Some(_) => resource.transformations.push(by.clone()),
                None => resource.origin = Some(by.clone()),
            }
        }
    }

    /// Writes the annotations.
    pub fn write(&self, resources: &mut [Resource]) {
        let Some(place) = self.place else { return };
        for resource in resources {
            if let (true, Some(origin)) = (self.origins, &resource.origin) {
                metadata::add(&mut resource.node, "annotations", ORIGIN, &text(origin), place);
            }
            if self.transformations && !resource.transformations.is_empty() {
                let list: String = resource.transformations.iter().map(item).collect();
                metadata::add(&mut resource.node, "annotations", TRANSFORMATIONS, &list, place);
            }
        }
    }

    /// Writes the label that says what built an object.
    pub fn manage(&self, resources: &mut [Resource], text: &str) {
        for resource in resources {
            let place = self.place.unwrap_or_else(|| resource.place());
            metadata::add(&mut resource.node, "labels", MANAGED_BY, text, place);
        }
    }
}

/// Joins paths as they are written; `..` at the beginning stays.
fn clean<'p>(parts: impl Iterator<Item = &'p str>) -> String {
    let mut path: Vec<&str> = Vec::new();
    for part in parts.flat_map(|part| part.split('/')) {
        match part {
            "" | "." => {}
            ".." if path.last().is_some_and(|last| *last != "..") => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path.join("/")
}

fn text(origin: &BuildOrigin) -> String {
    let mut text = String::new();
    let mut line = |indent: &str, key: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{indent}{key}: {value}\n"));
        }
    };
    line("", "path", origin.path.as_deref().unwrap_or_default());
    line("", "configuredIn", origin.configured_in.as_deref().unwrap_or_default());
    if let Some(id) = &origin.configured_by {
        line("", "configuredBy", "\u{0}");
        line("  ", "apiVersion", &id.gvk.api_version());
        line("  ", "kind", &id.gvk.kind);
        line("  ", "name", &id.name);
        line("  ", "namespace", &id.namespace);
    }
    text.replace(": \u{0}", ":")
}

fn item(origin: &BuildOrigin) -> String {
    let text = text(origin);
    let lines = text.lines().enumerate().map(|(at, line)| format!("{}{line}\n", if at == 0 { "- " } else { "  " }));
    lines.collect()
}
