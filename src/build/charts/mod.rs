//! What known charts make of their values: the objects of a release, without rendering it.
//!
//! A model knows one chart in some of its versions. What it copies keeps the origin of the value; what the chart adds
//! points at the item it adds it for ([`Step::Chart`](crate::yaml::Step::Chart)).

mod app_template;
mod chart;
mod definitions;
mod draft;
mod go;
mod made;
mod template;
mod version;

use super::flux::{ReleaseNames, ReleaseValues};
use crate::finding::Confidence;
use crate::source::Span;

pub use chart::Chart;
pub use made::{Extent, Gap, Knowledge, Modelled, Note, Remarks, Trouble};
pub use version::{Version, numbers};

/// A release, as its chart is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Release<'r> {
    /// Its names.
    pub names: &'r ReleaseNames,
    /// Its chart.
    pub chart: &'r Chart,
    /// Its values.
    pub values: &'r ReleaseValues,
    /// Where it is written.
    pub place: Span,
}

/// A chart that is known.
pub trait ChartModel: Sync {
    /// How surely it knows the chart of a release in its version; `None` where it does not.
    fn knows(&self, release: &Release<'_>) -> Option<Confidence>;

    /// The objects of a release that it knows.
    fn objects(&self, release: &Release<'_>, remarks: &Remarks) -> Vec<crate::yaml::Node>;
}

const MODELS: &[&dyn ChartModel] = &[&app_template::AppTemplate, &definitions::Definitions];

/// What a release makes, where its chart is known.
pub fn model(release: &Release<'_>) -> Option<Modelled> {
    let (model, mut confidence) = MODELS.iter().find_map(|model| Some((model, model.knows(release)?)))?;
    let remarks = Remarks::default();
    if let Some(source) = release.values.open.first() {
        // What stands there may add, rename or switch off anything.
        confidence = Confidence::Low;
        remarks.gap(&[], format!("values from {source} are not known"));
    }
    let objects = model.objects(release, &remarks);
    let (gaps, notes) = remarks.into_parts();
    Some(Modelled { objects, knowledge: Knowledge { confidence, gaps, notes } })
}
