//! What scripts make and where they say so, and what no script can do to the reader.

use std::time::Instant;

use super::*;

/// Scripts of many shapes, for what must hold of every script.
const SCRIPTS: &[&str] = &[
    PLAN,
    FUNCTIONS,
    LOOPS,
    AWS,
    "# ünïcödé – first\necho 'größe ✓'; mc mb 'größe'/\"täg\" x/é\n",
    "mc mb \\\n  --ignore-existing \\\n  minio/one \\\n  minio/t\\\nwo\n",
    "mc mb minio/a\r\nfor b in x y; do\r\n  mc mb \"minio/$b\"\r\ndone\r\n",
    "\u{feff}mc alias set m http://m:9000 k s\nmc mb m/a",
    "export MC_HOST_minio=\"http://key:geheim@minio.storage:9000\"\nmc mb minio/a",
    "cat <<A <<-'B' | grep x\nmc mb minio/no\nA\n\tmc mb minio/no\n\tB\nmc mb minio/yes\n",
    "x=$(mc mb minio/inside); y=`mc mb minio/ticks`; [[ $x =~ ^(a|b)$ ]] && (( i++ )) && mc mb minio/$i",
    "case \"$1\" in\n  (a|b*) mc mb minio/ab ;;\n  *) mc mb minio/other\nesac >/dev/null 2>&1 &",
    "retry() { until \"$@\"; do sleep 1; done; }\nretry mc mb minio/a\n",
    "f() { f \"$1$1\"; mc mb \"minio/$1\"; }\nf ab\n",
    "B=(a b 'c d')\nB+=(e)\nfor b in \"${B[@]}\"; do mc mb \"minio/$b\"; done",
    "while read -r b; do mc mb \"minio/$b\"; done < <(cat list)\necho x | xargs -I{} mc mb minio/{}",
    "sh -c 'mc mb minio/a'; eval \"mc mb minio/$x\"; $MC mb minio/b; ./create-buckets.sh",
    "set -- one two\nfor b; do mc mb \"minio/$b\"; done; shift; mc mb minio/$1 minio/${2:-${3:-three}}\n",
];

const PLAN: &str = r#"
set -e
mc alias set minio http://minio:9000 $ROOT_USER $ROOT_PASSWORD

# mc mb --ignore-existing minio/commented
mc mb --ignore-existing minio/loki-chunks
mc mb --ignore-existing minio/loki-ruler || true

cat > /tmp/policy.json << 'EOF'
{ "Statement": [ { "Resource": ["arn:aws:s3:::loki-*"] } ] }
mc mb minio/in-the-document
EOF
mc admin policy create minio loki /tmp/policy.json || true
echo "mc mb minio/printed"
"#;

const FUNCTIONS: &str = r#"
ENDPOINT="http://rustfs.storage.svc:9000"
until rc alias set store "${ENDPOINT:?}" "$KEY" "$SECRET" --region eu >/dev/null 2>&1; do
  tries=$((tries + 1)); sleep 5
done
create_bucket() {
  local bucket="$1"
  rc bucket create --ignore-existing "store/$bucket"
}
provision() {
  who="$1"
  create_bucket "$2"
  echo "done: $who"
}
create_bucket "plain"
provision tempo 'tempo-traces'
PREFIX=team
create_bucket "$PREFIX-joined"
"#;

const LOOPS: &str = r#"
BUCKETS="alpha beta
  gamma"
MC="mc --insecure"
for b in $BUCKETS delta; do
  if ! $MC ls "minio/$b" >/dev/null; then
    $MC mb -p "minio/$b/prefix"
  fi
done
for empty in ; do mc mb minio/$empty; done
"#;

const AWS: &str = r#"
aws --endpoint-url http://garage:3900 s3 mb s3://one
aws s3 mb s3://two --endpoint-url=http://garage:3900
aws s3api create-bucket --bucket three --create-bucket-configuration LocationConstraint=eu || true
s3cmd --host=garage:3900 mb s3://four s3://five/x
AWS_ENDPOINT_URL=http://other:1 aws s3 mb "s3://six"
"#;

