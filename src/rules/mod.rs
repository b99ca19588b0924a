//! The compiled predicates, and the list of all rules.

mod budget;
mod findings;
mod flux;
mod gateway;
mod kustomize;
mod network;
mod observability;
mod presets;
mod references;
mod schema;
mod secrets;
mod storage;
mod substitution;
mod upgrade;
mod workloads;

use std::sync::LazyLock;

pub use self::presets::{begin, presets};
use crate::fault::Fault;
use crate::rulebook::{AdmissionPolicy, Card, Catalogue, RuleEntry};

/// A card: its text, and its head as the build script left it.
macro_rules! card {
    ($card:literal) => {
        Card::built_in($card, include_str!(concat!("../../rules/", $card, ".md")), table!($card))
    };
}

/// A rule with a predicate: its type and its card.
macro_rules! compiled {
    ($rule:ty, $card:literal) => {
        || card!($card).map(RuleEntry::compiled::<$rule>)
    };
}

/// A rule whose predicate is the `check` block of its card.
macro_rules! data {
    ($card:literal) => {
        || card!($card).map(RuleEntry::data)
    };
}

/// A rule that the build or the engine reports: its card alone.
macro_rules! of_engine {
    ($card:literal) => {
        || card!($card).map(RuleEntry::of_engine)
    };
}

/// Read once: an editor asks for them at every keystroke.
static CATALOGUE: LazyLock<Result<Catalogue, String>> = LazyLock::new(read);

/// Every built-in rule.
///
/// # Errors
/// [`Fault::Internal`] when a built-in card does not load, which the tests exclude.
pub fn catalogue() -> Result<Catalogue, Fault> {
    CATALOGUE.clone().map_err(|message| Fault::Internal { message })
}

