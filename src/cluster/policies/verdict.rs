//! Whether traffic reaches pods: the union of all policies over them, and what denies it anyway.

use super::{Peers, Policies, Policy, PolicyRule};
use crate::cluster::pods::{Answer, Endpoint, PodPort, PodSet, may_bring_into};

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// Pods.
    Pods(&'s Endpoint),
    /// A Cilium entity, such as `world` or `ingress`.
    Entity(&'s str),
}

/// A rule that admits.
#[derive(Clone, Copy, Debug)]
pub struct Admission<'p, 'w> {
    /// The policy.
    pub policy: &'p Policy<'w>,
    /// Its rule.
    pub rule: &'p PolicyRule,
}

/// Why traffic is dropped.
#[derive(Clone, Debug)]
pub struct Denial<'p, 'w> {
    /// Policies that isolate the pods; one of them could admit.
    pub isolating: Vec<&'p Policy<'w>>,
    /// The rule that denies by name, if there is one.
    pub denying: Option<Admission<'p, 'w>>,
}

/// What becomes of traffic.
#[derive(Clone, Debug)]
pub enum Verdict<'p, 'w> {
    /// It arrives: the rules that admit it, none where nothing isolates the pods.
    Allowed(Vec<Admission<'p, 'w>>),
    /// It is dropped.
    Denied(Denial<'p, 'w>),
    /// What was read does not say; why.
    Unknown(String),
}

impl<'w> Policies<'_, 'w> {
    /// Whether traffic from a source reaches a port of some pods.
    pub fn ingress(&self, source: Source<'_>, target: &PodSet<'w>, port: &PodPort) -> Verdict<'_, 'w> {
        let selecting: Vec<(&Policy<'w>, Answer)> = self
            .over(target.namespace())
            .map(|policy| (policy, self.selects(policy, &target.endpoint)))
            .filter(|(_, selects)| !selects.is_no())
            .collect();
        let isolation = |(policy, selects): &(&Policy<'w>, Answer)| selects.and(policy.ingress.isolates);
        let isolated = Answer::any(selecting.iter().map(isolation));
        let (mut allowed, mut denied) = (Answer::No, Answer::No);
        let (mut admissions, mut denying) = (Vec::new(), None);
        for (policy, selects) in &selecting {
            for rule in &policy.ingress.allow {
                let answer = selects.and(self.rule_is_about(policy, rule, source, target, port));
                let answer = if rule.narrowed { answer.and(Answer::Unknown) } else { answer };
                if answer.is_yes() {
                    admissions.push(Admission { policy, rule });
                }
                allowed = allowed.or(answer);
            }
            for rule in &policy.ingress.deny {
                let answer = selects.and(self.rule_is_about(policy, rule, source, target, port));
                if answer.is_yes() && denying.is_none() {
                    denying = Some(Admission { policy, rule });
                }
                denied = denied.or(answer);
            }
        }
        let isolating: Vec<&Policy<'w>> =
            selecting.iter().filter(|one| isolation(one).is_yes()).map(|(policy, _)| *policy).collect();
        match (denied, isolated, allowed) {
            (Answer::Yes, _, _) => Verdict::Denied(Denial { isolating, denying }),
            (Answer::Unknown, _, _) => Verdict::Unknown("a rule that denies may be about this traffic".to_owned()),
            (Answer::No, Answer::No, _) | (Answer::No, _, Answer::Yes) => Verdict::Allowed(admissions),
            (Answer::No, Answer::Unknown, _) => Verdict::Unknown("a policy may select these pods".to_owned()),
            (Answer::No, Answer::Yes, Answer::Unknown) => Verdict::Unknown("a rule may admit this traffic".to_owned()),
            (Answer::No, Answer::Yes, Answer::No) if target.own_policies => {
                Verdict::Unknown("the chart may bring policies of its own".to_owned())
            }
            (Answer::No, Answer::Yes, Answer::No) if may_bring_into(self.cluster, target.namespace()) => {
                Verdict::Unknown("a part of the cluster that could hold a policy was not built".to_owned())
            }
            (Answer::No, Answer::Yes, Answer::No) => Verdict::Denied(Denial { isolating, denying: None }),
        }
    }

    /// Whether a rule is about traffic from a source to a port.
    fn rule_is_about(
        &self,
        policy: &Policy<'w>,
        rule: &PolicyRule,
        source: Source<'_>,
        target: &PodSet<'w>,
        port: &PodPort,
    ) -> Answer {
        self.admits_source(policy, rule, source).and(Self::has_port(rule, target, port))
    }

    /// Whether a source is among the peers of a rule, whatever the port.
    pub fn admits_source(&self, policy: &Policy<'w>, rule: &PolicyRule, source: Source<'_>) -> Answer {
        let peers = match &rule.peers {
            Peers::Any => return Answer::Yes,
            Peers::Unknown => return Answer::Unknown,
            Peers::Listed(peers) => peers,
        };
        Answer::any(peers.iter().map(|peer| match source {
            Source::Pods(pods) => self.is_peer(policy, peer, pods),
            Source::Entity(entity) => peer.who.is_entity(entity),
        }))
    }
}

impl super::Who {
    /// Whether a peer is a Cilium entity.
    fn is_entity(&self, entity: &str) -> Answer {
        let world = |name: &str| name == "world" || name.starts_with("world-");
        match self {
            super::Who::Entity(named) if named == entity || named == "all" => Answer::Yes,
            super::Who::Entity(named) if named == "cluster" => Answer::from(!world(entity)),
            super::Who::Entity(named) if world(named) && world(entity) => Answer::Unknown,
            super::Who::Entity(_) | super::Who::Pods { .. } => Answer::No,
            super::Who::OutsideAddresses if !world(entity) => Answer::No,
            super::Who::OutsideAddresses | super::Who::Unknown => Answer::Unknown,
        }
    }
}
