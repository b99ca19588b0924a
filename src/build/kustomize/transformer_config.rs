//! Which fields the transformers touch: kustomize's own table, and what `configurations:` and `crds:` add to it.
//! Source: kustomize `api/internal/konfig/builtinpluginconsts`, `api/internal/plugins/builtinconfig`.

use std::sync::{Arc, LazyLock};

use super::field_spec::{FieldSpec, FieldSpecConflict, GvkPattern};
use super::vars;
use crate::yaml::Node;

/// The fields that hold names of a kind of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameReference {
    /// The objects named.
    pub target: GvkPattern,
    /// The fields that name them.
    pub fields: Vec<FieldSpec>,
}

/// The fields of every transformer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransformerConfig {
    /// Fields that `namePrefix` changes.
    pub name_prefix: Vec<FieldSpec>,
    /// Fields that `nameSuffix` changes.
    pub name_suffix: Vec<FieldSpec>,
    /// Fields that `namespace` sets, besides `metadata.namespace`.
    pub namespace: Vec<FieldSpec>,
    /// Fields that `commonLabels`, and `labels` with selectors, set.
    pub common_labels: Vec<FieldSpec>,
    /// Further fields that every entry of `labels` sets.
    pub labels: Vec<FieldSpec>,
    /// Fields that `labels` with templates set.
    pub template_labels: Vec<FieldSpec>,
    /// Fields that `commonAnnotations` set.
    pub common_annotations: Vec<FieldSpec>,
    /// Fields that hold names.
    pub name_reference: Vec<NameReference>,
    /// Fields in which `vars` are expanded.
    pub var_reference: Vec<FieldSpec>,
    /// Fields that hold images.
    pub images: Vec<FieldSpec>,
    /// Fields that hold a number of replicas.
    pub replicas: Vec<FieldSpec>,
}

static BUILT_IN: LazyLock<Arc<TransformerConfig>> = LazyLock::new(|| Arc::new(make_built_in()));

impl TransformerConfig {
    /// kustomize's own table.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// Reads a file of `configurations:`.
    pub fn read(root: &Node) -> Self {
        let list = |key: &str| -> Vec<FieldSpec> {
            root.field(key).map(Node::items).unwrap_or_default().iter().filter_map(FieldSpec::read).collect()
        };
        let references = root.field("nameReference").map(Node::items).unwrap_or_default();
        TransformerConfig {
            name_prefix: list("namePrefix"),
            name_suffix: list("nameSuffix"),
            namespace: list("namespace"),
            common_labels: list("commonLabels"),
            labels: list("labels"),
            template_labels: list("templateLabels"),
            common_annotations: list("commonAnnotations"),
            name_reference: references
                .iter()
                .map(|row| NameReference {
                    target: GvkPattern::read(row),
                    fields: row
                        .field("fieldSpecs")
                        .map(Node::items)
                        .unwrap_or_default()
                        .iter()
                        .filter_map(FieldSpec::read)
                        .collect(),
                })
                .collect(),
            var_reference: list("varReference"),
            images: list("images"),
            replicas: list("replicas"),
        }
    }

    /// Takes over what another table has, and sorts: specific kinds come first, so that merging the result into an
    /// empty table drops what a more general field covers, as it does in kustomize.
    ///
    /// # Errors
    /// The two disagree on whether a field is created.
    pub fn merge(&mut self, other: &TransformerConfig) -> Result<(), FieldSpecConflict> {
        for (own, new) in [
            (&mut self.name_prefix, &other.name_prefix),
            (&mut self.name_suffix, &other.name_suffix),
            (&mut self.namespace, &other.namespace),
            (&mut self.common_labels, &other.common_labels),
            (&mut self.labels, &other.labels),
            (&mut self.template_labels, &other.template_labels),
            (&mut self.common_annotations, &other.common_annotations),
            (&mut self.var_reference, &other.var_reference),
            (&mut self.images, &other.images),
            (&mut self.replicas, &other.replicas),
        ] {
            merge_fields(own, new)?;
        }
        for new in &other.name_reference {
            match self.name_reference.iter_mut().find(|own| own.target == new.target) {
                Some(own) => merge_fields(&mut own.fields, &new.fields)?,
                None => self.name_reference.push(new.clone()),
            }
        }
        self.name_reference.sort_by_cached_key(|row| row.target.rank());
        Ok(())
    }
}

fn merge_fields(own: &mut Vec<FieldSpec>, new: &[FieldSpec]) -> Result<(), FieldSpecConflict> {
    new.iter().cloned().try_for_each(|field| FieldSpec::merge(own, field))?;
    own.sort_by_cached_key(|field| field.gvk.rank());
    Ok(())
}