fn nothing(_: &str) -> Variable {
    Variable::Unset
}

/// The facts of a script that can be read, with every place looked at.
fn read(script: &str, env: &dyn Fn(&str) -> Variable) -> ScriptFacts {
    let facts = facts(script, env);
    assert_eq!(facts.problem, None, "{script}");
    check_places(script, &facts);
    facts
}

fn check_places(script: &str, facts: &ScriptFacts) {
    let found = !facts.buckets.is_empty() || !facts.open.is_empty();
    assert!(!found || mentions_buckets(script), "{script}");
    for made in &facts.buckets {
        let at = script.get(made.at.clone()).expect("in bounds, between characters");
        let computed = at.contains(['$', '\'', '"', '\\', '`', '=']);
        assert!(computed || at == made.name, "`{at}` is not `{}` in {script}", made.name);
        assert!(script.get(made.command.clone()).is_some_and(|command| !command.is_empty()));
        check_store(script, &made.store);
    }
    for open in &facts.open {
        assert!(script.get(open.command.clone()).is_some_and(|command| !command.is_empty()));
        assert!(!open.why.is_empty());
        check_store(script, &open.store);
    }
}

fn check_store(script: &str, store: &StoreRef) {
    if let StoreRef::Endpoint { at, .. } = store {
        assert!(script.get(at.clone()).is_some_and(|at| !at.is_empty()), "{script}");
    }
}

fn names(script: &str) -> Vec<String> {
    names_with(script, &nothing)
}

fn names_with(script: &str, env: &dyn Fn(&str) -> Variable) -> Vec<String> {
    let facts = read(script, env);
    assert_eq!(facts.open, [], "{script}");
    facts.buckets.into_iter().map(|made| made.name).collect()
}

/// Why the script makes buckets of unknown names; none are known.
fn whys(script: &str) -> Vec<String> {
    let facts = read(script, &nothing);
    assert_eq!(facts.buckets, [], "{script}");
    facts.open.into_iter().map(|open| open.why).collect()
}

/// The texts that give the names.
fn places(script: &str) -> Vec<&str> {
    let facts = read(script, &nothing);
    facts.buckets.iter().map(|made| &script[made.at.clone()]).collect()
}

fn stores(script: &str) -> Vec<StoreRef> {
    stores_with(script, &nothing)
}

fn stores_with(script: &str, env: &dyn Fn(&str) -> Variable) -> Vec<StoreRef> {
    read(script, env).buckets.into_iter().map(|made| made.store).collect()
}

fn url(store: &StoreRef) -> &str {
    match store {
        StoreRef::Endpoint { url: Known::Text(url), .. } => url,
        other => panic!("no known endpoint: {other:?}"),
    }
}

#[test]
fn job_of_the_plan_makes_its_buckets_on_its_endpoint() {
    let facts = read(PLAN, &|name| {
        if name.starts_with("ROOT") { Variable::Unknown } else { Variable::Unset }
    });
    let names: Vec<&str> = facts.buckets.iter().map(|made| made.name.as_str()).collect();
    assert_eq!(names, ["loki-chunks", "loki-ruler"]);
    assert_eq!(facts.open, []);
    for made in &facts.buckets {
        let StoreRef::Endpoint { url, at } = &made.store else { panic!("{made:?}") };
        assert_eq!(*url, Known::Text("http://minio:9000".to_owned()));
        assert_eq!(&PLAN[at.clone()], "http://minio:9000");
        assert_eq!(PLAN[made.command.clone()], format!("mc mb --ignore-existing minio/{}", made.name));
    }
}

