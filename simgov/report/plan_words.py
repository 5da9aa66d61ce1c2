"""What the report says of a plan, in English and in Chinese: messages of ``words``."""

from __future__ import annotations

PLAN_MESSAGES: dict[str, tuple[str, str]] = {
    # Section: the plan
    "nav_plan": ("The plan", "方案与依据"),
    "plan": ("The plan, and why it is the cheapest", "方案及其为何成本最低"),
    "plan_unproved": ("The best plan found", "目前找到的最优方案"),
    "plan_not_found": ("The search so far", "目前的搜索结果"),
    "plan_infeasible": ("Why no plan meets the targets", "为什么没有方案能够达标"),
    "plan_staff": ("Staff", "人员配备"),
    "in_demand": ("{target} ({demand})", "{target}（{demand}）"),
    "verdict_all_demands": (
        "the targets in all {count} demand scenarios",
        "在全部 {count} 个需求情景下都能实现既定目标",
    ),
    "verdict_some_demands": (
        "the targets in at least {hold} of {count} demand scenarios",
        "在 {count} 个需求情景中至少 {hold} 个能够实现既定目标",
    ),
    "plan_targets": ("Targets", "目标完成情况"),
    "pool": ("Pool", "岗位"),
    "other_pools": ("Other pools", "其他岗位"),
    "posts_today": ("Today", "现状人数"),
    "posts_plan": ("Plan", "方案人数"),
    "posts_best": ("Best found", "最接近的组合"),
    "difference": ("Change", "增减"),
    "range_searched": ("Searched", "搜索范围"),
    "from_to": ("{low} to {high}", "{low} 至 {high}"),
    "fixed": ("not varied", "不作调整"),
    "dissolved": ("dissolved", "已撤并"),
    "total": ("Total", "合计"),
    "reforms_taken": ("Measures taken", "采用的措施"),
    "reforms_left": ("Considered, not taken", "经比较未采用"),
    "no_reforms": ("none; staff alone", "无，仅调整人员"),
    "option_reform": ("reform “{name}”", "改革措施“{name}”"),
    "drop": ("drop “{name}”", "取消“{name}”"),
    "option_reform_does": ("reform “{name}” ({does})", "改革措施“{name}”（{does}）"),
    "option_drop": ("drop “{name}” ({service})", "取消“{name}”（{service}）"),
    "cost": ("Cost", "成本"),
    "cost_of_plan": ("Cost of the plan, {horizon}", "方案成本（{horizon}）"),
    "cost_today": ("Cost of today's arrangements, {horizon}", "现状成本（{horizon}）"),
    "target": ("Target", "目标"),
    "limit": ("Limit", "限值"),
    "verdict": ("Result", "结果"),
    "value_with_plan": ("With the plan", "方案下"),
    "value_best": ("Best found", "最接近达标的组合"),
    "value_today": ("Today", "现状"),
    "margin": ("Share of the limit", "占限值比例"),
    "at_most": ("at most {limit}", "不超过 {limit}"),
    "at_least": ("at least {limit}", "不低于 {limit}"),
    "binding": ("binds", "起决定作用"),
    "binding_note": (
        "A target “binds” when a cheaper staffing next to the plan misses it.",
        "“起决定作用”指：若在方案基础上再压减，首先无法实现的就是该项目标。",
    ),
    "validated": (
        "Values with the plan and today come from {replications} fresh replications that the search had not seen; ± is "
        "half of the {confidence} interval.",
        "“现状”与“方案下”的数值来自搜索未曾使用过的 {replications} 次独立模拟；± 为 {confidence} 置信区间的半宽。",
    ),
    "rejected": (
        "Cheaper designs that met the targets in the search but missed one on fresh replications, and were turned "
        "down: {count}.",
        "另有 {count} 个成本更低的组合在搜索样本中达标，但在独立模拟中未达标，已予排除。",
    ),
    "why_cheapest": ("Why nothing cheaper will do", "为什么不能再省"),
    "how_far_proved": ("How far this is proved", "结论的可靠程度"),
    "proof_enumerated": (
        "Proved by trying everything: every cheaper design within the bounds was simulated, and each misses a target.",
        "结论已经证明：给定范围内成本更低的组合均已逐一模拟，无一达标。",
    ),
    "proof_guarded": (
        "Proved for the simulated sample: every cheaper design either was simulated and misses a target, or has no "
        "more of anything than a design that misses one by more than {band}.",
        "结论已在模拟样本内证明：每一个成本更低的组合，要么经模拟未能达标，"
        "要么在人员和措施上都不多于某个超出限值 {band} 以上的组合。",
    ),
    "proof_best": (
        "Proved for the simulated sample: every design that would be better either was simulated and is not, or breaks "
        "a target or the budget, or has no more of anything than one that falls short by more than {band}.",
        "结论已在模拟样本内证明：任何可能更优的组合，要么经模拟并不更优、未能达标或超出预算，"
        "要么在人员和措施上都不多于某个相差 {band} 以上的组合。",
    ),
    "proof_rule": (
        "This rests on one rule, that more staff never makes a figure worse. Where simulated designs near the targets "
        "could be compared, it failed by {violation} at most, within the margin of {band}.",
        "上述推理依据“增加人员不会使指标变差”这一规律。在可比较且接近达标的模拟结果中，该规律的最大偏差为 {violation}，"
        "在所留 {band} 的余量之内。",
    ),
    "proof_rule_held": (
        "This rests on one rule, that more staff never makes a figure worse. Where simulated designs near the targets "
        "could be compared, it held without exception; the margin of {band} is kept all the same.",
        "上述推理依据“增加人员不会使指标变差”这一规律。在可比较且接近达标的模拟结果中，该规律无一例外；"
        "为稳妥起见，仍保留 {band} 的余量。",
    ),
    "proof_guarded_parts": (
        "Proved for the simulated sample: for every cheaper design, what was simulated shows that it misses a target, "
        "by more than {band} where the design itself was not simulated.",
        "结论已在模拟样本内证明：对每一个成本更低的组合，已有模拟结果都表明其至少有一项目标不能实现；"
        "未直接模拟的组合，均超出限值 {band} 以上。",
    ),
    "proof_guarded_parts_infeasible": (
        "Proved for the simulated sample: for every design within the bounds, what was simulated shows that it misses "
        "a target, by more than {band} where the design itself was not simulated.",
        "结论已在模拟样本内证明：对给定范围内的每一个组合，已有模拟结果都表明其至少有一项目标不能实现；"
        "未直接模拟的组合，均超出限值 {band} 以上。",
    ),
    "proof_parts": (
        "Parts of the office that share neither staff nor applicants were judged one by one and added up; that is why "
        "few simulations rule out so many designs.",
        "互不共用人员和申请人的岗位分别核算后再相加，因此少量模拟即可排除大量组合。",
    ),
    "proof_none": (
        "Not proved: {reason} before every cheaper design was ruled out.",
        "尚未证明：{reason}，仍有成本更低的组合未被排除。",
    ),
    "stopped_time": ("the time was up", "已到规定时间"),
    "stopped_simulations": ("the number of simulations was used up", "模拟次数已用完"),
    "stopped_interrupted": ("the search was interrupted", "搜索被中断"),
    "stopped_early": ("the search ended", "搜索提前结束"),
    "proof_bound": (
        "No design that meets the targets costs less than {bound}.",
        "任何达标方案的成本都不会低于 {bound}。",
    ),
    "proof_gap": ("The plan is {gap} above that.", "本方案比该下限高 {gap}。"),
    "proof_enumerated_infeasible": (
        "Proved by trying everything: every design within the bounds was simulated, and none meets the targets.",
        "结论已经证明：给定范围内的组合均已逐一模拟，无一达标。",
    ),
    "proof_guarded_infeasible": (
        "Proved for the simulated sample: every design within the bounds either was simulated and misses a target, or "
        "has no more of anything than a design that misses one by more than {band}.",
        "结论已在模拟样本内证明：给定范围内的每一个组合，要么经模拟未能达标，"
        "要么在人员和措施上都不多于某个超出限值 {band} 以上的组合。",
    ),
    "challenged": (
        "To test it, designs likely to meet the targets all the same were simulated although they had been ruled out "
        "unseen ({count}): none overturned the proof.",
        "为检验上述推理，又从未经模拟即被排除的组合中挑选最可能达标的加以模拟（共 {count} 个），结论均未被推翻。",
    ),
    "band_sharing": (
        "The margin is wide since officers here also serve cases that keep those of a target waiting later on.",
        "余量较大，是因为同一岗位还办理其他办件，这些办件随后会使目标所涉办件在后续环节等候。",
    ),
    "band_elsewhere": (
        "The margin is wide since officers upstream send on other cases, which keep those of a target waiting.",
        "余量较大，是因为前序岗位送出的其他办件会使目标所涉办件等候。",
    ),
    "overturned": (
        "To test it, designs likely to meet the targets all the same were simulated although they had been ruled out "
        "unseen ({count}). Some showed the margin to be too narrow ({overturned}): it was widened and the proof made "
        "anew, until none overturned it.",
        "为检验上述推理，又从未经模拟即被排除的组合中挑选最可能达标的加以模拟（共 {count} 个）。"
        "其中 {overturned} 个表明原留余量不足，已放宽余量并重新论证，直至结论不再被推翻。",
    ),
    "simulations": (
        "Of {designs} possible designs, {simulations} were simulated, each over {replications} replications.",
        "在 {designs} 个可能的组合中，实际模拟了 {simulations} 个，每个组合重复模拟 {replications} 次。",
    ),
    "cuts": ("What the search learned", "搜索得出的关键结论"),
    "cuts_note": (
        "Each line is a design that was tried and misses a target; all with no more of anything is ruled out too.",
        "每一行都是经模拟未能达标的组合；人员和措施都不多于它的组合也随之排除。",
    ),
    "part_findings": ("Where one post less is felt", "各岗位少一人的影响"),
    "cuts_more": ("{count} more", "另有 {count} 条"),
    "neighbours": ("One post more or less", "增减一人会怎样"),
    "neighbours_note": (
        "Cost compared with the plan; the values are from the search's own sample.",
        "成本为相对方案的增减；指标值取自搜索所用样本。",
    ),
    "misses": ("Misses", "不能达标的目标"),
    "demand_scenario": ("Demand scenario {name} (applicants: {shares})", "需求情景“{name}”（申请量：{shares}）"),
    "stressed_scenario": (
        "Demand scenario {name} (under the stress {stress}; applicants: {shares})",
        "需求情景“{name}”（压力情形：{stress}；申请量：{shares}）",
    ),
    "demand_share": ("{name} {share}", "{name} {share}"),
    "demand_all": ("all services", "全部事项"),
    "demand_others": ("all others", "其他事项"),
    "neighbour": ("Change to the plan", "在方案基础上"),
    "one_more": ("{pool}: {count} more", "{pool}：增加 {count} 人"),
    "one_fewer": ("{pool}: {count} fewer", "{pool}：减少 {count} 人"),
    "equipment": (
        "{count} (today {today}, searched {low} to {high})",
        "{count}（现为 {today}，搜索范围 {low} 至 {high}）",
    ),
    "roster": ("Roster: {pool}", "排班：{pool}"),
    "pattern": ("Pattern", "班次"),
    "pattern_hours": ("Hours", "时间"),
    "posts_on_pattern": ("Posts", "人数"),
    "hours_a_week": ("Hours a week", "每周工时"),
    "who_is_on_duty": ("Who is on duty when", "各时段在岗安排"),
    "roster_chart": (
        "Stacked steps: how many are on duty at each hour, by pattern, {days}.",
        "堆叠图：{days}各时段在岗人数，按班次区分。",
    ),
    "cover": ("On duty at once", "同时在岗人数"),
    "limits": ("Limits on posts", "人员限额"),
    "limits_other": ("Limits", "限额"),
    "neighbours_other": ("One more or less", "增减一个单位会怎样"),
    "verdict_plan_free": ("The plan meets {met}.", "方案{met}。"),
    "limit_binds": (
        "{limit}. The plan uses {used}. It binds: without it a plan exists that costs {saving} less.",
        "{limit}。方案用 {used}，该限额起约束作用：若取消，成本至少可再降低 {saving}。",
    ),
    "limit_free": (
        "{limit}. The plan uses {used}, all of it, yet no plan is cheaper without this limit.",
        "{limit}。方案用 {used}，虽已用到限额，但即使取消，成本也不会更低。",
    ),
    "limit_unknown": (
        "{limit}. The plan uses {used}, all of it. Whether a plan is cheaper without this limit is not known.",
        "{limit}。方案用 {used}，已用到限额；取消后成本能否降低，尚未查明。",
    ),
    "limit_slack": ("{limit}. The plan uses {used}.", "{limit}。方案用 {used}，未用到限额。"),
    "breaks_a_limit": ("breaks a limit", "不符合限额"),
    # The plan explained
    "explained_options": ("Each measure kept or dropped", "各项措施采用与不采用"),
    "explained_posts": ("One post more or fewer, all else chosen anew", "增减一人（其余重新选择）"),
    "explained_near": ("Other plans that keep the targets at little more", "成本相近的其他可行方案"),
    "explained_demand": ("With more or fewer applicants", "申请量变化时"),
    "explained_steps": ("What steps cost that nobody offers to remove", "未列为可取消的环节的成本"),
    "explained_steps_note": (
        "A reckoning, no proposal: it says what each step costs, not what it is for. What the law wants stays.",
        "仅为测算，不构成取消建议：只说明环节的成本，不评价其作用；法定环节一律保留。",
    ),
    "explained_note": (
        "Each answer is a plan found again under that one condition, on the search's own sample; {simulations} designs "
        "were simulated for this.",
        "每项结论都是在该条件下重新求得的最低成本方案，取自搜索所用样本；为此共模拟 {simulations} 个组合。",
    ),
    "explained_in_part": (
        "The simulations or the time did not suffice for all of it.",
        "因模拟次数或时间所限，只说明了一部分。",
    ),
    "demand_of_today": ("Applicants, of today's", "申请量（占现在的比例）"),
    "demand_cost": ("Cheapest plan", "最低成本方案"),
    "demand_proved": ("Proof", "证明情况"),
    "demand_plan": ("this plan", "本方案"),
    "demand_is_proved": ("proved", "已证明"),
    "demand_at_most": ("at most (not proved)", "至多（未证明）"),
    "demand_none": ("no plan within the bounds", "给定范围内没有可行方案"),
    "demand_not_found": ("none found (not proved)", "没有找到（未证明）"),
    "demand_chart": (
        "Line chart: what the cheapest plan costs with more and fewer applicants; shaded where this plan stays the "
        "cheapest.",
        "折线图：申请量增减时最低成本方案的成本，阴影部分为本方案保持成本最低的范围。",
    ),
    # What was made as good as possible
    "plan_best": ("The best plan, and why nothing better will do", "最优方案及其为何不能再好"),
    "why_best": ("Why nothing better will do", "为什么不能更好"),
    "verdict_plan_cost": ("The plan costs {cost} over {horizon}.", "方案成本为 {cost}（按 {horizon}计）。"),
    "verdict_lowest": ("{kpi} is made as low as possible: {value}.", "{kpi}尽可能压低，可降至 {value}。"),
    "verdict_highest": ("{kpi} is made as high as possible: {value}.", "{kpi}尽可能提高，可达到 {value}。"),
    "objectives": ("What was made as good as possible", "优化目标"),
    "objective": ("Objective", "优化目标"),
    "as_low_as_possible": ("{kpi}, as low as possible", "{kpi}，越低越好"),
    "as_high_as_possible": ("{kpi}, as high as possible", "{kpi}，越高越好"),
    "value_in_search": ("In the search's sample", "搜索样本中"),
    "best_possible": ("No plan is better than", "任何方案都不优于"),
    "may_give": ("May be given up for the next", "可为后续目标放宽"),
    "objectives_note": (
        "The objectives are taken in this order. “No plan is better than” holds for the search's sample, for plans "
        "that keep the targets, the budget and the objectives before; – where it is not proved.",
        "各优化目标按上列顺序依次考虑。“任何方案都不优于”是就搜索样本而言，"
        "所指方案须满足各项目标、预算和排在前面的优化目标；“–”表示尚未证明。",
    ),
    "impossible": ("What cannot be kept, and what would be possible", "哪项要求无法做到，最多能做到什么程度"),
    "conflict": ("What conflicts, and what would be possible", "哪些要求相互冲突，最多能做到什么程度"),
    # What each limit costs
    "nav_frontier": ("What each limit costs", "各限值的成本"),
    "frontier_heading": ("What each limit costs: {kpi}", "各限值的成本：{kpi}"),
    "frontier_range": (
        "The cheapest plan for “{loose}” costs {low}, for “{tight}” {high}.",
        "{loose}的，最低成本方案为 {low}；{tight}的，为 {high}。",
    ),
    "frontier_same": ("Every limit that can be kept costs the same: {low}.", "凡能做到的限值，成本相同，均为 {low}。"),
    "frontier_impossible": ("No plan within the bounds keeps {limits}.", "在给定范围内，没有方案能做到{limits}。"),
    "frontier_none": ("No plan was found that keeps one of the limits.", "没有找到能做到任何一个限值的方案。"),
    "frontier_table": ("The cheapest plan at each limit", "各限值的最低成本方案"),
    "frontier_fresh": ("On fresh replications", "新抽样本上"),
    "frontier_posts": ("Posts that differ", "人数不同的岗位"),
    "frontier_measures": ("Measures", "采用的措施"),
    "frontier_missed": ("misses a target on fresh replications", "新抽样本上未达标"),
    "frontier_reforms": ("What the reforms do", "各项改革措施的内容"),
    "frontier_flat": ("Where a tighter promise costs nothing", "哪些承诺收紧而不增加成本"),
    "frontier_note": (
        "Each point is the cheapest plan that keeps all other targets as well, proved for the search's sample with a "
        "guard band of {band} unless it says otherwise. A line holds at every looser limit, up to the next step.",
        "每个点都是同时满足其余各项目标的最低成本方案；除注明外，均已在搜索样本内证明（余量 {band}）。"
        "线段表示限值放宽时仍适用，直至下一级。",
    ),
    "frontier_validated": (
        "{count} plans were simulated again on fresh replications; ± is half of intervals that hold together.",
        "其中 {count} 个方案已在新抽样本上再次模拟；± 为同时成立的置信区间的半宽。",
    ),
    "frontier_missed_note": (
        "A plan that misses a target on fresh replications is marked and not replaced by another.",
        "在新抽样本上未达标的方案仅作标注，未另行替换。",
    ),
    "frontier_stopped": (
        "Not complete: {reason}. Limits that are not listed were not reached.",
        "未完成：{reason}；未列出的限值尚未求解。",
    ),
    "frontier_simulations": ("Designs simulated, for all limits together", "模拟组合数（各限值合计）"),
    "frontier_chart": (
        "Step chart: the cost of the cheapest plan against the limit of {kpi}.",
        "阶梯图：{kpi}的限值与最低成本方案的成本。",
    ),
    # A plan that makes a KPI as good as possible, explained
    "explained_changes": ("One thing otherwise, all else as in the plan", "只改动一项，其余不变"),
    "explained_budgets": ("With more or less money", "预算增减时"),
    "explained_best_note": (
        "One thing otherwise is told on the fresh replications that the plan's values come from, ± is half of the "
        "interval; another budget is a search of its own. {simulations} designs were simulated for this.",
        "“只改动一项”的数值取自检验本方案所用的新抽样本，± 为置信区间的半宽；预算增减为另行搜索所得。"
        "为此共模拟 {simulations} 个组合。",
    ),
    "explained_open": ("Not answered to the end: {parts}.", "尚未说明完毕的部分：{parts}。"),
}
