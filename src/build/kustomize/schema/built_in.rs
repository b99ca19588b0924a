//! The schema that kustomize carries: kinds, their scope, and the lists in them that merge.
//!
//! Source: kustomize `kyaml/openapi` v0.21.1, which holds the API of Kubernetes v1.21.2 and no newer one. Only lists that
//! can be reached are here: what stands in a list that is replaced whole is never merged.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::build::object::Gvk;

/// A type, as far as lists that merge can be reached through it.
#[derive(Debug)]
pub struct Type {
    fields: &'static [(&'static str, Field)],
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// A map.
    Map(&'static Type),
    /// A list merged by the values of these keys, and its elements.
    Keyed(&'static [&'static str], &'static Type),
    /// A list merged as a set of plain values.
    Set,
}

impl Type {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<Field> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, field)| *field)
    }
}

/// Whether a kind lives in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// Outside of namespaces.
    Cluster,
    /// The schema does not say: kustomize takes it for namespaced.
    Unsaid,
}

use Field::{Keyed, Map, Set};
use Scope::{Cluster, Namespaced, Unsaid};

const NAME: &[&str] = &["name"];

pub const PLAIN: &Type = &NOTHING;
const NOTHING: Type = Type { fields: &[] };
const META: Type = Type { fields: &[("finalizers", Set), ("ownerReferences", Keyed(&["uid"], PLAIN))] };
const OBJECT: Type = Type { fields: &[("metadata", Map(&META))] };
const STATUS: Type = Type { fields: &[CONDITIONS] };
const CONDITIONS: (&str, Field) = ("conditions", Keyed(&["type"], PLAIN));
const WITH_CONDITIONS: Type = Type { fields: &[("metadata", Map(&META)), ("status", Map(&STATUS))] };

const CONTAINER: Type = Type {
    fields: &[
        ("env", Keyed(NAME, PLAIN)),
        ("ports", Keyed(&["containerPort", "protocol"], PLAIN)),
        ("volumeMounts", Keyed(&["mountPath"], PLAIN)),
        ("volumeDevices", Keyed(&["devicePath"], PLAIN)),
    ],
};
// Its ports carry no strategy.
const EPHEMERAL_CONTAINER: Type = Type {
    fields: &[
        ("env", Keyed(NAME, PLAIN)),
        ("volumeMounts", Keyed(&["mountPath"], PLAIN)),
        ("volumeDevices", Keyed(&["devicePath"], PLAIN)),
    ],
};
const EPHEMERAL_VOLUME: Type = Type { fields: &[("volumeClaimTemplate", Map(&OBJECT))] };
const VOLUME: Type = Type { fields: &[("ephemeral", Map(&EPHEMERAL_VOLUME))] };
const POD_SPEC: Type = Type {
    fields: &[
        ("containers", Keyed(NAME, &CONTAINER)),
        ("initContainers", Keyed(NAME, &CONTAINER)),
        ("ephemeralContainers", Keyed(NAME, &EPHEMERAL_CONTAINER)),
        ("volumes", Keyed(NAME, &VOLUME)),
        ("imagePullSecrets", Keyed(NAME, PLAIN)),
        ("hostAliases", Keyed(&["ip"], PLAIN)),
        ("topologySpreadConstraints", Keyed(&["topologyKey", "whenUnsatisfiable"], PLAIN)),
    ],
};
const POD_STATUS: Type = Type { fields: &[CONDITIONS, ("podIPs", Keyed(&["ip"], PLAIN))] };
const POD: Type = Type { fields: &[("metadata", Map(&META)), ("spec", Map(&POD_SPEC)), ("status", Map(&POD_STATUS))] };
const TEMPLATE: Type = Type { fields: &[("metadata", Map(&META)), ("spec", Map(&POD_SPEC))] };
const POD_TEMPLATE: Type = Type { fields: &[("metadata", Map(&META)), ("template", Map(&TEMPLATE))] };
const WORKLOAD_SPEC: Type = Type { fields: &[("template", Map(&TEMPLATE))] };
const WORKLOAD: Type =
    Type { fields: &[("metadata", Map(&META)), ("spec", Map(&WORKLOAD_SPEC)), ("status", Map(&STATUS))] };