#[test]
fn every_shape_of_mc_mb_is_read() {
    for command in [
        "mc mb minio/a",
        "mc mb -p minio/a",
        "mc mb --with-lock --region eu-1 minio/a",
        "mc mb --region=eu-1 minio/a/prefix/",
        "mc --insecure --config-dir /tmp/mc mb minio/a >/dev/null 2>&1",
        "/usr/bin/mc mb minio/a",
        "sudo -u minio mc mb minio/a",
        "exec timeout -k 1 30 mc mb minio/a",
        "FOO=bar mc mb minio/a",
        "until mc mb minio/a; do sleep 1; done",
        "until (mc ls minio) do sleep 1; done; mc mb minio/a;",
        "mc alias set m http://m \"$(cat a)\" $(cat b) && mc mb m/a",
        "M=\"${M:-mc --config-dir=/tmp}\"; ${M} mb -p m/a",
        "if ! mc ls minio/a; then mc mb minio/a; fi",
        "mc ls minio/a || mc mb minio/a",
        "mc ready minio && mc mb minio/a && echo ok",
        "(cd /tmp; mc mb minio/a)",
        "{ mc mb minio/a; }",
        "((mc mb minio/a))",
        "((true; mc mb minio/a))",
        "((i++)) && (( (mc mb minio/a); x ))",
        "mc mb minio/a | tee log",
        "mc mb minio/a 2>&1 | grep -v exists &",
        "while ! mc mb minio/a\ndo sleep 1\ndone",
        "case $X in prod) mc mb minio/a;; esac",
        "if x; then :; elif mc mb minio/a; then :; else :; fi",
        "out=$(mc mb minio/a)",
        "echo \"$(mc mb minio/a)\" `date`",
        "! time mc mb minio/a",
        "mc mb 'minio/a'",
        "mc mb \"minio\"/'a'",
        "mc mb minio/$'a'",
        "mc mb -- minio/a /tmp/folder ./x folder minio/",
        "for ((i=0; i<3; i++)); do mc mb minio/a; done",
        "function go { mc mb minio/a; }; go",
        "go() ( mc mb minio/a )\ngo && go",
        "mc mb minio/a;# mc mb minio/b",
        "rc bucket create minio/a --region eu-1",
        "rc mb minio/a",
    ] {
        assert_eq!(names(command), ["a"], "{command}");
        assert_eq!(places(command).first(), Some(&"a"), "{command}");
    }
}

#[test]
fn one_command_makes_several_buckets() {
    assert_eq!(names("mc mb minio/a minio/b/c other/d"), ["a", "b", "d"]);
    assert_eq!(places("mc mb minio/a minio/b/c other/d"), ["a", "b", "d"]);
}

#[test]
fn other_commands_make_nothing() {
    for command in [
        "",
        "# mc mb minio/a",
        "echo mc mb minio/a",
        "mc ls minio; mc cp a minio/b; mc rb minio/a; mc admin user add minio a",
        "rc bucket list minio/; aws s3 ls s3://a; s3cmd ls; s3cmd --host=h du s3://a",
        "printf '%s' 'mc mb minio/a' > script",
        "cat <<EOF\nmc mb minio/a\n$(true)\nEOF",
        "cat <<-EOF\n\tmc mb minio/a\n\tEOF\ntrue",
        "cat <<E1 > a; cat <<'E 2' > b\nmc mb minio/a\nE1\nmc mb minio/b\nE 2\n",
        "never_called() { mc mb minio/a; }",
        "mc mb /tmp/folder ./x folder $EMPTY",
        "EMPTY=; mc mb minio/$EMPTY; for b in $EMPTY; do mc mb minio/$b; done",
        "for b in ; do mc mb minio/$b; done",
    ] {
        let facts = read(command, &|name| match name {
            "EMPTY" => Variable::Known(String::new()),
            _ => Variable::Unset,
        });
        assert_eq!((facts.buckets, facts.open), (vec![], vec![]), "{command}");
    }
}

