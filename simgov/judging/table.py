"""The one table of how the field judges an office: every term, what it means in both languages, and its source.

``docs/judging.md`` is printed from it (``python -m simgov.judging.page``), and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simgov.kpi.definition import Definition
from simgov.kpi.table import DEFINITIONS
from simgov.scenario.value import Text

Way = Literal["four_es", "scorecard", "benchmark", "lights", "ranking", "ratings", "control", "promise"]
E = Literal["economy", "efficiency", "effectiveness", "equity"]
Dimension = Literal["resources", "public", "process", "learning"]
Half = Literal["results", "process"]

WAYS: dict[Way, Text] = {
    "four_es": Text("The four Es", "四E评价"),
    "scorecard": Text("Balanced scorecard", "平衡计分卡"),
    "benchmark": Text("Benchmarking against a leader", "标杆管理"),
    "lights": Text("Red, yellow and green lights", "红黄绿灯督办"),
    "ranking": Text("Ranking of offices", "单位排名"),
    "ratings": Text("360 degree scores", "360度评价"),
    "control": Text("Control loop", "PDCA闭环控制"),
    "promise": Text("The promise", "承诺时限"),
}

ES: dict[E, Text] = {
    "economy": Text("economy", "经济性"),
    "efficiency": Text("efficiency", "效率性"),
    "effectiveness": Text("effectiveness", "效果性"),
    "equity": Text("equity", "公平性"),
}

DIMENSIONS: dict[Dimension, Text] = {
    "resources": Text("resources", "资源投入"),
    "public": Text("public", "公众服务"),
    "process": Text("process", "内部流程"),
    "learning": Text("learning", "学习成长"),
}

HALVES: dict[Half, Text] = {"results": Text("results", "结果"), "process": Text("process", "过程")}

HALF_OF: dict[Dimension, Half] = {
    "resources": "results",
    "public": "results",
    "process": "process",
    "learning": "process",
}
"""What the public gets and what it costs are results; how the office works and learns is process."""

RESULTS_WEIGHT = 0.6
"""The weight of results in the scorecard; process has the rest."""

LIGHT_BAND = 0.05
"""How far off the schedule is still on schedule, relative to it. An assumption."""

STANDS_FOR: tuple[tuple[str, E | None, Dimension], ...] = (
    ("cost", "economy", "resources"),
    ("overtime", None, "resources"),
    ("cost_per_case", "efficiency", "resources"),
    ("utilisation", None, "resources"),
    ("queue.mean", None, "process"),
    ("wasted", "efficiency", "process"),
    ("throughput", None, "process"),
    ("steps", None, "process"),
    ("corrections", None, "process"),
    ("returns", None, "process"),
    ("gate_wait", None, "process"),
    ("held_back", None, "process"),
    ("left_at_gate", None, "process"),
    ("revoked", None, "process"),
    ("open", None, "process"),
    ("on_time", "effectiveness", "public"),
    ("time.mean", "effectiveness", "public"),
    ("days.mean", "effectiveness", "public"),
    ("visits", "effectiveness", "public"),
    ("no_visit", None, "public"),
    ("one_visit", None, "public"),
    ("documents", "effectiveness", "public"),
    ("wait.mean", "effectiveness", "public"),
    ("satisfaction", "effectiveness", "public"),
    ("complaints", "effectiveness", "public"),
    ("applicant_cost", "effectiveness", "public"),
    ("burden", None, "public"),
    ("travel", "effectiveness", "public"),
    ("wait.gini", "equity", "public"),
    ("time.gini", "equity", "public"),
    ("wait.group_gap", "equity", "public"),
    ("time.group_gap", "equity", "public"),
    ("wait.service_gap", "equity", "public"),
    ("satisfaction.service_gap", "equity", "public"),
)
"""The end of a KPI's name, the E it stands for unless the file says otherwise, and its dimension of the scorecard."""


def stands_for(kpi: str) -> tuple[E | None, Dimension]:
    """The E and the dimension of a KPI; what the table does not name is about the public."""
    for end, e, dimension in STANDS_FOR:
        if kpi == end or kpi.endswith(f".{end}"):
            return e, dimension
    return None, "public"


def definition_of(kpi: str) -> Definition | None:
    """The row of the KPI table behind a KPI's name; None where no row fits."""
    for row in DEFINITIONS:
        for statistic in row.statistics or ("",):
            end = f"{row.quantity}.{statistic}" if statistic else row.quantity
            owner = kpi.removesuffix(f".{end}")
            owned = owner != kpi and "." not in owner and (owner == "hall") == (row.scope == "hall")
            if owned if row.scope != "plan" else kpi == end:
                return row
    return None


def lower_is_better(kpi: str) -> bool | None:
    """Whether less of a KPI is better; None where it is neither way, or no KPI."""
    row = definition_of(kpi)
    return None if row is None or row.direction == "neither" else row.direction == "lower"


@dataclass(frozen=True)
class Term:
    """One term: the way it belongs to, what it is called and what it means, and where that comes from."""

    way: Way
    label: Text
    meaning: Text
    source: str


