"""A small study with its runs: a hall and a back office, with names that would break a careless page."""

from pathlib import Path

import pytest

from simgov.experiment import Runs, run
from simgov.study import Study, load

SCENARIO = """\
simgov: 1
name: {en: "Hall <b>of</b> & \\"quotes\\"", zh: "区政务服务大厅<script>alert(1)</script>"}
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  windows: {name: {en: "Windows </script>", zh: 综合窗口}, kind: window, count: 2, cost: 35 CNY/h}
  passports: {name: {en: Passport windows, zh: 出入境窗口}, kind: window, count: 1, cost: 45 CNY/h}
  office: {name: {en: Back office, zh: 审批科}, kind: department, count: 2, cost: 60 CNY/h, at_closing: pause}
services:
  card:
    name: {en: Identity card, zh: 居民身份证}
    arrivals: {poisson: {rate: 14 /h}}
    steps:
      counter: {name: {en: At the window, zh: 窗口受理}, at: windows, time: {lognormal: {mean: 7 min, cv: 0.5}},
                in_person: true, accepted: true, decision: true, basis: "Act <i>1</i>",
                parts: {copy: {share: 20 %, name: {en: Copy papers, zh: 复印材料}},
                        rest: {share: 80 %, name: {en: Decide, zh: 核发}}}}
  passport:
    name: {en: Passport, zh: 普通护照}
    arrivals: {poisson: {rate: 4 /h}}
    promise: 5 workdays
    steps:
      counter: {name: {en: Application, zh: 受理}, at: passports, time: {lognormal: {mean: 11 min, cv: 0.5}},
                in_person: true, accepted: true, documents: 4,
                returns: {share: 20 %, to: counter, delay: {constant: 90 min}, limit: 2}}
      review: {name: {en: Review, zh: 审查}, at: office, time: {gamma: {mean: 20 min, cv: 0.8}},
               basis: Passport Law art. 6}
      recheck: {name: {en: Second review, zh: 复核}, at: office, time: {gamma: {mean: 10 min, cv: 0.8}}, decision: true}
      notify: {name: {en: Notice, zh: 告知}, time: {constant: 1 h}}
reforms:
  one_window: [{pool_windows: {into: windows, from: [passports], slowdown: 10 %}}]
  lean: [{remove_step: passport.recheck, set_up: 48 CNY, running: 1200 CNY/year}, {remove_step: card.counter.copy}]
  beside: [{parallel: [passport.review, passport.recheck]}]
  merged:
    - {merge_steps: {steps: [passport.review, passport.recheck], into: check, name: {en: One check, zh: 一次审核}}}
  quick: [{automate: {step: passport.recheck, share: 40 %, harder: 10 %}}]
targets:
  - {kpi: hall.wait.mean, at_most: 15 min}
  - {kpi: passport.on_time, at_least: 90 %}
optimize:
  minimize: cost
  staff: {windows: 1..3, office: 1..2}
  remove: {passport.recheck: 48 CNY}
run: {start: 2026-03-02, period: 3 workdays, replications: 3, seed: 7}
"""


@pytest.fixture(scope="session")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hall") / "scenario.yaml"
    place.write_text(SCENARIO, encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def study(scenario_file: Path) -> Study:
    return load(scenario_file)


@pytest.fixture(scope="session")
def runs(study: Study) -> Runs:
    return run([study.baseline, study.reform("lean")], replications=3, seed=7, workers=1, source=str(study.path))