#[test]
fn function_argument_is_the_place_of_the_name() {
    assert_eq!(names(FUNCTIONS), ["plain", "tempo-traces", "team-joined"]);
    assert_eq!(places(FUNCTIONS), ["plain", "tempo-traces", "$PREFIX-joined"]);
    let facts = read(FUNCTIONS, &nothing);
    for made in &facts.buckets {
        assert_eq!(&FUNCTIONS[made.command.clone()], "rc bucket create --ignore-existing \"store/$bucket\"");
        assert_eq!(url(&made.store), "http://rustfs.storage.svc:9000");
    }
}

#[test]
fn loop_word_is_the_place_of_the_name() {
    assert_eq!(names(LOOPS), ["alpha", "beta", "gamma", "delta"]);
    assert_eq!(places(LOOPS), ["alpha", "beta", "gamma", "delta"]);
    assert_eq!(places("for b in x 'y' \"z\"; do mc mb minio/$b; done"), ["x", "y", "z"]);
    assert_eq!(places("for b in x y; do mc mb minio/$b-logs; done"), ["$b-logs", "$b-logs"]);
    assert_eq!(names("for e in a b; do for k in x y; do mc mb m/$e-$k; done; done"), ["a-x", "a-y", "b-x", "b-y"]);
}

#[test]
fn place_of_the_name_survives_variables_and_defaults() {
    assert_eq!(places("B=loki; C=$B; D=\"$C\"; mc mb \"minio/${D}\""), ["loki"]);
    assert_eq!(places("mc mb minio/${B:-loki}"), ["loki"]);
    assert_eq!(places("mc mb minio/${B:-loki}-x"), ["${B:-loki}-x"]);
    assert_eq!(places("T=minio/loki/x; mc mb $T"), ["loki"]);
    assert_eq!(places("A=minio B=loki; mc mb \"$A/$B\""), ["loki"]);
    assert_eq!(places("B=lo; B+=ki; mc mb minio/$B"), ["B+=ki"]);
    assert_eq!(places("mc mb minio/lo\"ki\""), ["lo\"ki"]);
    assert_eq!(names("mc mb minio/lo\"ki\""), ["loki"]);
}

#[test]
fn place_is_right_wherever_the_command_stands() {
    let command = "mc mb minio/eimer";
    for (before, after) in [
        ("", ""),
        ("", "\n"),
        ("\n\n", "\n"),
        ("echo 'ä✓🪣'; ", ""),
        ("echo ok\r\n", "\r\n"),
        ("\u{feff}", ""),
        ("\t", "\t# ü"),
        ("cat <<E\nü\nE\n", ""),
        ("cat <<E | ", "\nbody\nE\n"),
        ("echo \\\n ü \\\n && ", ""),
        ("x=${y:-  a   b  } ", ""),
    ] {
        let script = format!("{before}{command}{after}");
        let facts = read(&script, &nothing);
        let [made] = facts.buckets.as_slice() else { panic!("{script}") };
        assert_eq!(made.at, before.len() + command.len() - 5..before.len() + command.len());
        assert_eq!(made.command, before.len()..before.len() + command.len());
    }
}

#[test]
fn environment_gives_names_and_endpoints() {
    let env = |name: &str| match name {
        "BUCKETS" => Variable::Known("a b".to_owned()),
        "URL" => Variable::Known("http://minio:9000".to_owned()),
        "KEY" => Variable::Unknown,
        _ => Variable::Unset,
    };
    let script = "mc alias set m $URL $KEY $KEY; for b in $BUCKETS; do mc mb m/$b; done; mc mb m/${MORE:-c}";
    assert_eq!(names_with(script, &env), ["a", "b", "c"]);
    for store in stores_with(script, &env) {
        let StoreRef::Endpoint { url, at } = store else { panic!("{store:?}") };
        assert_eq!((url, &script[at]), (Known::Text("http://minio:9000".to_owned()), "$URL"));
    }
    let facts = read("mc mb m/$KEY", &env);
    assert_eq!(facts.open[0].why, "the value of `KEY` is not readable");
    assert_eq!(facts.open[0].store, StoreRef::Alias { name: "m".to_owned() });
}

