//! The lines of a picture: where they leave and reach their ends, and how they bend.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Placed, Point, Rect, TITLE};

/// Farthest two lines stand apart where they meet a node.
const APART: f64 = 7.0;

/// An edge at a side of a node.
struct Meeting {
    // Height of its point farther away.
    y: f64,
    edge: usize,
    leaves: bool,
}

/// A number as it is written: one decimal is finer than anybody sees.
pub fn number(value: f64) -> String {
    let text = format!("{:.1}", if value.abs() < 0.05 { 0.0 } else { value });
    text.strip_suffix(".0").map(ToOwned::to_owned).unwrap_or(text)
}

/// The points of every edge, with its ends spread over the sides of its nodes in the order of where they go, so that
/// lines do not cross right at a node.
pub fn spread(placed: &Placed, ends: &[(usize, usize, f64)]) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = placed.edges.iter().map(|(points, _)| points.clone()).collect();
    // By node and side (right or not): the edges that meet it there.
    let mut sides: BTreeMap<(usize, bool), Vec<Meeting>> = BTreeMap::new();
    for (at, ((from, to, _), line)) in ends.iter().zip(&lines).enumerate() {
        let (Some(a), Some(b)) = (placed.nodes.get(*from), placed.nodes.get(*to)) else { continue };
        let (Some(second), Some(last)) = (line.get(1), line.len().checked_sub(2).and_then(|at| line.get(at))) else {
            continue;
        };
        if from != to {
            let is_forward = b.x >= a.x;
            let (leaves, arrives) =
                (Meeting { y: second.1, edge: at, leaves: true }, Meeting { y: last.1, edge: at, leaves: false });
            sides.entry((*from, is_forward)).or_default().push(leaves);
            sides.entry((*to, !is_forward)).or_default().push(arrives);
        }
    }
    for ((node, is_right), mut meeting) in sides {
        let Some(rect) = placed.nodes.get(node) else { continue };
        meeting.sort_by(|a, b| a.y.total_cmp(&b.y).then((a.edge, a.leaves).cmp(&(b.edge, b.leaves))));
        let count = meeting.len() as f64;
        let apart = APART.min(rect.height * 0.7 / count);
        for (place, Meeting { edge, leaves, .. }) in meeting.into_iter().enumerate() {
            let y = rect.y + rect.height / 2.0 + (place as f64 - (count - 1.0) / 2.0) * apart;
            let x = if is_right { rect.x + rect.width } else { rect.x };
            let line = lines.get_mut(edge);
            let end = line.and_then(|line| if leaves { line.first_mut() } else { line.last_mut() });
            if let Some(end) = end {
                *end = (x, y);
            }
        }
    }
    lines
}

/// A line that leads into a rectangle, ended at its left side; where it comes from the right, where it enters.
pub fn to_side(line: &[Point], rect: Rect) -> Vec<Point> {
    let Some(first) = line.first().filter(|first| first.0 < rect.x) else { return outside(line, rect) };
    // It needs some way to turn into the side.
    let mut kept: Vec<Point> = line.iter().copied().take_while(|(x, _)| *x < rect.x - APART * 2.0).collect();
    if kept.is_empty() {
        kept.push(*first);
    }
    let y = line.get(kept.len()).or(line.last()).map_or(rect.y, |point| point.1);
    let corner = (rect.height / 2.0).min(TITLE.0 + APART);
    kept.push((rect.x, y.max(rect.y + corner).min(rect.y + rect.height - corner.min(APART))));
    kept
}

/// The part of a line before it enters a rectangle.
fn outside(line: &[Point], rect: Rect) -> Vec<Point> {
    let holds = |(x, y): Point| x > rect.x && x < rect.x + rect.width && y > rect.y && y < rect.y + rect.height;
    let mut kept: Vec<Point> = Vec::new();
    for point in line {
        let (true, Some(before)) = (holds(*point), kept.last().copied()) else {
            kept.push(*point);
            continue;
        };
        // The border lies between the two: halving finds it within a hundredth of a pixel.
        let (mut out, mut inside) = (before, *point);
        for _ in 0..20 {
            let middle = ((out.0 + inside.0) / 2.0, (out.1 + inside.1) / 2.0);
            *(if holds(middle) { &mut inside } else { &mut out }) = middle;
        }
        kept.push(out);
        break;
    }
    kept
}

/// A line as a path that leaves, passes and reaches every point level.
pub fn curve(line: &[Point]) -> String {
    let mut out = String::new();
    let mut before: Option<Point> = None;
    for (x, y) in line {
        // `write!` to a String cannot fail.
        let _ = match before {
            None => write!(out, "M{} {}", number(*x), number(*y)),
            Some((_, above)) if number(above) == number(*y) => write!(out, "H{}", number(*x)),
            Some((left, above)) => {
                let middle = number((left + x) / 2.0);
                write!(out, "C{middle} {} {middle} {} {} {}", number(above), number(*y), number(*x), number(*y))
            }
        };
        before = Some((*x, *y));
    }
    out
}

/// A line from a node to itself, over its upper side.
pub fn loop_over(rect: Rect) -> String {
    let (left, right) = (rect.x + rect.width * 0.35, rect.x + rect.width * 0.65);
    let (y, above) = (number(rect.y), number(rect.y - 16.0));
    format!("M{} {y}C{} {above} {} {above} {} {y}", number(left), number(left), number(right), number(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, -0.04, 12.0, 12.34, -1.25].map(number), ["0", "0", "12", "12.3", "-1.2"]);
    }

    #[test]
    fn a_line_ends_where_a_rectangle_begins() {
        let rect = Rect { x: 10.0, y: 0.0, width: 10.0, height: 10.0 };
        let from_the_left = to_side(&[(-20.0, 50.0), (12.0, 5.0), (30.0, 5.0)], rect);
        assert_eq!(from_the_left, [(-20.0, 50.0), (10.0, 5.0)]);
        let from_the_right = to_side(&[(30.0, 5.0), (12.0, 5.0)], rect);
        assert_eq!(from_the_right.len(), 2);
        assert!((from_the_right[1].0 - 20.0).abs() < 0.01 && from_the_right[1].1 == 5.0, "{from_the_right:?}");
    }

    #[test]
    fn a_level_line_is_straight() {
        assert_eq!(curve(&[(0.0, 5.0), (10.0, 5.0), (20.0, 9.0)]), "M0 5H10C15 5 15 9 20 9");
    }
}
