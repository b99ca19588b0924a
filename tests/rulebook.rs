//! Rules that users write: what they see, what they cannot know, and how their faults are shown.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod binary;

use std::path::Path;

use flux_vet::finding::Finding;
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

/// A card with a predicate, and examples that nobody runs here.
fn card(check: &str) -> String {
    format!(
        "---\nsummary: A rule of the user\nseverity: error\nconfidence: high\ngroup: own\nsince: 0.1.0\nstatus: stable\n\
         default: on\nfix: unsafe\n{check}\n---\n## What it does\nA.\n## Why it matters\nB.\n## What to do\nC.\n\
         ## Example: fires\n```yaml\na: 1 # error\n```\n## Example: silent\n```yaml\na: 1\n```\n"
    )
}

fn tree(check: &str, manifests: &str) -> Memory {
    let mut tree = Memory::default();
    tree.insert(".flux-vet/rules/own/mine.md", card(check));
    tree.insert("a.yaml", manifests);
    tree
}

/// The same where Flux puts in variables that are not in the tree.
fn substituted(check: &str, manifests: &str) -> Memory {
    let mut tree = Memory::default();
    tree.insert(".flux-vet/rules/own/mine.md", card(check));
    tree.insert("clusters/apps.yaml", VARIABLES);
    tree.insert("apps/a.yaml", manifests);
    tree
}

const VARIABLES: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  interval: 1h
  path: ./apps
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: Secret, name: variables}]}
";

fn run(rule: &str, manifests: &str) -> Checked {
    let tree = if manifests.contains("${") { substituted(rule, manifests) } else { tree(rule, manifests) };
    check(tree, &CheckOptions::default()).unwrap_or_else(|fault| panic!("{:?}", miette::Report::new(fault)))
}

fn of<'c>(checked: &'c Checked, rule: &str) -> Vec<&'c Finding> {
    checked.findings.iter().filter(|finding| *finding.rule == *rule).collect()
}

/// Message and line of every finding of the rule, and of its errors.
fn found(rule: &str, manifests: &str) -> Vec<String> {
    let checked = run(rule, manifests);
    let own = of(&checked, "mine").into_iter().chain(of(&checked, "rule-error"));
    own.map(|finding| {
        let place = checked.sources.location(finding.primary.span);
        format!("{}:{}:{}: {}", place.path, place.line, place.column, finding.message)
    })
    .collect()
}

/// What a user sees of a card that does not load.
fn refused(text: &str) -> String {
    let mut tree = Memory::default();
    tree.insert(".flux-vet/rules/own/mine.md", text);
    let Err(fault) = check(tree, &CheckOptions::default()) else { panic!("the card was accepted") };
    let mut shown = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).with_width(120).render_report(&mut shown, &fault).unwrap();
    shown
}

const PODS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: app
          image: example.org/app:${TAG}
        - name: side
          image: example.org/side:1
";

#[test]
fn the_rules_of_the_fixture_tree_hold_on_the_command_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/user-rules");
    let ran = binary::run(&root, &["test", "--root", "."]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "4 examples of 2 cards hold\n"), "{}", ran.err);
}

#[test]
fn a_new_rule_is_written_and_its_examples_hold() {
    let tree = binary::Tree::new(&[]);
    let ran = |arguments: &[&str]| binary::run(tree.path(), arguments);
    let written = ran(&["rules", "new", "storage/claim-too-large", "--root", "."]);
    assert_eq!(written.code, 0, "{}", written.err);
    assert!(tree.path().join(".flux-vet/rules/storage/claim-too-large.md").is_file());
    assert_eq!(ran(&["test", "--root", "."]).out, "2 examples of 1 card hold\n");
    assert_eq!(ran(&["rules", "new", "storage/claim-too-large", "--root", "."]).code, 2, "it stands there already");
    assert_eq!(ran(&["rules", "new", "storage/pvc-missing", "--root", "."]).code, 2, "there is one of ours");
    assert_eq!(ran(&["rules", "new", "Claim", "--root", "."]).code, 2);
    assert!(ran(&["rules", "--root", "."]).out.contains("claim-too-large"));
    assert!(ran(&["explain", "claim-too-large", "--root", "."]).out.contains("Why it matters"));
}

#[test]
fn what_examples_say_and_what_is_found_stand_one_below_the_other() {
    let check = "check:\n  match: {kinds: [core/Service]}\n  assert: \"!(object.spec.type in ['NodePort'])\"\n  \
                 at: spec.type\n  message: \"{object} is of type {object.spec.type}\"";
    let services = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: web}\nspec:\n  type: NodePort\n---\n\
                    apiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: web}\nspec:\n  type: ClusterIP # error\n";
    let text =
        card(check).replace("a: 1 # error\n", services).replace("```yaml\na: 1\n", &format!("```yaml\n{services}"));
    let tree = binary::Tree::new(&[(".flux-vet/rules/own/mine.md", &text)]);
    let ran = binary::run(tree.path(), &["test", "--root", "."]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!("differences_of_examples", ran.out);
}