#[test]
fn alias_gives_the_endpoint() {
    for set in [
        "mc alias set minio http://m:9000 k s",
        "mc alias set minio/ http://m:9000 \"$K\" \"$S\" --api S3v4",
        "mc -q config host add minio http://m:9000 k s",
        "until mc alias set minio http://m:9000 k s; do sleep 1; done",
        "(mc alias set minio http://m:9000 k s)",
        "mc ls minio || mc alias set minio http://m:9000 k s",
        "export MC_HOST_minio=http://k:s@m:9000",
        "export MC_HOST_minio=http://$K:$S@m:9000",
        "H=m:9000; mc alias set minio http://$H k s",
        "A=minio; mc alias set $A \"${U:-http://m:9000}\" k s",
    ] {
        let script = format!("{set}; mc mb minio/a");
        assert_eq!(url(&stores(&script)[0]), "http://m:9000", "{set}");
    }
    assert_eq!(stores("mc mb minio/a"), [StoreRef::Alias { name: "minio".to_owned() }]);
    assert_eq!(stores("mc mb $A/a"), [StoreRef::Unknown]);
    assert_eq!(stores("rc alias set x http://m k s; mc mb x/a"), [StoreRef::Alias { name: "x".to_owned() }]);
    assert_eq!(stores("mc alias set $A http://m k s; mc mb x/a"), [StoreRef::Unknown]);
    let dashed = "mc alias set my-store http://m k s; mc mb my-store/a other-store/b";
    let dashed = stores(dashed);
    assert_eq!(url(&dashed[0]), "http://m");
    assert_eq!(dashed[1], StoreRef::Alias { name: "other-store".to_owned() });
}

#[test]
fn endpoint_that_differs_by_branch_is_unknown() {
    let script = "if x; then mc alias set m http://a k s; else mc alias set m http://b k s; fi; mc mb m/a";
    assert!(matches!(&stores(script)[0], StoreRef::Endpoint { url: Known::Unknown, .. }));
    let script = "mc alias set m $(cat url) k s; mc mb m/a";
    assert!(matches!(&stores(script)[0], StoreRef::Endpoint { url: Known::Unknown, .. }));
}

#[test]
fn credentials_are_never_given_out() {
    let script = "export MC_HOST_minio=\"http://key:geheim@minio.storage:9000\"\nmc mb minio/a";
    let facts = read(script, &nothing);
    assert!(!format!("{facts:?}").contains("geheim"));
    let StoreRef::Endpoint { url, at } = &facts.buckets[0].store else { panic!() };
    assert_eq!(*url, Known::Text("http://minio.storage:9000".to_owned()));
    assert_eq!(&script[at.clone()], "minio.storage:9000");
    let script = "MC_HOST_m=https://key:geheim@m/ mc mb m/a";
    let facts = read(script, &nothing);
    assert_eq!(&script[facts.buckets[0].command.clone()], "mc mb m/a");
    let env = |name: &str| match name {
        "MC_HOST_m" => Variable::Known("https://key:geheim@m".to_owned()),
        _ => Variable::Unset,
    };
    let stores = stores_with("mc mb m/a", &env);
    assert_eq!(stores, [StoreRef::Endpoint { url: Known::Text("https://m".to_owned()), at: 0..9 }]);
}

#[test]
fn aws_and_s3cmd_state_their_endpoint() {
    assert_eq!(names(AWS), ["one", "two", "three", "four", "five", "six"]);
    assert_eq!(places(AWS), ["one", "two", "three", "four", "five", "six"]);
    let stores = stores(AWS);
    assert_eq!(url(&stores[0]), "http://garage:3900");
    assert_eq!(url(&stores[1]), "http://garage:3900");
    assert_eq!(stores[2], StoreRef::Default);
    assert_eq!(url(&stores[3]), "garage:3900");
    assert_eq!(url(&stores[5]), "http://other:1");
}

