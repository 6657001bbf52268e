"""Score `impasto prepare` against labels: python bench/score_prepare.py LABELS DECISIONS."""

import csv
import sys
from collections import Counter
from pathlib import Path

LIKE = {
    "recompressed duplicate": "retouched duplicate",
    "retouched duplicate": "recompressed duplicate",
}
"""Reasons that describe the same fault in two words."""


def read(path: str) -> dict[str, dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def main() -> None:
    labels, found = read(sys.argv[1]), read(sys.argv[2])
    wrong = Counter[str]()
    for file, label in labels.items():
        decision = found[file]
        if decision["verdict"] != label["verdict"]:
            wrong["verdict"] += 1
            print("verdict", file, label["reason"], "→", decision["reason"], decision["detail"])
        elif label["verdict"] == "reject":
            if label["reason"] not in (decision["reason"], LIKE.get(decision["reason"])):
                wrong["reason"] += 1
                print("reason", file, label["reason"], "→", decision["reason"], decision["detail"])
            if label["twin"] != decision["twin"]:
                wrong["twin"] += 1
                print("twin", file, label["twin"], "→", decision["twin"])
    clean = [f for f, label in labels.items() if label["verdict"] == "keep"]
    lost = sum(found[f]["verdict"] != "keep" for f in clean)
    right = 1 - wrong["verdict"] / len(labels)
    print(f"{len(labels)} files: {right:.1%} of verdicts, {wrong['reason']} other reasons,")
    print(f"{wrong['twin']} other twins, {lost} of {len(clean)} to keep lost")


if __name__ == "__main__":
    main()
