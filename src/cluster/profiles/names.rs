//! The names that texts of a profile stand for.

use super::Fit;
use crate::build::Object;
use crate::cluster::release::Release;

/// What stands for `{release}`, `{full}`, `{name}` and `{object}`.
#[derive(Clone, Debug, Default)]
pub struct Names {
    release: Option<String>,
    full: Option<String>,
    name: Option<String>,
    object: Option<String>,
}

impl Names {
    /// Those of a release.
    pub fn of_release(release: &Release<'_>, fit: Fit<'_>) -> Self {
        Names {
            release: release.name.clone(),
            full: release.full_name(fit.profile.longest()),
            name: release.chart_name(),
            object: None,
        }
    }

    /// Those of a release that is called like its chart.
    pub fn usual(release: &Release<'_>) -> Self {
        let chart = release.chart.map(ToOwned::to_owned);
        Names { release: chart.clone(), full: chart.clone(), name: chart, object: None }
    }

    /// Those of an operator's object.
    pub fn of_object(object: &Object) -> Self {
        Names { object: Some(object.name.to_string()), ..Names::default() }
    }

    /// A text with its names filled in; `None` where one of them cannot be known.
    pub fn fill(&self, text: &str) -> Option<String> {
        let words =
            [("{release}", &self.release), ("{full}", &self.full), ("{name}", &self.name), ("{object}", &self.object)];
        let mut filled = text.to_owned();
        for (word, name) in words {
            if filled.contains(word) {
                filled = filled.replace(word, name.as_deref()?);
            }
        }
        Some(filled)
    }
}
