"""A small office with everything that a log has to tell: returns, delays, people who leave, cases still open."""

from pathlib import Path

import pytest

import simgov

OFFICE = """\
simgov: 1
name: {zh: 示范大厅, en: Model hall}
calendar: {hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  front: {name: {zh: 综合窗口, en: 'Front "desk" <1>'}, kind: window, count: 2}
  back:  {kind: department, count: 1, at_closing: pause}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    patience: {exponential: {mean: 60 min}}
    groups: {citizen: 70 %, firm: 30 %}
    channels: {window: 60 %, online: 40 %}
    backlog: [{step: review, cases: 3, age: {constant: 2 days}}]
    promise: 3 workdays
    steps:
      counter: {name: {zh: 受理, en: Intake & check}, at: front, time: {lognormal: {mean: 12 min, cv: 0.6}},
                in_person: true, accepted: true, choose: {simple: 50 %, review: 50 %}}
      simple:  {after: [counter], at: back, time: {constant: 2 min}}
      review:  {after: [counter], at: back, time: {gamma: {mean: 15 min, cv: 0.8}},
                returns: {share: 20 %, to: review, delay: {lognormal: {mean: 3 h, cv: 0.4}}}}
      post:    {after: [simple, review], time: {uniform: {low: 1 h, high: 6 h}}, share: 60 %}
      decide:  {at: back, time: {constant: 1 min}, decision: true}
  question:
    arrivals: {poisson: {rate: 3 /h}}
    steps: {answer: {at: front, time: {constant: 5 min}, in_person: true, decision: true}}
run: {start: 2026-01-05, period: 3 workdays, replications: 2, seed: 5, cap: 1 day}
"""


@pytest.fixture
def office(tmp_path: Path) -> simgov.Scenario:
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return simgov.load(path).baseline
