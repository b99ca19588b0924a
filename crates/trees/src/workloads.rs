//! The applications of a team: what stands in their folders of the base.

use crate::Tree;
use crate::random::Random;

/// What an application is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A server with everything around it.
    Web,
    /// Something that runs and is not asked.
    Worker,
    /// A store with volumes.
    Store,
    /// A release of the chart that many use for everything.
    Release,
    /// Something that runs by the clock.
    Timed,
}

impl Kind {
    /// Objects in a cluster.
    pub fn objects(self) -> usize {
        match self {
            Kind::Web => 7,
            Kind::Worker => 4,
            Kind::Store | Kind::Release => 3,
            Kind::Timed => 2,
        }
    }
}

/// An application.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name, which no other team has.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    version: String,
    peer: String,
}

impl App {
    /// The application of a team at a place: the first is always a server that the others may talk to.
    pub fn new(team: &str, at: usize, random: &mut Random) -> Self {
        let kind = match (at, random.below(100)) {
            (0, _) | (_, 0..55) => Kind::Web,
            (_, 55..70) => Kind::Worker,
            (_, 70..80) => Kind::Store,
            (_, 80..92) => Kind::Release,
            _ => Kind::Timed,
        };
        App {
            name: format!("{team}-app-{at}"),
            kind,
            version: format!("1.{}.{}", random.below(20), random.below(10)),
            peer: format!("{team}-app-0"),
        }
    }

    /// Writes its folder.
    pub fn write(&self, tree: &mut Tree, folder: &str) {
        let mut list = Vec::new();
        let mut file = |name: &str, text: String| {
            tree.add(format!("{folder}/{name}"), text);
            list.push(format!("  - {name}\n"));
        };
        let mut rest = String::new();
        match self.kind {
            Kind::Web => {
                file("workload.yaml", [self.web(), self.service(), self.account()].join("---\n"));
                file("policies.yaml", [self.policy(), self.budget()].join("---\n"));
                file("external-secret.yaml", self.external_secret());
                rest = self.settings();
            }
            Kind::Worker => {
                file("workload.yaml", [self.worker(), self.account()].join("---\n"));
                file("policies.yaml", self.policy());
                rest = self.settings();
            }
            Kind::Store => {
                file("workload.yaml", [self.store(), self.service()].join("---\n"));
                file("policies.yaml", self.policy());
            }
            Kind::Release => {
                file("release.yaml", [self.release(), self.source()].join("---\n"));
                file("claim.yaml", self.claim());
            }
            Kind::Timed => {
                file("workload.yaml", self.timed());
                file("policies.yaml", self.policy());
            }
        }
        let list = list.concat();
        tree.add(
            format!("{folder}/kustomization.yaml"),
            format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{list}{rest}"),
        );
    }

    fn settings(&self) -> String {
        format!(
            "configMapGenerator:\n  - name: {}-settings\n    literals:\n      - MODE=fast\n      - \
             HOST={}.${{DOMAIN}}\n      - PEER=http://{}.${{TEAM}}.svc.cluster.local\n",
            self.name, self.name, self.peer
        )
    }

