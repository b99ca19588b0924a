//! What one pod asks for. Source: Kubernetes `k8s.io/component-helpers/resource/helpers.go`.

use litemap::LiteMap;

use crate::cluster::quantity::Quantity;
use crate::source::Span;
use crate::yaml::Node;

/// What is asked for, or what is allowed at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Requests: what the scheduler sets aside.
    Requests,
    /// Limits.
    Limits,
}

/// An amount and the value it came from.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// How much.
    pub value: Quantity,
    /// Where it is said; for the default of a chart the place of the release.
    pub place: Span,
    /// Whether it is the default of a chart.
    pub by_default: bool,
}

/// A value that is known, or why it is not.
#[derive(Clone, Debug)]
pub enum Stated {
    /// Known.
    Known(Amount),
    /// Not known, and why.
    Unclear(String),
}

impl Stated {
    /// Reads an amount.
    pub fn read(node: &Node) -> Self {
        if node.is_unknown() {
            return Stated::Unclear(format!("`{}` is not known", node.shown().unwrap_or_default()));
        }
        let text = node.scalar_text();
        match text.as_deref().and_then(Quantity::parse) {
            Some(value) => Stated::Known(Amount { value, place: node.span(), by_default: false }),
            None => Stated::Unclear(format!("`{}` is no amount", text.unwrap_or_default())),
        }
    }

    /// The amount, where it is known.
    pub fn known(&self) -> Option<&Amount> {
        match self {
            Stated::Known(amount) => Some(amount),
            Stated::Unclear(_) => None,
        }
    }
}

/// Amounts by resource.
pub type Amounts = LiteMap<String, Stated>;

/// What one container states.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Span,
    /// An init container that runs on beside the others.
    pub restartable: bool,
    /// What it requests.
    pub requests: Amounts,
    /// What it is limited to.
    pub limits: Amounts,
    /// Why what is absent may be set elsewhere.
    pub open: Option<String>,
}

impl Container {
    /// A container that states nothing.
    pub fn empty(name: &str, place: Span) -> Self {
        Container {
            name: name.to_owned(),
            place,
            restartable: false,
            requests: Amounts::new(),
            limits: Amounts::new(),
            open: None,
        }
    }

    /// Puts what a `resources` map says over what is there; null takes an amount away.
    pub fn overlay(&mut self, resources: &Node) {
        if resources.is_unknown() {
            self.open = Some("its resources are not known".to_owned());
        }
        for (side, key) in [(Side::Requests, "requests"), (Side::Limits, "limits")] {
            let Some(node) = resources.get(key) else { continue };
            if node.is_unknown() {
                self.open = Some(format!("its {key} are not known"));
            }
            let amounts = self.side_mut(side);
            if node.is_null() {
                amounts.clear();
            }
            for entry in node.entries() {
                if entry.value.is_null() {
                    amounts.remove(entry.key.as_str());
                } else {
                    amounts.insert(entry.key.to_string(), Stated::read(&entry.value));
                }
            }
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Amounts {
        match side {
            Side::Requests => &mut self.requests,
            Side::Limits => &mut self.limits,
        }
    }

    /// What is stated on one side.
    pub fn side(&self, side: Side) -> &Amounts {
        match side {
            Side::Requests => &self.requests,
            Side::Limits => &self.limits,
        }
    }

    /// Applies what the API server adds: a limit sets the request; a LimitRange fills in the rest.
    pub fn apply_defaults(&mut self, range: Option<&Defaults>) {
        for (resource, limit) in &self.limits {
            self.requests.entry(resource.clone()).or_insert_with(|| limit.clone());
        }
        let Some(range) = range else { return };
        for (side, amounts) in [(Side::Limits, &range.limits), (Side::Requests, &range.requests)] {
            for (resource, amount) in amounts {
                self.side_mut(side).entry(resource.clone()).or_insert_with(|| amount.clone());
            }
        }
    }
}

/// The defaults that LimitRanges of a namespace give to containers.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    requests: Amounts,
    limits: Amounts,
}

impl Defaults {
    /// Adds what an item of `spec.limits` of type Container says.
    pub fn add(&mut self, item: &Node) {
        let read = |key: &str| -> Amounts {
            item.get(key)
                .into_iter()
                .flat_map(Node::entries)
                .map(|entry| (entry.key.to_string(), Stated::read(&entry.value)))
                .collect()
        };
        let or = |mut first: Amounts, second: Amounts| {
            for (resource, amount) in second {
                first.entry(resource).or_insert(amount);
            }
            first
        };
        let limits = or(read("default"), read("max"));
        let requests = or(or(read("defaultRequest"), limits.clone()), read("min"));
        self.limits = or(std::mem::take(&mut self.limits), limits);
        self.requests = or(std::mem::take(&mut self.requests), requests);
    }
}

/// The containers of a pod.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// Containers.
    pub containers: Vec<Container>,
    /// Init containers, in order.
    pub init: Vec<Container>,
    /// Resources of the pod as a whole.
    pub whole: Option<Container>,
    /// What the runtime class adds.
    pub overhead: Amounts,
    /// Claims made with each pod: `volumes[].ephemeral`.
    pub claims: Vec<super::Claim>,
}

