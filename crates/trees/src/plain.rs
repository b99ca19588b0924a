//! Manifests as a checker of schemas alone takes them: five objects a file, nothing to build.

use crate::Tree;

/// The kinds of a file of a plain tree.
const IN_A_FILE: usize = 5;

/// A tree of plain manifests: in each file a Deployment and what goes with it.
pub fn plain(objects: usize) -> Tree {
    let mut tree = Tree { objects, ..Tree::default() };
    for at in 0..objects.div_ceil(IN_A_FILE) {
        let name = format!("app-{at}");
        let namespace = format!("team-{}", at / 20);
        let meta = format!("metadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    app: {name}\n");
        let all = [
            format!(
                "apiVersion: apps/v1\nkind: Deployment\n{meta}spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      \
                 app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      \
                 serviceAccountName: {name}\n      containers:\n        - name: app\n          image: \
                 registry.example.com/app:1.{at}.0\n          ports:\n            - name: http\n              \
                 containerPort: 8080\n          envFrom:\n            - configMapRef:\n                name: {name}\n          \
                 readinessProbe:\n            httpGet:\n              path: /ready\n              port: http\n          \
                 resources:\n            requests:\n              cpu: 10m\n              memory: 64Mi\n            \
                 limits:\n              memory: 128Mi\n"
            ),
            format!(
                "apiVersion: v1\nkind: Service\n{meta}spec:\n  selector:\n    app: {name}\n  ports:\n    - name: http\n      \
                 port: 80\n      targetPort: http\n"
            ),
            format!(
                "apiVersion: v1\nkind: ConfigMap\n{meta}data:\n  MODE: fast\n  LEVEL: info\n  PEER: \
                 http://{name}.{namespace}.svc.cluster.local\n"
            ),
            format!("apiVersion: v1\nkind: ServiceAccount\n{meta}automountServiceAccountToken: false\n"),
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{meta}spec:\n  podSelector:\n    matchLabels:\n      \
                 app: {name}\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector: {{}}\n      \
                 ports:\n        - port: 8080\n"
            ),
        ];
        let wanted = (objects - at * IN_A_FILE).min(IN_A_FILE);
        let texts: Vec<&str> = all.iter().take(wanted).map(String::as_str).collect();
        tree.add(format!("apps/{namespace}/{name}.yaml"), texts.join("---\n"));
    }
    tree
}