/// One line a rule, in the order of the groups.
fn read() -> Result<Catalogue, String> {
    Catalogue::new([
        compiled!(flux::AlertCommitStatusWithoutGit, "flux/alert-commit-status-without-git"),
        compiled!(flux::CrdAndCrTogether, "flux/crd-and-cr-together"),
        compiled!(flux::DependsOnCycle, "flux/depends-on-cycle"),
        compiled!(flux::DependsOnDeadlock, "flux/depends-on-deadlock"),
        compiled!(flux::DependsOnDuplicate, "flux/depends-on-duplicate"),
        compiled!(flux::DependsOnMissing, "flux/depends-on-missing"),
        compiled!(flux::DependsOnNotCovering, "flux/depends-on-not-covering"),
        compiled!(flux::DependsOnRedundant, "flux/depends-on-redundant"),
        compiled!(flux::DependsOnSuspended, "flux/depends-on-suspended"),
        compiled!(flux::DependsOnWithoutReadiness, "flux/depends-on-without-readiness"),
        compiled!(flux::DurationInvalid, "flux/duration-invalid"),
        compiled!(flux::FluxPathMissing, "flux/flux-path-missing"),
        compiled!(flux::GitSshWithoutSecret, "flux/git-ssh-without-secret"),
        compiled!(flux::HealthCheckMissing, "flux/health-check-missing"),
        compiled!(flux::HealthChecksIgnored, "flux/health-checks-ignored"),
        compiled!(flux::HealthExpressionInvalid, "flux/health-expression-invalid"),
        compiled!(flux::HealthExpressionMissing, "flux/health-expression-missing"),
        compiled!(flux::HelmfilePathMissing, "flux/helmfile-path-missing"),
        compiled!(flux::ImagePolicyMarkerMissing, "flux/image-policy-marker-missing"),
        compiled!(flux::ObjectOwnedTwice, "flux/object-owned-twice"),
        compiled!(flux::OperatorNotDeployed, "flux/operator-not-deployed"),
        compiled!(flux::PathCrossesCluster, "flux/path-crosses-cluster"),
        compiled!(flux::PruneUnprotected, "flux/prune-unprotected"),
        compiled!(flux::ReceiverResourceMissing, "flux/receiver-resource-missing"),
        compiled!(flux::ReleaseNameShortened, "flux/release-name-shortened"),
        compiled!(flux::SourceCrossNamespace, "flux/source-cross-namespace"),
        compiled!(flux::SourceMissing, "flux/source-missing"),
        compiled!(flux::SourceRefFloating, "flux/source-ref-floating"),
        compiled!(flux::TimeoutInverted, "flux/timeout-inverted"),
        compiled!(gateway::GatewayBackendMissing, "gateway/gateway-backend-missing"),
        compiled!(gateway::GatewayBackendPortMissing, "gateway/gateway-backend-port-missing"),
        compiled!(gateway::GatewayCertificateHostMismatch, "gateway/gateway-certificate-host-mismatch"),
        compiled!(gateway::GatewayHostnameMismatch, "gateway/gateway-hostname-mismatch"),
        compiled!(gateway::GatewayParentMissing, "gateway/gateway-parent-missing"),
        compiled!(gateway::GatewayRouteNotAllowed, "gateway/gateway-route-not-allowed"),
        compiled!(gateway::IngressBackendMissing, "gateway/ingress-backend-missing"),
        compiled!(gateway::GatewayCertificateMissing, "gateway/gateway-certificate-missing"),
        compiled!(gateway::GatewayListenerDuplicate, "gateway/gateway-listener-duplicate"),
        compiled!(gateway::ReferenceGrantMissing, "gateway/reference-grant-missing"),
        compiled!(gateway::GatewayClassMissing, "gateway/gateway-class-missing"),
        compiled!(gateway::HostDuplicate, "gateway/host-duplicate"),
        compiled!(gateway::IngressClassMissing, "gateway/ingress-class-missing"),
        compiled!(gateway::IngressTlsHostMismatch, "gateway/ingress-tls-host-mismatch"),
        compiled!(kustomize::InputNotRendered, "kustomize/input-not-rendered"),
        compiled!(kustomize::KustomizeFileUnlisted, "kustomize/kustomize-file-unlisted"),
        compiled!(kustomize::NamespaceObjectRenamed, "kustomize/namespace-object-renamed"),
        compiled!(kustomize::NamespaceOverridden, "kustomize/namespace-overridden"),
        compiled!(kustomize::NamespaceUnset, "kustomize/namespace-unset"),
        compiled!(kustomize::PatchCollision, "kustomize/patch-collision"),
        compiled!(kustomize::PatchTargetMismatch, "kustomize/patch-target-mismatch"),
        of_engine!("engine/suppression-expired"),
        of_engine!("engine/suppression-unused"),
        of_engine!("kustomize/build-failed"),
        of_engine!("kustomize/component-missing"),
        of_engine!("kustomize/generator-merge-base-missing"),
        of_engine!("kustomize/kustomization-api-version-invalid"),
        of_engine!("kustomize/kustomization-key-unknown"),
        of_engine!("kustomize/kustomize-directory-undecodable"),
        of_engine!("kustomize/kustomize-resource-duplicate"),
        of_engine!("kustomize/kustomize-resource-missing"),
        of_engine!("kustomize/namespace-transform-conflict"),
        of_engine!("kustomize/patch-body-invalid"),
        of_engine!("kustomize/patch-directive-literal"),
        of_engine!("kustomize/patch-element-lost"),
        of_engine!("kustomize/patch-list-replaced"),
        of_engine!("kustomize/patch-path-missing"),
        of_engine!("kustomize/patch-target-missing"),
        compiled!(substitution::SubstituteFromMissing, "substitution/substitute-from-missing"),
        compiled!(substitution::SubstitutionInert, "substitution/substitution-inert"),
        compiled!(substitution::SubstitutionUnquoted, "substitution/substitution-unquoted"),
        compiled!(substitution::SubstitutionSwallowsAppVariable, "substitution/substitution-swallows-app-variable"),
        compiled!(substitution::SubstitutionVariableUndefined, "substitution/substitution-variable-undefined"),
        of_engine!("substitution/substitution-dollar-lost"),
        of_engine!("substitution/substitution-key-invalid"),
        of_engine!("substitution/substitution-operator-misused"),
        of_engine!("substitution/substitution-switch-ignored"),
        of_engine!("substitution/substitution-syntax-invalid"),
        compiled!(storage::BucketNotProvisioned, "storage/bucket-not-provisioned"),
        compiled!(storage::S3EndpointHostMissing, "storage/s3-endpoint-host-missing"),
        compiled!(storage::S3EndpointPortWrong, "storage/s3-endpoint-port-wrong"),
        compiled!(secrets::SecretNotEncrypted, "secrets/secret-not-encrypted"),
        compiled!(secrets::SecretPartlyEncrypted, "secrets/secret-partly-encrypted"),
        compiled!(secrets::SopsDecryptionMissing, "secrets/sops-decryption-missing"),
        compiled!(secrets::DecryptionSecretMissing, "secrets/decryption-secret-missing"),
        compiled!(secrets::SopsRuleMissing, "secrets/sops-rule-missing"),
        compiled!(secrets::SopsMetadataInvalid, "secrets/sops-metadata-invalid"),
        compiled!(secrets::SopsTypeEncrypted, "secrets/sops-type-encrypted"),
        compiled!(secrets::SopsRuleMismatch, "secrets/sops-rule-mismatch"),
        compiled!(secrets::SopsFileName, "secrets/sops-file-name"),
        compiled!(secrets::SecretInPlainConfig, "secrets/secret-in-plain-config"),
        compiled!(secrets::SecretProducerConflict, "secrets/secret-producer-conflict"),
        compiled!(budget::BudgetDocumentMismatch, "budget/budget-document-mismatch"),
        compiled!(budget::BudgetExceeded, "budget/budget-exceeded"),
        compiled!(budget::BudgetUncounted, "budget/budget-uncounted"),
        compiled!(budget::ChartDefaultHeavy, "budget/chart-default-heavy"),
        compiled!(budget::LimitBelowRequest, "budget/limit-below-request"),
        compiled!(budget::MemoryLimitMissing, "budget/memory-limit-missing"),
        compiled!(budget::QuotaExceeded, "budget/quota-exceeded"),
        compiled!(budget::ResourcesMissing, "budget/resources-missing"),
        compiled!(network::NetworkPolicyBlocksConsumer, "network/network-policy-blocks-consumer"),
        compiled!(network::NetworkPolicyBlocksMonitoring, "network/network-policy-blocks-monitoring"),
        compiled!(network::NetworkPolicyBlocksPeer, "network/network-policy-blocks-peer"),
        compiled!(network::NetworkPolicySelectsNothing, "network/network-policy-selects-nothing"),
        compiled!(network::IpPoolOverlap, "network/ip-pool-overlap"),
        compiled!(network::NetworkPolicyNamespaceOverridden, "network/network-policy-namespace-overridden"),
        compiled!(network::NetworkPolicySourceOpen, "network/network-policy-source-open"),
        compiled!(network::NetworkPolicyNotEnforcing, "network/network-policy-not-enforcing"),
        compiled!(network::NetworkPolicyMissing, "network/network-policy-missing"),
        compiled!(network::NetworkPolicyApiserverMissing, "network/network-policy-apiserver-missing"),
        compiled!(network::NetworkPolicyPeerMatchesNothing, "network/network-policy-peer-matches-nothing"),
        compiled!(network::NetworkPolicyServicePort, "network/network-policy-service-port"),
        compiled!(network::NetworkPolicyDnsMissing, "network/network-policy-dns-missing"),
        compiled!(network::ServiceExposed, "network/service-exposed"),
        compiled!(schema::ChartIdentifierMissing, "schema/chart-identifier-missing"),
        compiled!(schema::ChartRequiredValueMissing, "schema/chart-required-value-missing"),
        compiled!(schema::ChartValueIneffective, "schema/chart-value-ineffective"),
        compiled!(schema::ChartValueInvalid, "schema/chart-value-invalid"),
        compiled!(schema::ChartValueUnknown, "schema/chart-value-unknown"),
        compiled!(schema::CrdMissing, "schema/crd-missing"),
        compiled!(schema::HelmChartAmbiguous, "schema/helm-chart-ambiguous"),
        compiled!(observability::GrafanaDashboardNotLoaded, "observability/grafana-dashboard-not-loaded"),
        compiled!(observability::GrafanaDashboardProviderEmpty, "observability/grafana-dashboard-provider-empty"),
        compiled!(observability::GrafanaDatasourceMissing, "observability/grafana-datasource-missing"),
        compiled!(observability::MinioPrometheusNamespace, "observability/minio-prometheus-namespace"),
        compiled!(observability::MonitorNotSelected, "observability/monitor-not-selected"),
        compiled!(observability::MonitorPortMissing, "observability/monitor-port-missing"),
        compiled!(observability::MonitorSelectsNothing, "observability/monitor-selects-nothing"),
        compiled!(schema::SchemaFieldUnknown, "schema/schema-field-unknown"),
        compiled!(schema::SchemaRequiredMissing, "schema/schema-required-missing"),
        compiled!(schema::SchemaValueInvalid, "schema/schema-value-invalid"),
        compiled!(schema::YamlDateRetyped, "schema/yaml-date-retyped"),
        compiled!(references::SecretMissing, "references/secret-missing"),
        compiled!(references::ConfigmapMissing, "references/configmap-missing"),
        compiled!(references::ValuesFromMissing, "references/values-from-missing"),
        compiled!(references::SecretKeyMissing, "references/secret-key-missing"),
        compiled!(references::ConfigmapKeyMissing, "references/configmap-key-missing"),
        compiled!(references::SecretStoreMissing, "references/secret-store-missing"),
        compiled!(references::IssuerMissing, "references/issuer-missing"),
        compiled!(references::ScaleTargetMissing, "references/scale-target-missing"),
        compiled!(references::ServiceAccountMissing, "references/service-account-missing"),
        compiled!(references::ServiceHostMissing, "references/service-host-missing"),
        compiled!(references::ServicePortMissing, "references/service-port-missing"),
        compiled!(references::CustomReferenceMissing, "references/custom-reference-missing"),
        compiled!(references::NamespaceMissing, "references/namespace-missing"),
        compiled!(storage::PvcMissing, "storage/pvc-missing"),
        compiled!(storage::PvcDataSourceMissing, "storage/pvc-data-source-missing"),
        compiled!(storage::StorageClassMissing, "storage/storage-class-missing"),
        compiled!(storage::SnapshotClassMissing, "storage/snapshot-class-missing"),
        compiled!(references::CnpgExternalClusterMissing, "references/cnpg-external-cluster-missing"),
        compiled!(references::WorkloadSelectorMismatch, "references/workload-selector-mismatch"),
        compiled!(references::PdbSelectsNothing, "references/pdb-selects-nothing"),
        compiled!(references::ServiceSelectsNothing, "references/service-selects-nothing"),
        compiled!(references::SelectorMatchesNothing, "references/selector-matches-nothing"),
        compiled!(references::RbacResourceUnknown, "references/rbac-resource-unknown"),
        compiled!(references::TargetKindUnknown, "references/target-kind-unknown"),
        compiled!(references::RoleRefInvalid, "references/role-ref-invalid"),
        compiled!(storage::PvcNeverMounted, "storage/pvc-never-mounted"),
        compiled!(references::SelectorAbsentSelectsNothing, "references/selector-absent-selects-nothing"),
        compiled!(references::EnvKeyInvalid, "references/env-key-invalid"),
        compiled!(references::EnvVariableMissing, "references/env-variable-missing"),
        compiled!(references::ServiceAccountUnused, "references/service-account-unused"),
        compiled!(references::SubjectMissing, "references/subject-missing"),
        compiled!(references::WebhookBackendMissing, "references/webhook-backend-missing"),
        compiled!(references::AnnotationIneffective, "references/annotation-ineffective"),
        compiled!(storage::MinioPoolTooSmall, "storage/minio-pool-too-small"),
        compiled!(storage::MinioTenantCollision, "storage/minio-tenant-collision"),
        compiled!(storage::MinioConfigInvalid, "storage/minio-config-invalid"),
        compiled!(workloads::ClusterAdminBound, "workloads/cluster-admin-bound"),
        compiled!(workloads::EnvVariableDuplicate, "workloads/env-variable-duplicate"),
        compiled!(workloads::HpaReplicasContested, "workloads/hpa-replicas-contested"),
        compiled!(workloads::PdbBlocking, "workloads/pdb-blocking"),
        compiled!(workloads::PortNameInvalid, "workloads/port-name-invalid"),
        compiled!(workloads::ProbePortMissing, "workloads/probe-port-missing"),
        compiled!(workloads::StatefulsetServiceMissing, "workloads/statefulset-service-missing"),
        compiled!(workloads::HelmHookInert, "workloads/helm-hook-inert"),
        compiled!(workloads::ImageTagMutable, "workloads/image-tag-mutable"),
        compiled!(workloads::PodSecurityViolation, "workloads/pod-security-violation"),
        compiled!(workloads::JobForceMissing, "workloads/job-force-missing"),
        compiled!(workloads::ScriptErrorSwallowed, "workloads/script-error-swallowed"),
        compiled!(observability::LokiRetentionInert, "observability/loki-retention-inert"),
        compiled!(observability::LokiRetentionStoreMissing, "observability/loki-retention-store-missing"),
        compiled!(observability::LokiReplicationHigh, "observability/loki-replication-high"),
        compiled!(observability::LokiModeConflict, "observability/loki-mode-conflict"),
        compiled!(observability::LokiSchemaRewritten, "observability/loki-schema-rewritten"),
        compiled!(observability::LokiStoreMismatch, "observability/loki-store-mismatch"),
        compiled!(observability::LokiExpandEnvMissing, "observability/loki-expand-env-missing"),
        data!("hygiene/capabilities-not-dropped"),
        data!("hygiene/capability-added"),
        data!("hygiene/container-privileged"),
        data!("hygiene/container-runs-as-root"),
        data!("hygiene/cronjob-deadline-missing"),
        data!("hygiene/docker-socket-mounted"),
        data!("hygiene/env-from-secret"),
        data!("hygiene/env-secret-literal"),
        data!("hygiene/host-ipc-shared"),
        data!("hygiene/host-network-shared"),
        data!("hygiene/host-path-mounted"),
        data!("hygiene/host-pid-shared"),
        data!("hygiene/host-port-taken"),
        data!("hygiene/hpa-replicas-low"),
        data!("hygiene/image-pull-policy-lax"),
        data!("hygiene/ingress-tls-missing"),
        data!("hygiene/liveness-probe-missing"),
        data!("hygiene/namespace-default-used"),
        data!("hygiene/pdb-missing"),
        data!("hygiene/pod-spread-missing"),
        data!("hygiene/port-privileged"),
        data!("hygiene/port-ssh"),
        data!("hygiene/priority-class-missing"),
        data!("hygiene/privilege-escalation-allowed"),
        data!("hygiene/probes-identical"),
        data!("hygiene/proc-mount-unmasked"),
        data!("hygiene/rbac-exec-allowed"),
        data!("hygiene/rbac-pods-creatable"),
        data!("hygiene/rbac-secrets-readable"),
        data!("hygiene/rbac-wildcard-used"),
        data!("hygiene/readiness-probe-missing"),
        data!("hygiene/replicas-single"),
        data!("hygiene/rolling-update-missing"),
        data!("hygiene/root-filesystem-writable"),
        data!("hygiene/seccomp-profile-missing"),
        data!("hygiene/service-account-default"),
        data!("hygiene/service-account-field-deprecated"),
        data!("hygiene/service-node-port"),
        data!("hygiene/sysctl-unsafe"),
        data!("hygiene/token-automounted"),
        compiled!(upgrade::ChartValuesMigration, "upgrade/chart-values-migration"),
        compiled!(upgrade::FluxBehaviourChange, "upgrade/flux-behaviour-change"),
        compiled!(upgrade::ApiVersionNotServed, "upgrade/api-version-not-served"),
        compiled!(upgrade::FluxApiRemoved, "upgrade/flux-api-removed"),
        compiled!(upgrade::FluxFieldRemoved, "upgrade/flux-field-removed"),
        compiled!(upgrade::KubernetesApiRemoved, "upgrade/kubernetes-api-removed"),
        compiled!(upgrade::ChartMoved, "upgrade/chart-moved"),
        compiled!(upgrade::ImageSourceAbandoned, "upgrade/image-source-abandoned"),
        compiled!(upgrade::ImmutableFieldChanged, "upgrade/immutable-field-changed"),
        compiled!(upgrade::StatefulObjectRemoved, "upgrade/stateful-object-removed"),
        compiled!(upgrade::LokiModeDeprecated, "upgrade/loki-mode-deprecated"),
        compiled!(storage::S3EndpointSchemeWrong, "storage/s3-endpoint-scheme-wrong"),
        compiled!(storage::S3PathStyleMissing, "storage/s3-path-style-missing"),
        compiled!(storage::S3CredentialsIncomplete, "storage/s3-credentials-incomplete"),
        compiled!(storage::BucketNameInvalid, "storage/bucket-name-invalid"),
        compiled!(storage::BucketUnused, "storage/bucket-unused"),
        compiled!(storage::BucketShared, "storage/bucket-shared"),
        compiled!(storage::S3PolicyNotCovering, "storage/s3-policy-not-covering"),
        compiled!(storage::S3PolicyTooWide, "storage/s3-policy-too-wide"),
        compiled!(storage::S3CredentialSplit, "storage/s3-credential-split"),
        compiled!(storage::ReplicaStorageConflict, "storage/replica-storage-conflict"),
        compiled!(storage::StorageCapacityShort, "storage/storage-capacity-short"),
        of_engine!("schema/object-type-missing"),
        of_engine!("schema/yaml-alias-undefined"),
        of_engine!("schema/yaml-anchor-redefined"),
        of_engine!("schema/yaml-document-ignored"),
        of_engine!("schema/yaml-key-duplicate"),
        of_engine!("schema/yaml-syntax-invalid"),
        of_engine!("engine/file-unreadable"),
        of_engine!("engine/internal-error"),
        of_engine!("engine/limit-exceeded"),
        of_engine!("engine/rule-error"),
        compiled!(AdmissionPolicy, "engine/admission-policy"),
    ])
}