#[test]
fn environment_states_the_endpoint_of_aws() {
    let given = |wanted: &'static str| {
        move |name: &str| {
            if name == wanted { Variable::Known("http://e".to_owned()) } else { Variable::Unset }
        }
    };
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT"] {
        assert_eq!(url(&stores_with("aws s3 mb s3://a", &given(name))[0]), "http://e");
    }
    let unreadable = |_: &str| Variable::Unknown;
    let stores_unreadable = stores_with("aws s3 mb s3://a", &unreadable);
    assert_eq!(stores_unreadable, [StoreRef::Endpoint { url: Known::Unknown, at: 0..16 }]);
    assert_eq!(url(&stores("export AWS_ENDPOINT_URL=http://e; aws s3 mb s3://a")[0]), "http://e");
    assert_eq!(url(&stores("env AWS_ENDPOINT_URL=http://e aws s3 mb s3://a")[0]), "http://e");
    assert_eq!(url(&stores("A='aws --endpoint-url http://e'; $A s3 mb s3://a")[0]), "http://e");
    for unknown in [
        "aws $ARGS s3 mb s3://a",
        "aws --profile garage s3 mb s3://a",
        "s3cmd -c /cfg mb s3://a",
        ". /env; aws s3 mb s3://a",
    ] {
        assert_eq!(stores(unknown), [StoreRef::Unknown], "{unknown}");
    }
    let function = "aws() { command aws --endpoint-url http://e \"$@\"; }; aws s3 mb s3://a";
    assert_eq!((url(&stores(function)[0]), places(function)), ("http://e", vec!["a"]));
}

#[test]
fn computed_names_stay_open() {
    for script in [
        "mc mb minio/$(cat name)",
        "mc mb \"minio/`hostname`\"",
        "mc mb minio/$NOWHERE",
        "mc mb minio/b$((n+1))",
        "mc mb minio/${B%-x}",
        "mc mb minio/{a,b}",
        "mc mb \"$@\"",
        "for b in $(ls); do mc mb minio/$b; done",
        "for b in \"$@\"; do mc mb minio/$b; done",
        "while read -r b; do mc mb \"minio/$b\"; done < names",
        "cat names | while IFS=, read b rest; do mc mb minio/$b; done",
        "while read b; do mc mb minio/$b; done <<E\na\nE\n",
        "i=0; while [ $i -lt 3 ]; do mc mb minio/b$i; i=$((i+1)); done",
        "n=0; for b in x; do : $((n++)); mc mb minio/$n; done",
        "if x; then B=a; else B=b; fi; mc mb minio/$B",
        "B=a; x || B=b; mc mb minio/$B",
        "B=a; case x in y) B=b; esac; mc mb minio/$B",
        "B=a; . /env; mc mb minio/$B",
        "B=a; eval \"$X\"; mc mb minio/$B",
        "B=a; export \"$X=b\"; mc mb minio/$B",
        "while read X; do export \"$X=b\"; done; mc mb minio/${B:-a}",
        "f() { if x; then f $(list); else mc mb minio/$1; fi; }; f",
        "B=a; read B; mc mb minio/$B",
        "mk() { mc mb minio/$2; }; mk $X b",
        "echo a b | xargs mc mb",
        "echo a | xargs -n1 -I % mc mb minio/%",
        "aws s3 mb s3://$NOWHERE",
        "aws s3api create-bucket --bucket \"$NOWHERE\"",
        "$NOWHERE mb minio/a",
        "sh -c 'mc mb minio/a'",
        "python3 -c 's3.create_bucket(Bucket=\"a\")'",
        "python3 - <<E\ns3.create_bucket('a')\nE\n",
        "sh <<E\nmc mb minio/a\nE\n",
        "eval mc mb minio/a",
        "kubectl exec minio-0 -- mc mb local/a",
        "/scripts/create-buckets.sh",
        "alias mc='mc --insecure'; mc mb minio/a",
        "garage bucket create a",
        "mc $NOWHERE minio/a mb",
        "`mc mb \\`cat name\\``",
    ] {
        assert_eq!(whys(script).len(), 1, "{script}");
    }
}

