"""Every sentence and label of the report, in English and in Chinese.

``say("key", name=value)`` fills both languages. A value may itself be a ``Text``; then each language gets its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from simgov.report.plan_words import PLAN_MESSAGES
from simgov.scenario.value import Text

MESSAGES: dict[str, tuple[str, str]] = {
    # The page
    "report": ("Simulation report", "政务服务模拟评估报告"),
    "language": ("Language", "语言"),
    "print": ("Print or save as PDF", "打印或另存为 PDF"),
    "contents": ("Contents", "目录"),
    "skip": ("Skip to the result", "跳到结论"),
    "no_script": (
        "This browser runs no scripts: the charts are not drawn. The tables below each of them hold the same numbers.",
        "当前浏览器未启用脚本，图表无法显示；各图下方的数据表内容与图一致。",
    ),
    "numbers_behind": ("Show the numbers behind this chart", "查看本图数据"),
    "made_by": ("Made with simgov {version}", "由 simgov {version} 生成"),
    # Scenarios
    "baseline": ("Today", "现状"),
    "plan_series": ("Plan", "方案"),
    "closest_series": ("Best found", "最接近"),
    "scenario": ("Scenario", "情景"),
    # Section: result
    "nav_result": ("Result", "结论"),
    "result": ("The result in brief", "主要结论"),
    "verdict_plan": (
        "The plan meets {met} at a cost of {cost} over {horizon}.",
        "方案{met}，成本为 {cost}（按 {horizon}计）。",
    ),
    "verdict_one_target": ("the target", "能够实现既定目标"),
    "verdict_both_targets": ("both targets", "能够实现全部 2 项目标"),
    "verdict_all_targets": ("all {count} targets", "能够实现全部 {count} 项目标"),
    "verdict_saves": ("That is {amount} ({share}) less than today.", "比现状节省 {amount}（{share}）。"),
    "verdict_costs_more": ("That is {amount} ({share}) more than today.", "比现状增加 {amount}（{share}）。"),
    "verdict_same_cost": ("That is what today's staffing costs.", "与现状成本持平。"),
    "verdict_infeasible": (
        "No plan within the stated bounds meets the targets.",
        "在给定的人员和措施范围内，没有任何方案能够实现全部目标。",
    ),
    "verdict_obstacle": ("The obstacle: {targets}.", "无法实现的目标：{targets}。"),
    "verdict_not_found": (
        "The search ended before it found a plan that meets the targets; it did not prove that there is none.",
        "搜索在规定时间内未找到达标方案，但也未证明达标方案不存在。",
    ),
    "verdict_targets": (
        "{name} meets {met} of {count} targets; today {today}.",
        "“{name}”实现 {count} 项目标中的 {met} 项，现状实现 {today} 项。",
    ),
    "verdict_targets_today": ("Today {met} of {count} targets are met.", "现状实现 {count} 项目标中的 {met} 项。"),
    "verdict_some": (
        "{names} meets all targets, of {count} scenarios compared with today.",
        "与现状相比的 {count} 个情景中，{names}能够实现全部目标。",
    ),
    "verdict_none": (
        "None of the {count} scenarios compared with today meets all targets.",
        "与现状相比的 {count} 个情景均未能实现全部目标。",
    ),
    "verdict_change": ("{kpi}: from {before} to {after}.", "{kpi}：由 {before} 变为 {after}。"),
    "verdict_now": ("{kpi}: {value}.", "{kpi}：{value}。"),
    "headline_note": (
        "± is half of the {confidence} interval over {replications} simulated runs; changes compare the same "
        "applicants under both arrangements.",
        "± 为 {replications} 次模拟 {confidence} 置信区间的半宽；前后对比基于同一批申请人，仅改变人员与流程安排。",
    ),
    "headline_note_one": (
        "± is half of the {confidence} interval over {replications} simulated runs.",
        "± 为 {replications} 次模拟 {confidence} 置信区间的半宽。",
    ),
    "was": ("today {value}", "现状 {value}"),
    "better": ("better", "改善"),
    "worse": ("worse", "变差"),
    "changed": ("changed", "有变化"),
    "higher": ("higher", "增加"),
    "in_brackets": (" ({text})", "（{text}）"),
    "no_clear_change": ("no clear change", "无明显变化"),
    "unchanged": ("unchanged", "不变"),
    "target_at_most": ("Target: at most {limit}", "目标：不超过 {limit}"),
    "target_at_least": ("Target: at least {limit}", "目标：不低于 {limit}"),
    "met": ("met", "达标"),
    "not_met": ("not met", "未达标"),
    "gets_worse": ("What gets worse", "变差的方面"),
    "all_scenarios": ("The scenarios side by side", "各情景对比"),
    "measure": ("Measure", "指标"),
    "change": ("Change", "变化"),
    "lower_bound_note": (
        "“At least”: cases were still open when the simulation ended, so the truth is higher. Such a value keeps no "
        "upper limit.",
        "“不少于”：模拟结束时仍有未办结件，真实值更高；此类数值一律视为超过上限。",
    ),
    # Section: what changes
    "nav_changes": ("What changes", "改动内容"),
    "changes": ("What changes", "与现状相比的改动"),
    "changes_in": ("Under “{name}”", "情景“{name}”"),
    "changes_none": (
        "Nothing changes: the staff and the process of today already are this scenario.",
        "人员与流程均与现状一致，没有改动。",
    ),
    "changes_only_baseline": (
        "This run holds today's arrangements only, so there is nothing to compare.",
        "本次模拟仅包含现状，没有可比较的改革情景。",
    ),
    "group_staff": ("Staff", "人员配备"),
    "group_process": ("Process", "办理流程"),
    "group_other": ("Cost of the change, and other", "投入及其他"),
    "staff_from_to": ("{pool}: {before} → {after}", "{pool}：{before} → {after}"),
    "one_post": ("1 post", "1 人"),
    "posts": ("{count} posts", "{count} 人"),
    "staff_more": ("{count} more", "增加 {count} 人"),
    "staff_fewer": ("{count} fewer", "减少 {count} 人"),
    "pool_added": ("New pool: {pool}, {posts}", "新设{pool}，{posts}"),
    "pool_gone": ("{pool} is dissolved ({posts})", "撤销{pool}（原 {posts}）"),
    "pool_merged": ("{pool} becomes part of {into} ({posts})", "{pool}并入{into}（{posts}）"),
    "step_dropped": ("{service}: the step “{step}” is dropped", "{service}：取消“{step}”环节"),
    "step_added": ("{service}: the step “{step}” is added", "{service}：新增“{step}”环节"),
    "part_dropped": (
        "{service}: in “{step}”, the part “{part}” is dropped",
        "{service}：“{step}”环节中不再办理“{part}”",
    ),
    "step_moved": (
        "{service}: “{step}” moves from {before} to {after}",
        "{service}：“{step}”由{before}改为{after}办理",
    ),
    "step_share": (
        "{service}: “{step}” is done for {after} of cases instead of {before}",
        "{service}：需经“{step}”的办件比例由 {before} 调整为 {after}",
    ),
    "step_time": (
        "{service}: “{step}” takes {after} instead of {before}",
        "{service}：“{step}”用时由{before}改为{after}",
    ),
    "step_order": (
        "{service}: “{step}” now starts after {after} (before: {before})",
        "{service}：“{step}”改为在{after}之后开始（原为{before}之后）",
    ),
    "application": ("application", "申请"),
    "step_room": (
        "{service}: {after} instead of {before} may wait before “{step}”",
        "{service}：“{step}”前候办席位由 {before} 个改为 {after} 个",
    ),
    "step_slower": ("{service}: “{step}” takes {share} longer", "{service}：“{step}”单件用时增加 {share}"),
    "pool_slower": (
        "{pool}: every step takes {share} longer, since generalists do it",
        "{pool}：由综合岗位人员办理，各环节单件用时增加 {share}",
    ),
    "steps_merged": ("{service}: {steps} become one step, “{step}”", "{service}：{steps}合并为“{step}”一个环节"),
    "step_faster": ("{service}: “{step}” takes {share} less time", "{service}：“{step}”单件用时减少 {share}"),
    "part_dropped_alone": ("{service}: “{part}” is no longer done", "{service}：不再办理“{part}”"),
    "steps_parallel": (
        "{service}: {steps} now run side by side",
        "{service}：{steps}改为并联办理",
    ),
    "times_over": ("× {count}", "× {count}"),
    "part_added": ("{service}: “{step}” now includes “{part}”", "{service}：“{step}”环节一并办理“{part}”"),
    "step_returns": (
        "{service}: after “{step}”, {after} of cases are sent back instead of {before}",
        "{service}：“{step}”后的退回比例由 {before} 调整为 {after}",
    ),
    "pool_hours": (
        "{pool}: hours or rules change; as many as before are on duty at once at most",
        "{pool}：调整工作时间或规则，同时在岗人数的上限不变",
    ),
    "pool_on_duty": (
        "{pool}: hours change; at most {after} instead of {before} are on duty at once",
        "{pool}：调整工作时间，同时在岗最多 {after} 人（原 {before} 人）",
    ),
    "quoted": ("“{name}”", "“{name}”"),
    "set_up_cost": ("One-off cost of the reform: {amount}", "一次性投入：{amount}"),
    "for_cases": ("For {cases}: {text}", "{cases}：{text}"),
    "from_date": ("From {date} on: {text}", "自{date}起：{text}"),
    "running_cost": ("Running cost of the reform: {amount} a year", "年度运行费用：{amount}"),
    "nothing": ("none", "无"),
    "outside_pool": ("nobody (a delay)", "无需经办（等待或流转）"),
    **PLAN_MESSAGES,
    # Section: where the time goes
    "nav_time": ("Where the time goes", "时间构成"),
    "time": ("Where the time goes", "时间花在哪里"),
    "time_note": (
        "Mean per case, over all cases of the service. Waiting includes nights and days off; steps that run side by "
        "side overlap, so the bars need not add up to the whole.",
        "按该事项全部办件平均。等待时间含夜间和休息日；并行环节相互重叠，各条相加不一定等于总时长。",
    ),
    "waiting": ("Waiting", "等待"),
    "working": ("Being worked on", "办理"),
    "outside": (
        "Elsewhere: with the applicant, in transit, at other bodies",
        "其他：申请人补正、文件流转、外部机构办理",
    ),
    "name": ("Service or step", "事项或环节"),
    "per_service": ("Per service, all steps together", "各事项合计"),
    "steps_of": ("{service}: step by step", "{service}：分环节"),
    "step": ("Step", "环节"),
    "visits_per_case": ("Visits per case", "每件平均经办次数"),
    "time_kind": ("Time", "时间类别"),
    "per_case": ("per case", "平均每件"),
    "step_is_dropped": ("dropped", "已取消"),
    "time_chart": (
        "Bar chart: mean time per case of each service, split into waiting, work and time elsewhere.",
        "条形图：各事项平均每件用时，分为等待、办理和其他三部分。",
    ),
    "step_chart": (
        "Bar chart: mean time per case of each step of {service}, split into waiting, work and time elsewhere.",
        "条形图：{service}各环节平均每件用时，分为等待、办理和其他三部分。",
    ),
    # Section: waits by time of day
    "nav_day": ("Waits by time of day", "分时段等候"),
    "day": ("Waits by time of day", "一天之中什么时候等得久"),
    "day_note": (
        "Waits in person, by the half hour in which people came. P90: nine in ten wait no longer.",
        "按申请人到场的半小时统计现场等候时间。P90 指九成的人等候不超过该值。",
    ),
    "day_none": (
        "No step of this scenario is served in person, so nobody waits in a hall.",
        "本情景没有需要申请人到场办理的环节，不存在现场等候。",
    ),
    "wait": ("Wait", "等候"),
    "wait_mean": ("Mean wait", "平均等候"),
    "wait_p90": ("Nine in ten wait no longer (P90)", "九成的人不超过（P90）"),
    "wait_p90_short": ("P90 wait", "P90 等候"),
    "time_of_day": ("Time of day", "到场时段"),
    "people": ("People", "人次"),
    "people_a_workday": ("People a workday", "每个工作日人次"),
    "target_mean": ("Target, mean", "平均值目标"),
    "target_p90": ("Target, P90", "P90 目标"),
    "arrivals": ("People who come, per half hour of a workday", "每半小时到场人次（工作日平均）"),
    "wait_chart": (
        "Line chart: mean and P90 of the wait in person by half hour of the day.",
        "折线图：一天中每半小时的平均现场等候时间和 P90。",
    ),
    "arrival_chart": (
        "Bar chart: people who come in each half hour of a workday.",
        "柱状图：工作日每半小时到场人次。",
    ),
    "worst_half_hour": (
        "{name}: the longest mean wait is {wait}, for those who come at {hours}.",
        "{name}：{hours} 到场的人平均等候最久，为 {wait}。",
    ),
    # Section: utilisation
    "nav_utilisation": ("How busy", "忙闲程度"),
    "utilisation_title": ("How busy each pool is", "各岗位忙闲程度"),
    "utilisation": ("Utilisation", "在岗忙碌率"),
    "utilisation_note": (
        "Share of paid hours in which a post has a case in hand. The nearer to 100 %, the steeper queues grow.",
        "在岗时间中正在办件的比例。越接近 100 %，排队增长越快。",
    ),
    "utilisation_chart": ("Bar chart: utilisation of each pool.", "条形图：各岗位在岗忙碌率。"),
    # Section: assumptions
    "nav_assumptions": ("Assumptions", "假设与口径"),
    "assumptions": ("Assumptions, and what was not modelled", "假设、口径与未纳入的内容"),
    "steps_and_basis": ("Steps, times and legal basis", "环节、用时与法定依据"),
    "done_by": ("Done by", "经办岗位"),
    "time_needed": ("Time", "用时"),
    "legal_basis": ("Legal basis", "法定依据"),
    "no_basis": ("none stated", "未注明"),
    "distribution": ("mean {mean}, cv {cv}", "均值 {mean}，变异系数 {cv}"),
    "always_exactly": ("{mean} each", "固定 {mean}"),
    "in_parts": ("in parts: {parts}", "由{parts}组成"),
    "share_of_cases": ("{share} of cases", "{share} 的办件需经此环节"),
    "sent_back": ("{share} are sent back to “{to}”", "{share} 退回“{to}”"),
    "service": ("Service", "事项"),
    "demand": ("Demand", "办件量"),
    "at_any_time": ("by {channels} round the clock", "{channels}渠道全天受理"),
    "poisson": ("{rate}, at random (Poisson)", "{rate}，随机到达（泊松过程）"),
    "recorded": ("{count} recorded cases: {source}", "按记录到达 {count} 件：{source}"),
    "profile": ("profile by weekday and time of day: {source}", "按星期和时段的到达曲线：{source}"),
    "backlog_only": ("no new cases, backlog only", "无新增办件，仅处理存量"),
    "how_run": ("How it was simulated", "模拟设置"),
    "seed": ("Seed", "随机种子"),
    "replications": ("Replications", "模拟次数"),
    "planned": ("Replications planned; the run was cut short", "计划模拟次数（提前结束）"),
    "confidence": ("Confidence of the intervals", "置信水平"),
    "first_day": ("First day", "起始日期"),
    "warm_up": ("Warm-up (not counted)", "预热期（不计入）"),
    "period": ("Measured period", "统计期"),
    "cases_counted": ("{count} cases, the first {warm_up} not counted", "{count} 件，其中前 {warm_up} 件不计入"),
    "calendar": ("Calendar", "工作日历"),
    "day_0": ("Mon", "周一"),
    "day_1": ("Tue", "周二"),
    "day_2": ("Wed", "周三"),
    "day_3": ("Thu", "周四"),
    "day_4": ("Fri", "周五"),
    "day_5": ("Sat", "周六"),
    "day_6": ("Sun", "周日"),
    "days_from_to": ("{first}–{last}", "{first}至{last}"),
    "with_detail": ("{name} ({detail})", "{name}（{detail}）"),
    "about": ("{name}: {detail}", "{name}：{detail}"),
    "calendar_always": ("round the clock, every day", "全天候，每天 24 小时"),
    "holidays_of": ("public holidays of {country}", "{country}法定节假日及调休"),
    "promised": ("Promise", "承诺时限"),
    "statutory": ("Statutory limit", "法定时限"),
    "cases_measured": ("Cases measured in each replication", "每次模拟统计件数"),
    "holidays_none": ("no public holidays", "不含法定节假日"),
    "engine": ("Engine", "模拟引擎"),
    "engine_compiled": ("compiled", "编译引擎"),
    "engine_reference": ("reference (SimPy)", "参考引擎（SimPy）"),
    "version": ("simgov version", "simgov 版本"),
    "libraries": ("Libraries", "依赖库版本"),
    "scenario_hash": ("Fingerprint of the scenario file", "情景文件校验码"),
    "scenario_file": ("Scenario file", "情景文件"),
    "detail_replications": ("Replications behind the charts", "图表所用模拟次数"),
    "how_to_repeat": (
        "The same file, seed and version give the same numbers to the last digit.",
        "使用相同的情景文件、随机种子和软件版本，可得到完全一致的结果。",
    ),
    "how_to_read": ("How to read the numbers", "数据口径"),
    "read_time": (
        "Time runs from application to decision on the clock, nights and days off included; days are whole legal "
        "workdays from acceptance to decision, the day of acceptance not counted, less what the law leaves out.",
        "“办理用时”指从申请到作出决定的自然时间，含夜间和休息日；“工作日”指从受理到作出决定的法定工作日数，"
        "受理当日不计，并扣除依法不计入的时间。",
    ),
    "read_quantile": (
        "P90 is the value that nine in ten cases do not exceed, over all replications together.",
        "P90 指九成办件不超过的数值，按全部模拟样本合并计算。",
    ),
    "read_open": (
        "Every case that applied within the measured period is followed to its end. One still open when the run has to "
        "stop counts at its age, so that an overloaded plan cannot look good.",
        "统计期内申请的办件均跟踪至办结；到模拟上限仍未办结的，按已历时长计入，避免超负荷方案显得良好。",
    ),
    "read_cost": (
        "Cost is the paid hours of all posts, busy or not, plus what the reforms cost once and to run.",
        "成本包括全部岗位的带薪工时成本（不论忙闲），以及改革措施的一次性投入和运行费用。",
    ),
    "satisfaction_weights": ("Weights of satisfaction (assumed)", "满意度权重（假设）"),
    "complaint_weights": ("Shares that complain (assumed)", "投诉比例（假设）"),
    "not_modelled": ("What was not modelled", "未纳入模型的内容"),
    "not_modelled_quality": (
        "The quality of decisions, satisfaction, integrity: a simulation of time and cost says nothing about them.",
        "审批质量、群众满意度和廉政风险：本模拟只涉及时间与成本，不反映这些方面。",
    ),
    "not_modelled_quality_judged": (
        "The quality of decisions and integrity: a simulation of time and cost says nothing about them. Satisfaction "
        "and complaints are read off it by assumed weights.",
        "审批质量和廉政风险：本模拟只涉及时间与成本，不反映这些方面。满意度和投诉按假设的权重推算。",
    ),
    "not_modelled_demand": (
        "Demand does not react: shorter waits draw no new applicants, and nobody chooses another hour or channel.",
        "办件量不随服务改善而变化：等候缩短不会吸引新的申请，申请人也不会改变到场时间或办理渠道。",
    ),
    "not_modelled_people": (
        "Officers of one pool work equally fast, and nobody gets tired; illness, training and learning are as the "
        "scenario and its measures say, and left out where they say nothing.",
        "同一岗位的人员效率相同，未考虑疲劳；病假、培训和熟练程度以方案设定为准，未设定的不考虑。",
    ),
    "not_modelled_transition": (
        "A change takes hold at once, unless a measure says how long it takes to settle (transition).",
        "改革一步到位；磨合期以改革措施的设定为准，未设定的不考虑。",
    ),
    "not_modelled_outage": ("System outages are left out.", "未考虑信息系统故障。"),
    "not_modelled_travel": ("The applicant's journey to the office is left out.", "未计入申请人往返路途时间。"),
    # Section: all figures
    "nav_figures": ("All figures", "全部指标"),
    "figures": ("All figures", "全部指标"),
    "figures_note": (
        "Means over the replications with half-widths. Change: paired by replication.",
        "数值为各次模拟的平均值及置信区间半宽；变化值按同一次模拟配对计算。",
    ),
    "office_as_a_whole": ("The office as a whole", "整体"),
    # A programme over years
    "nav_conflict": ("Conflict", "冲突"),
    "nav_measures": ("Measures", "措施"),
    "nav_years": ("Money and posts", "经费与人员"),
    "nav_milestones": ("Milestones", "阶段目标"),
    "nav_proof": ("Proof", "证明"),
    "verdict_programme": (
        "The programme keeps every milestone in {quarters} quarters at a cost of {cost}.",
        "该计划在 {quarters} 个季度内实现全部阶段目标，总成本为 {cost}。",
    ),
    "verdict_programme_missed": (
        "The best programme found costs {cost} in {quarters} quarters.",
        "已找到的最优计划历时 {quarters} 个季度，总成本为 {cost}。",
    ),
    "verdict_no_programme": ("No programme keeps every milestone.", "没有任何计划能够实现全部阶段目标。"),
    "verdict_programme_not_found": (
        "The search ended before it found a programme; it did not prove that there is none.",
        "搜索在结束前未找到可行计划，但也未证明可行计划不存在。",
    ),
    "programme_measures": ("Which measure begins when", "措施实施安排"),
    "reform_measure": ("Measure", "措施"),
    "measure_begun": ("Begun", "启动"),
    "measure_at_work": ("At work", "见效"),
    "never": ("not in the programme", "不纳入计划"),
    "programme_years": ("Cost by year against the budget", "分年度成本与预算"),
    "programme_posts": ("Posts by year", "分年度人员配置"),
    "year": ("Year", "年度"),
    "budget": ("Budget", "预算"),
    "cost_of_measures": ("Measures", "改革措施"),
    "cost_of_posts": ("Posts, where the budget pays them", "人员（计入预算部分）"),
    "cost_in_all": ("Cost in all", "总成本"),
    "counts_against_budget": ("Counts against the budget", "计入预算"),
    "programme_milestones": ("Milestones and what is reached", "阶段目标与模拟结果"),
    "milestone": ("Milestone", "阶段目标"),
    "milestone_from": ("From", "起始季度"),
    "milestone_when": ("Quarters", "模拟时段"),
    "milestone_reached": ("Simulated", "模拟值"),
    "milestone_note": (
        "Each year simulated on its real dates, {count} replications; ± is half of the {confidence} interval.",
        "各年度均按实际日期模拟，共 {count} 次；± 为 {confidence} 置信区间的半宽。",
    ),
    "conflict_one": ("This cannot be kept", "以下要求无法满足"),
    "conflict_smallest": ("These cannot all be kept", "以下要求无法同时满足"),
    "conflict_among": ("Among these is what cannot be kept", "以下要求中存在无法满足的内容"),
    "conflict_note": (
        "Each can be kept if any other of them is left away. What is called possible goes with all the others.",
        "去掉其中任意一项，其余各项即可满足；“可行”是指在其他要求不变的情况下能够实现。",
    ),
    "rule_milestone": ("Milestone {by}: {kpi} {bound}", "阶段目标 {by}：{kpi} {bound}"),
    "rule_budget": ("Budget of {year}", "{year} 年预算"),
    "rule_at_once": ("How many reforms may begin in one quarter", "每季度启动的改革数量上限"),
    "rule_most_change": ("How far posts may change in one year", "每年人员调整幅度上限"),
    "rule_must": ("{measure} has to begin", "必须实施 {measure}"),
    "rule_possible": ("{rule}; possible: {nearest}", "{rule}；可行：{nearest}"),
    "nearest_quarter": ("from {quarter} on", "自 {quarter} 起"),
    "nearest_value": ("{value} at that date", "届时达到 {value}"),
    "nearest_or": ("{one}, or {other}", "{one}，或{other}"),
    "programme_proved": (
        "Proved for the sample: nothing cheaper is left. {states} states and {years} years were simulated; guard band "
        "{band}, worst exception {worst}.",
        "在所用样本下已证明不存在成本更低的计划。共模拟 {states} 个状态、{years} 个年度；容差为 {band}，"
        "最大例外为 {worst}。",
    ),
    "conflict_proved": (
        "Proved for the sample: {states} states and {years} years were simulated; guard band {band}, worst exception "
        "{worst}.",
        "在所用样本下已证明。共模拟 {states} 个状态、{years} 个年度；容差为 {band}，最大例外为 {worst}。",
    ),
    "programme_unproved": (
        "Not proved: the search ended early, after {states} states and {years} years.",
        "未证明：搜索提前结束，共模拟 {states} 个状态、{years} 个年度。",
    ),
    "programme_bound": ("No programme costs less than {bound}.", "任何计划的成本均不低于 {bound}。"),
    "programme_anew": ("Planned anew from {today} on", "自 {today} 起重新规划"),
    "nav_anew": ("Planned anew", "重新规划"),
    "anew_late": ("{measure}: late by quarters: {late}", "{measure}：推迟 {late} 个季度"),
    "anew_budget": ("Budget of {year}: {amount}", "{year} 年预算：{amount}"),
    "anew_same": ("Nothing changes.", "各项安排不变。"),
    "anew_more": ("It costs {amount} more than before.", "比原方案多支出 {amount}。"),
    "anew_less": ("It costs {amount} less than before.", "比原方案少支出 {amount}。"),
    "programme_change": ("{what}: {before} → {after}", "{what}：{before} → {after}"),
}


def say(key: str, **values: object) -> Text:
    """The message of that key in both languages, ``{name}`` filled in; KeyError for an unknown key or missing name."""
    english, chinese = MESSAGES[key]
    return Text(english.format(**_in("en", values)), tight(chinese.format(**_in("zh", values))))


def tight(chinese: str) -> str:
    """Without the spaces that filling in left between two Chinese signs; those beside digits and letters stay."""
    return re.sub(r"(?<=[\u3001-\u9fff\uff00-\uffef]) (?=[\u3001-\u9fff\uff00-\uffef])", "", chinese)


def paragraph(sentences: Iterable[Text]) -> Text:
    """Sentences as one text: English leaves a space between two, Chinese none."""
    listed = list(sentences)
    return Text(" ".join(one.en for one in listed), "".join(one.zh for one in listed))


def plain(text: object) -> Text:
    """The same text in both languages."""
    return text if isinstance(text, Text) else Text(str(text), str(text))


def joined(items: list[Text], *, clauses: bool = False) -> Text:
    """A list in a sentence: ``a, b and c``, ``甲、乙和丙``; longer ``clauses`` are set apart by semicolons."""
    english, chinese = [item.en for item in items], [item.zh for item in items]
    if clauses:
        return Text("; ".join(english), "；".join(chinese))
    return Text(_listed(english, ", ", " and "), _listed(chinese, "、", "和"))


def _listed(items: list[str], comma: str, last: str) -> str:
    return comma.join(items[:-1]) + last + items[-1] if len(items) > 1 else "".join(items)


def _in(lang: str, values: dict[str, object]) -> dict[str, object]:
    return {name: getattr(value, lang) if isinstance(value, Text) else value for name, value in values.items()}
