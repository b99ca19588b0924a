//! Graphs as Mermaid flowcharts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::legend::{BUNDLE, Legend, remarks};
use super::look::{EdgeLook, NodeLook};
use super::text;
use crate::cluster::graph::{End, Graph, Mark, Node, Relation};

/// A flowchart.
pub fn write(graphs: &[Graph], with_legend: bool) -> String {
    let mut chart = Chart { out: String::new(), edges: Vec::new(), looks: BTreeMap::new(), indent: 1 };
    for remark in graphs.iter().flat_map(remarks) {
        let _ = writeln!(chart.out, "%% {}", words(&remark));
    }
    chart.out.push_str("flowchart LR\n");
    for (at, graph) in graphs.iter().enumerate() {
        let is_framed = graphs.len() > 1;
        if is_framed {
            chart.open(&format!("c{at}"), &text::label(&remarks(graph).join("; ")));
        }
        chart.graph(at, graph);
        if is_framed {
            chart.close();
        }
    }
    let legend = Legend::of(graphs.iter());
    if with_legend {
        chart.legend(&legend, graphs);
    }
    chart.styles(&legend, with_legend);
    chart.out
}

struct Chart {
    out: String,
    // The looks of the edges so far: Mermaid styles them by number.
    edges: Vec<EdgeLook>,
    looks: BTreeMap<String, BTreeSet<String>>,
    indent: usize,
}

impl Chart {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2);
    }

    fn open(&mut self, id: &str, title: &str) {
        self.line(&format!("subgraph {id}[\"{}\"]", words(title)));
        self.indent += 1;
        self.line("direction LR");
        self.looks.entry("box".to_owned()).or_default().insert(id.to_owned());
    }

    fn close(&mut self) {
        self.indent -= 1;
        self.line("end");
    }

    fn graph(&mut self, at: usize, graph: &Graph) {
        for (number, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.in_box.is_none()) {
            self.node(&format!("n{at}_{number}"), node);
        }
        for (number, one) in graph.boxes.iter().enumerate() {
            self.open(&format!("b{at}_{number}"), &text::label(&one.name));
            for member in &one.members {
                if let Some(node) = graph.nodes.get(*member) {
                    self.node(&format!("n{at}_{member}"), node);
                }
            }
            self.close();
        }
        for edge in &graph.edges {
            let to = match &edge.to {
                End::Node(to) => format!("n{at}_{to}"),
                End::Box { at: to, .. } => format!("b{at}_{to}"),
            };
            let look = EdgeLook { relation: edge.relation, mark: graph.mark(edge) };
            self.edge(&format!("n{at}_{}", edge.from), &to, look, edge.label.as_deref());
        }
    }

    fn node(&mut self, id: &str, node: &Node) {
        let look = NodeLook::of(node);
        let label = format!("{}<br/>{}", words(&text::label(&node.caption())), words(&text::label(&node.name)));
        self.shape(id, look, &label);
        if node.is_center {
            self.looks.entry("center".to_owned()).or_default().insert(id.to_owned());
        }
    }

    fn shape(&mut self, id: &str, look: NodeLook, label: &str) {
        let (open, close) = match look {
            NodeLook::Release => ("(", ")"),
            NodeLook::Source => ("[(", ")]"),
            NodeLook::Folder => ("[/", "/]"),
            _ => ("[", "]"),
        };
        self.line(&format!("{id}{open}\"{label}\"{close}"));
        self.looks.entry(look.class().to_owned()).or_default().insert(id.to_owned());
    }

    fn edge(&mut self, from: &str, to: &str, look: EdgeLook, label: Option<&str>) {
        let arrow = match (look.mark, look.relation) {
            (Mark::Unknown, _) | (_, Relation::Applies) => "-.->",
            (_, Relation::Source) => "--o",
            (_, Relation::DependsOn | Relation::Names) => "-->",
        };
        let label = label.map(|label| format!("|\"{}\"|", words(&text::label(label)))).unwrap_or_default();
        self.line(&format!("{from} {arrow}{label} {to}"));
        self.edges.push(look);
    }

    fn legend(&mut self, legend: &Legend, graphs: &[Graph]) {
        self.open("legend", "Legend");
        // Every object says in words what it is: only lines need to be explained, in one row.
        for at in 0..=legend.edges.len() {
            self.line(&format!("l{at}[\" \"]:::end_"));
        }
        for (at, look) in legend.edges.iter().enumerate() {
            self.edge(&format!("l{at}"), &format!("l{}", at + 1), *look, Some(look.meaning()));
        }
        let notes = graphs.iter().flat_map(|graph| &graph.notes).cloned();
        let notes: Vec<String> = legend.has_bundles.then(|| BUNDLE.to_owned()).into_iter().chain(notes).collect();
        for (at, note) in notes.iter().enumerate() {
            self.line(&format!("l_note{at}[\"{}\"]:::note", words(note)));
        }
        self.close();
    }

    fn styles(&mut self, legend: &Legend, with_legend: bool) {
        for look in &legend.nodes {
            let paint = look.paint();
            let dashes = if paint.is_dashed { ",stroke-dasharray:6 4" } else { "" };
            let (fill, stroke, text) = (paint.fill, paint.stroke, paint.text);
            self.line(&format!("classDef {} fill:{fill},stroke:{stroke},color:{text}{dashes}", look.class()));
        }
        if self.looks.contains_key("box") {
            self.line("classDef box fill:#f8fafc,stroke:#cbd5e1,color:#475569");
        }
        if self.looks.contains_key("center") {
            self.line("classDef center stroke-width:4px");
        }
        if with_legend {
            self.line("classDef note fill:none,stroke:none,color:#475569");
            self.line("classDef end_ fill:none,stroke:#94a3b8");
        }
        for (class, ids) in std::mem::take(&mut self.looks) {
            self.line(&format!("class {} {class}", ids.into_iter().collect::<Vec<_>>().join(",")));
        }
        let mut numbers: BTreeMap<EdgeLook, Vec<String>> = BTreeMap::new();
        for (at, look) in self.edges.iter().enumerate() {
            numbers.entry(*look).or_default().push(at.to_string());
        }
        for (look, numbers) in numbers {
            let width = look.width();
            self.line(&format!("linkStyle {} stroke:{},stroke-width:{width}px", numbers.join(","), look.color()));
        }
    }
}

/// Text as it may stand between quotes: everything that could end the quotes, be taken for HTML, Markdown, an entity or
/// a directive (`%%{…}%%` counts anywhere) is written as the number of its character. Source: mermaid
/// `packages/mermaid/src/utils.ts` (`encodeEntities`, `removeDirectives`). What is read after that, formulas (`$$`) and
/// icons (`fa:fa-…`), is broken.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',' | '/' | '·' | '…') {
            out.push(c);
        } else if rest.starts_with("$$") || rest.starts_with(":fa-") {
            out.push_str(&words(&format!("\\u{{{:x}}}", c as u32)));
        } else {
            let _ = write!(out, "#{};", c as u32);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn nothing_between_quotes_is_more_than_text() {
        assert_eq!(words("apps/web-1.2_a, größe · 日本語…"), "apps/web-1.2_a, größe · 日本語…");
        assert_eq!(words("a\"]%%{b"), "a#34;#93;#37;#37;#123;b");
        assert_eq!(words("<br/>#quot;"), "#60;br/#62;#35;quot#59;");
        assert_eq!(words("fa:fa-car"), "fa#92;u#123;3a#125;fa-car");
        assert_eq!(words("$$x$$"), "#92;u#123;24#125;#36;x#92;u#123;24#125;#36;");
    }
}