#[test]
fn a_rule_over_a_namespace_sums_what_its_pods_ask_for() {
    let rule = "scope: namespace\noptions:\n  memory: {type: quantity, default: 1Gi, help: largest sum}\ncheck:\n  \
                let: {used: \"objects('workloads', ns).map(w, requests(w).memory).sum()\"}\n  \
                assert: variables.used.compareTo(params.memory) <= 0\n  message: \"`{ns}` asks for {variables.used}\"";
    let pods = |namespace: &str, image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  replicas: 3\n  \
             template: {{spec: {{containers: [{{name: app, image: {image}, resources: {{requests: {{memory: 512Mi}}}}}}]}}}}\n"
        )
    };
    assert_eq!(found(rule, &pods("web", "app")), ["a.yaml:3:18: `web` asks for 1536Mi"]);
    assert_eq!(found(&rule.replace("1Gi", "2Gi"), &pods("web", "app")), Vec::<String>::new());
}

#[test]
fn what_is_odd_about_a_card_is_said_and_does_not_fail() {
    let check = "options:\n  most: {type: int, default: 1, help: most copies}\ncheck:\n  match: {kinds: [apps/Deploiment]}\n  \
                 let: {copies: object.spec.replicas}\n  assert: 'true'\n  message: bad";
    let text = card(check).replace("a: 1 # error\n", "a: 1\n");
    let tree = binary::Tree::new(&[(".flux-vet/rules/own/mine.md", &text)]);
    let ran = binary::run(tree.path(), &["test", "--root", "."]);
    let hints: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("own/mine: ")).collect();
    assert_eq!(
        hints,
        [
            "own/mine: the variable `copies` is never used",
            "own/mine: the option `most` is never used",
            "own/mine: there is no kind `apps/Deploiment`; did you mean `Deployment`?",
        ],
        "{}",
        ran.err
    );
}

#[test]
fn what_fails_is_found_and_what_hangs_on_an_unknown_value_is_not() {
    let rule = "check:\n  match: {kinds: [workloads]}\n  each: pod.containers\n  assert: item.image.endsWith(':2')\n  \
                at: image\n  message: \"`{item.name}` of {object.kind} runs {item.image}\"";
    assert_eq!(found(rule, PODS), ["apps/a.yaml:12:18: `side` of Deployment runs example.org/side:1"]);
    let checked = run(rule, PODS);
    let undecided: Vec<&str> = checked.coverage.unknown.iter().map(|one| one.what.as_str()).collect();
    assert!(undecided.contains(&"`mine` on Deployment `web/web`"), "{undecided:?}");
}

#[test]
fn one_side_decides_whatever_the_other_one_is() {
    let rule =
        |assert: &str| format!("check:\n  match: {{kinds: [apps/Deployment]}}\n  assert: {assert}\n  message: bad");
    let unknown = "object.spec.template.spec.containers[0].image == 'x'";
    for (assert, findings) in [
        (format!("{unknown} || object.kind == 'Deployment'"), 0),
        (format!("{unknown} && object.kind == 'Pod'"), 1),
        (format!("{unknown} || object.kind == 'Pod'"), 0),
        ("object.spec.template.spec.containers.exists(c, c.image == 'y')".to_owned(), 0),
        ("object.spec.template.spec.containers.all(c, c.image == 'y')".to_owned(), 1),
    ] {
        assert_eq!(found(&rule(&assert), PODS).len(), findings, "{assert}");
    }
}

#[test]
fn an_expression_that_fails_is_said_once_at_its_place_in_the_card() {
    let rule = "check:\n  match: {kinds: [core/ConfigMap]}\n  assert: object.data.mode == 'on'\n  message: bad";
    let object = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: web}}\n");
    let manifests = format!("{}---\n{}---\n{}data: {{mode: off}}\n", object("a"), object("b"), object("c"));
    assert_eq!(
        found(rule, &manifests),
        [
            "a.yaml:11:18: bad",
            ".flux-vet/rules/own/mine.md:12:17: `assert` of the rule `mine` fails on ConfigMap `web/a`: there is no key \
             `data` (1 more)",
        ]
    );
}

#[test]
fn a_rule_that_runs_too_long_is_said_and_the_others_still_run() {
    let list = format!("[{}]", vec!["1"; 120].join(","));
    let rule = format!(
        "check:\n  match: {{kinds: [core/ConfigMap]}}\n  let: {{l: \"{list}\"}}\n  \
         assert: variables.l.all(a, variables.l.all(b, variables.l.all(c, a + b + c > 0)))\n  message: bad"
    );
    let manifests = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\ndata: {a: 1, a: 2}\n";
    let checked = run(&rule, manifests);
    let errors = of(&checked, "rule-error");
    assert_eq!(errors.len(), 1);
    assert!(errors.iter().all(|error| error.message.contains("takes more than 1000000 steps")));
    assert!(!of(&checked, "yaml-key-duplicate").is_empty());
}

