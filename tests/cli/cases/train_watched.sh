# needs: io torch
# What a run leaves to look at, killed and resumed: every step and validation once, whole lines, whole records.
make_set set
cat > tiny.toml <<'TOML'
name = "tiny <&>"
input.spacing_mm = [6, 6, 6]
[[phase]]
epochs = 4
crop = [8, 16, 16]
TOML

"$program" train -q --config tiny.toml --data set --out run > "$scratch/killed" 2>&1 < /dev/null &
until [[ -f run/steps.csv && $(wc -l < run/steps.csv) -gt 5 ]]; do
  kill -0 $! 2> /dev/null || fail "it ended before it could be killed: $(cat "$scratch/killed")"
  sleep 0.02
done
kill -9 $!
wait $! 2> /dev/null
[[ -z $(tail -c 1 run/steps.csv | tr -d '\n') ]] || fail "half a line in steps.csv"
# What a run writes past its last checkpoint, the last line cut short; and one record cut short.
printf '11,4,0.5,0.001,1,1,x\n12,4,0.5,0.001,1,1,x\n13,5,0.' >> run/steps.csv
printf '4,12,epoch,1,0.9%s\n' ',0.9,0.9,0.9,0.9,0.9,0.9,0.9,0.9,0.9' >> run/validation.csv
records=(run/events.out.tfevents.*)
printf 'torn' >> "${records[-1]}"

run train -q --config tiny.toml --data set --out run --resume
expect_status 0
expect_files run/report.html
ANATOMYNET_READER=$source_dir/tests/report/records/read_events.py python3 - << 'PY' || fail "the record of the run is wrong"
import csv, glob, html.parser, os, subprocess, sys

steps = list(csv.DictReader(open("run/steps.csv", newline="")))
assert [int(r["step"]) for r in steps] == list(range(1, 13)), steps
assert [int(r["epoch"]) for r in steps] == [1 + i // 3 for i in range(12)], steps
for epoch in range(4):
    assert sorted(r["cases"] for r in steps[3 * epoch:3 * epoch + 3]) == ["a", "b", "c"], steps
assert all(float(r["loss"]) > 0 and float(r["gradient_norm"]) > 0 and float(r["seconds"]) > 0 for r in steps)

checks = list(csv.DictReader(open("run/validation.csv", newline="")))
assert [(r["epoch"], r["step"], r["weights"]) for r in checks] == [(str(e), str(3 * e), "epoch") for e in range(1, 5)]
organs = list(checks[0])[5:]
assert len(organs) == 9, organs
best = -1.0
for r in checks:
    assert abs(float(r["mean"]) - sum(float(r[o]) for o in organs) / 9) < 1e-9, r
    assert (r["best"] == "1") == (float(r["mean"]) > best), r
    best = max(best, float(r["mean"]))

# The event files as TensorBoard reads them: a start takes back what lies at its step and after.
events = {}
files = sorted(glob.glob("run/events.out.tfevents.*"))
assert len(files) == 2, files
for n, name in enumerate(files):
    lines = subprocess.run([sys.executable, os.environ["ANATOMYNET_READER"], name], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    assert "version brain.Event:2" in lines[0], lines[0]
    assert (lines[-1] == "torn") == (n == 0), lines[-1]
    for line in lines[1:]:
        if line == "torn":
            continue
        _, step, *what = line.split(" | ")
        if what[0] == "session 1":
            events = {k: v for k, v in events.items() if k[1] < int(step)}
            continue
        assert (what[0], int(step)) not in events, line
        events[what[0], int(step)] = what[1]
near = lambda a, b: abs(float(a) - float(b)) <= 1e-5 * abs(float(b))
for r in steps:
    for tag, column in (("loss", "loss"), ("learning_rate", "learning_rate"), ("gradient_norm", "gradient_norm"),
                        ("seconds_per_step", "seconds")):
        assert near(events.pop(("train/" + tag, int(r["step"]))), r[column]), (tag, r)
for r in checks:
    assert near(events.pop(("validation/mean_dice", int(r["step"]))), r["mean"]), r
    assert events.pop(("validation/d", int(r["step"]))).startswith("420x444 3 crc "), r
    for o in organs:
        assert near(events.pop(("validation_dice/" + o, int(r["step"]))), r[o]), (o, r)
assert not events, events


class Page(html.parser.HTMLParser):
    points, pictures, text = [], 0, ""

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        assert tag not in ("script", "link", "a", "iframe"), tag
        assert a.get("src", "data:").startswith("data:image/png;base64,") or "src" not in a, a
        self.pictures += tag == "img"
        if tag == "polyline":
            self.points.append(len(a["points"].split()))

    def handle_data(self, data):
        self.text += data


page = Page()
page.feed(open("run/report.html", encoding="utf-8").read())
assert page.points == [4] * 10 + [12] * 4, page.points
assert page.pictures == 1
for text in ("Training of tiny <&>", "finished", "step 12 of 12", open("tiny.toml").read()):
    assert text in page.text, text
PY

# Resumed when all is done: nothing is added. Another run's table in the way is not overwritten.
cp run/steps.csv run/validation.csv "$scratch"
run train -q --config tiny.toml --data set --out run --resume
expect_status 0
for table in steps.csv validation.csv; do diff "$scratch/$table" "run/$table" || fail "a finished run grew"; done
echo 'a,b' > run/steps.csv
run train -q --config tiny.toml --data set --out run --resume
expect_status 3
expect_error run/steps.csv columns
