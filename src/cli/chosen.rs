//! The clusters that `--cluster` asks for.

use crate::cluster::Cluster;
use crate::config::nearest;
use crate::fault::Fault;

/// Those of the entry paths that are asked for; all where none is.
///
/// # Errors
/// There is no such cluster.
pub fn chosen<'c, 'w>(asked: &[String], clusters: &'c [Cluster<'w>]) -> Result<Vec<&'c Cluster<'w>>, Fault> {
    let plain = |path: &str| crate::source::normalize(path);
    for entry in asked {
        if !clusters.iter().any(|cluster| plain(cluster.entry()) == plain(entry)) {
            let near = nearest(entry, clusters.iter().map(Cluster::entry));
            let all = || clusters.iter().map(Cluster::entry).collect::<Vec<_>>().join(", ");
            return Err(Fault::Usage {
                message: format!("there is no cluster `{entry}` in this tree"),
                help: Some(
                    near.map_or_else(|| format!("entries: {}", all()), |name| format!("did you mean `{name}`?")),
                ),
            });
        }
    }
    let is_asked =
        |cluster: &&Cluster<'_>| asked.is_empty() || asked.iter().any(|entry| plain(entry) == plain(cluster.entry()));
    Ok(clusters.iter().filter(is_asked).collect())
}
