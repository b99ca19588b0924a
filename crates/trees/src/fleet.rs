//! A fleet: several clusters over shared bases, with overlays, components, patches, variables, policies and secrets, in the
//! layout of a team that takes care. It is meant to give no finding.

use crate::Tree;
use crate::random::Random;
use crate::sops;
use crate::workloads::{App, Kind};

/// Applications of a team; each team has a namespace in every cluster.
const APPS: usize = 10;
/// From so many objects on there are several clusters.
pub const FLEET: usize = 1_000;

/// A tree of about so many objects.
pub fn fleet(objects: usize, seed: u64) -> Tree {
    let mut random = Random::new(seed);
    let mut tree = Tree::default();
    let clusters: &[&str] = if objects < FLEET { &["home"] } else { &["east", "north", "west"] };
    tree.add(".sops.yaml", sops::rules());
    component(&mut tree);
    for cluster in clusters {
        infrastructure(&mut tree, cluster, &mut random);
    }
    let mut teams = Vec::new();
    while tree.objects < objects {
        teams.push(team(&mut tree, teams.len(), clusters, objects, &mut random));
    }
    for cluster in clusters {
        entry(&mut tree, cluster, &teams);
    }
    tree
}

/// What every namespace gets: nobody comes in or goes out unless a policy says so.
fn component(tree: &mut Tree) {
    tree.add(
        "components/namespace/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n  - network-policies.yaml\n  - \
         limits.yaml\n",
    );
    tree.add(
        "components/namespace/network-policies.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\nspec:\n  podSelector: \
         {}\n  policyTypes: [Ingress, Egress]\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  \
         name: allow-dns\nspec:\n  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n    - to:\n        - \
         namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: kube-system\n          \
         podSelector:\n            matchLabels:\n              k8s-app: kube-dns\n      ports:\n        - port: 53\n          \
         protocol: UDP\n        - port: 53\n          protocol: TCP\n",
    );
    tree.add(
        "components/namespace/limits.yaml",
        "apiVersion: v1\nkind: LimitRange\nmetadata:\n  name: defaults\nspec:\n  limits:\n    - type: Container\n      \
         defaultRequest: {cpu: 10m, memory: 32Mi}\n      default: {memory: 256Mi}\n",
    );
}

/// What stands below the applications of a cluster.
fn infrastructure(tree: &mut Tree, cluster: &str, random: &mut Random) {
    let folder = format!("infrastructure/{cluster}");
    tree.add(
        format!("{folder}/kustomization.yaml"),
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - store.yaml\n  - \
         storage-class.yaml\n  - store-token.sops.yaml\n",
    );
    tree.add(
        format!("operators/{cluster}/namespaces.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: external-secrets\n",
    );
    tree.add(
        format!("operators/{cluster}/external-secrets.yaml"),
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata:\n  name: external-secrets\n  namespace: \
         external-secrets\nspec:\n  interval: 1h\n  url: oci://ghcr.io/external-secrets/charts/external-secrets\n  ref:\n    \
         tag: 2.1.0\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: \
         external-secrets\n  namespace: external-secrets\nspec:\n  interval: 1h\n  chartRef:\n    kind: OCIRepository\n    \
         name: external-secrets\n  values:\n    installCRDs: true\n",
    );
    tree.add(
        format!("{folder}/store.yaml"),
        format!(
            "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata:\n  name: vault\nspec:\n  provider:\n    \
             vault:\n      server: https://vault.{cluster}.example.com\n      path: secret\n      version: v2\n      auth:\n        \
             tokenSecretRef:\n          name: vault-token\n          namespace: external-secrets\n          key: token\n"
        ),
    );
    tree.add(
        format!("{folder}/storage-class.yaml"),
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: fast\nprovisioner: \
         csi.example.com\nallowVolumeExpansion: true\nreclaimPolicy: Delete\n",
    );
    let token = sops::secret(random, "vault-token", &["token"])
        .replace("  name: vault-token\n", "  name: vault-token\n  namespace: external-secrets\n");
    tree.add(format!("{folder}/store-token.sops.yaml"), token);
    tree.objects += 6;
}

/// The entry point of a cluster, and one Kustomization a team.
fn entry(tree: &mut Tree, cluster: &str, teams: &[String]) {
    let folder = format!("clusters/{cluster}");
    tree.add(
        format!("{folder}/flux-system/gotk-sync.yaml"),
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: flux-system\n  namespace: \
             flux-system\nspec:\n  interval: 5m\n  ref: {{branch: main}}\n  url: \
             https://git.example.com/fleet.git\n---\n{}",
            kustomization("flux-system", &folder, "")
        ),
    );
    tree.add(
        format!("{folder}/settings.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cluster-settings\n  namespace: flux-system\ndata:\n  CLUSTER: \
             {cluster}\n  DOMAIN: {cluster}.example.com\n  REPLICAS_MIN: \"2\"\n"
        ),
    );
    tree.add(
        format!("{folder}/infrastructure.yaml"),
        kustomization(
            "infrastructure",
            &format!("infrastructure/{cluster}"),
            "  wait: true\n  dependsOn:\n    - name: operators\n  decryption:\n    provider: sops\n    secretRef:\n      \
             name: sops-age\n",
        ),
    );
    tree.add(
        format!("{folder}/operators.yaml"),
        kustomization("operators", &format!("operators/{cluster}"), "  wait: true\n"),
    );
    tree.objects += 5;
    for team in teams {
        let rest = format!(
            "  wait: true\n  dependsOn:\n    - name: infrastructure\n  decryption:\n    provider: sops\n    secretRef:\n      \
             name: sops-age\n  postBuild:\n    substitute:\n      TEAM: {team}\n    substituteFrom:\n      - kind: ConfigMap\n        \
             name: cluster-settings\n"
        );
        tree.add(format!("{folder}/teams/{team}.yaml"), kustomization(team, &format!("teams/{team}/{cluster}"), &rest));
        tree.objects += 1;
    }
}

