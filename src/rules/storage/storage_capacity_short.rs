//! What is declared to come in fits the claims. Card: rules/storage/storage-capacity-short.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::budget::{Measure, Scope};
use crate::cluster::quantity::Quantity;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StorageCapacityShort {
    /// What comes in.
    ingest: Vec<Ingest>,
}

/// What one object takes in and keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Ingest {
    /// `Kind/namespace/name` of what brings the claims.
    object: String,
    /// How much comes in a day.
    per_day: Amount,
    /// For how many days it is kept.
    days: u64,
    /// How many copies of it are kept.
    #[serde(default = "one")]
    copies: u64,
}

fn one() -> u64 {
    1
}

/// An amount as Kubernetes writes it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Amount(Quantity);

impl TryFrom<String> for Amount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Quantity::parse(&text).map(Amount).ok_or_else(|| format!("`{text}` is no amount"))
    }
}

impl Rule for StorageCapacityShort {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if self.ingest.is_empty() {
            return;
        }
        let sum = cluster.account().sum(Scope::Cluster, Measure::Storage);
        for ingest in &self.ingest {
            let parts = sum.parts.iter().filter(|part| {
                let name = format!("{}/{}/{}", part.object.kind(), part.object.namespace(), part.object.name);
                name == ingest.object
            });
            let parts: Vec<_> = parts.collect();
            let Some(largest) = parts.first() else { continue };
            let room: Quantity = parts.iter().map(|part| part.most).sum();
            let need = ingest.per_day.0.times(ingest.days).times(ingest.copies);
            if need <= room {
                continue;
            }
            let mut found = Observation::new(
                "storage-capacity-short",
                format!(
                    "{} is to keep {} days of {}, {} in all, but its claims hold {}",
                    largest.object.reference(),
                    ingest.days,
                    ingest.per_day.0.shown(),
                    need.shown(),
                    room.shown()
                ),
                Label::new(largest.place, "too small"),
            )
            .about(largest.object.reference(), "storage")
            .confidence(Confidence::Low);
            for part in parts.iter().skip(1) {
                found = found.related(Label::new(part.place, "and this"));
            }
            out.report(found);
        }
    }
}
