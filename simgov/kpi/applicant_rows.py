"""The rows of the table of KPIs that are about the applicant's side, and about how alike applicants are treated."""

from __future__ import annotations

from simgov.kpi.definition import MONEY, Definition
from simgov.scenario.value import Text

STANDARD_COST_MODEL = "Standard Cost Model: SCM Network, International Standard Cost Model Manual, 2005"
GINI = "Gini, Variabilita e mutabilita, 1912"

APPLICANT_ROWS: tuple[Definition, ...] = (
    Definition(
        "service", "travel", (), "min", "lower", "count",
        Text("time on the way per case", "路途时间"),
        Text(
            "Minutes on the way per case: the way of one visit there and back, for each of its visits.",
            "平均每件办件申请人往返路途的时间：每次到现场的往返时间乘以跑动次数。",
        ),
        needs="travel",
    ),
    Definition(
        "service", "applicant_cost", (), MONEY + "/case", "lower", "count",
        Text("what a case costs the applicant", "申请人办事成本"),
        Text(
            "Per case: the hours on the way, waiting and being served in person at the value of time; the fee of a "
            "case on which work was begun; and what the days until the decision (or the end without one) cost firms.",
            "平均每件办件：路途、现场等候和办理的时间按时间价值折算，加上已开始办理的办件的收费，"
            "以及企业从申请到作出决定（或未作决定即终结）期间每天的损失。",
        ),
        needs="applicant_money",
        source=STANDARD_COST_MODEL,
    ),
    Definition(
        "service", "satisfaction", (), "points", "higher", "count",
        Text("satisfaction", "满意度"),
        Text(
            "Points of 100: the offset less what is lost for each hour waited in person, each visit beyond the first, "
            "each document, each late case and each case left unserved, on the average of the closed cases, cut to "
            "0..100. An open case has 0 points, which makes it a lower bound. The weights are assumptions of the file.",
            "百分制：基准分减去平均每件已终结办件因现场等候（每小时）、多跑（首次以外每次）、提交材料（每份）、超期（每件）"
            "和弃号（每件）而失的分，限于 0 至 100 分。未办结的按 0 分计，此时为下限。各项权重是情景文件中的假设。",
        ),
        needs="satisfaction",
    ),
    Definition(
        "service", "complaints", (), "per 100 cases", "lower", "count",
        Text("expected complaints", "预期投诉量"),
        Text(
            "Complaints to be expected per 100 cases: the shares that complain of each late case, visit beyond the "
            "first, document handed in again, case sent back and case left unserved, and of anything else. The shares "
            "are assumptions of the file.",
            "每百件办件预期的投诉件数：按超期、多跑、重复提交材料、退回补正、弃号及其他原因各自引起投诉的比例推算。"
            "各项比例是情景文件中的假设。",
        ),
        needs="complaints",
    ),
    Definition(
        "service", "time.gini", (), "share", "lower", "share",
        Text("inequality of times to decision", "办理用时基尼系数"),
        Text(
            "Gini coefficient of the times to decision of all cases: 0 where all take the same time. Of n values in "
            "ascending order, the sum of (2 i - n - 1) x_i over n times their sum.",
            "全部办件办理用时的基尼系数，用时完全相同为 0。将 n 个值从小到大排列，"
            "(2i－n－1)·x_i 之和除以 n 与总和之积。",
        ),
        source=GINI,
    ),
    Definition(
        "service", "wait.gini", (), "share", "lower", "share",
        Text("inequality of waits in person", "现场等候基尼系数"),
        Text("Gini coefficient of the waits in person.", "每次现场等候时间的基尼系数。"),
        needs="in_person",
        source=GINI,
    ),
    Definition(
        "service", "time.group_gap", (), "min", "lower", "count",
        Text("gap between groups in time to decision", "群体间办理用时差距"),
        Text(
            "The mean time to decision of the group that takes longest, less that of the quickest.",
            "平均办理用时最长的申请人群体与最短的群体之差。",
        ),
        needs="groups",
    ),
    Definition(
        "service", "wait.group_gap", (), "min", "lower", "count",
        Text("gap between groups in waits in person", "群体间现场等候差距"),
        Text(
            "The mean wait in person of the group that waits longest, less that of the one that waits least.",
            "平均现场等候时间最长的申请人群体与最短的群体之差。",
        ),
        needs="groups_in_person",
    ),
    Definition(
        "hall", "wait.gini", (), "share", "lower", "share",
        Text("inequality of waits in person", "现场等候基尼系数"),
        Text("Gini coefficient of the waits in person of all services.", "所有事项每次现场等候时间的基尼系数。"),
        needs="in_person",
        source=GINI,
    ),
    Definition(
        "hall", "wait.service_gap", (), "min", "lower", "count",
        Text("gap between services in waits in person", "事项间现场等候差距"),
        Text(
            "The mean wait in person of the service where people wait longest, less that of the one where they wait "
            "least.",
            "平均现场等候时间最长的事项与最短的事项之差。",
        ),
        needs="services_in_person",
    ),
    Definition(
        "plan", "satisfaction", (), "points", "higher", "count",
        Text("satisfaction", "满意度"),
        Text("Satisfaction over the cases of all services.", "全部事项按办件数加权的满意度。"),
        needs="satisfaction",
    ),
    Definition(
        "plan", "satisfaction.service_gap", (), "points", "lower", "count",
        Text("gap between services in satisfaction", "事项间满意度差距"),
        Text("The highest satisfaction of any service less the lowest.", "满意度最高的事项与最低的事项之差。"),
        needs="services",
    ),
    Definition(
        "plan", "complaints", (), "per 100 cases", "lower", "count",
        Text("expected complaints", "预期投诉量"),
        Text("Expected complaints per 100 cases of all services.", "全部事项每百件办件预期的投诉件数。"),
        needs="complaints",
    ),
    Definition(
        "plan", "applicant_cost", (), MONEY + "/case", "lower", "count",
        Text("what a case costs the applicant", "申请人办事成本"),
        Text(
            "What a case costs the applicant, over the cases of all services.",
            "全部事项平均每件办件的申请人办事成本。",
        ),
        needs="applicant_money",
        source=STANDARD_COST_MODEL,
    ),
    Definition(
        "plan", "burden", (), MONEY, "lower", "resource",
        Text("what all applicants spend", "群众企业办事总成本"),
        Text(
            "What the measured cases cost their applicants, scaled from the measuring window to the horizon by "
            "workdays.",
            "统计期内办件的申请人办事成本之和，按工作日推算到整个规划期。",
        ),
        needs="applicant_money",
        source=STANDARD_COST_MODEL,
    ),
)  # fmt: skip
