//! Object storage: buckets, endpoints, stores.

mod bucket_not_provisioned;
mod s3_endpoint_host_missing;
mod s3_endpoint_port_wrong;
mod values;
mod pvc_missing;
mod pvc_data_source_missing;

pub use bucket_not_provisioned::BucketNotProvisioned;
pub use s3_endpoint_host_missing::S3EndpointHostMissing;
pub use s3_endpoint_port_wrong::S3EndpointPortWrong;
pub use pvc_missing::PvcMissing;
pub use pvc_data_source_missing::PvcDataSourceMissing;