const JOB_TEMPLATE: Type = Type { fields: &[("metadata", Map(&META)), ("spec", Map(&WORKLOAD_SPEC))] };
const CRON_JOB_SPEC: Type = Type { fields: &[("jobTemplate", Map(&JOB_TEMPLATE))] };
const CRON_JOB: Type = Type { fields: &[("metadata", Map(&META)), ("spec", Map(&CRON_JOB_SPEC))] };

const SERVICE_SPEC: Type = Type { fields: &[("ports", Keyed(&["port", "protocol"], PLAIN))] };
const SERVICE: Type =
    Type { fields: &[("metadata", Map(&META)), ("spec", Map(&SERVICE_SPEC)), ("status", Map(&STATUS))] };
const SERVICE_ACCOUNT: Type = Type { fields: &[("metadata", Map(&META)), ("secrets", Keyed(NAME, PLAIN))] };
const NODE_SPEC: Type = Type { fields: &[("podCIDRs", Set)] };
const NODE_STATUS: Type = Type { fields: &[CONDITIONS, ("addresses", Keyed(&["type"], PLAIN))] };
const NODE: Type =
    Type { fields: &[("metadata", Map(&META)), ("spec", Map(&NODE_SPEC)), ("status", Map(&NODE_STATUS))] };
const COMPONENT_STATUS: Type = Type { fields: &[("metadata", Map(&META)), CONDITIONS] };
const WEBHOOKS: Type = Type { fields: &[("metadata", Map(&META)), ("webhooks", Keyed(NAME, PLAIN))] };
const CSI_NODE_SPEC: Type = Type { fields: &[("drivers", Keyed(NAME, PLAIN))] };
const CSI_NODE: Type = Type { fields: &[("metadata", Map(&META)), ("spec", Map(&CSI_NODE_SPEC))] };
const KUSTOMIZATION: Type =
    Type { fields: &[("configMapGenerator", Keyed(NAME, PLAIN)), ("secretGenerator", Keyed(NAME, PLAIN))] };

/// Definitions that documents refer to, by their names in the Kubernetes API.
const DEFINITIONS: &[(&str, &Type)] = &[
    ("io.k8s.api.core.v1.PodTemplateSpec", &TEMPLATE),
    ("io.k8s.api.core.v1.PodSpec", &POD_SPEC),
    ("io.k8s.api.core.v1.Container", &CONTAINER),
    ("io.k8s.api.core.v1.EphemeralContainer", &EPHEMERAL_CONTAINER),
    ("io.k8s.api.core.v1.Volume", &VOLUME),
    ("io.k8s.api.core.v1.ServiceSpec", &SERVICE_SPEC),
    ("io.k8s.api.batch.v1.JobTemplateSpec", &JOB_TEMPLATE),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", &META),
];

/// Kinds of one group and type: group, versions, scope, type, kinds.
type Row = (&'static str, &'static [&'static str], Scope, &'static Type, &'static [&'static str]);

const V1: &[&str] = &["v1"];
const V1_AND_BETA: &[&str] = &["v1", "v1beta1"];
const BETA: &[&str] = &["v1beta1"];