fn field(group: &str, version: &str, kind: &str, path: &str, create: bool) -> FieldSpec {
    let gvk = GvkPattern { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
    FieldSpec::new(gvk, path, create)
}

/// Kinds with a pod template: group, version, kind.
const POD_TEMPLATES: [(&str, &str, &str); 6] = [
    ("", "v1", "ReplicationController"),
    ("", "", "Deployment"),
    ("", "", "ReplicaSet"),
    ("", "", "DaemonSet"),
    ("apps", "", "StatefulSet"),
    ("batch", "", "Job"),
];

fn make_built_in() -> TransformerConfig {
    let mut template_labels = template_metadata("labels", "apps");
    template_labels.push(field("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true));
    let mut common_labels = selectors();
    common_labels.extend(template_labels.iter().cloned());
    let pods = ["spec", "spec/template/spec"];
    let images = ["containers[]/image", "initContainers[]/image", "volumes[]/image/reference"];
    TransformerConfig {
        name_prefix: vec![field("", "", "", "metadata/name", false)],
        name_suffix: vec![field("", "", "", "metadata/name", false)],
        namespace: vec![
            field("", "", "Namespace", "metadata/name", true),
            field("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", true),
            field(
                "apiextensions.k8s.io",
                "",
                "CustomResourceDefinition",
                "spec/conversion/webhook/clientConfig/service/namespace",
                false,
            ),
        ],
        common_labels,
        labels: Vec::new(),
        template_labels,
        common_annotations: template_metadata("annotations", ""),
        name_reference: name_references(),
        var_reference: vars::built_in_fields(),
        images: pods
            .iter()
            .flat_map(|pod| images.iter().map(move |image| field("", "", "", &format!("{pod}/{image}"), true)))
            .collect(),
        replicas: ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
            .iter()
            .map(|kind| field("", "", kind, "spec/replicas", true))
            .collect(),
    }
}

/// The metadata of an object and of the pod templates in it. Annotations of a StatefulSet are set in any group.
fn template_metadata(what: &str, stateful_set_group: &str) -> Vec<FieldSpec> {
    let mut fields = vec![field("", "", "", &format!("metadata/{what}"), true)];
    for (group, version, kind) in POD_TEMPLATES {
        let group = if kind == "StatefulSet" { stateful_set_group } else { group };
        fields.push(field(group, version, kind, &format!("spec/template/metadata/{what}"), true));
    }
    for template in ["spec/jobTemplate", "spec/jobTemplate/spec/template"] {
        fields.push(field("batch", "", "CronJob", &format!("{template}/metadata/{what}"), true));
    }
    fields
}

fn selectors() -> Vec<FieldSpec> {
    let mut fields = vec![
        field("", "v1", "Service", "spec/selector", true),
        field("", "v1", "ReplicationController", "spec/selector", true),
        field("", "", "Deployment", "spec/selector/matchLabels", true),
        field("", "", "ReplicaSet", "spec/selector/matchLabels", true),
        field("", "", "DaemonSet", "spec/selector/matchLabels", true),
        field("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
        field("batch", "", "Job", "spec/selector/matchLabels", false),
        field("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
        field("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
    ];
    for path in ["spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"] {
        fields.push(field("networking.k8s.io", "", "NetworkPolicy", &format!("{path}/matchLabels"), false));
    }
    let (preferred, required) = (
        "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
        "requiredDuringSchedulingIgnoredDuringExecution",
    );
    for kind in ["Deployment", "StatefulSet"] {
        for affinity in ["affinity/podAffinity", "affinity/podAntiAffinity"] {
            for strength in [preferred, required] {
                let path = format!("spec/template/spec/{affinity}/{strength}/labelSelector/matchLabels");
                fields.push(field("apps", "", kind, &path, false));
            }
        }
        let path = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels";
        fields.push(field("apps", "", kind, path, false));
    }
    fields
}

/// Kinds that hold a pod, and where.
const POD_ROOTS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("PodTemplate", "template/spec"),
];

fn name_references() -> Vec<NameReference> {
    let mut references = Vec::new();
    let mut add = |group: &str, version: &str, kind: &str, fields: Vec<FieldSpec>| {
        let target = GvkPattern { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
        references.push(NameReference { target, fields });
    };
    // ReplicationController has no references to ConfigMaps and Secrets, ReplicaSet none to accounts, claims and
    // priority classes, PodTemplate only to ConfigMaps and Secrets.
    let below = |kinds: &dyn Fn(&str) -> bool, paths: &[&str]| -> Vec<FieldSpec> {
        let roots = POD_ROOTS.iter().filter(|(kind, _)| kinds(kind));
        roots
            .flat_map(|(kind, root)| {
                paths.iter().map(move |path| field("", "", kind, &format!("{root}/{path}"), false))
            })
            .collect()
    };
    let mounts = |kind: &str| kind != "ReplicationController";
    let core_pods = |mut fields: Vec<FieldSpec>| {
        let pods = fields.iter_mut().filter(|field| field.gvk.kind == "Pod");
        pods.for_each(|field| field.gvk.version = "v1".to_owned());
        fields
    };
    let runs = |kind: &str| !matches!(kind, "ReplicaSet" | "PodTemplate");
    let scaled = || vec![field("", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name", false)];
    for kind in ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"] {
        add("", "", kind, scaled());
    }
    let mut config_map = core_pods(below(
        &mounts,
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
    ));
    config_map.extend([
        field("", "", "Node", "spec/configSource/configMap", false),
        field("", "", "Role", "rules/resourceNames", false),
        field("", "", "ClusterRole", "rules/resourceNames", false),
        field("", "", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap", false),
    ]);
    add("", "v1", "ConfigMap", config_map);
    let mut secret = core_pods(below(
        &mounts,
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
    ));
    secret.push(field("", "", "Ingress", "spec/tls/secretName", false));
    for annotation in ["ingress.kubernetes.io", "nginx.ingress.kubernetes.io"] {
        secret.push(field("", "", "Ingress", &format!("metadata/annotations/{annotation}\\/auth-secret"), false));
    }
    secret.push(field("", "", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret", false));
    secret.push(field("", "", "ServiceAccount", "imagePullSecrets/name", false));
    for key in ["secretName", "adminSecretName", "userSecretName", "secretRef"] {
        secret.push(field("", "", "StorageClass", &format!("parameters/{key}"), false));
    }
    for kind in ["Role", "ClusterRole"] {
        secret.push(field("", "", kind, "rules/resourceNames", false));
    }
    secret.extend([
        field(
            "serving.knative.dev",
            "v1",
            "Service",
            "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
            false,
        ),
        field("", "", "PersistentVolume", "spec/azureFile/secretName", false),
    ]);
    add("", "v1", "Secret", secret);
    let mut service = vec![field("apps", "", "StatefulSet", "spec/serviceName", false)];
    for path in [
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
    ] {
        service.push(field("", "", "Ingress", path, false));
    }
    service.push(field("apiregistration.k8s.io", "", "APIService", "spec/service/name", false));
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        service.push(field("admissionregistration.k8s.io", "", kind, "webhooks/clientConfig/service", false));
    }
    add("", "v1", "Service", service);
    let rbac = "rbac.authorization.k8s.io";
    add(rbac, "", "Role", vec![field(rbac, "", "RoleBinding", "roleRef/name", false)]);
    add(
        rbac,
        "",
        "ClusterRole",
        ["RoleBinding", "ClusterRoleBinding"].map(|kind| field(rbac, "", kind, "roleRef/name", false)).to_vec(),
    );
    let mut account =
        ["RoleBinding", "ClusterRoleBinding"].map(|kind| field(rbac, "", kind, "subjects", false)).to_vec();
    account.extend(below(&runs, &["serviceAccountName"]));
    add("", "v1", "ServiceAccount", account);
    add("", "v1", "PersistentVolumeClaim", below(&runs, &["volumes/persistentVolumeClaim/claimName"]));
    add(
        "",
        "v1",
        "PersistentVolume",
        vec![
            field("", "", "PersistentVolumeClaim", "spec/volumeName", false),
            field("", "", "ClusterRole", "rules/resourceNames", false),
        ],
    );
    add(
        "storage.k8s.io",
        "v1",
        "StorageClass",
        vec![
            field("", "", "PersistentVolume", "spec/storageClassName", false),
            field("", "", "PersistentVolumeClaim", "spec/storageClassName", false),
            field("", "", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName", false),
        ],
    );
    add("scheduling.k8s.io", "v1", "PriorityClass", below(&runs, &["priorityClassName"]));
    // Written upstream with the version inside the group, so it selects nothing; kept because a `configurations` file
    // is merged with it.
    add("networking.k8s.io/v1", "v1", "IngressClass", vec![field("", "", "Ingress", "spec/ingressClassName", false)]);
    add(
        "admissionregistration.k8s.io",
        "",
        "ValidatingAdmissionPolicy",
        vec![field("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding", "spec/policyName", false)],
    );
    references
}
