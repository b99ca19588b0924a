//! IAM policies: which buckets and objects their statements reach.

use serde_json::Value;

/// The beginning of the name of everything in S3.
const ARN: &str = "arn:aws:s3:::";

/// A policy whose text is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The resources that some statement allows, without the common beginning.
    pub resources: Vec<String>,
    /// It refuses something, or allows it under conditions: what it reaches is not followed.
    pub is_unclear: bool,
}

impl Document {
    /// Reads the text of a policy; `None` for what is no policy.
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let statements = value.get("Statement")?;
        let mut document = Document::default();
        for statement in list(statements) {
            let effect = statement.get("Effect").and_then(Value::as_str);
            document.add(
                effect,
                statement.get("Resource").map(list).unwrap_or_default().into_iter().filter_map(Value::as_str),
            );
            document.is_unclear |= statement.get("Condition").is_some() || statement.get("NotResource").is_some();
        }
        Some(document)
    }

    /// The policy that may do everything.
    pub fn of_everything() -> Self {
        Document { resources: vec!["*".to_owned()], is_unclear: false }
    }

    /// Adds a statement.
    pub fn add<'r>(&mut self, effect: Option<&str>, resources: impl Iterator<Item = &'r str>) {
        if effect != Some("Allow") {
            self.is_unclear = true;
            return;
        }
        self.resources.extend(resources.map(|resource| resource.strip_prefix(ARN).unwrap_or(resource).to_owned()));
    }

    /// Whether it reaches the bucket itself.
    pub fn reaches_bucket(&self, bucket: &str) -> bool {
        self.resources.iter().any(|pattern| matches(pattern.as_bytes(), bucket.as_bytes()))
    }

    /// Whether it reaches objects of the bucket, below some prefix at least.
    pub fn reaches_objects(&self, bucket: &str) -> bool {
        let object = format!("{bucket}/object");
        let within = format!("{bucket}/");
        self.resources
            .iter()
            .any(|pattern| pattern.starts_with(&within) || matches(pattern.as_bytes(), object.as_bytes()))
    }

    /// The resource by which it reaches every bucket.
    pub fn reaches_all(&self) -> Option<&str> {
        self.resources.iter().map(String::as_str).find(|pattern| matches!(*pattern, "*" | "*/*" | "**"))
    }
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// `*` stands for any text, `?` for one character.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut star) = ((0, 0), None);
    while at.1 < text.len() {
        match (pattern.get(at.0), text.get(at.1)) {
            (Some(b'*'), _) => {
                star = Some(at);
                at.0 += 1;
            }
            (Some(one), Some(other)) if one == other || *one == b'?' => at = (at.0 + 1, at.1 + 1),
            _ => match star {
                Some((before, taken)) => {
                    star = Some((before, taken + 1));
                    at = (before + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(at.0..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reaches_what_it_names() {
        let policy = |resources: &str| {
            Document::parse(&format!("{{\"Statement\": [{{\"Effect\": \"Allow\", \"Resource\": {resources}}}]}}"))
                .unwrap()
        };
        let loki = policy("[\"arn:aws:s3:::loki-*\", \"arn:aws:s3:::loki-*/*\"]");
        assert!(loki.reaches_bucket("loki-chunks") && loki.reaches_objects("loki-chunks"));
        assert!(!loki.reaches_bucket("tempo") && !loki.reaches_objects("tempo") && loki.reaches_all().is_none());
        let half = policy("\"arn:aws:s3:::tempo/*\"");
        assert!(!half.reaches_bucket("tempo") && half.reaches_objects("tempo"));
        let other = policy("\"arn:aws:s3:::tempo\"");
        assert!(other.reaches_bucket("tempo") && !other.reaches_objects("tempo"));
        assert!(policy("\"arn:aws:s3:::tempo/main/*\"").reaches_objects("tempo"));
        assert_eq!(policy("\"arn:aws:s3:::*\"").reaches_all(), Some("*"));
        assert!(Document::parse("{\"Statement\": {\"Effect\": \"Deny\", \"Resource\": \"*\"}}").unwrap().is_unclear);
    }
}