impl Pod {
    /// Reads a pod spec.
    pub fn read(spec: &Node) -> Self {
        let list = |key: &str| spec.get(key).map(Node::items).unwrap_or_default();
        let container = |node: &Node| {
            let named = node.get("name").unwrap_or(node);
            let mut container = Container::empty(&named.shown().unwrap_or_default(), named.span());
            container.restartable = node.get("restartPolicy").and_then(Node::as_str) == Some("Always");
            if let Some(resources) = node.get("resources") {
                container.overlay(resources);
            }
            container
        };
        let whole = spec.get("resources").filter(|node| !node.is_null()).map(|resources| {
            let mut whole = Container::empty("", resources.span());
            whole.overlay(resources);
            whole
        });
        let overhead = spec.get("overhead").into_iter().flat_map(Node::entries);
        let claims = list("volumes").iter().filter_map(|volume| {
            let template = volume.at(&["ephemeral", "volumeClaimTemplate"])?;
            Some(super::Claim::of_template(volume.get("name").and_then(Node::as_str).unwrap_or_default(), template))
        });
        Pod {
            containers: list("containers").iter().map(container).collect(),
            init: list("initContainers").iter().map(container).collect(),
            whole,
            overhead: overhead.map(|entry| (entry.key.to_string(), Stated::read(&entry.value))).collect(),
            claims: claims.collect(),
        }
    }

    /// All containers, the pod as a whole among them.
    pub fn all(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init).chain(&self.whole)
    }

    /// Applies what the API server adds.
    pub fn apply_defaults(&mut self, range: Option<&Defaults>) {
        for container in self.containers.iter_mut().chain(&mut self.init) {
            container.apply_defaults(range);
        }
    }

    /// What one pod asks for of a resource.
    pub fn tally(&self, side: Side, resource: &str) -> Tally {
        let mut sum = Tally::default();
        for container in &self.containers {
            sum.add(container, side, resource);
        }
        let mut beside = Tally::default();
        let mut largest = Tally::default();
        for container in &self.init {
            let mut now = beside.clone();
            if container.restartable {
                sum.add(container, side, resource);
                beside.add(container, side, resource);
                now = beside.clone();
            } else if container.side(side).contains_key(resource) {
                // One that states nothing adds nothing to what the others need.
                now.add(container, side, resource);
            }
            if now.value > largest.value {
                largest.value = now.value;
                largest.biggest = now.biggest;
                largest.gaps = now.gaps;
            } else {
                largest.gaps.extend(now.gaps);
            }
        }
        largest.gaps.retain(|gap| !sum.gaps.contains(gap));
        sum.gaps.append(&mut largest.gaps);
        if largest.value > sum.value {
            sum.value = largest.value;
            sum.biggest = largest.biggest;
        }
        if let Some(whole) = &self.whole {
            self.take_whole(whole, side, resource, &mut sum);
        }
        match self.overhead.get(resource) {
            Some(Stated::Known(amount)) if side == Side::Requests || !sum.value.is_zero() => {
                sum.value = sum.value + amount.value
            }
            Some(Stated::Unclear(why)) => sum.gaps.push(format!("pod overhead: {why}")),
            _ => {}
        }
        sum
    }

    /// Resources of the pod as a whole stand in place of those of its containers.
    fn take_whole(&self, whole: &Container, side: Side, resource: &str, sum: &mut Tally) {
        let by_container =
            side == Side::Requests && self.containers.iter().any(|one| one.requests.contains_key(resource));
        let stated = whole
            .side(side)
            .get(resource)
            .or_else(|| (side == Side::Requests && !by_container).then(|| whole.limits.get(resource)).flatten());
        match stated {
            Some(Stated::Known(amount)) => {
                *sum = Tally { value: amount.value, biggest: Some(*amount), gaps: Vec::new() }
            }
            Some(Stated::Unclear(why)) => sum.gaps = vec![why.clone()],
            None => {}
        }
    }
}

/// A sum over containers.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What is known of it.
    pub value: Quantity,
    /// The largest part.
    pub biggest: Option<Amount>,
    /// What is not known.
    pub gaps: Vec<String>,
}

impl Tally {
    fn add(&mut self, container: &Container, side: Side, resource: &str) {
        match container.side(side).get(resource) {
            Some(Stated::Known(amount)) => {
                self.value = self.value + amount.value;
                if self.biggest.is_none_or(|biggest| biggest.value < amount.value) {
                    self.biggest = Some(*amount);
                }
            }
            Some(Stated::Unclear(why)) => self.gaps.push(format!("container `{}`: {why}", container.name)),
            // A device that is not asked for is not given.
            None if resource.contains('/') || resource.starts_with("hugepages-") => {}
            None => self.gaps.push(match &container.open {
                Some(why) => format!("container `{}`: {why}", container.name),
                None => format!(
                    "container `{}` states no {resource} {}",
                    container.name,
                    match side {
                        Side::Requests => "request",
                        Side::Limits => "limit",
                    }
                ),
            }),
        }
    }
}
