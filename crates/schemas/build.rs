//! Generates the schemas of every built-in kind, without their descriptions, and packs them into one file.

use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use k8s_openapi as k8s;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// Adds one kind: where its schema is, and whether its objects have a namespace.
fn add<T>(generator: &mut SchemaGenerator, kinds: &mut Map<String, Value>)
where
    T: k8s::Resource + schemars::JsonSchema,
    T::Scope: Scoped,
{
    let _ = generator.subschema_for::<T>();
    let name = match T::GROUP {
        "" => format!("{}/{}", T::VERSION, T::KIND),
        group => format!("{group}/{}/{}", T::VERSION, T::KIND),
    };
    kinds.insert(name, json!({ "definition": T::schema_name(), "namespaced": T::Scope::NAMESPACED }));
}

/// Whether objects have a namespace.
trait Scoped {
    const NAMESPACED: bool;
}

impl Scoped for k8s::NamespaceResourceScope {
    const NAMESPACED: bool = true;
}

impl Scoped for k8s::ClusterResourceScope {
    const NAMESPACED: bool = false;
}

/// The kinds that stand in manifests. k8s-openapi keeps no list of them.
macro_rules! kinds {
    ($($kind:path),* $(,)?) => {
        fn kinds(generator: &mut SchemaGenerator) -> Map<String, Value> {
            let mut kinds = Map::new();
            $(add::<$kind>(generator, &mut kinds);)*
            kinds
        }
    };
}

kinds![
    k8s::api::admissionregistration::v1::MutatingAdmissionPolicy,
    k8s::api::admissionregistration::v1::MutatingAdmissionPolicyBinding,
    k8s::api::admissionregistration::v1::MutatingWebhookConfiguration,
    k8s::api::admissionregistration::v1::ValidatingAdmissionPolicy,
    k8s::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding,
    k8s::api::admissionregistration::v1::ValidatingWebhookConfiguration,
    k8s::api::admissionregistration::v1alpha1::MutatingAdmissionPolicy,
    k8s::api::admissionregistration::v1alpha1::MutatingAdmissionPolicyBinding,
    k8s::api::admissionregistration::v1beta1::MutatingAdmissionPolicy,
    k8s::api::admissionregistration::v1beta1::MutatingAdmissionPolicyBinding,
    k8s::api::apiserverinternal::v1alpha1::StorageVersion,
    k8s::api::apps::v1::ControllerRevision,
    k8s::api::apps::v1::DaemonSet,
    k8s::api::apps::v1::Deployment,
    k8s::api::apps::v1::ReplicaSet,
    k8s::api::apps::v1::StatefulSet,
    k8s::api::autoscaling::v1::HorizontalPodAutoscaler,
    k8s::api::autoscaling::v2::HorizontalPodAutoscaler,
    k8s::api::batch::v1::CronJob,
    k8s::api::batch::v1::Job,
    k8s::api::certificates::v1::CertificateSigningRequest,
    k8s::api::certificates::v1::ClusterTrustBundle,
    k8s::api::certificates::v1::PodCertificateRequest,
    k8s::api::certificates::v1beta1::ClusterTrustBundle,
    k8s::api::certificates::v1beta1::PodCertificateRequest,
    k8s::api::coordination::v1::Lease,
    k8s::api::coordination::v1alpha2::LeaseCandidate,
    k8s::api::coordination::v1beta1::LeaseCandidate,
    k8s::api::core::v1::ComponentStatus,
    k8s::api::core::v1::ConfigMap,
    k8s::api::core::v1::Endpoints,
    k8s::api::core::v1::Event,
    k8s::api::core::v1::LimitRange,
    k8s::api::core::v1::Namespace,
    k8s::api::core::v1::Node,
    k8s::api::core::v1::PersistentVolume,
    k8s::api::core::v1::PersistentVolumeClaim,
    k8s::api::core::v1::Pod,
    k8s::api::core::v1::PodTemplate,
    k8s::api::core::v1::ReplicationController,
    k8s::api::core::v1::ResourceQuota,
    k8s::api::core::v1::Secret,
    k8s::api::core::v1::Service,
    k8s::api::core::v1::ServiceAccount,
    k8s::api::discovery::v1::EndpointSlice,
    k8s::api::events::v1::Event,
    k8s::api::flowcontrol::v1::FlowSchema,
    k8s::api::flowcontrol::v1::PriorityLevelConfiguration,
    k8s::api::networking::v1::Ingress,
    k8s::api::networking::v1::IngressClass,
    k8s::api::networking::v1::IPAddress,
    k8s::api::networking::v1::NetworkPolicy,
    k8s::api::networking::v1::ServiceCIDR,
    k8s::api::node::v1::RuntimeClass,
    k8s::api::policy::v1::PodDisruptionBudget,
    k8s::api::rbac::v1::ClusterRole,
    k8s::api::rbac::v1::ClusterRoleBinding,
    k8s::api::rbac::v1::Role,
    k8s::api::rbac::v1::RoleBinding,
    k8s::api::resource::v1::DeviceClass,
    k8s::api::resource::v1::DeviceTaintRule,
    k8s::api::resource::v1::ResourceClaim,
    k8s::api::resource::v1::ResourceClaimTemplate,
    k8s::api::resource::v1::ResourceSlice,
    k8s::api::resource::v1alpha3::DeviceTaintRule,
    k8s::api::resource::v1alpha3::ResourcePoolStatusRequest,
    k8s::api::resource::v1beta1::DeviceClass,
    k8s::api::resource::v1beta1::ResourceClaim,
    k8s::api::resource::v1beta1::ResourceClaimTemplate,
    k8s::api::resource::v1beta1::ResourceSlice,
    k8s::api::resource::v1beta2::DeviceClass,
    k8s::api::resource::v1beta2::DeviceTaintRule,
    k8s::api::resource::v1beta2::ResourceClaim,
    k8s::api::resource::v1beta2::ResourceClaimTemplate,
    k8s::api::resource::v1beta2::ResourceSlice,
    k8s::api::scheduling::v1::PriorityClass,
    k8s::api::scheduling::v1alpha3::CompositePodGroup,
    k8s::api::scheduling::v1alpha3::PodGroup,
    k8s::api::scheduling::v1alpha3::Workload,
    k8s::api::scheduling::v1beta1::PodGroup,
    k8s::api::scheduling::v1beta1::Workload,
    k8s::api::storage::v1::CSIDriver,
    k8s::api::storage::v1::CSINode,
    k8s::api::storage::v1::CSIStorageCapacity,
    k8s::api::storage::v1::StorageClass,
    k8s::api::storage::v1::VolumeAttachment,
    k8s::api::storage::v1::VolumeAttributesClass,
    k8s::api::storagemigration::v1::StorageVersionMigration,
    k8s::api::storagemigration::v1beta1::StorageVersionMigration,
    k8s::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    k8s::kube_aggregator::pkg::apis::apiregistration::v1::APIService,
];

/// Takes away what only people read.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("description").is_some_and(Value::is_string) {
                map.remove("description");
            }
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut generator = SchemaGenerator::default();
    let kinds = kinds(&mut generator);
    let mut definitions = Value::Object(generator.take_definitions(true));
    strip(&mut definitions);
    let mut text = format!("{}\n", Value::Object(kinds));
    for (name, definition) in definitions.as_object().expect("definitions have names") {
        text.push_str(&format!("{name}\t{definition}\n"));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes()).expect("memory can be written");
    let path = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("schemas.txt.gz");
    fs::write(path, packed.finish().expect("memory can be written")).expect("the folder of cargo can be written");
}
