//! What becomes of traffic: the union of all policies over pods, and what denies it anyway.
//! Source: cilium `Documentation/security/policy/intro.rst` and `deny.rst`; Kubernetes `pkg/apis/networking/types.go`.

use super::{Mode, Policies, Policy, PolicyRule, Section, Side};
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, PodPort, may_bring_into};

/// Which of both ends is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The source: whether its policies let the traffic out.
    Egress,
    /// The target: whether its policies let the traffic in.
    Ingress,
}

impl Direction {
    /// The word of the policies.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Egress => "egress",
            Direction::Ingress => "ingress",
        }
    }

    /// The part of a policy that speaks of it.
    pub fn section<'p>(self, policy: &'p Policy<'_>) -> &'p Section {
        match self {
            Direction::Egress => &policy.egress,
            Direction::Ingress => &policy.ingress,
        }
    }
}

/// A rule that admits or denies.
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

/// Why it cannot be known.
#[derive(Clone, Debug)]
pub struct Doubt<'p, 'w> {
    /// As a clause.
    pub why: String,
    /// The policy that may be about the pods, or whose rule may be about the traffic.
    pub policy: Option<&'p Policy<'w>>,
    /// That rule.
    pub rule: Option<&'p PolicyRule>,
}

/// What becomes of traffic.
#[derive(Clone, Debug)]
pub enum Verdict<'p, 'w> {
    /// It arrives: the rules that admit it, none where nothing isolates the pods.
    Allowed(Vec<Admission<'p, 'w>>),
    /// It is dropped.
    Denied(Denial<'p, 'w>),
    /// What was read does not say.
    Unknown(Doubt<'p, 'w>),
}

impl Verdict<'_, '_> {
    /// Whether traffic passes.
    pub fn passes(&self) -> Answer {
        match self {
            Verdict::Allowed(_) => Answer::Yes,
            Verdict::Denied(_) => Answer::No,
            Verdict::Unknown(_) => Answer::Unknown,
        }
    }
}

impl<'w> Policies<'w> {
    /// Whether the policies of one end let traffic to a port of the target through.
    pub fn verdict(
        &self,
        cluster: &Cluster<'w>,
        direction: Direction,
        (from, to): (Side<'_>, Side<'_>),
        port: &PodPort,
    ) -> Verdict<'_, 'w> {
        let (subject, other) = match direction {
            Direction::Egress => (from, to),
            Direction::Ingress => (to, from),
        };
        let Some(pods) = subject.endpoint() else { return Verdict::Allowed(Vec::new()) };
        // The node reaches its own pods whatever policies say.
        if matches!((direction, other), (Direction::Ingress, Side::Entity("host"))) {
            return Verdict::Allowed(Vec::new());
        }
        let mut seen = Seen::default();
        for policy in self.about(pods) {
            let selects = self.selects(policy, pods);
            if selects.is_no() {
                continue;
            }
            let section = direction.section(policy);
            seen.isolates(policy, selects.and(section.isolates));
            for rule in &section.deny {
                let about = selects.and(self.admits(policy, rule, other)).and(rule.has_port(to, port));
                seen.denies(Admission { policy, rule }, about);
            }
            for rule in &section.allow {
                let about = selects.and(self.admits(policy, rule, other)).and(rule.has_port(to, port));
                seen.allows(Admission { policy, rule }, if rule.narrowed { about.and(Answer::Unknown) } else { about });
            }
        }
        let verdict = seen.verdict();
        let open = match &verdict {
            Verdict::Denied(_) if self.mode == Mode::Other => "Cilium is told when to enforce policies",
            Verdict::Denied(denial) if denial.denying.is_some() => return verdict,
            Verdict::Denied(_) if subject.has_own_policies() => "the chart may bring policies of its own",
            Verdict::Denied(_) if may_bring_into(cluster, &pods.namespace) => {
                "a part of the cluster that could hold a policy was not built"
            }
            _ => return verdict,
        };
        Verdict::Unknown(Doubt { why: open.to_owned(), policy: None, rule: None })
    }
}

/// What the policies over some pods say, one after the other.
struct Seen<'p, 'w> {
    isolated: Answer,
    allowed: Answer,
    denied: Answer,
    isolating: Vec<&'p Policy<'w>>,
    may_isolate: Option<&'p Policy<'w>>,
    allowing: Vec<Admission<'p, 'w>>,
    may_allow: Option<Admission<'p, 'w>>,
    denying: Option<Admission<'p, 'w>>,
    may_deny: Option<Admission<'p, 'w>>,
}

impl Default for Seen<'_, '_> {
    fn default() -> Self {
        Seen {
            isolated: Answer::No,
            allowed: Answer::No,
            denied: Answer::No,
            isolating: Vec::new(),
            may_isolate: None,
            allowing: Vec::new(),
            may_allow: None,
            denying: None,
            may_deny: None,
        }
    }
}

impl<'p, 'w> Seen<'p, 'w> {
    fn isolates(&mut self, policy: &'p Policy<'w>, answer: Answer) {
        self.isolated = self.isolated.or(answer);
        match answer {
            Answer::Yes => self.isolating.push(policy),
            Answer::Unknown => self.may_isolate = self.may_isolate.or(Some(policy)),
            Answer::No => {}
        }
    }

    fn allows(&mut self, by: Admission<'p, 'w>, answer: Answer) {
        self.allowed = self.allowed.or(answer);
        match answer {
            Answer::Yes => self.allowing.push(by),
            Answer::Unknown => self.may_allow = self.may_allow.or(Some(by)),
            Answer::No => {}
        }
    }

    fn denies(&mut self, by: Admission<'p, 'w>, answer: Answer) {
        self.denied = self.denied.or(answer);
        match answer {
            Answer::Yes => self.denying = self.denying.or(Some(by)),
            Answer::Unknown => self.may_deny = self.may_deny.or(Some(by)),
            Answer::No => {}
        }
    }

    fn verdict(self) -> Verdict<'p, 'w> {
        let doubt = |why: &str, policy: Option<&'p Policy<'w>>, rule: Option<&'p PolicyRule>| {
            Verdict::Unknown(Doubt { why: why.to_owned(), policy, rule })
        };
        let of = |by: Option<Admission<'p, 'w>>| (by.map(|by| by.policy), by.map(|by| by.rule));
        match (self.denied, self.isolated, self.allowed) {
            (Answer::Yes, _, _) | (Answer::No, Answer::Yes, Answer::No) => {
                Verdict::Denied(Denial { isolating: self.isolating, denying: self.denying })
            }
            (Answer::Unknown, Answer::Yes, Answer::No) => {
                Verdict::Denied(Denial { isolating: self.isolating, denying: None })
            }
            (Answer::Unknown, _, _) => {
                let (policy, rule) = of(self.may_deny);
                doubt("a rule that denies may be about this traffic", policy, rule)
            }
            (Answer::No, Answer::No, _) | (Answer::No, _, Answer::Yes) => Verdict::Allowed(self.allowing),
            (Answer::No, Answer::Unknown, _) => doubt("a policy may select these pods", self.may_isolate, None),
            (Answer::No, Answer::Yes, Answer::Unknown) => {
                let (policy, rule) = of(self.may_allow);
                doubt("a rule may admit this traffic", policy, rule)
            }
        }
    }
}
