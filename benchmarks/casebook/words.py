"""How the table says things, in both languages."""

from __future__ import annotations

import math

UNITS = {
    "min": ("min", "分钟"), "workdays": ("workdays", "个工作日"), "steps": ("steps", "个环节"), "share": ("%", "%"),
    "documents": ("documents", "份"), "visits": ("visits", "次"), "times": ("times", "次"), "cases": ("cases", "件"),
    "cases/workday": ("cases/workday", "件/工作日"), "h/workday": ("h/workday", "小时/工作日"),
    "points": ("points", "分"), "per 100 cases": ("per 100 cases", "件/百件"),
}  # fmt: skip

VERDICTS = {
    "explained": ("explained", "可以解释"),
    "partly": ("partly", "部分解释"),
    "more": ("more than published", "预测超过公布值"),
    "none": ("not by this measure", "该措施不能解释"),
    "goal": ("goal", "目标值"),
    "input": ("input", "输入参数"),
}
REACHED = {
    "reached": ("within reach in the whole interval", "预测区间内均可达到"),
    "possible": ("within reach in part of the interval", "预测区间内部分可达到"),
    "missed": ("out of reach", "达不到"),
}
KINDS = {
    "prediction": ("prediction", "预测检验"), "goal": ("goal", "目标"), "input": ("input", "输入参数"),
    "scale": ("scale", "规模"), "risk": ("risk", "风险"), "outcome": ("outcome", "成效"),
    "doubtful": ("doubtful", "存疑"),
}  # fmt: skip

HEADS: dict[str, tuple[str, ...]] = {
    "en": (
        "id", "published before → after", "how it was read", "simulated before (calibrated)",
        "predicted after, 95 % interval", "what the measure explains", "verdict",
    ),
    "zh": (
        "编号", "公布值：改革前 → 改革后", "解读口径", "改革前模拟值（校准参数）",
        "改革后预测值（95% 预测区间）", "措施解释程度", "结论",
    ),
}  # fmt: skip

MARKDOWN: dict[str, dict[str, str]] = {
    "en": {
        "title": "# Published cases",
        "written": "Written by `make cases` ([how to read it, how to add one](../../docs/cases.md)). *Before* is hit "
        "by one calibrated number; *after* is predicted without it: the median and the 95 % prediction interval of "
        "{draws} draws of the assumptions, each calibrated anew. The share says how much of the published change the "
        "median explains.",
        "other": "[中文](cases.zh.md) · [as a web page](cases.html)",
        "source": "Source", "measure": "Measure", "read": "Read as", "doubt": "Doubtful", "found": "Calibrated",
        "assumption": "assumption", "range": "range (default)", "why": "where from", "assumed": "assumed: ",
        "error": "Error of the simulation itself ± {error} ({share} of the interval's width); "
        "{draws} draws, replications of each: {replications}",
        "rough": " — more than a tenth: read the interval with care",
        "open": "; cases were still open when the run ended, so the figure could still change",
        "unreachable": "; {count} more draws cannot have the published figure before and are left out",
        "picture": "Which assumption moves it most", "stale": " (its files have changed since it was run)",
        "failed": "could not be run", "construction": "by construction", "missed": "not the published figure",
        "none": "–",
        "extrapolated": "extrapolated from {share} of the work",
        "takes": "It would take {reforms}: {value} (fewest of {designs} combinations)",
        "never": "None of {designs} combinations reaches it; nearest: {reforms}, {value}", "nothing": "nothing",
        "and": " + ",
        "counted": "Verdicts: ", "count": "{count} {word}",
    },
    "zh": {
        "title": "# 公开案例检验",
        "written": "由 `make cases` 生成（[如何阅读、如何新增案例](../../docs/cases.md)）。"
        "改革前数值由一个参数校准；改革后数值不参与任何设定，由模型预测："
        "对各项假设抽样 {draws} 次，每次重新校准，给出中位数和 95% 预测区间。"
        "“措施解释程度”指预测中位数占公布变化幅度的比例。",
        "other": "[English](cases.md) · [网页版](cases.html)",
        "source": "来源", "measure": "措施", "read": "解读口径", "doubt": "存疑", "found": "校准参数",
        "assumption": "假设", "range": "取值范围（默认）", "why": "依据", "assumed": "假设：",
        "error": "模拟自身误差 ± {error}（占区间宽度 {share}）；抽样 {draws} 次，每次模拟重复 {replications} 次",
        "rough": "，超过十分之一，区间仅供参考",
        "open": "；模拟结束时仍有办件未办结，数值可能偏低",
        "unreachable": "；另有 {count} 次抽样无法校准到改革前公布值，已剔除",
        "picture": "各项假设的影响大小", "stale": "（案例文件在运行后有改动）",
        "failed": "未能运行", "construction": "按流程构造", "missed": "与公布值不符", "none": "–",
        "extrapolated": "由 {share} 的业务量推算",
        "takes": "要达到公布值，需采取：{reforms}，预测为 {value}（{designs} 种组合中措施最少的）",
        "never": "{designs} 种组合均不能达到；最接近的是：{reforms}，{value}", "nothing": "不采取措施",
        "and": "、",
        "counted": "结论汇总：", "count": "{word} {count} 项",
    },
}  # fmt: skip


COLON, SEMICOLON = {"en": ": ", "zh": "："}, {"en": "; ", "zh": "；"}


def aside(text: str, lang: str, space: str = "") -> str:
    """A text in brackets, ``space`` before them where the language parts words."""
    return f"（{text}）" if lang == "zh" else f"{space}({text})"


def shown(value: float | None, unit: str) -> str:
    """A number to three digits, shares in percent."""
    if value is None or math.isnan(value):
        return "–"
    number = 100.0 * value if unit == "share" else value
    digits = f"{number:.3g}"
    return f"{number:,.0f}" if "e+" in digits or abs(number) >= 1000 else digits


def unit_of(unit: str, lang: str) -> str:
    """The unit in a language."""
    return UNITS.get(unit, (unit, unit))[lang == "zh"]


def quantity(value: float | None, unit: str, lang: str) -> str:
    """A number with its unit."""
    space = "" if unit == "share" and lang == "zh" else " "
    return f"{shown(value, unit)}{space}{unit_of(unit, lang)}".strip()
