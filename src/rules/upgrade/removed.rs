//! What the rules about removed APIs share: which objects use them, and the finding.

use hashbrown::HashSet;

use crate::build::Object;
use crate::cluster::apis::{ApiVersion, ApiVersions};
use crate::cluster::versions::Running;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Label, Observation, Severity};
use crate::rulebook::Sink;
use crate::rules::findings::weighed;
use crate::rules::flux::edits::replace;

/// A program whose releases serve APIs.
pub struct Program<'p> {
    /// The rule.
    pub rule: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its table.
    pub table: &'static ApiVersions,
    /// The release that runs the cluster.
    pub running: Option<&'p Running>,
}

impl Program<'_> {
    /// Reports every object of an API that is not served any more, once for each place.
    pub fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut seen = HashSet::new();
        for object in cluster.objects() {
            let Some(row) = self.table.row(object) else { continue };
            let Some(removed) = row.removed.as_deref() else { continue };
            let is_over = self.running.is_none_or(|running| row.is_removed_in(&running.numbers));
            if is_over && object.at(&["apiVersion"]).is_some_and(|node| seen.insert(node.span())) {
                out.observations.extend(self.finding(cluster, object, row, removed));
            }
        }
    }

    fn finding(&self, cluster: &Cluster<'_>, object: &Object, row: &ApiVersion, removed: &str) -> Option<Observation> {
        let node = object.at(&["apiVersion"])?;
        let (program, written) = (self.name, object.gvk.api_version());
        let mut found = Observation::new(
            self.rule,
            format!("{} uses `{written}`, which {program} does not serve from {removed} on", object.reference()),
            Label::new(node.span(), format!("gone in {program} {removed}")),
        )
        .about(object.reference(), "apiVersion")
        .trail(trail(node));
        match self.running {
            Some(Running { shown, place: Some(place), .. }) => {
                found = found.related(Label::new(*place, format!("{program} {shown}")));
            }
            Some(_) => {}
            None => found = found.severity(Severity::Warning),
        }
        if let Some(replacement) = &row.replacement {
            found = found.help(format!("write `{replacement}`, and read what else changed in it"));
            if row.is_renamed_only(object, self.running.map(|running| running.numbers.as_slice())) {
                found = found.help(format!("write `{replacement}`: the rest of the object stays as it is"));
                let title = format!("write `{replacement}`");
                if let Some(fix) = replace(node, replacement, title, Applicability::Safe) {
                    found = found.fix(fix);
                }
            }
        }
        Some(weighed(cluster, object, Confidence::High, found))
    }
}
