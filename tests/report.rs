//! Every format over one small run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod sample;

use flux_vet::finding::{Label, Severity, State};
use flux_vet::report::{Extent, Format, Style};
use flux_vet::source::Span;
use insta::assert_snapshot;
use sample::Sample;
use serde_json::Value;

const COLOR: Style = Style { color: true, hyperlinks: false, extent: Extent::Coverage, suppressed: false };

/// With what does not count.
const SUPPRESSED: Style = Style { color: false, hyperlinks: false, extent: Extent::Coverage, suppressed: true };

/// The first finding and a suppressed one, in one cluster: what the long formats have to show.
fn short() -> Sample {
    let mut sample = Sample::new();
    sample.findings.retain(|finding| finding.object.is_some() || finding.state == State::Ignored);
    sample.coverage.clusters.truncate(1);
    sample.coverage.unknown.truncate(1);
    sample.rules.truncate(1);
    sample
}

fn json(sample: &Sample, format: Format) -> Value {
    serde_json::from_str(&sample.report(format)).unwrap()
}

/// A report with the version of the tool left out.
fn without_version(report: &str) -> String {
    report.replace(env!("CARGO_PKG_VERSION"), "<version>")
}

/// Colour codes as something to read.
fn shown(text: &str) -> String {
    text.replace('\u{1b}', "␛")
}