#[test]
fn open_making_says_why_and_where() {
    let script = "mc alias set m http://m k s\nmc mb \"m/$(cat name)\" m/known";
    let facts = read(script, &nothing);
    assert_eq!(facts.buckets.len(), 1);
    let [open] = facts.open.as_slice() else { panic!("{facts:?}") };
    assert_eq!(open.why, "the output of a command is known only when the script runs");
    assert_eq!(url(&open.store), "http://m");
    assert_eq!(whys("mc mb m/$B"), ["`B` is set neither in the script nor for its container"]);
    assert_eq!(whys("while read b; do mc mb m/$b; done"), ["`b` is read when the script runs"]);
}

#[test]
fn changes_in_a_subshell_stay_there() {
    assert_eq!(names("B=a; (B=b); echo | B=c; { B=d; } & mc mb minio/$B"), ["a"]);
    assert_eq!(names("B=a; B=b true; mc mb minio/$B"), ["a"]);
    assert_eq!(names("B=a; f() { local B=b; }; f; mc mb minio/$B"), ["a"]);
    assert_eq!(names("f() { B=b; }; f; mc mb minio/$B"), ["b"]);
    assert_eq!(names("B=a; while x; do printf 'B %s' $B; set -e; done; mc mb minio/$B"), ["a"]);
    assert_eq!(names("N=B; export \"$N=a\"; mc mb minio/$B"), ["a"]);
    assert_eq!(names("if x; then B=a; else B=a; fi; mc mb minio/$B"), ["a"]);
}

#[test]
fn arguments_are_followed() {
    assert_eq!(names("set -- a b; for b; do mc mb minio/$b; done"), ["a", "b"]);
    assert_eq!(names("f() { shift; mc mb minio/$1; }; f a b"), ["b"]);
    assert_eq!(names("f() { mc mb minio/${2:-x}; }; f a"), ["x"]);
    assert_eq!(names("f() { for b in \"$@\"; do mc mb minio/$b; done; }; f a 'b'"), ["a", "b"]);
    assert_eq!(names("IFS=,; B=a,b; for b in $B; do mc mb minio/$b; done"), ["a", "b"]);
    assert_eq!(names("B=(a b); B+=(c); for b in ${B[@]}; do mc mb minio/$b; done"), ["a", "b", "c"]);
    assert_eq!(names("if x; then mk() { mc mb m/$1; }; else mk() { mc mb n/$1; }; fi; mk a"), ["a", "a"]);
}

#[test]
fn unreadable_script_gives_a_problem_and_nothing_else() {
    for (script, at) in [
        ("mc mb minio/a\nif true; then mc mb minio/b", 41),
        ("mc mb 'minio/a", 6),
        ("mc mb \"ü$(", 11),
        ("mc mb a/b; fi", 11),
        ("mc mb a/b ) x", 10),
        ("import boto3\ndef f(x):\n  s3.create_bucket(Bucket='a')\n", 18),
    ] {
        let facts = facts(script, &nothing);
        assert_eq!((facts.buckets, facts.open), (vec![], vec![]));
        assert_eq!(facts.problem.map(|problem| problem.at), Some(at), "{script}");
    }
}

