//! The page of figures quotes what was measured, in tables that Markdown reads.

use graders::bank::patch_file::Header;
use graders::bank::wrong::Wrong;
use graders::figures::Figures;
use graders::page;
use pretty_assertions::assert_eq;
use report::Exercise;

const FIGURES: &str = r#"{
    "conditions": {"kafka": "an image", "client": "rdkafka 1", "cores": 2, "at_a_time": 4, "load": 3},
    "stubs": {"proved": 1, "holds": true},
    "wrong": [
        {"answer": "send/no_key", "rating": "good", "note": "", "seconds": 2.25, "at_first": null, "failed": [
            {"name": "phase2::send::record::keeps_it", "phase": 2, "exercise": "send", "verdict": "failed",
             "reason": {"kind": "judged", "text": ""},
             "failure": {"seen": "", "expected": "", "concept": "The key.", "look": ""}, "milliseconds": 1, "attempts": 1}]},
        {"answer": "send/no_value", "rating": "miss", "note": "", "seconds": 3.0, "failed": [], "at_first": null}
    ],
    "messages": [
        {"answer": "send/no_key", "rating": "good", "note": "", "seconds": 2.25, "failed": [], "at_first": "BROKEN"},
        {"answer": "send/no_value", "rating": "miss", "note": "", "seconds": 3.0, "failed": [], "at_first": null}
    ],
    "right": [
        {"answer": "phase2_f/other", "rating": "good", "note": "", "seconds": 1.0, "failed": [], "at_first": null}
    ],
    "mutants": [
        {"mutant": "f.rs:1: replace + with -", "fate": "caught", "note": "", "seconds": 1.0},
        {"mutant": "f.rs:2: replace || with &&", "fate": "explained", "note": "a | b", "seconds": 1.0},
        {"mutant": "f.rs:3: replace f with ()", "fate": "does_not_compile", "note": "", "seconds": 0.0}
    ],
    "no_longer": [],
    "flakes": [
        {"answer": "reference", "kafka": "docker", "runs": 5, "aborted": 1, "checks": 9, "broken": ["why"], "seconds": [1.0, 2.4, 3.6],
         "flips": [{"check": "a", "passed": 4, "failed": 1, "not_graded": 0, "failure": ""},
                   {"check": "b", "passed": 4, "failed": 0, "not_graded": 1, "failure": ""}]},
        {"answer": "send/no_key", "kafka": "mock", "runs": 5, "aborted": 0, "checks": 9, "broken": [], "seconds": [1.0, 2.0, 3.0],
         "flips": [], "ungraded": true}
    ],
    "spent": {"compiling": 1.0, "running": 2.0, "in_all": 3.0}
}"#;

fn exercise() -> Exercise {
    Exercise {
        phase: 2,
        name: "send".to_owned(),
        file: "phase2_f.rs".to_owned(),
        points: 100,
        hint: String::new(),
        chapter: String::new(),
        promises: Vec::new(),
    }
}

fn wrong(name: &str) -> Wrong {
    Wrong {
        exercise: exercise(),
        name: name.to_owned(),
        header: Header {
            misconception: format!("Either | or: {name}."),
            check: "record::keeps_it".to_owned(),
            concept: Vec::new(),
            whole_phase: false,
            failure: None,
        },
        source: String::new(),
    }
}

fn render(figures: &Figures) -> String {
    page::render(
        figures,
        &[exercise()],
        &[wrong("no_key"), wrong("no_value")],
    )
    .unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn the_tables_have_what_was_measured() {
    let figures = serde_json::from_str(FIGURES).expect("figures");
    let page = render(&figures);
    let tables: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(
        tables,
        [
            "| Exercise | Wrong answers caught | Named first | Right answers passed |",
            "|---|---|---|---|",
            "| `send` | 1 of 2 | 1 of 1 | 1 of 1 |",
            "| **all** | 1 of 2 | 1 of 1 | 1 of 1 |",
            "| Wrong answer | Seconds |",
            "|---|---|",
            "| `send/no_value` | 3.0 |",
            "| `send/no_key` | 2.2 |",
            "| Survivor | Why |",
            "|---|---|",
            r"| `f.rs:2: replace \|\| with &&` | a \| b |",
            "| Answer | Kafka | Runs | Aborted | Checks | Flips | Not graded once | Median, longest in s |",
            "|---|---|---|---|---|---|---|---|",
            "| `reference` | docker | 5 | 1 | 9 | 1 | 1, in 1 runs | 2, 4 |",
            "| `send/no_key` | mock | 5 | 0 | 9 | not graded here | 0 | 2, 3 |",
            "| Misconception | Caught by |",
            "|---|---|",
            r"| Either \| or: no_key. | `record::keeps_it` |",
            r"| Either \| or: no_value. | `**not caught**` |",
        ]
    );
}

#[test]
fn tables_and_headings_stand_apart_from_the_text() {
    let figures = serde_json::from_str(FIGURES).expect("figures");
    let page = render(&figures);
    assert!(!page.contains("\n\n\n"), "{page}");
    assert!(page.ends_with("|\n"), "{page}");
    for heading in page.lines().filter(|line| line.starts_with('#')).skip(1) {
        assert!(page.contains(&format!("\n\n{heading}\n\n")), "{heading}");
    }
    let header = |line: &str, next: &str| next.starts_with("|---") && line.starts_with('|');
    let lines: Vec<&str> = page.lines().collect();
    for rows in lines.windows(3).filter(|rows| header(rows[1], rows[2])) {
        assert_eq!(rows[0], "", "before {}", rows[1]);
    }
}

#[test]
fn without_survivors_there_is_no_table_of_them() {
    let mut figures: Figures = serde_json::from_str(FIGURES).expect("figures");
    figures.mutants.truncate(1);
    let page = render(&figures);
    assert!(page.contains("The checks catch 1: 100.0 %."), "{page}");
    assert!(!page.contains("Survivor"), "{page}");
    assert!(!page.contains("\n\n\n"), "{page}");
}
