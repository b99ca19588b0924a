//! `--schema-location`: where schemas are, as kubeconform spells it.

use std::path::Path;
use std::sync::Arc;

use crate::cluster::schemas::Location;
use crate::fault::Fault;
use crate::source::{Disk, FileSystem, Memory};

/// Templates of the command line are paths of the working directory.
pub fn schema_locations(given: &[String]) -> Result<Vec<Location>, Fault> {
    let mut locations = Vec::new();
    for template in given {
        let usage = |message: String| Fault::Usage { message, help: None };
        let end = template.find("{{").unwrap_or(template.len());
        // What stands before the first placeholder is a folder, which stands on its own.
        let (folder, rest) = match template.get(..end).and_then(|fixed| fixed.rsplit_once('/')) {
            Some((folder, _)) if template.contains("{{") => template.split_at(folder.len()),
            _ if template.contains("{{") => (".", template.as_str()),
            _ => (template.as_str(), ""),
        };
        let system: Arc<dyn FileSystem> = if template == "default" || template.contains("://") {
            Arc::new(Memory::default())
        } else {
            let folder = if folder.is_empty() { "/" } else { folder };
            let unreadable = |error: std::io::Error| Fault::Read { path: folder.to_owned(), reason: error.to_string() };
            Arc::new(Disk::new(Path::new(folder)).map_err(unreadable)?)
        };
        let rest = if template == "default" || template.contains("://") { template.as_str() } else { rest };
        let location = Location::new(system, rest).map_err(|error| usage(error.to_string()))?;
        locations.extend(location);
    }
    Ok(locations)
}