/// Kinds without metadata are left out: nothing in them merges.
const KINDS: &[Row] = &[
    ("", V1, Namespaced, &OBJECT, &["ConfigMap", "Endpoints", "Event", "LimitRange", "ResourceQuota", "Secret"]),
    ("", V1, Unsaid, &OBJECT, &["Binding"]),
    ("", V1, Cluster, &OBJECT, &["PersistentVolume"]),
    ("", V1, Cluster, &WITH_CONDITIONS, &["Namespace"]),
    ("", V1, Namespaced, &WITH_CONDITIONS, &["PersistentVolumeClaim"]),
    ("", V1, Cluster, &COMPONENT_STATUS, &["ComponentStatus"]),
    ("", V1, Cluster, &NODE, &["Node"]),
    ("", V1, Namespaced, &POD, &["Pod"]),
    ("", V1, Namespaced, &POD_TEMPLATE, &["PodTemplate"]),
    ("", V1, Namespaced, &WORKLOAD, &["ReplicationController"]),
    ("", V1, Namespaced, &SERVICE, &["Service"]),
    ("", V1, Namespaced, &SERVICE_ACCOUNT, &["ServiceAccount"]),
    (
        "admissionregistration.k8s.io",
        V1_AND_BETA,
        Cluster,
        &WEBHOOKS,
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", V1_AND_BETA, Cluster, &WITH_CONDITIONS, &["APIService"]),
    ("apps", V1, Namespaced, &OBJECT, &["ControllerRevision"]),
    ("apps", V1, Namespaced, &WORKLOAD, &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("authentication.k8s.io", V1, Unsaid, &OBJECT, &["TokenRequest"]),
    ("authentication.k8s.io", V1_AND_BETA, Unsaid, &OBJECT, &["TokenReview"]),
    (
        "authorization.k8s.io",
        V1_AND_BETA,
        Unsaid,
        &OBJECT,
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    ),
    ("autoscaling", &["v1", "v2beta1", "v2beta2"], Namespaced, &OBJECT, &["HorizontalPodAutoscaler"]),
    ("autoscaling", V1, Namespaced, &OBJECT, &["Scale"]),
    ("batch", V1_AND_BETA, Namespaced, &CRON_JOB, &["CronJob"]),
    ("batch", V1, Namespaced, &WORKLOAD, &["Job"]),
    ("certificates.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["CertificateSigningRequest"]),
    ("coordination.k8s.io", V1_AND_BETA, Namespaced, &OBJECT, &["Lease"]),
    ("discovery.k8s.io", V1_AND_BETA, Namespaced, &OBJECT, &["EndpointSlice"]),
    ("events.k8s.io", V1_AND_BETA, Namespaced, &OBJECT, &["Event"]),
    ("extensions", BETA, Namespaced, &OBJECT, &["Ingress"]),
    ("flowcontrol.apiserver.k8s.io", BETA, Cluster, &OBJECT, &["FlowSchema", "PriorityLevelConfiguration"]),
    ("kustomize.config.k8s.io", BETA, Unsaid, &KUSTOMIZATION, &["Kustomization"]),
    ("networking.k8s.io", V1_AND_BETA, Namespaced, &OBJECT, &["Ingress"]),
    ("networking.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["IngressClass"]),
    ("networking.k8s.io", V1, Namespaced, &OBJECT, &["NetworkPolicy"]),
    ("node.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["RuntimeClass"]),
    ("policy", BETA, Unsaid, &OBJECT, &["Eviction"]),
    ("policy", V1_AND_BETA, Namespaced, &WITH_CONDITIONS, &["PodDisruptionBudget"]),
    ("policy", BETA, Cluster, &OBJECT, &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["ClusterRole", "ClusterRoleBinding"]),
    ("rbac.authorization.k8s.io", V1_AND_BETA, Namespaced, &OBJECT, &["Role", "RoleBinding"]),
    ("scheduling.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["PriorityClass"]),
    ("storage.k8s.io", V1_AND_BETA, Cluster, &OBJECT, &["CSIDriver", "StorageClass", "VolumeAttachment"]),
    ("storage.k8s.io", V1_AND_BETA, Cluster, &CSI_NODE, &["CSINode"]),
    ("storage.k8s.io", BETA, Namespaced, &OBJECT, &["CSIStorageCapacity"]),
];

type Rows = HashMap<(&'static str, &'static str), Vec<&'static Row>>;

/// By group and kind: the scope of an object is asked for at every step.
static BY_KIND: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows = Rows::new();
    for row in KINDS {
        for kind in row.4 {
            rows.entry((row.0, kind)).or_default().push(row);
        }
    }
    rows
});

fn row(group: &str, kind: &str, version: impl Fn(&[&str]) -> bool) -> Option<&'static Row> {
    BY_KIND.get(&(group, kind))?.iter().find(|row| version(row.1)).copied()
}

/// The type behind a reference such as `#/definitions/io.k8s.api.core.v1.PodSpec`.
pub fn definition(reference: &str) -> Option<&'static Type> {
    let name = reference.strip_prefix("#/definitions/")?;
    DEFINITIONS.iter().find(|(own, _)| *own == name).map(|(_, found)| *found)
}

/// The type of a kind, or `None` for a custom resource and for a kind newer than the schema.
pub fn type_of(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    row(group, kind, |versions| versions.contains(&version)).map(|(_, _, _, found, _)| *found)
}

/// The scope of a kind in exactly this version.
pub fn scope_of(gvk: &Gvk) -> Scope {
    row(&gvk.group, &gvk.kind, |versions| versions.contains(&gvk.version.as_str())).map_or(Unsaid, |row| row.2)
}

/// Whether a kind lives outside of namespaces in any version of the schema.
pub fn is_cluster_kind(group: &str, kind: &str) -> bool {
    row(group, kind, |_| true).is_some_and(|row| row.2 == Cluster)
}
