//! Which values of charts and custom resources name buckets and endpoints, as profiles say it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cluster::profiles::Condition;
use crate::finding::Confidence;

/// Which buckets a chart or an operator uses or makes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Storage")]
pub struct StorageSpec {
    /// Where clients get buckets and endpoints from.
    pub consumers: Vec<Row>,
    /// Other maps that hold a bucket beside an endpoint are read, too.
    pub others: bool,
    /// Where buckets are listed that the chart or the operator makes on its own store.
    pub buckets: Vec<String>,
    /// Its Services speak S3.
    pub store: bool,
}

/// One bucket or endpoint, as paths below the values of a release or below an object.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// Parent of the other paths; `x[]` stands for each item of a list.
    pub each: Option<String>,
    /// A text below `each` that holds YAML; the paths below lead into it.
    pub text: Option<String>,
    /// The bucket: a name, a list of names with commas, or an `s3://` URL.
    pub bucket: Option<String>,
    /// The endpoint; the first path that has a value counts.
    pub endpoint: Vec<Source>,
    /// A flag that tells whether the connection is plain.
    pub insecure: Option<String>,
    /// The form the client accepts an endpoint in.
    pub form: Form,
    /// A switch that puts the bucket into the path, off where it is not set.
    pub path_style: Option<String>,
    /// The access key.
    pub access_key: Option<String>,
    /// The secret key.
    pub secret_key: Option<String>,
    /// What the client puts before the names of its objects.
    pub prefix: Option<String>,
    /// Any of these that holds switches the row off.
    pub unless: Vec<Condition>,
    /// How sure it is that the client reads these values.
    pub confidence: Sure,
}

impl StorageSpec {
    /// Whether it says anything.
    pub fn knows_values(&self) -> bool {
        !self.consumers.is_empty() || !self.buckets.is_empty()
    }
}

impl Row {
    /// The weight of what it says.
    pub fn trust(&self) -> Confidence {
        match self.confidence {
            Sure::High => Confidence::High,
            Sure::Medium => Confidence::Medium,
        }
    }
}

/// What an endpoint looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// With a scheme or without one.
    #[default]
    Any,
    /// `host:port`, without a scheme.
    Host,
    /// With a scheme.
    Url,
}

/// How sure a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// The chart's templates or the API say so.
    #[default]
    High,
    /// The values look like it.
    Medium,
}

/// Where an endpoint stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// At a path below `each`, or with a leading `/` below the root.
    Path(String),
    /// In a list of arguments, behind a flag.
    Flag {
        /// Path of the list.
        list: String,
        /// The flag, without `=`.
        flag: String,
    },
    /// In a Secret.
    Secret {
        /// Path of the Secret's name.
        secret: String,
        /// The key.
        key: String,
    },
}
