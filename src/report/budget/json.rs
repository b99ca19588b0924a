//! Budgets for programs.

use serde_json::{Map, Value, json};

use super::cells::{self, Line};
use super::{BudgetStyle, Compared};
use crate::cluster::budget::table::{Amount, By, Column};

/// Version of the form; raised when something is renamed or removed.
const VERSION: u32 = 1;

pub fn write(tables: &[Compared], style: BudgetStyle) -> String {
    let clusters: Vec<Value> = tables.iter().map(|compared| cluster(compared, style)).collect();
    let whole = json!({ "version": VERSION, "clusters": clusters });
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    text
}

fn cluster(compared: &Compared, style: BudgetStyle) -> Value {
    let now = &compared.now;
    let (lines, total) = cells::lines(compared);
    let by = match now.by {
        By::Cluster => "cluster",
        By::Namespace => "namespace",
        By::Kustomization => "kustomization",
        By::Workload => "workload",
    };
    let uses = now.uses.iter().map(|one| {
        json!({
            "whose": one.whose,
            "measure": key(&one.column),
            "used": amount(&one.used),
            "bound": one.bound.to_string(),
            "headroom_percent": one.headroom,
            "exceeded": cells::is_exceeded(one),
        })
    });
    let uncounted = now.uncounted.iter().map(|(what, why)| json!({ "what": what, "why": why }));
    json!({
        "entry": now.entry,
        "by": by,
        "rows": lines.iter().map(|line| row(line, style)).collect::<Vec<_>>(),
        "total": row(&total, style),
        "budget": uses.collect::<Vec<_>>(),
        "uncounted": uncounted.collect::<Vec<_>>(),
    })
}

/// `requests.cpu`, `limits.memory`, `storage`, …, as in the configuration.
fn key(column: &Column) -> String {
    match column {
        Column::Pods => "pods".to_owned(),
        Column::Requests(resource) => format!("requests.{resource}"),
        Column::Limits(resource) => format!("limits.{resource}"),
        Column::Storage => "storage".to_owned(),
        Column::Claims => "claims".to_owned(),
    }
}

fn row(line: &Line<'_>, style: BudgetStyle) -> Value {
    let mut amounts = Map::new();
    for ((column, now), base) in line.columns.iter().zip(&line.now).zip(&line.base) {
        let mut value = amount(now);
        if style.compares
            && let Some(map) = value.as_object_mut()
        {
            map.insert("base".to_owned(), amount(base));
            let change = cells::change(column, now, base).unwrap_or_else(|| "0".to_owned());
            map.insert("change".to_owned(), Value::String(change));
        }
        amounts.insert(key(column), value);
    }
    json!({ "name": line.name, "amounts": amounts })
}

fn amount(amount: &Amount) -> Value {
    json!({ "least": amount.least.to_string(), "most": amount.most.to_string(), "open": amount.is_open })
}
