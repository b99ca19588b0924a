//! Policies let the scraper reach what it scrapes. Card: rules/network/network-policy-blocks-monitoring.md

use hashbrown::HashSet;
use std::collections::BTreeSet;

use serde::Deserialize;

use super::blocked::{Blocked, way_path};
use crate::cluster::Cluster;
use crate::cluster::monitoring::{Monitoring, ScrapeTarget, Scraper, by_port, shown_port};
use crate::cluster::pods::{PodPort, PodSet};
use crate::cluster::policies::{Denial, Direction, Side, Verdict};
use crate::cluster::reach::Reach;
use crate::finding::{Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

const ID: &str = "network-policy-blocks-monitoring";

/// Options: none. Where the monitoring stack runs is a fact about the cluster and stands in the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyBlocksMonitoring {}

impl Rule for NetworkPolicyBlocksMonitoring {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.policies().is_empty() {
            return;
        }
        let pods = cluster.pods();
        let monitoring = Monitoring::of(cluster, pods, cluster.services());
        let mut said: HashSet<(ObjectRef, Span)> = HashSet::new();
        for ((at, ..), targets) in by_port(&monitoring.targets) {
            let (Some(set), [first, ..]) = (pods.get(at), targets.as_slice()) else { continue };
            // Each monitor must be served by one of its scrapers; the first that is not speaks for the port.
            let blocked = targets.iter().find_map(|target| {
                blocked(cluster, &monitoring.scrapers_of(target), set, &target.port).map(|found| (*target, found))
            });
            match blocked {
                None => {}
                Some((target, Ok(way))) => {
                    let found = report(cluster, set, target, &targets, &way);
                    // What one release runs has many parts, and one cause.
                    if said.insert((set.object.reference(), found.primary.span)) {
                        out.report(found);
                    }
                }
                Some((_, Err(why))) => {
                    out.undecided(
                        cluster,
                        "policy",
                        format!("scraping {} by {}", set.shown(), first.monitor.reference()),
                        why,
                    );
                }
            }
        }
    }
}

/// A scraper that does not get through.
struct Way<'s, 'p, 'w> {
    scraper: &'s Scraper,
    direction: Direction,
    denial: Denial<'p, 'w>,
}

/// `None` when some scraper gets through, an error when that cannot be known, else the first scraper and its denial.
fn blocked<'s, 'p, 'w>(
    cluster: &'p Cluster<'w>,
    scrapers: &[&'s Scraper],
    pods: &PodSet<'w>,
    port: &PodPort,
) -> Option<Result<Way<'s, 'p, 'w>, String>> {
    let (mut first, mut unknown) = (None, None);
    for scraper in scrapers {
        let reach = Reach::of(cluster, Side::Endpoint(&scraper.endpoint), Side::Pods(pods), port);
        if reach.passes().is_yes() {
            return None;
        }
        if let Some((direction, denial)) = reach.denial() {
            first.get_or_insert(Way { scraper, direction, denial: denial.clone() });
            continue;
        }
        for (_, verdict) in reach.verdicts() {
            if let Verdict::Unknown(doubt) = verdict {
                unknown.get_or_insert(doubt.why.clone());
            }
        }
    }
    match unknown {
        Some(why) => Some(Err(why)),
        None => first.map(Ok),
    }
}

fn report<'w>(
    cluster: &Cluster<'w>,
    pods: &PodSet<'w>,
    target: &ScrapeTarget<'w>,
    targets: &[&ScrapeTarget<'w>],
    way: &Way<'_, '_, 'w>,
) -> Observation {
    let port = shown_port(&target.port, pods);
    let scrapes = if std::ptr::eq(target.monitor, pods.object) {
        format!("{} is scraped on {port}", pods.shown())
    } else {
        format!("{} has {port} of {} scraped", target.monitor.reference(), pods.shown())
    };
    let scraper = &way.scraper.endpoint;
    let (what, other) = match way.direction {
        Direction::Ingress => (scrapes, &scraper.namespace),
        Direction::Egress => (format!("{scrapes} from namespace `{}`", scraper.namespace), &pods.endpoint.namespace),
    };
    let blocked = Blocked {
        cluster,
        direction: way.direction,
        denial: &way.denial,
        from: Side::Endpoint(scraper),
        to: pods,
        port: &target.port,
        other: &format!("namespace `{other}`"),
    };
    let mut observation = blocked.report(ID, &what, &way_path(way.direction, pods, &target.port));
    let mut named = BTreeSet::new();
    for target in targets {
        if named.insert(target.monitor.full_name()) && !std::ptr::eq(target.monitor, pods.object) {
            observation = observation.related(Label::new(target.place, "scraped by this"));
        }
    }
    observation = observation.related(Label::new(pods.place, "scraped pods"));
    match way.scraper.place {
        Some(place) => observation.related(Label::new(place, "the scraper")),
        None => observation,
    }
}
