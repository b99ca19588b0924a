//! The fields in which vars are expanded. Source: kustomize `api/internal/konfig/builtinpluginconsts/varreference.go`.

use crate::build::kustomize::field_spec::{FieldSpec, GvkPattern};

/// Kinds with pods, and where their pods stand.
const PODS: [(&str, &str); 7] = [
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("Pod", "spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
];

const CONTAINER_FIELDS: [&str; 4] = ["args", "command", "env/value", "volumeMounts/mountPath"];

/// Everything that follows no pattern. The first and the last of the paths to a file server lead nowhere in a sound
/// object: they stand in kustomize's table all the same.
const OTHERS: [(&str, &str); 15] = [
    ("CronJob", "spec/jobTemplate/spec/template/volumes/nfs/server"),
    ("DaemonSet", "spec/template/spec/volumes/nfs/server"),
    ("Deployment", "spec/template/spec/volumes/nfs/server"),
    ("Job", "spec/template/spec/volumes/nfs/server"),
    ("Pod", "spec/volumes/nfs/server"),
    ("ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    ("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    ("PersistentVolume", "spec/nfs/server"),
    ("Deployment", "spec/template/metadata/annotations"),
    ("Ingress", "spec/rules/host"),
    ("Ingress", "spec/tls/hosts"),
    ("Ingress", "spec/tls/secretName"),
    ("Service", "spec/ports/port"),
    ("Service", "spec/ports/targetPort"),
    ("", "metadata/labels"),
];

/// kustomize's own table.
pub fn built_in_fields() -> Vec<FieldSpec> {
    let field = |kind: &str, path: &str| {
        FieldSpec::new(GvkPattern { kind: kind.to_owned(), ..GvkPattern::default() }, path, false)
    };
    let mut fields = Vec::new();
    for (kind, pod) in PODS {
        for containers in ["containers", "initContainers"] {
            fields.extend(CONTAINER_FIELDS.map(|name| field(kind, &format!("{pod}/{containers}/{name}"))));
        }
    }
    fields.extend(OTHERS.map(|(kind, path)| field(kind, path)));
    fields.push(field("", "metadata/annotations"));
    fields
}
