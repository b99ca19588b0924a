//! Object storage: buckets, endpoints, stores.

mod bucket_not_provisioned;
mod s3_endpoint_host_missing;
mod s3_endpoint_port_wrong;

pub use bucket_not_provisioned::BucketNotProvisioned;
pub use s3_endpoint_host_missing::S3EndpointHostMissing;
pub use s3_endpoint_port_wrong::S3EndpointPortWrong;