    fn meta(&self, api: &str, kind: &str, name: &str) -> String {
        let (app, tier) = (&self.name, self.tier());
        format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    app.kubernetes.io/name: {app}\n    tier: \
             {tier}\n"
        )
    }

    fn tier(&self) -> &'static str {
        match self.kind {
            Kind::Web => "web",
            Kind::Store => "store",
            _ => "inner",
        }
    }

    fn selected(&self, indent: &str) -> String {
        let (app, tier) = (&self.name, self.tier());
        format!(
            "{indent}metadata:\n{indent}  labels:\n{indent}    app.kubernetes.io/name: {app}\n{indent}    tier: {tier}\n"
        )
    }

    fn pod(&self, indent: &str, image: &str, account: bool, rest: &str) -> String {
        let (app, version) = (&self.name, &self.version);
        let account = if account { format!("serviceAccountName: {app}\n") } else { String::new() };
        let text = format!(
            "{account}automountServiceAccountToken: false\nsecurityContext:\n  runAsNonRoot: true\n  runAsUser: 1000\n  \
             seccompProfile:\n    type: RuntimeDefault\ncontainers:\n  - name: app\n    image: \
             registry.example.com/{image}:{version}\n    securityContext:\n      allowPrivilegeEscalation: false\n      \
             readOnlyRootFilesystem: true\n      capabilities:\n        drop: [ALL]\n    resources:\n      requests:\n        \
             cpu: 10m\n        memory: 64Mi\n      limits:\n        memory: 256Mi\n{rest}"
        );
        text.lines().map(|line| format!("{indent}{line}\n")).collect()
    }

    fn settings_as_variables(&self) -> String {
        format!("    envFrom:\n      - configMapRef:\n          name: {}-settings\n", self.name)
    }

    fn web(&self) -> String {
        let app = &self.name;
        let rest = format!(
            "    ports:\n      - name: http\n        containerPort: 8080\n    readinessProbe:\n      httpGet:\n        path: \
             /ready\n        port: http\n    livenessProbe:\n      httpGet:\n        path: /live\n        port: http\n{}    \
             env:\n      - name: API_TOKEN\n        valueFrom:\n          secretKeyRef:\n            name: {app}-token\n            \
             key: token\n    volumeMounts:\n      - name: tmp\n        mountPath: /tmp\nvolumes:\n  - name: tmp\n    \
             emptyDir: {{}}\n",
            self.settings_as_variables()
        );
        self.deployment(2, &self.pod("      ", "web", true, &rest))
    }

    fn worker(&self) -> String {
        self.deployment(1, &self.pod("      ", "worker", true, &self.settings_as_variables()))
    }

    fn deployment(&self, replicas: usize, pod: &str) -> String {
        format!(
            "{}spec:\n  replicas: {replicas}\n  revisionHistoryLimit: 3\n  selector:\n    matchLabels:\n      \
             app.kubernetes.io/name: {}\n  template:\n{}    spec:\n{pod}",
            self.meta("apps/v1", "Deployment", &self.name),
            self.name,
            self.selected("    "),
        )
    }

    fn store(&self) -> String {
        let rest = "    ports:\n      - name: http\n        containerPort: 8080\n    volumeMounts:\n      - name: data\n        \
                    mountPath: /data\n    readinessProbe:\n      tcpSocket:\n        port: http\n";
        format!(
            "{}spec:\n  replicas: 1\n  serviceName: {}\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n  \
             template:\n{}    spec:\n{}  volumeClaimTemplates:\n    - metadata:\n        name: data\n      spec:\n        \
             accessModes: [ReadWriteOnce]\n        storageClassName: fast\n        resources:\n          requests:\n            \
             storage: 10Gi\n",
            self.meta("apps/v1", "StatefulSet", &self.name),
            self.name,
            self.name,
            self.selected("    "),
            self.pod("      ", "store", false, rest),
        )
    }

    fn timed(&self) -> String {
        format!(
            "{}spec:\n  schedule: \"17 3 * * *\"\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n      backoffLimit: \
             2\n      template:\n{}        spec:\n          restartPolicy: Never\n{}",
            self.meta("batch/v1", "CronJob", &self.name),
            self.selected("        "),
            self.pod("          ", "timed", false, ""),
        )
    }

    fn service(&self) -> String {
        format!(
            "{}spec:\n  selector:\n    app.kubernetes.io/name: {}\n  ports:\n    - name: http\n      port: 80\n      targetPort: \
             http\n",
            self.meta("v1", "Service", &self.name),
            self.name
        )
    }

    fn account(&self) -> String {
        format!("{}automountServiceAccountToken: false\n", self.meta("v1", "ServiceAccount", &self.name))
    }

    fn policy(&self) -> String {
        let (app, peer) = (&self.name, &self.peer);
        let ingress = match self.kind {
            Kind::Web | Kind::Store => {
                "  ingress:\n    - from:\n        - podSelector: {}\n      ports:\n        - port: http\n"
            }
            _ => "",
        };
        let egress = if matches!(self.kind, Kind::Web | Kind::Worker) {
            format!(
                "  egress:\n    - to:\n        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: \
                 {peer}\n      ports:\n        - port: 8080\n"
            )
        } else {
            String::new()
        };
        format!(
            "{}spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: {app}\n  policyTypes: [Ingress, \
             Egress]\n{ingress}{egress}",
            self.meta("networking.k8s.io/v1", "NetworkPolicy", app)
        )
    }

    fn budget(&self) -> String {
        format!(
            "{}spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n",
            self.meta("policy/v1", "PodDisruptionBudget", &self.name),
            self.name
        )
    }

    fn external_secret(&self) -> String {
        let app = &self.name;
        format!(
            "{}spec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: ClusterSecretStore\n    name: vault\n  target:\n    \
             name: {app}-token\n  data:\n    - secretKey: token\n      remoteRef:\n        key: {app}\n        property: \
             token\n",
            self.meta("external-secrets.io/v1", "ExternalSecret", app)
        )
    }

    fn source(&self) -> String {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata:\n  name: {}\nspec:\n  interval: 1h\n  url: \
             oci://ghcr.io/bjw-s-labs/helm/app-template\n  ref:\n    tag: 4.6.2\n",
            self.name
        )
    }

    fn release(&self) -> String {
        let (app, version) = (&self.name, &self.version);
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: {app}\nspec:\n  interval: 1h\n  \
             chartRef:\n    kind: OCIRepository\n    name: {app}\n  values:\n    controllers:\n      {app}:\n        \
             containers:\n          app:\n            image:\n              repository: registry.example.com/release\n              \
             tag: {version}\n            env:\n              TZ: Etc/UTC\n              PORT: &port 8080\n              \
             PUBLIC_URL: https://{app}.${{DOMAIN}}\n            probes:\n              liveness:\n                enabled: \
             true\n              readiness:\n                enabled: true\n            resources:\n              requests:\n                \
             cpu: 10m\n                memory: 64Mi\n              limits:\n                memory: 512Mi\n            \
             securityContext:\n              allowPrivilegeEscalation: false\n              readOnlyRootFilesystem: true\n              \
             capabilities: {{drop: [ALL]}}\n    defaultPodOptions:\n      securityContext:\n        runAsNonRoot: true\n        \
             runAsUser: 1000\n        fsGroup: 1000\n        seccompProfile: {{type: RuntimeDefault}}\n    service:\n      \
             app:\n        ports:\n          http:\n            port: *port\n    persistence:\n      config:\n        \
             existingClaim: {app}\n        globalMounts:\n          - path: /config\n"
        )
    }

    fn claim(&self) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
             storageClassName: fast\n  resources:\n    requests:\n      storage: 5Gi\n",
            self.name
        )
    }
}
