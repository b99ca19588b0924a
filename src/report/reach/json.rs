//! Answers for programs.

use serde_json::{Value, json};

use super::{Way, word};
use crate::cluster::reach::explain::End;
use crate::cluster::reach::matrix::Matrix;
use crate::source::Sources;

/// Answers with the places that decided.
pub fn ways(all: &[Way], sources: &Sources) -> String {
    let end = |end: &End| {
        let places: Vec<Value> = end
            .labels
            .iter()
            .map(|label| {
                let place = sources.location(label.span);
                json!({ "path": &*place.path, "line": place.line, "column": place.column, "message": label.message })
            })
            .collect();
        json!({ "verdict": word(end.passes), "why": end.sentence, "policies": end.policies, "places": places })
    };
    let answers: Vec<Value> = all
        .iter()
        .map(|way| {
            let [egress, ingress] = &way.ends;
            json!({
                "cluster": way.entry,
                "from": way.from,
                "to": way.to,
                "port": way.port,
                "verdict": word(way.passes()),
                "egress": end(egress),
                "ingress": end(ingress),
                "notes": way.notes,
            })
        })
        .collect();
    format!("{:#}\n", json!({ "version": 1, "answers": answers }))
}

/// Tables, one object a source.
pub fn matrices(all: &[Matrix]) -> String {
    let tables: Vec<Value> = all
        .iter()
        .map(|matrix| {
            let targets: Vec<Value> =
                matrix.columns.iter().map(|column| json!({ "name": column.name, "port": column.port })).collect();
            let sources: Vec<Value> = matrix
                .rows
                .iter()
                .map(|row| {
                    let cells: Vec<Value> = row
                        .cells
                        .iter()
                        .map(|cell| json!({ "verdict": word(cell.passes), "needed": cell.is_needed }))
                        .collect();
                    json!({ "name": row.name, "answers": cells })
                })
                .collect();
            json!({ "cluster": matrix.entry, "namespace": matrix.namespace, "targets": targets, "sources": sources })
        })
        .collect();
    format!("{:#}\n", json!({ "version": 1, "matrices": tables }))
}