#[test]
fn work_is_bounded() {
    let list = "x ".repeat(200);
    let nested =
        format!("for a in {list}; do for b in {list}; do for c in {list}; do mc mb m/$a$b$c; done; done; done");
    let many = format!("{}mc mb m/a\n", "V$(x)=1; if x; then A1=2; fi; (A2=3)\n".repeat(2_000));
    let variables: String = (0..5_000).map(|i| format!("v{i}=x\n")).collect();
    let joins = format!("{variables}{}mc mb m/a", "if x; then v1=y; fi; (v2=z)\n".repeat(5_000));
    let long = format!("A=x; {} mc mb m/$A", "A=$A$A; ".repeat(500));
    let chain = format!("A=x; for i in {list}; do A=\"$A$i\"; done; mc mb m/$A");
    let parts = format!("for i in {list}; do for b in {}; do mc mb m/$b; done; done", "\"$i $i\"$i".repeat(5_000));
    let functions: String =
        (0..50).map(|i| format!("f{i}() {{ f{} a$1; f{} b$1; mc mb m/$1; }}\n", i + 1, i + 1)).collect();
    let functions = format!("{functions} f0 x");
    for script in [
        nested,
        many,
        joins,
        long,
        chain,
        parts,
        functions,
        "((".repeat(10_000),
        "a[ \n".repeat(50_000),
        "cat <<A <<B\n".repeat(20_000),
        "$((".repeat(10_000),
    ] {
        let start = Instant::now();
        let script = format!("mc mb m/first\n{script}");
        check_places(&script, &facts(&script, &nothing));
        assert!(start.elapsed().as_secs() < 4, "{:?} {}", start.elapsed(), &script[..40.min(script.len())]);
    }
    let open = facts("f() { f \"a$1\"; mc mb m/$1; }; f x", &nothing).open;
    assert_eq!(open[0].why, "`f` calls itself too often to follow");
    assert_eq!(names("wait() { mc ready m || wait; }; wait; mc mb m/a"), ["a"]);
}

#[test]
fn deep_nesting_fits_a_small_stack() {
    let deep =
        |open: &str, close: &str, times: usize| format!("{} mc mb m/a; {}", open.repeat(times), close.repeat(times));
    let mut scripts: Vec<String> =
        [("{ ", "} "), ("( ", ") "), ("if ", "then x; fi; "), ("$(", ")"), ("x \"$(", ")\"")]
            .into_iter()
            .flat_map(|(open, close)| [deep(open, close, 20), deep(open, close, 49), deep(open, close, 50_000)])
            .collect();
    scripts.push(format!("f() {}\nf x", deep("{ ", "f y$1; } ", 40)));
    scripts.push(format!("mc mb {}", "${x:-".repeat(50_000)));
    scripts.push(format!("mb\n{}", "f() ".repeat(50_000)));
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = move || scripts.iter().for_each(|script| check_places(script, &facts(script, &nothing)));
    small.spawn(run).expect("a thread").join().expect("no overflow");
}

#[test]
fn damaged_scripts_are_survived() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below.max(1) as u64).unwrap_or_default()
    };
    const BITS: &[&str] = &[
        "\"", "'", "`", "$", "${", "$(", "((", "}", ")", "\\", "\n", "<<E\n", ";", "&", "|", "é", "\0", "\r\n", "#",
        "=", "for ", "$@",
    ];
    for round in 0..3_000 {
        let mut script = SCRIPTS[round % SCRIPTS.len()].to_owned();
        for _ in 0..=random(4) {
            let from = script.floor_char_boundary(random(script.len() + 1));
            let to = script.floor_char_boundary(from + random(12).min(script.len() - from));
            script.replace_range(from..to, BITS[random(BITS.len())]);
        }
        let start = Instant::now();
        check_places(
            &script,
            &facts(&script, &|_| {
                if round % 2 == 0 { Variable::Unset } else { Variable::Unknown }
            }),
        );
        assert!(start.elapsed().as_millis() < 1_000, "{script}");
    }
}

#[test]
fn same_script_gives_the_same_facts() {
    for script in SCRIPTS {
        assert_eq!(read(script, &nothing), read(script, &nothing));
    }
}

#[test]
fn mention_is_a_word() {
    for yes in ["mc mb a/b", "'mb'", "$MC\tmb x", "rc bucket  create a/b", "aws s3api create-bucket", "mb"] {
        assert!(mentions_buckets(yes), "{yes}");
    }
    for no in ["", "number", "echo bucket", "16mb", "mbuffer x", "list-buckets", "buckets created"] {
        assert!(!mentions_buckets(no), "{no}");
    }
}