_NAO = "National Audit Office (UK), *Assessing value for money*; 财政部《项目支出绩效评价管理办法》（财预〔2020〕10号）"
_KAPLAN = "Kaplan and Norton, *Harvard Business Review* 70(1), 1992, 71-79"
_MOGSTAD = (
    "Mogstad, Romano, Shaikh and Wilhelm, *Review of Economic Studies* 91, 2024, 476-518; Klein, Wright and Wieczorek, "
    "*J. R. Stat. Soc. C* 69, 2020, 589-606; Holm, *Scand. J. Statist.* 6, 1979, 65-70"
)
_MONTGOMERY = "Montgomery, *Introduction to Statistical Quality Control*, 7th ed. 2013, ch. 9"

TERMS: tuple[Term, ...] = (
    Term(
        "four_es",
        Text("economy, efficiency, effectiveness, equity", "经济性、效率性、效果性、公平性"),
        Text(
            "Spending less (cost of what goes in), spending well (what comes out for it), spending wisely (whether the "
            "public gets what is meant), spending fairly (whether all get it alike). Which KPIs stand for which: the "
            "table below, or `judging: four_es`.",
            "分别指投入成本的节约程度、投入与产出之比、预期目标的实现程度、不同群体受益的均等程度。"
            "各项对应的指标见下表，也可在 `judging: four_es` 中指定。",
        ),
        _NAO,
    ),
    Term(
        "four_es",
        Text("index", "指数"),
        Text(
            "100 times the geometric mean, over the KPIs that stand for an E, of how many times better each is than in "
            "the baseline (baseline / now where less is better, now / baseline where more is). Over 100 is better. A "
            "KPI of 0 in either has no ratio and is left out, which is said. A KPI of the whole office stands for the "
            "same of its services.",
            "各对应指标优于现状的倍数（越低越好的取现状值/现值，越高越好的取现值/现状值）的几何平均数乘以100，"
            "大于100为改善。任一方为0的指标无法求比值，不计入并予以说明。有全大厅同一指标的，不再计各事项的。",
        ),
        "Fleming and Wallace, *Communications of the ACM* 29, 1986, 218-221 (why the geometric mean of ratios)",
    ),
    Term(
        "scorecard",
        Text("dimensions", "维度"),
        Text(
            "Resources and public are results, process and learning are process. Results weigh 60 %, process 40 %, and "
            "dimensions alike within each, unless the file says otherwise. The weight of a dimension without a scored "
            "KPI goes to the rest of its half, then to the other half, and that is said.",
            "资源投入、公众服务属于结果，内部流程、学习成长属于过程；未作规定时结果占60%、过程占40%，各部分内维度权重相等。"
            "没有可计分指标的维度，其权重由同一部分的其他维度承担，整个部分缺失的由另一部分承担，并予以说明。",
        ),
        _KAPLAN + "; weights 60/40 as cities publish them (assumption where the file gives none)",
    ),
    Term(
        "scorecard",
        Text("score", "得分"),
        Text(
            "0 to 100, linear from `none` (0 points) to `full` (100 points). A target without a scale of its own gives "
            "full points at its limit or better, and loses as many percent as the limit is missed by. A KPI that is "
            "only known to be at least so much scores at most this.",
            "0至100分，自 `none`（0分）至 `full`（100分）线性计分。未设计分区间的目标，达到限值得满分，"
            "超出限值百分之几扣几分。指标仅知下限的，得分为上限。",
        ),
        "definition of simgov",
    ),
    Term(
        "benchmark",
        Text("gap, and the share of it closed", "差距与缩小比例"),
        Text(
            "Own value less the leader's. A reform closes (baseline - reform) / (baseline - leader) of it, simulated "
            "with the same applicants in both; 100 % reaches the leader. Reforms that cannot be told from the best one "
            "(Holm's method over paired differences) are named with it.",
            "差距为本单位现值减标杆值。改革缩小差距的比例 =（现状值 − 改革后值）/（现状值 − 标杆值），"
            "两者使用同一批申请人模拟；100%即达到标杆水平。与最优改革无显著差异的（配对差值，Holm 法）一并列出。",
        ),
        "Camp, *Benchmarking*, ASQC Quality Press 1989; Holm 1979",
    ),
    Term(
        "lights",
        Text("light", "亮灯"),
        Text(
            "Green: ahead of the schedule by more than `ahead` (5 %) of it; red: behind by more than `behind` (5 %); "
            "yellow: on schedule. Between two milestones the schedule is a straight line, before the first and after "
            "the last it stays. Where the interval of the value crosses a threshold the light is marked uncertain.",
            "优于计划值超过 `ahead`（5%）亮绿灯，落后超过 `behind`（5%）亮红灯，其余为按计划推进，亮黄灯。"
            "相邻两个时间节点之间按直线推算，首个节点之前、末个节点之后保持不变。置信区间跨越界限的，注明不确定。",
        ),
        "red behind, yellow on schedule, green ahead as governments supervise it; the bands are an assumption",
    ),
    Term(
        "ranking",
        Text("rank interval", "名次区间"),
        Text(
            "The ranks an office may have: 1 + how many others are better beyond doubt, to the number of offices less "
            "how many are worse beyond doubt. All intervals hold at once with the confidence of the run. Offices "
            "whose intervals meet are not told apart. Only offices are ranked, never persons.",
            "单位名次的可能范围：下限为1加上确定优于本单位的个数，上限为单位总数减去确定劣于本单位的个数；"
            "全部区间以设定的置信水平同时成立。区间相交的单位不分先后。只对单位排名，不对个人排名。",
        ),
        _MOGSTAD,
    ),
    Term(
        "ratings",
        Text("360 degree score", "360度得分"),
        Text(
            "Weighted mean over kinds of raters (superior, peer, staff, public; alike, an assumption, unless the file "
            "says otherwise) of the mean of each kind, with the t interval of Welch and Satterthwaite. The weight of a "
            "missing kind goes to the others, which is said. Columns that name persons are refused.",
            "上级、同级、下属、公众各类评价主体平均分的加权平均（未作规定的，假设权重相等），"
            "区间按 Satterthwaite 法计算。"
            "缺少某类评价的，其权重由其余各类承担并予以说明。含有个人信息的列不予接受。",
        ),
        "Satterthwaite, *Biometrics Bulletin* 2, 1946, 110-114; Bracken, Timmreck and Church, *Handbook of "
        "Multisource Feedback*, 2001",
    ),
    Term(
        "control",
        Text("EWMA chart", "EWMA 控制图"),
        Text(
            "z = lambda x + (1 - lambda) z, from the standard on; a signal where z leaves standard ± L spread "
            "sqrt(lambda / (2 - lambda)). Limits are constant, so that the stated run lengths are the chart's own.",
            "z = lambda·x +（1 − lambda）·z，自标准值起算；z 超出 标准值 ± L·标准差·sqrt(lambda/(2 − lambda)) 即报警。"
            "控制限保持不变，所列平均运行链长即为本图的实际链长。",
        ),
        "Roberts, *Technometrics* 1, 1959, 239-250; Lucas and Saccucci, *Technometrics* 32, 1990, 1-12",
    ),
    Term(
        "control",
        Text("CUSUM chart", "CUSUM 控制图"),
        Text(
            "Sums of what is above (below) the standard by more than k spreads, begun anew at 0 whenever they would "
            "fall below it; a signal where one exceeds h spreads.",
            "累计超出（低于）标准值 k 个标准差以上的部分，小于0时归零；任一累计和超过 h 个标准差即报警。",
        ),
        "Page, *Biometrika* 41, 1954, 100-115; " + _MONTGOMERY,
    ),
    Term(
        "control",
        Text("average run length (ARL)", "平均运行链长"),
        Text(
            "How many values it takes on average to a signal: ARL0 where nothing has changed, ARL1 where the mean has "
            "moved by so many spreads. From the integral equation of the chart with independent normal values; the "
            "autocorrelation of the series is shown, because with it signals come earlier.",
            "平均经过多少个数值发出报警：ARL0 为过程未变时，ARL1 为均值偏移若干标准差时。"
            "按独立正态数值的积分方程计算；序列自相关会使报警提前，因此一并列出自相关系数。",
        ),
        "Crowder, *Technometrics* 29, 1987, 401-407 (EWMA); Goel and Wu, *Technometrics* 13, 1971, 221-230 (CUSUM)",
    ),
    Term(
        "control",
        Text("correction", "纠偏"),
        Text(
            "After a quarter with a signal for the worse: the factor by which demand differs from the file's "
            "(from counted cases, or the one at which the simulated KPI is what was observed), and the cheapest plan "
            "for it by the optimiser, for the next quarter. Plan, do, check, act.",
            "季度内出现变差报警的，重新估计需求系数（按实际办件量，或使模拟指标等于实际值），"
            "据此用优化器求出下一季度成本最低的方案，即计划、执行、检查、处理的循环。",
        ),
        "Deming, *Out of the Crisis*, MIT 1986; Shewhart 1939",
    ),
    Term(
        "promise",
        Text("shortest promise", "可兑现的最短承诺时限"),
        Text(
            "The least number of whole workdays within which 95 % (or as said) of cases are decided. Its interval runs "
            "from the first number of days at which the upper end of the interval of that share reaches what is asked "
            "to the first at which the lower end does. The on-time share with this promise is simulated, and the "
            "promise goes up until it is kept.",
            "使95%（或规定比例）的办件能够按时办结的最少整工作日数。区间下限为办结比例的置信上限首次达到要求的工作日数，"
            "区间上限为置信下限首次达到要求的工作日数。随后按该承诺时限模拟按时办结率，达不到要求的逐日延长。",
        ),
        "order statistic, its interval by inverting that of the share; Conover, *Practical "
        "Nonparametric Statistics*, 1999, ch. 3",
    ),
    Term(
        "promise",
        Text("share of the statutory limit", "承诺时限占法定时限的比例"),
        Text(
            "The promise over the statutory limit of the service. Programmes ask for 60 % or less.",
            "承诺时限除以法定时限。改革方案通常要求不超过60%。",
        ),
        "《行政许可法》第四十二条 (statutory limit)",
    ),
)
