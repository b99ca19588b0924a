//! Values that the chart had of its own up to 2.x: an item `main` of most types.
//!
//! Source: bjw-s-labs/helm-charts, `charts/library/common/values.yaml` of 2.x.

use crate::build::charts::draft::Draft;
use crate::build::charts::go::merged;
use crate::source::Span;
use crate::yaml::Node;

/// Types with an item that is there and switched off.
const SWITCHED_OFF: [(&str, &str); 7] = [
    ("ingress", "main"),
    ("route", "main"),
    ("serviceMonitor", "main"),
    ("networkpolicies", "main"),
    ("persistence", "config"),
    ("configMaps", "config"),
    ("secrets", "secret"),
];

/// The values over those of the chart.
pub fn over(values: &Node, place: Span) -> Node {
    let draft = Draft::at(place);
    let probe = |period: i64, failures: i64| {
        let times = [
            ("initialDelaySeconds", 0),
            ("periodSeconds", period),
            ("timeoutSeconds", 1),
            ("failureThreshold", failures),
        ];
        draft.map([
            ("enabled", Some(draft.flag(true))),
            ("type", Some(draft.text("TCP"))),
            ("spec", Some(draft.map(times.map(|(key, number)| (key, Some(draft.number(number))))))),
        ])
    };
    let probes = draft.map([
        ("liveness", Some(probe(10, 3))),
        ("readiness", Some(probe(10, 3))),
        ("startup", Some(probe(5, 30))),
    ]);
    let container = draft.map([("probes", Some(probes))]);
    let cronjob = draft.map([("schedule", Some(draft.text("*/20 * * * *")))]);
    let controller =
        draft.map([("cronjob", Some(cronjob)), ("containers", Some(draft.map([("main", Some(container))])))]);
    let http = draft.map([("primary", Some(draft.flag(true))), ("protocol", Some(draft.text("HTTP")))]);
    let service = draft.map([
        ("controller", Some(draft.text("main"))),
        ("primary", Some(draft.flag(true))),
        ("ports", Some(draft.map([("http", Some(http))]))),
    ]);
    let words =
        [("port", "http"), ("scheme", "http"), ("path", "/metrics"), ("interval", "1m"), ("scrapeTimeout", "10s")];
    let endpoint = draft.map(words.map(|(key, text)| (key, Some(draft.text(text)))));
    let off = SWITCHED_OFF.map(|(of, id)| {
        let claims = |text: &str| (of == "persistence").then(|| draft.text(text));
        let item = draft.map([
            ("enabled", Some(draft.flag(false))),
            ("accessMode", claims("ReadWriteOnce")),
            ("size", claims("1Gi")),
            ("endpoints", (of == "serviceMonitor").then(|| draft.list(vec![endpoint.clone()]))),
        ]);
        (of, Some(draft.map([(id, Some(item))])))
    });
    let main = |item: Node| Some(draft.map([("main", Some(item))]));
    let own = [("controllers", main(controller)), ("service", main(service))];
    merged(&draft.map(own.into_iter().chain(off)), values)
}
