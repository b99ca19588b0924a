//! Object storage: buckets, endpoints, stores.

mod bucket_name_invalid;
mod bucket_not_provisioned;
mod bucket_shared;
mod bucket_unused;
mod classes;
mod minio_config_invalid;
mod minio_pool_too_small;
mod minio_tenant_collision;
mod pvc_data_source_missing;
mod pvc_missing;
mod pvc_never_mounted;
mod s3_credentials_incomplete;
mod s3_endpoint_host_missing;
mod s3_endpoint_port_wrong;
mod s3_endpoint_scheme_wrong;
mod s3_path_style_missing;
mod snapshot_class_missing;
mod storage_class_missing;
mod values;

pub use bucket_name_invalid::BucketNameInvalid;
pub use bucket_not_provisioned::BucketNotProvisioned;
pub use bucket_shared::BucketShared;
pub use bucket_unused::BucketUnused;
pub use minio_config_invalid::MinioConfigInvalid;
pub use minio_pool_too_small::MinioPoolTooSmall;
pub use minio_tenant_collision::MinioTenantCollision;
pub use pvc_data_source_missing::PvcDataSourceMissing;
pub use pvc_missing::PvcMissing;
pub use pvc_never_mounted::PvcNeverMounted;
pub use s3_credentials_incomplete::S3CredentialsIncomplete;
pub use s3_endpoint_host_missing::S3EndpointHostMissing;
pub use s3_endpoint_port_wrong::S3EndpointPortWrong;
pub use s3_endpoint_scheme_wrong::S3EndpointSchemeWrong;
pub use s3_path_style_missing::S3PathStyleMissing;
pub use snapshot_class_missing::SnapshotClassMissing;
pub use storage_class_missing::StorageClassMissing;
