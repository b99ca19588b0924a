//! Pools of addresses do not overlap. Card: rules/network/ip-pool-overlap.md

use std::net::IpAddr;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

const ID: &str = "ip-pool-overlap";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IpPoolOverlap {}

impl Rule for IpPoolOverlap {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for of in [cilium, metallb] {
            let mut ranges: Vec<Range<'_>> = Vec::new();
            for found in of(cluster) {
                match found {
                    Ok(range) => ranges.push(range),
                    Err((object, text)) => {
                        let what = format!("the addresses `{text}` of {}", object.reference());
                        out.undecided(cluster, "policy", what, "they cannot be read");
                    }
                }
            }
            // Sorted by their beginnings, a range meets the one before it that reaches farthest.
            ranges.sort_by_key(|range| (range.first.is_ipv6(), number(range.first), number(range.last)));
            let mut farthest: Option<&Range<'_>> = None;
            for range in &ranges {
                let before = farthest.filter(|before| before.first.is_ipv6() == range.first.is_ipv6());
                if let Some(before) = before.filter(|before| number(range.first) <= number(before.last)) {
                    out.report(report(before, range));
                }
                if before.is_none_or(|before| number(range.last) > number(before.last)) {
                    farthest = Some(range);
                }
            }
        }
    }
}

/// Addresses from first to last.
struct Range<'w> {
    object: &'w Object,
    first: IpAddr,
    last: IpAddr,
    shown: String,
    place: Span,
}

/// A range, or the text of one that cannot be read.
type Found<'w> = Result<Range<'w>, (&'w Object, String)>;

fn report(before: &Range<'_>, range: &Range<'_>) -> Observation {
    // The later of both, as they are written, is the one to edit.
    let is_later = |a: &Range<'_>, b: &Range<'_>| (a.place.file, a.place.start) > (b.place.file, b.place.start);
    let (range, other) = if is_later(before, range) { (before, range) } else { (range, before) };
    let whose = if std::ptr::eq(range.object, other.object) {
        format!("`{}` of the same pool", other.shown)
    } else {
        format!("`{}` of {}", other.shown, other.object.reference())
    };
    let message = format!("`{}` of {} overlaps {whose}", range.shown, range.object.reference());
    Observation::new(ID, message, Label::new(range.place, "overlaps"))
        .about(range.object.reference(), format!("addresses[{}]", range.shown))
        .related(Label::new(other.place, "the same addresses"))
        .help("give every address to one pool")
}

/// Source: cilium `pkg/k8s/apis/cilium.io/v2/lb_ipam_types.go`.
fn cilium<'w>(cluster: &Cluster<'w>) -> Vec<Found<'w>> {
    let pools = cluster.of_kind("cilium.io", "CiliumLoadBalancerIPPool");
    let enabled = pools.filter(|pool| pool.dig("spec.disabled").is_none_or(|node| node.as_bool() == Some(false)));
    enabled
        .flat_map(|object| {
            let blocks = object.dig("spec.blocks").or_else(|| object.dig("spec.cidrs"));
            blocks.map(Node::items).unwrap_or_default().iter().filter_map(move |block| of_block(object, block))
        })
        .collect()
}

fn of_block<'w>(object: &'w Object, block: &'w Node) -> Option<Found<'w>> {
    let written = |key: &str| block.get(key).filter(|node| !node.is_null());
    match (written("cidr"), written("start")) {
        (Some(cidr), _) => Some(of_text(object, cidr)),
        (None, Some(start)) => {
            let stop = written("stop").unwrap_or(start);
            let text = match (start.shown(), stop.shown()) {
                (Some(start), Some(stop)) => format!("{start}-{stop}"),
                _ => return None,
            };
            Some(range(object, &text, start.span()))
        }
        (None, None) => None,
    }
}

/// Source: metallb `api/v1beta1/ipaddresspool_types.go`.
fn metallb<'w>(cluster: &Cluster<'w>) -> Vec<Found<'w>> {
    let pools = cluster.of_kind("metallb.io", "IPAddressPool");
    pools
        .flat_map(|object| {
            let addresses = object.dig("spec.addresses").map(Node::items).unwrap_or_default();
            addresses.iter().map(move |node| of_text(object, node))
        })
        .collect()
}

fn of_text<'w>(object: &'w Object, node: &'w Node) -> Found<'w> {
    let text = node.shown().map(std::borrow::Cow::into_owned).unwrap_or_default();
    range(object, &text, node.span())
}

/// Reads `a-b`, `a/bits` or one address.
fn range<'w>(object: &'w Object, text: &str, place: Span) -> Found<'w> {
    let parse = |text: &str| text.trim().parse::<IpAddr>().ok();
    let ends = match (text.split_once('-'), text.split_once('/')) {
        (Some((first, last)), _) => parse(first).zip(parse(last)),
        (None, Some((address, bits))) => parse(address).and_then(|address| network(address, bits.trim().parse().ok()?)),
        (None, None) => parse(text).map(|address| (address, address)),
    };
    let sound = ends.filter(|(first, last)| first.is_ipv6() == last.is_ipv6() && number(*first) <= number(*last));
    match sound {
        Some((first, last)) => Ok(Range { object, first, last, shown: text.to_owned(), place }),
        None => Err((object, text.to_owned())),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn network(address: IpAddr, bits: u32) -> Option<(IpAddr, IpAddr)> {
    match address {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(bits).unwrap_or(0);
            let first = u32::from(address) & !host;
            (bits <= 32).then(|| (IpAddr::V4(first.into()), IpAddr::V4((first | host).into())))
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            let first = u128::from(address) & !host;
            (bits <= 128).then(|| (IpAddr::V6(first.into()), IpAddr::V6((first | host).into())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_a_first_and_a_last_address() {
        let of = |text: &str, bits: u32| {
            let (first, last) = network(text.parse().unwrap(), bits).unwrap();
            format!("{first} {last}")
        };
        assert_eq!(of("10.0.0.7", 24), "10.0.0.0 10.0.0.255");
        assert_eq!(of("10.0.0.7", 32), "10.0.0.7 10.0.0.7");
        assert_eq!(of("10.0.0.7", 0), "0.0.0.0 255.255.255.255");
        assert_eq!(of("fd00::1", 120), "fd00:: fd00::ff");
        assert!(network("10.0.0.1".parse().unwrap(), 33).is_none());
    }
}
