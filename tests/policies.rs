//! ValidatingAdmissionPolicies as they are: which objects, with which parameters, how severe, and what stays open.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use flux_vet::finding::Severity;
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

const RULES: &str = "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: ['*'], resources: [deployments]}]}";

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: copies}}\nspec:\n  \
         {RULES}\n{spec}"
    )
}

fn binding(spec: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: bound}}\n\
         spec: {{policyName: copies, {spec}}}\n"
    )
}

fn deployment(namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {namespace}, labels: {{tier: {namespace}}}}}\n\
         spec: {{{spec}}}\n"
    )
}

const FEW: &str = "  validations: [{expression: object.spec.replicas <= 3, message: at most 3}]\n";

fn run(files: &[(&str, &str)]) -> Checked {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, *text);
    }
    check(tree, &CheckOptions::default()).unwrap()
}

fn checked(documents: &[String]) -> Checked {
    run(&[("all.yaml", &documents.join("---\n"))])
}

/// Severity and message of every refusal.
fn refusals(checked: &Checked) -> Vec<(Severity, &str)> {
    let own = checked.findings.iter().filter(|finding| *finding.rule == *"admission-policy");
    own.map(|finding| (finding.severity, finding.message.as_str())).collect()
}

fn open(checked: &Checked) -> Vec<&str> {
    checked.coverage.unknown.iter().filter(|one| one.what.contains("policy")).map(|one| one.reason.as_str()).collect()
}

const REFUSED: &str = "Deployment `web/web` is refused by the policy `copies`: at most 3";

#[test]
fn the_actions_of_the_binding_say_how_severe_it_is() {
    let with = |spec: Option<&str>| {
        let mut documents = vec![policy(FEW), deployment("web", "replicas: 5")];
        documents.extend(spec.map(binding));
        checked(&documents).findings.iter().find(|one| *one.rule == *"admission-policy").map(|one| one.severity)
    };
    assert_eq!(with(Some("validationActions: [Deny, Audit]")), Some(Severity::Error));
    assert_eq!(with(Some("validationActions: [Warn]")), Some(Severity::Warning));
    assert_eq!(with(Some("validationActions: [Audit]")), Some(Severity::Info));
    assert_eq!(with(None), Some(Severity::Warning));
}

#[test]
fn rules_selectors_and_conditions_choose_the_objects() {
    let both = [deployment("web", "replicas: 5"), deployment("batch", "replicas: 5")];
    let with = |policy_spec: &str, binding_spec: &str| {
        let mut documents = vec![policy(policy_spec), binding(binding_spec)];
        documents.extend(both.clone());
        refusals(&checked(&documents)).len()
    };
    assert_eq!(with(FEW, "validationActions: [Deny]"), 2);
    assert_eq!(with(FEW, "matchResources: {objectSelector: {matchLabels: {tier: web}}}"), 1);
    let by_name = "matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: batch}}}";
    assert_eq!(with(FEW, by_name), 1);
    assert_eq!(
        with(FEW, "matchResources: {resourceRules: [{apiGroups: [''], operations: ['*'], resources: [pods]}]}"),
        0
    );
    let condition = "  matchConditions: [{name: a, expression: \"request.namespace != 'web'\"}]\n";
    assert_eq!(with(&format!("{condition}{FEW}"), "validationActions: [Deny]"), 1);
    let created =
        "  matchConditions: [{name: a, expression: \"request.operation == 'CREATE' && oldObject == null\"}]\n";
    assert_eq!(with(&format!("{created}{FEW}"), "validationActions: [Deny]"), 2);
}

#[test]
fn folders_of_the_configuration_bring_policies_bindings_and_parameters() {
    let spec = "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations:\n    \
                - {expression: object.spec.replicas <= int(params.data.most), message: at most 3}\n";
    let bound =
        binding("validationActions: [Deny], paramRef: {name: most, namespace: rules, parameterNotFoundAction: Deny}");
    let params = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: most, namespace: rules}\ndata: {most: '3'}\n";
    let policies = [policy(spec), bound, params.to_owned()].join("---\n");
    let with = |config: &str| {
        let deployment = deployment("web", "replicas: 5");
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux}\n\
                    spec: {interval: 1h, prune: true, path: ./apps, sourceRef: {kind: GitRepository, name: flux}}\n";
        let checked = run(&[
            (".flux-vet.yaml", config),
            ("clusters/apps.yaml", flux),
            ("apps/web.yaml", &deployment),
            ("policies/all.yaml", &policies),
        ]);
        refusals(&checked).into_iter().map(|(severity, message)| (severity, message.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(with("policy-paths: [policies]"), [(Severity::Error, REFUSED.to_owned())]);
    assert_eq!(with("{}"), []);
}

#[test]
fn each_of_several_parameters_is_run_and_none_is_open() {
    let spec = "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations:\n    \
                - {expression: object.spec.replicas <= int(params.data.most), messageExpression: \"'at most ' + params.data.most\"}\n";
    let params = |name: &str, most: u8| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: web, labels: {{for: copies}}}}\n\
             data: {{most: '{most}'}}\n"
        )
    };
    let bound = binding("validationActions: [Deny], paramRef: {selector: {matchLabels: {for: copies}}}");
    let documents = [policy(spec), bound.clone(), params("a", 3), params("b", 9), deployment("web", "replicas: 5")];
    assert_eq!(refusals(&checked(&documents)), [(Severity::Error, REFUSED)]);
    let without = checked(&[policy(spec), bound, deployment("web", "replicas: 5")]);
    assert_eq!((refusals(&without), open(&without)), (vec![], vec!["its parameters are not there"]));
}

#[test]
fn variables_are_made_when_they_are_asked_for() {
    let spec = "  variables:\n    - {name: broken, expression: object.spec.nothing.here}\n    \
                - {name: copies, expression: object.spec.replicas}\n    - {name: many, expression: variables.copies > 3}\n  \
                validations: [{expression: '!variables.many', message: At most 3.}]\n";
    let documents = [policy(spec), binding("validationActions: [Deny]"), deployment("web", "replicas: 5")];
    assert_eq!(
        refusals(&checked(&documents)),
        [(Severity::Error, "Deployment `web/web` is refused by the policy `copies`: At most 3")]
    );
}

#[test]
fn what_the_api_server_may_set_and_what_cannot_be_asked_stays_open() {
    let with = |spec: &str| {
        let checked = checked(&[policy(spec), binding("validationActions: [Deny]"), deployment("web", "paused: true")]);
        (refusals(&checked).len(), open(&checked).into_iter().map(ToOwned::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(with(FEW), (0, vec!["there is no key `replicas`; the API server may set it".to_owned()]));
    let asks = "  validations: [{expression: authorizer.group('').resource('pods').check('get').allowed()}]\n";
    assert_eq!(with(asks), (0, vec!["an expression uses `authorizer`, which does not exist".to_owned()]));
    let who = "  validations: [{expression: request.userInfo.username != 'nobody'}]\n";
    assert_eq!(with(who), (0, vec!["a value it asks for is not known".to_owned()]));
    let audit =
        "  auditAnnotations: [{key: a, valueExpression: object.spec.none}]\n  validations: [{expression: 'true'}]\n";
    assert_eq!(with(audit), (0, vec![]));
}