#[test]
fn values_of_secrets_are_never_printed() {
    let rule = "check:\n  match: {kinds: [core/Secret]}\n  let: {first: \"object.stringData['key'] + '!'\"}\n  \
                assert: 'false'\n  message: \"{object.stringData} {variables.first} {object.stringData.key.size()} \
                {object.metadata.name}\"";
    let manifests = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: web}\nstringData: {key: hunter2}\n";
    assert_eq!(found(rule, manifests), ["a.yaml:3:18: <redacted> <redacted> <redacted> s"]);
}

#[test]
fn a_join_names_the_nearest_target_and_offers_to_write_it() {
    let rule = "check:\n  match: {kinds: [kustomize.toolkit.fluxcd.io/Kustomization]}\n  references:\n    \
                each: spec.dependsOn[*]\n    \
                key: \"[item.?namespace.orValue(object.metadata.namespace), item.name]\"\n    to:\n      \
                - {kinds: [kustomize.toolkit.fluxcd.io/Kustomization], key: \"[object.metadata.namespace, object.metadata.name]\"}\n  \
                at: name\n  message: \"`{item.name}` is not there\"";
    let manifests = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux}\n\
                     spec:\n  dependsOn:\n    - name: storag\n    - name: storage\n---\n\
                     apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: storage, namespace: flux}\nspec: {}\n";
    let checked = run(rule, manifests);
    let findings = of(&checked, "mine");
    let shown: Vec<_> = findings
        .iter()
        .map(|one| (one.message.as_str(), one.help.as_str(), one.fix.as_ref().map(|fix| fix.title.as_str())))
        .collect();
    assert_eq!(shown, [("`storag` is not there", "did you mean `storage`?", Some("write `storage`"))]);
}

#[test]
fn the_configuration_switches_and_sets_rules_of_users_like_ours() {
    let rule = "options:\n  max-copies: {type: int, default: 1, help: most copies}\ncheck:\n  \
                match: {kinds: [apps/Deployment]}\n  assert: object.spec.replicas <= params.max_copies\n  message: too many";
    let with = |config: &str| {
        let mut tree = tree(rule, PODS);
        tree.insert(".flux-vet.yaml", config);
        check(tree, &CheckOptions::default()).map(|checked| of(&checked, "mine").len())
    };
    assert_eq!(with("{}").unwrap(), 1);
    assert_eq!(with("rules: {mine: off}").unwrap(), 0);
    assert_eq!(with("rules: {own: off}").unwrap(), 0);
    assert_eq!(with("rules: {mine: {max-copies: 2}}").unwrap(), 0);
    assert!(with("rules: {mine: {max-copy: 2}}").unwrap_err().to_string().contains("did you mean `max-copies`?"));
}

#[test]
fn faults_of_cards_are_shown_where_they_are() {
    let faults = [
        ("an unknown key", card("check:\n  match: {kinds: [workloads]}\n  asert: 'true'\n  message: bad")),
        (
            "an expression that does not parse",
            card(
                "check:\n  match: {kinds: [workloads]}\n  assert: >-\n    object.kind == 'Pod' &&\n    object.spec.replicas = 2\n  message: bad",
            ),
        ),
        (
            "an unknown name",
            card("check:\n  match: {kinds: [workloads]}\n  assert: \"'ä' == obect.kind\"\n  message: bad"),
        ),
        (
            "an unknown function",
            card("check:\n  match: {kinds: [workloads]}\n  assert: object.kind.startWith('P')\n  message: bad"),
        ),
        (
            "an unknown variable in a message",
            card(
                "check:\n  match: {kinds: [workloads]}\n  let: {copies: object.spec.replicas}\n  assert: variables.copies == 1\n  message: \"runs {variables.copys}\"",
            ),
        ),
        (
            "an expression that gives no place",
            card("check:\n  match: {kinds: [Pod]}\n  assert: 'true'\n  at: {cel: item.metadata.}\n  message: bad"),
        ),
        ("no kind", card("check:\n  match: {kinds: [worklods]}\n  assert: 'true'\n  message: bad")),
        ("no predicate", card("check:\n  match: {kinds: [workloads]}\n  message: bad")),
        (
            "no example that fires",
            card("check:\n  match: {kinds: [Pod]}\n  assert: 'true'\n  message: bad")
                .replace("fires\n", "silent, too\n"),
        ),
    ];
    let shown: Vec<String> = faults.iter().map(|(name, text)| format!("# {name}\n{}", refused(text))).collect();
    insta::assert_snapshot!("faults_of_cards", shown.join("\n"));
}

#[test]
fn a_card_takes_no_name_of_ours_unless_it_says_so() {
    let text = card("check:\n  match: {kinds: [Pod]}\n  assert: 'true'\n  message: bad");
    let with = |text: String| {
        let mut tree = Memory::default();
        tree.insert(".flux-vet/rules/own/pvc-missing.md", text);
        check(tree, &CheckOptions::default()).map(|_| ()).map_err(|fault| fault.to_string())
    };
    assert_eq!(with(text.clone()), Err("there is a rule `pvc-missing` already".to_owned()));
    assert_eq!(with(text.replace("fix: unsafe", "fix: none\noverrides: pvc-missing")), Ok(()));
}