fn kustomization(name: &str, path: &str, rest: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {name}\n  namespace: \
         flux-system\nspec:\n  interval: 1h\n  retryInterval: 2m\n  timeout: 5m\n  path: ./{path}\n  prune: true\n  \
         sourceRef:\n    kind: GitRepository\n    name: flux-system\n{rest}"
    )
}

/// The base of a team and its overlays, with no more applications than are asked for.
fn team(tree: &mut Tree, at: usize, clusters: &[&str], objects: usize, random: &mut Random) -> String {
    let team = format!("team-{at}");
    // Namespace, LimitRange, two policies, the registry's Secret; and the Kustomization itself.
    let own = 6;
    tree.objects += own * clusters.len() - clusters.len();
    let mut apps = Vec::new();
    while apps.len() < APPS && tree.objects < objects {
        let app = App::new(&team, apps.len(), random);
        app.write(tree, &format!("teams/{team}/base/{}", app.name));
        tree.objects += app.kind.objects() * clusters.len();
        apps.push(app);
    }
    let list: String = apps.iter().map(|app| format!("  - {}\n", app.name)).collect();
    tree.add(
        format!("teams/{team}/base/kustomization.yaml"),
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - namespace.yaml\n{list}components:\n  - \
             ../../../components/namespace\n"
        ),
    );
    tree.add(
        format!("teams/{team}/base/namespace.yaml"),
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {team}\n  labels:\n    \
             pod-security.kubernetes.io/enforce: restricted\n"
        ),
    );
    for cluster in clusters {
        overlay(tree, &team, cluster, &apps, random);
    }
    team
}

/// What a cluster changes of a team's base.
fn overlay(tree: &mut Tree, team: &str, cluster: &str, apps: &[App], random: &mut Random) {
    let folder = format!("teams/{team}/{cluster}");
    let mut text = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: {team}\nresources:\n  - ../base\n  - \
         registry.sops.yaml\nlabels:\n  - pairs:\n      example.com/team: {team}\n      example.com/cluster: {cluster}\n"
    );
    let has_web = apps.iter().any(|app| app.kind == Kind::Web);
    if has_web {
        text.push_str(
            "patches:\n  - path: spread.yaml\n    target:\n      kind: Deployment\n      labelSelector: tier=web\n",
        );
        tree.add(
            format!("{folder}/spread.yaml"),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: any\nspec:\n  template:\n    spec:\n      \
             topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: kubernetes.io/hostname\n          \
             whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            matchLabels:\n              tier: \
             web\n",
        );
        let app = apps.iter().filter(|app| app.kind == Kind::Web).nth(random.below(2));
        if let Some(app) = app {
            text.push_str(&format!(
                "  - target:\n      kind: Deployment\n      name: {}\n    patch: |-\n      - op: replace\n        path: \
                 /spec/template/spec/containers/0/resources/limits/memory\n        value: 512Mi\n",
                app.name
            ));
        }
        text.push_str(&format!("images:\n  - name: registry.example.com/web\n    newTag: 2.{}.0\n", random.below(30)));
    }
    tree.add(format!("{folder}/kustomization.yaml"), text);
    tree.add(format!("{folder}/registry.sops.yaml"), sops::secret(random, "registry", &["username", "password"]));
}
