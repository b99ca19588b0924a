//! The command that gives a picture of what the Flux objects of a root depend on.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::graph::{Selection, Sources, flux};
use crate::config::Choice;
use crate::inspect;
use crate::report::{self, Picture};
use crate::source::Overlay;

/// Its name.
pub const COMMAND: &str = "flux-vet.graph";

/// What is to be drawn, and how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// A document of the root; the first root where left out.
    pub uri: Option<String>,
    /// `svg`, `mermaid` or `dot`.
    format: Format,
    /// Only these Kustomizations, what they apply of releases, and what they need.
    kustomization: Vec<String>,
    /// HelmReleases are left out.
    no_releases: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Svg,
    Mermaid,
    Dot,
}

impl Asked {
    /// The only argument of the command; it may be left out.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn of(parameters: &Value) -> Result<Self, String> {
        match parameters.pointer("/arguments/0") {
            None | Some(Value::Null) => Ok(Asked::default()),
            Some(argument) => serde_json::from_value(argument.clone()).map_err(|error| error.to_string()),
        }
    }

    /// The picture, with the name of its format.
    ///
    /// # Errors
    /// Why there is none.
    pub fn draw(&self, tree: Overlay, config: &Choice) -> Result<Value, String> {
        let selection =
            Selection { without_releases: self.no_releases, sources: Sources::Auto, only: &self.kustomization };
        let graphs = inspect::clusters(tree, config, |clusters| {
            clusters.iter().map(|cluster| flux(cluster, &selection)).collect::<Vec<_>>()
        });
        let mut graphs = graphs.map_err(|fault| fault.to_string())?;
        graphs.retain(|graph| !graph.nodes.is_empty());
        if graphs.is_empty() {
            return Err("there is nothing to draw".to_owned());
        }
        let (name, picture) = match self.format {
            Format::Svg => ("svg", Picture::Svg),
            Format::Mermaid => ("mermaid", Picture::Mermaid),
            Format::Dot => ("dot", Picture::Dot),
        };
        let text = report::graph(&graphs, picture, true).map_err(|error| error.to_string())?;
        Ok(json!({ "format": name, "text": text }))
    }
}