#[test]
fn human_shows_each_place_with_its_line_and_what_was_covered() {
    assert_snapshot!(Sample::new().report(Format::Human), @r#"
    error[depends-on-missing]: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist
      ┌─ apps/loki/ks.yaml:8:13
      │
    8 │     - name: minio-tenant
      │             ^^^^^^^^^^^^ no Kustomization of this name, set here
      │
      ┌─ apps/minio store/ks.yaml:2:19
      │
    2 │ metadata: { name: minio-tenants } # 名前
      │                   ------------- nearest name
      │
      ┌─ apps/loki/patch.yaml:3:10
      │
    3 │   value: minio-tenant
      │          ------------ overridden by this patch
      │
      = why: Flux waits for the missing object and never applies this Kustomization: what it holds stays
             as it was, and everything that depends on it waits too.
      = help: Write the name of an existing Kustomization:
                dependsOn:
                  - name: minio-tenants
              - or add `minio-tenant`
              - or drop the entry
      = fix: rename to `minio-tenants`
      = cluster: kubernetes/main

    error[secret-not-encrypted]: Secret `monitoring/loki-s3` holds `secretKey` in plain text
      ┌─ apps/loki/secret.yaml:5:14
      │
    5 │   secretKey: <redacted>
      │              ^^^^^^^^^^ plain text
      │
      = help: encrypt the file: `sops -e -i apps/loki/secret.yaml`
      = cluster: kubernetes/main

    warning[script-error-swallowed]: a script of several lines
      ┌─ apps/evil.yaml:4:5
      │
    4 │     one
      │     ^^^
      │
      = confidence: low

    info[odd-value]: value `\u{1b}[2J\u{202e}x` ::add-mask::x #\u{23}[add-mask]x #\u{23}vso[task.y]z, 100% [a](b)
      ┌─ apps/evil.yaml:2:8
      │
    2 │     key: "\u{1b}[2J\u{202e}::add-mask::x #\u{23}[add-mask]x"
      │           ^^^^^^^^^ ::stop-commands::x
      │
      ┌─ apps/minio store/ks.yaml:4:10
      │
    4 │   größe: 名前 klein
      │          ---------- ::error::[also] \u{9b}31m
      │
      = help: word word word word word word word word word word word word word word word word word word
              word word word word word word word word word word word word
              \u{3a}:warning::x
      = cluster: kubernetes/main

    2 errors, 1 warning, 1 info in 12 files; 257 objects of 2 clusters checked; 1 ignored
    1 finding can be fixed with --fix

    checked
      kubernetes/main: 29 of 31 Kustomizations built (1 external, 1 broken), 251 objects
      kubernetes/test: 1 of 1 Kustomization built, 6 objects

    not checked
      broken (1)
        Kustomization `flux-system/minio`: `./apps/minio` does not exist
      chart (7)
        cilium, grafana, harbor, loki, tempo: no profile of this chart
        and 2 more
      remote (1)
        https://example.com/a.yaml: ::debug::\u{1b}[1mno network
    "#);
}

#[test]
fn human_links_the_rule_where_asked() {
    let style = Style { color: false, hyperlinks: true, ..Style::default() };
    let report = Sample::new().styled(Format::Human, style);
    assert_snapshot!(shown(report.lines().next().unwrap()), @r"error[␛]8;;https://github.com/flux-vet/flux-vet/blob/main/rules/flux/depends-on-missing.md␛\depends-on-missing␛]8;;␛\]: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist");
}

#[test]
fn human_has_colour_only_where_asked() {
    let sample = short();
    assert!(!sample.report(Format::Human).contains('\u{1b}'));
    let colored = shown(&sample.styled(Format::Human, COLOR));
    assert_snapshot!(colored.lines().take(5).collect::<Vec<_>>().join("\n"), @r"
    ␛[0m␛[1m␛[38;5;9merror[depends-on-missing]␛[0m␛[1m: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist␛[0m
      ␛[0m␛[36m┌─␛[0m apps/loki/ks.yaml:8:13
      ␛[0m␛[36m│␛[0m
    ␛[0m␛[36m8␛[0m ␛[0m␛[36m│␛[0m     - name: ␛[0m␛[31mminio-tenant␛[0m
      ␛[0m␛[36m│␛[0m             ␛[0m␛[31m^^^^^^^^^^^^␛[0m ␛[0m␛[31mno Kustomization of this name, set here␛[0m
    ");
}

#[test]
fn human_names_places_beyond_the_eighth() {
    let mut sample = short();
    let file = sample.sources.add("many.yaml", "a: 1\n".repeat(30).as_str());
    let place = |line: usize| Label::new(Span::new(file, line * 5..line * 5 + 1), "again");
    sample.findings.truncate(1);
    sample.findings[0].related = (0..20).map(place).collect();
    let report = sample.report(Format::Human);
    let notes: Vec<&str> = report.lines().skip_while(|line| !line.contains("= also")).take(6).collect();
    assert_snapshot!(notes.join("\n"), @r"
    = also: many.yaml:8:1 again
            many.yaml:9:1 again
            many.yaml:10:1 again
            many.yaml:11:1 again
            many.yaml:12:1 again
            and 9 more
    ");
}

#[test]
fn concise_is_a_line_a_finding() {
    assert_snapshot!(Sample::new().report(Format::Concise), @r"
    apps/loki/ks.yaml:8:13: error[depends-on-missing]: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist
    apps/loki/secret.yaml:5:14: error[secret-not-encrypted]: Secret `monitoring/loki-s3` holds `secretKey` in plain text
    apps/evil.yaml:4:5: warning[script-error-swallowed]: a script of several lines
    apps/evil.yaml:2:8: info[odd-value]: value `\u{1b}[2J\u{202e}x` ::add-mask::x #\u{23}[add-mask]x #\u{23}vso[task.y]z, 100% [a](b)
    flux-vet: 2 errors, 1 warning, 1 info in 12 files; 257 objects of 2 clusters checked; 1 ignored
    flux-vet: 1 finding can be fixed with --fix
    flux-vet: not checked: broken (1), chart (7), remote (1)
    ");
}

#[test]
fn concise_colours_no_separator() {
    let report = short().styled(Format::Concise, COLOR);
    assert_snapshot!(shown(report.lines().next().unwrap()), @r"␛[0m␛[1mapps/loki/ks.yaml␛[0m:8:13: ␛[0m␛[1m␛[31merror␛[0m[␛[0m␛[36mdepends-on-missing␛[0m]: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist");
}

#[test]
fn github_is_a_command_a_finding() {
    assert_snapshot!(Sample::new().report(Format::Github), @r"
    ::error file=apps/loki/ks.yaml,line=8,endLine=8,col=13,endColumn=25,title=depends-on-missing::apps/loki/ks.yaml:8:13: Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist%0A  apps/minio store/ks.yaml:2:19: nearest name%0Ahelp: Write the name of an existing Kustomization:%0A        dependsOn:%0A          - name: minio-tenants%0A      - or add `minio-tenant`%0A      - or drop the entry
    ::error file=apps/loki/secret.yaml,line=5,endLine=5,col=14,endColumn=29,title=secret-not-encrypted::apps/loki/secret.yaml:5:14: Secret `monitoring/loki-s3` holds `secretKey` in plain text%0Ahelp: encrypt the file: `sops -e -i apps/loki/secret.yaml`
    ::warning file=apps/evil.yaml,line=4,endLine=9,title=script-error-swallowed::apps/evil.yaml:4:5: a script of several lines
    ::notice file=apps/evil.yaml,line=2,endLine=2,col=8,endColumn=12,title=odd-value::apps/evil.yaml:2:8: value `\u{1b}[2J\u{202e}x` ::add-mask::x #\u{23}[add-mask]x #\u{23}vso[task.y]z, 100%25 [a](b)%0A  apps/minio store/ks.yaml:4:10: ::error::[also] \u{9b}31m%0Ahelp: word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word%0A      ::warning::x
    ");
}

#[test]
fn github_keeps_within_ten_annotations_a_severity() {
    let mut sample = Sample::empty();
    let file = sample.sources.add("a.yaml", "a: 1\n");
    for (severity, count) in [(Severity::Info, 11), (Severity::Warning, 10), (Severity::Error, 12)] {
        for _ in 0..count {
            let finding = sample.finding("some-rule", "flux", severity, Span::new(file, 0..1), "");
            sample.findings.push(finding);
        }
    }
    let report = sample.report(Format::Github);
    let words: Vec<&str> = report.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let expected: Vec<&str> =
        [vec!["::error"; 10], vec!["::warning"; 10], vec!["::notice"; 9], vec!["::notice"]].concat();
    assert_eq!(words, expected);
    assert_snapshot!(report.lines().last().unwrap(), @r"::notice title=flux-vet::2 errors, 2 infos more without annotation: the other reports list them");
}

#[test]
fn json_holds_the_whole_run() {
    assert_snapshot!(without_version(&short().report(Format::Json)), @r#"
    {
      "version": 1,
      "tool": {
        "name": "flux-vet",
        "version": "<version>"
      },
      "findings": [
        {
          "rule": "depends-on-missing",
          "group": "flux",
          "severity": "error",
          "confidence": "high",
          "message": "Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist",
          "why": "Flux waits for the missing object and never applies this Kustomization: what it holds stays as it was, and everything that depends on it waits too.",
          "help": "Write the name of an existing Kustomization:\n\n```yaml\ndependsOn:\n  - name: minio-tenants\n```\n\n- or add `minio-tenant`\n- or drop the entry",
          "cluster": "kubernetes/main",
          "object": {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "namespace": "flux-system",
            "name": "loki"
          },
          "location": {
            "path": "apps/loki/ks.yaml",
            "line": 8,
            "column": 13,
            "endLine": 8,
            "endColumn": 25
          },
          "related": [
            {
              "path": "apps/minio store/ks.yaml",
              "line": 2,
              "column": 19,
              "endLine": 2,
              "endColumn": 32,
              "message": "nearest name"
            }
          ],
          "trail": [
            {
              "path": "apps/loki/ks.yaml",
              "line": 8,
              "column": 13,
              "endLine": 8,
              "endColumn": 25,
              "message": "set here"
            },
            {
              "path": "apps/loki/patch.yaml",
              "line": 3,
              "column": 10,
              "endLine": 3,
              "endColumn": 22,
              "message": "overridden by this patch"
            }
          ],
          "fix": {
            "title": "rename to `minio-tenants`",
            "safe": true,
            "edits": [
              {
                "path": "apps/loki/ks.yaml",
                "line": 8,
                "column": 13,
                "endLine": 8,
                "endColumn": 25,
                "text": "minio-tenants"
              }
            ]
          },
          "fingerprint": "00000000000000000000000000000001",
          "state": "reported"
        },
        {
          "rule": "odd-value",
          "group": "user",
          "severity": "warning",
          "confidence": "high",
          "message": "nobody looks at this key",
          "why": "",
          "help": "",
          "cluster": "kubernetes/main",
          "object": null,
          "location": {
            "path": "apps/evil.yaml",
            "line": 1,
            "column": 1,
            "endLine": 1,
            "endColumn": 5
          },
          "related": [],
          "trail": [],
          "fix": null,
          "fingerprint": "00000000000000000000000000000005",
          "state": "ignored"
        }
      ],
      "coverage": {
        "clusters": [
          {
            "entry": "kubernetes/main",
            "kustomizations": 31,
            "built": 29,
            "external": 1,
            "broken": 1,
            "objects": 251
          }
        ],
        "objects": 257,
        "files": 12,
        "unknown": [
          {
            "cluster": "kubernetes/main",
            "class": "broken",
            "what": "Kustomization `flux-system/minio`",
            "reason": "`./apps/minio` does not exist"
          }
        ]
      },
      "summary": {
        "error": 1,
        "warning": 0,
        "info": 0
      }
    }
    "#);
}

#[test]
fn json_satisfies_its_published_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report-v1.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for sample in [Sample::new(), Sample::empty()] {
        let errors: Vec<String> =
            validator.iter_errors(&json(&sample, Format::Json)).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut wrong = json(&Sample::new(), Format::Json);
    wrong["version"] = 2.into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn sarif_holds_what_code_scanning_reads() {
    assert_snapshot!(without_version(&short().styled(Format::Sarif, SUPPRESSED)), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "flux-vet",
              "semanticVersion": "<version>",
              "informationUri": "https://github.com/flux-vet/flux-vet",
              "rules": [
                {
                  "id": "depends-on-missing",
                  "name": "DependsOnMissing",
                  "shortDescription": {
                    "text": "dependsOn names an object that does not exist"
                  },
                  "fullDescription": {
                    "text": "Every `dependsOn` entry names an object of the same kind that the tree defines."
                  },
                  "help": {
                    "text": "Flux waits for it.\n\nCorrect the name.",
                    "markdown": "Flux waits for it.\n\nCorrect the name."
                  },
                  "helpUri": "https://github.com/flux-vet/flux-vet/blob/main/rules/flux/depends-on-missing.md",
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "properties": {
                    "tags": [
                      "flux"
                    ],
                    "precision": "very-high",
                    "problem.severity": "error"
                  }
                },
                {
                  "id": "odd-value",
                  "name": "OddValue",
                  "shortDescription": {
                    "text": "odd-value"
                  },
                  "fullDescription": {
                    "text": "odd-value"
                  },
                  "help": {
                    "text": "odd-value",
                    "markdown": "odd-value"
                  },
                  "helpUri": "https://github.com/flux-vet/flux-vet/blob/main/rules/user/odd-value.md",
                  "defaultConfiguration": {
                    "level": "warning"
                  },
                  "properties": {
                    "tags": [
                      "user"
                    ],
                    "precision": "very-high",
                    "problem.severity": "warning"
                  }
                }
              ]
            }
          },
          "automationDetails": {
            "id": "flux-vet/kubernetes/main/"
          },
          "columnKind": "unicodeCodePoints",
          "invocations": [
            {
              "executionSuccessful": true
            }
          ],
          "originalUriBaseIds": {
            "%SRCROOT%": {
              "description": {
                "text": "root of the repository"
              }
            }
          },
          "results": [
            {
              "ruleId": "depends-on-missing",
              "ruleIndex": 0,
              "level": "error",
              "message": {
                "text": "Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist; see [nearest name](1)"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/loki/ks.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 8,
                      "startColumn": 13,
                      "endLine": 8,
                      "endColumn": 25
                    }
                  },
                  "logicalLocations": [
                    {
                      "name": "loki",
                      "fullyQualifiedName": "Kustomization/flux-system/loki/spec.dependsOn[minio-tenant].name",
                      "kind": "property"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "flux-vet/v1": "00000000000000000000000000000001"
              },
              "relatedLocations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/minio%20store/ks.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 2,
                      "startColumn": 19,
                      "endLine": 2,
                      "endColumn": 32
                    }
                  },
                  "message": {
                    "text": "nearest name"
                  },
                  "id": 1
                }
              ],
              "codeFlows": [
                {
                  "threadFlows": [
                    {
                      "locations": [
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/loki/ks.yaml",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "region": {
                                "startLine": 8,
                                "startColumn": 13,
                                "endLine": 8,
                                "endColumn": 25
                              }
                            },
                            "message": {
                              "text": "set here"
                            }
                          }
                        },
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/loki/patch.yaml",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "region": {
                                "startLine": 3,
                                "startColumn": 10,
                                "endLine": 3,
                                "endColumn": 22
                              }
                            },
                            "message": {
                              "text": "overridden by this patch"
                            }
                          }
                        },
                        {
                          "location": {
                            "physicalLocation": {
                              "artifactLocation": {
                                "uri": "apps/loki/ks.yaml",
                                "uriBaseId": "%SRCROOT%"
                              },
                              "region": {
                                "startLine": 8,
                                "startColumn": 13,
                                "endLine": 8,
                                "endColumn": 25
                              }
                            },
                            "message": {
                              "text": "Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist"
                            }
                          }
                        }
                      ]
                    }
                  ]
                }
              ],
              "fixes": [
                {
                  "description": {
                    "text": "rename to `minio-tenants`"
                  },
                  "artifactChanges": [
                    {
                      "artifactLocation": {
                        "uri": "apps/loki/ks.yaml",
                        "uriBaseId": "%SRCROOT%"
                      },
                      "replacements": [
                        {
                          "deletedRegion": {
                            "startLine": 8,
                            "startColumn": 13,
                            "endLine": 8,
                            "endColumn": 25
                          },
                          "insertedContent": {
                            "text": "minio-tenants"
                          }
                        }
                      ]
                    }
                  ]
                }
              ],
              "properties": {
                "confidence": "high",
                "why": "Flux waits for the missing object and never applies this Kustomization: what it holds stays as it was, and everything that depends on it waits too.",
                "help": "Write the name of an existing Kustomization:\n\n```yaml\ndependsOn:\n  - name: minio-tenants\n```\n\n- or add `minio-tenant`\n- or drop the entry",
                "cluster": "kubernetes/main"
              }
            },
            {
              "ruleId": "odd-value",
              "ruleIndex": 1,
              "level": "warning",
              "message": {
                "text": "nobody looks at this key"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "apps/evil.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 1,
                      "endLine": 1,
                      "endColumn": 5
                    }
                  }
                }
              ],
              "partialFingerprints": {
                "flux-vet/v1": "00000000000000000000000000000005"
              },
              "suppressions": [
                {
                  "kind": "external",
                  "status": "accepted",
                  "justification": "read by hand"
                }
              ],
              "properties": {
                "confidence": "high",
                "cluster": "kubernetes/main"
              }
            }
          ],
          "properties": {
            "coverage": {
              "clusters": [
                {
                  "entry": "kubernetes/main",
                  "kustomizations": 31,
                  "built": 29,
                  "external": 1,
                  "broken": 1,
                  "objects": 251
                }
              ],
              "objects": 257,
              "files": 12,
              "unknown": [
                {
                  "cluster": "kubernetes/main",
                  "class": "broken",
                  "what": "Kustomization `flux-system/minio`",
                  "reason": "`./apps/minio` does not exist"
                }
              ]
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn sarif_satisfies_the_standard() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for part in ["run", "toolComponent"] {
        // NOTE: the published expression has a stray bracket, and a report names no language.
        let language = &mut schema["definitions"][part]["properties"]["language"];
        language.as_object_mut().unwrap().shift_remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut known = Sample::new();
    known.findings[0].state = State::Known;
    known.findings[1].state = State::Baselined;
    let comment = known.findings[4].primary.span;
    known.findings[4].state_place = Some(comment);
    for sample in [Sample::new(), Sample::empty(), known] {
        let log: Value = serde_json::from_str(&sample.styled(Format::Sarif, SUPPRESSED)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn sarif_has_no_empty_text_where_github_wants_one() {
    let log = json(&Sample::new(), Format::Sarif);
    let run = &log["runs"][0];
    let text = |value: &Value| !value.as_str().unwrap().is_empty();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        assert!(text(&rule["shortDescription"]["text"]) && text(&rule["help"]["text"]), "{rule}");
        assert!((1..=1024).contains(&rule["fullDescription"]["text"].as_str().unwrap().chars().count()), "{rule}");
    }
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(text(&result["message"]["text"]) && text(&result["partialFingerprints"]["flux-vet/v1"]));
        for place in result["relatedLocations"].as_array().into_iter().flatten() {
            let link = format!("]({})", place["id"]);
            assert!(result["message"]["text"].as_str().unwrap().contains(&link), "{result}");
        }
    }
}

#[test]
fn sarif_says_new_and_unchanged_only_against_a_base() {
    let mut sample = Sample::new();
    let states = |sample: &Sample| -> Vec<Value> {
        let log = json(sample, Format::Sarif);
        log["runs"][0]["results"].as_array().unwrap().iter().map(|result| result["baselineState"].clone()).collect()
    };
    assert!(states(&sample).iter().all(Value::is_null));
    sample.findings[1].state = State::Known;
    assert_eq!(states(&sample)[..2], ["new", "unchanged"]);
}

#[test]
fn suppressed_findings_stand_only_where_programs_read_them() {
    let sample = Sample::new();
    for format in Format::all() {
        let kept = matches!(format, Format::Json | Format::Jsonl);
        assert_eq!(sample.report(*format).contains("nobody looks at this key"), kept, "{format}");
    }
}

#[test]
fn sarif_says_who_suppresses_where_that_is_asked_for() {
    let mut sample = Sample::new();
    sample.findings[0].state = State::Known;
    sample.findings[1].state = State::Baselined;
    let comment = sample.findings[2].primary.span;
    let ignored = sample.findings[4].clone();
    sample.findings[4].state_place = Some(comment);
    sample.findings.push(ignored);
    let suppressions = |style: Style| -> Vec<Value> {
        let log: Value = serde_json::from_str(&sample.styled(Format::Sarif, style)).unwrap();
        log["runs"][0]["results"].as_array().unwrap().iter().map(|result| result["suppressions"][0].clone()).collect()
    };
    assert_eq!(suppressions(Style::default()).len(), 3, "GitHub opens an alert for every result");
    let all = suppressions(SUPPRESSED);
    let kinds: Vec<&Value> = all.iter().map(|one| &one["kind"]).collect();
    let null = Value::Null;
    let (external, source) = (Value::from("external"), Value::from("inSource"));
    assert_eq!(kinds, [&external, &external, &null, &null, &source, &external]);
    assert_eq!(all[4]["justification"], "read by hand");
    assert_eq!(all[4]["location"]["physicalLocation"]["artifactLocation"]["uri"], "apps/evil.yaml");
    assert_eq!(all[5]["location"], Value::Null);
}

#[test]
fn no_format_prints_a_secret_value() {
    let mut sample = Sample::new();
    // A finding of another group on the same line.
    let value = sample.findings[1].primary.span;
    let finding = sample.finding("odd-value", "user", Severity::Warning, value, "");
    sample.findings.push(finding);
    for format in Format::all() {
        assert!(!sample.styled(*format, COLOR).contains("hunter2"), "{format}");
    }
}

#[test]
fn no_format_lets_input_steer_a_terminal_or_a_runner() {
    let sample = Sample::new();
    for format in Format::all() {
        let report = sample.report(*format);
        let steering = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        assert_eq!(report.chars().find(|c| steering(*c)), None, "{format}");
        assert!(!report.contains("##["), "{format}");
        assert_eq!(report.matches("##vso[").count(), if *format == Format::Azure { 4 } else { 0 }, "{format}");
        let commands = report.lines().filter(|line| line.trim_start().starts_with("::")).count();
        assert_eq!(commands, if *format == Format::Github { 4 } else { 0 }, "{format}");
    }
}

#[test]
fn a_span_over_many_lines_shows_its_first() {
    let mut sample = Sample::empty();
    let text = format!("script: |\n{}", "  line\n".repeat(500));
    let file = sample.sources.add("a.yaml", &text);
    let finding = sample.finding("some-rule", "flux", Severity::Error, Span::new(file, 8..text.len()), "here");
    sample.findings.push(finding);
    assert_snapshot!(sample.report(Format::Human), @r"
    error[some-rule]: something is wrong
      ┌─ a.yaml:1:9
      │
    1 │ script: |
      │         ^ here

    1 error in 0 files; 0 objects of 0 clusters checked
    ");
}

#[test]
fn every_span_of_a_difficult_text_is_shown() {
    let text = "\u{feff}ä: \u{1b}[\r\n\t名: |\r\n\r\n  x\u{301}\n\nkind: Secret\ndata:\n  a: ü";
    for start in 0..=text.len() + 1 {
        let mut sample = Sample::empty();
        let file = sample.sources.add("a.yaml", text);
        for end in start..=text.len() + 2 {
            let mut finding = sample.finding("r", "flux", Severity::Error, Span::new(file, start..end), "here");
            finding.related = vec![Label::new(Span::new(file, end / 2..end), "there")];
            sample.findings.push(finding);
        }
        assert!(!sample.styled(Format::Human, COLOR).contains('ü'), "{start}");
        let report = sample.report(Format::Human);
        assert_eq!(report.lines().filter(|line| line.contains("┌─ a.yaml:")).count(), sample.findings.len());
    }
}

#[test]
fn an_empty_run_is_said_to_be_one() {
    let sample = Sample::empty();
    assert_eq!(sample.report(Format::Human), "no findings in 0 files; 0 objects of 0 clusters checked\n");
    assert_eq!(sample.report(Format::Concise), "flux-vet: no findings in 0 files; 0 objects of 0 clusters checked\n");
    assert_eq!(sample.report(Format::Github), "");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for format in Format::all() {
        assert_eq!(Sample::new().report(*format), Sample::new().report(*format));
    }
}
