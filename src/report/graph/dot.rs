//! Graphs for Graphviz.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::legend::{BUNDLE, Legend, remarks};
use super::look::{EdgeLook, NodeLook};
use super::text;
use crate::cluster::graph::{End, Graph, Node, Relation};

/// A directed graph.
pub fn write(graphs: &[Graph], with_legend: bool) -> String {
    let mut out = String::from(
        "digraph flux {\n  rankdir=LR compound=true newrank=true fontname=\"Helvetica\" fontsize=12 ranksep=0.7 \
         nodesep=0.2\n  node [shape=box style=\"filled,rounded\" fontname=\"Helvetica\" fontsize=11 height=0.45]\n  \
         edge [fontname=\"Helvetica\" fontsize=9 arrowsize=0.7]\n",
    );
    for (at, graph) in graphs.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{at} {{");
        let _ = writeln!(out, "    label={} labeljust=l style=rounded color=\"#cbd5e1\"", flush(&remarks(graph)));
        nodes(&mut out, at, graph);
        out.push_str("  }\n");
        edges(&mut out, at, graph);
    }
    if with_legend {
        legend(&mut out, &Legend::of(graphs.iter()));
    }
    out.push_str("}\n");
    out
}

fn nodes(out: &mut String, at: usize, graph: &Graph) {
    for (number, one) in graph.nodes.iter().enumerate().filter(|(_, node)| node.in_box.is_none()) {
        node(out, "    ", &format!("n{at}_{number}"), one);
    }
    for (number, one) in graph.boxes.iter().enumerate() {
        let _ = writeln!(out, "    subgraph cluster_{at}_{number} {{");
        let name = quoted(&[text::label(&one.name)]);
        let _ = writeln!(
            out,
            "      label={name} labeljust=l style=\"filled,rounded\" color=\"#cbd5e1\" fillcolor=\"#f8fafc\""
        );
        for member in &one.members {
            if let Some(one) = graph.nodes.get(*member) {
                node(out, "      ", &format!("n{at}_{member}"), one);
            }
        }
        out.push_str("    }\n");
    }
}

fn node(out: &mut String, indent: &str, id: &str, node: &Node) {
    let label = quoted(&[text::label(&node.caption()), text::label(&node.name)]);
    let tooltip = quoted(&[node.name.to_string()]);
    let width = if node.is_center { " penwidth=3" } else { "" };
    let _ = writeln!(out, "{indent}{id} [label={label} tooltip={tooltip}{}{width}]", painted(NodeLook::of(node)));
}

fn painted(look: NodeLook) -> String {
    let paint = look.paint();
    let style = match (look, paint.is_dashed) {
        (NodeLook::Release, false) => " style=\"filled,rounded\"",
        (_, false) => " style=filled",
        (_, true) => " style=\"filled,dashed\"",
    };
    let shape = match look {
        NodeLook::Source => " shape=cylinder",
        NodeLook::Folder => " shape=folder",
        _ => "",
    };
    format!("{shape}{style} fillcolor=\"{}\" color=\"{}\" fontcolor=\"{}\"", paint.fill, paint.stroke, paint.text)
}

fn edges(out: &mut String, at: usize, graph: &Graph) {
    for edge in &graph.edges {
        let look = EdgeLook { relation: edge.relation, mark: graph.mark(edge) };
        let label = edge.label.as_deref().map(|label| format!(" label={}", quoted(&[text::label(label)])));
        let label = label.unwrap_or_default();
        let from = edge.from;
        match &edge.to {
            End::Node(to) => {
                let _ = writeln!(out, "  n{at}_{from} -> n{at}_{to} [{}{label}]", drawn(look));
            }
            End::Box { at: to, members } => {
                // The members keep their places behind it, though one line is enough to see.
                let mut members: BTreeSet<usize> = members.iter().copied().collect();
                if let Some(first) = members.pop_first() {
                    let _ = writeln!(
                        out,
                        "  n{at}_{from} -> n{at}_{first} [{} lhead=cluster_{at}_{to}{label}]",
                        drawn(look)
                    );
                }
                for member in members {
                    let _ = writeln!(out, "  n{at}_{from} -> n{at}_{member} [style=invis]");
                }
            }
        }
    }
}

fn drawn(look: EdgeLook) -> String {
    let style = match look.dashes() {
        Some(_) if look.relation == Relation::Applies => " style=dotted",
        Some(_) => " style=dashed",
        None => "",
    };
    let head = if look.relation == Relation::Source { " arrowhead=dot" } else { "" };
    format!("color=\"{}\" fontcolor=\"{}\" penwidth={}{style}{head}", look.color(), look.color(), look.width())
}

fn legend(out: &mut String, legend: &Legend) {
    out.push_str("  subgraph cluster_legend {\n    label=\"Legend\" labeljust=l style=rounded color=\"#cbd5e1\"\n");
    for look in &legend.nodes {
        let label = quoted(&[look.meaning().to_owned()]);
        let _ = writeln!(out, "    l_{} [label={label}{}]", look.class(), painted(*look));
    }
    for (at, look) in legend.edges.iter().enumerate() {
        let _ = writeln!(out, "    l{at}a [label=\"\" width=0.3 height=0.2 style=solid color=\"#94a3b8\"]");
        let meaning = quoted(&[look.meaning().to_owned()]);
        let _ = writeln!(out, "    l{at}b [label={meaning} shape=plaintext style=solid]");
        let _ = writeln!(out, "    l{at}a -> l{at}b [{}]", drawn(*look));
    }
    if legend.has_bundles {
        let _ = writeln!(out, "    l_note [label={} shape=plaintext style=solid]", quoted(&[BUNDLE.to_owned()]));
    }
    out.push_str("  }\n");
}

/// Lines as one quoted string, each flush left.
fn flush(lines: &[String]) -> String {
    let mut lines = lines.to_vec();
    lines.push(String::new());
    joined(&lines, "\\l")
}

/// Lines as one quoted string. Graphviz reads backslashes as its own and `&…;` as entities of HTML, both also between
/// quotes. Source: graphviz.org/doc/info/lang.html, graphviz.org/docs/attr-types/escString.
fn quoted(lines: &[String]) -> String {
    joined(lines, "\\n")
}

fn joined(lines: &[String], end: &str) -> String {
    let mut out = String::from("\"");
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push_str(end);
        }
        for c in crate::report::escape::line(line).chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}
