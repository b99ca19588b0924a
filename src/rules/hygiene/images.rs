//! How images are pulled.

use super::seen::{Of, Seen, rule};
use crate::yaml::Node;

rule!(ImagePullPolicyLax, "image-pull-policy-lax", containers lax);

fn lax(of: &Of<'_, '_>) -> Option<Seen> {
    let image = of.get(&["image"])?.as_str()?;
    // A digest is the same image everywhere, and `latest` is pulled always where nothing else is said.
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let is_latest = matches!(tag, None | Some("latest"));
    let policy = of.get(&["imagePullPolicy"]);
    let is_always = policy.map_or(is_latest, |policy| policy.is_unknown() || policy.as_str() == Some("Always"));
    if is_always || image.contains('@') || image.contains("${") {
        return None;
    }
    let field = "imagePullPolicy";
    Some(match policy.and_then(Node::as_str) {
        Some(written) => Seen::at(policy?, field, format!("pulls its image `{written}`"), "takes what is there"),
        None => of.lacks(field, "takes the image that a node has, whatever its tag means by now", "not `Always`"),
    })
}
