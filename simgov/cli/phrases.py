"""Every phrase of the command line in Chinese, by its English form. A test holds the two to each other."""

CHINESE: dict[str, str] = {
    # Help
    "Simulate public services from a scenario file, and find the cheapest plan that keeps its promised times.": (
        "根据情景文件模拟政务服务，求出兑现承诺时限的最低成本方案。"
    ),
    "Report every error of a scenario file at once, each with its place and what to write instead.": (
        "一次列出情景文件的全部错误，逐条指明位置和改法。"
    ),
    "Print the JSON Schema of a scenario file, for editors.": "输出情景文件的 JSON Schema，供编辑器使用。",
    "Show the process as text and picture; with --reform, what the reform changes.": (
        "以文字和图形展示办理流程；加上 --reform 则展示改革措施带来的变化。"
    ),
    "Simulate the baseline and each reform asked for, and give every measure with its interval.": (
        "模拟现状和指定的各项改革，给出全部指标及其置信区间。"
    ),
    "Find the offset of satisfaction with which the office as it is scores what was observed.": (
        "求出使现状满意度等于实测得分的基准分（offset）。"
    ),
    "Give the differences between runs, or between a scenario and its reforms, paired by replication.": (
        "比较多次模拟之间或现状与改革之间的差异，按重复次数逐一配对。"
    ),
    "Write one replication as an event log, XES or CSV, for process mining and for replay.": (
        "将一次模拟写成事件日志（XES 或 CSV），用于流程挖掘或重放。"
    ),
    "Find the cheapest staffing and reforms that meet the targets, and say how far that is proved.": (
        "求出达到目标的最低成本人员配置和改革组合，并说明证明到什么程度。"
    ),
    "Say where a reform may be tried, and for how many weeks until its effect can be told from noise.": (
        "说明改革可在何处试点、试点多少周才能将效果与随机波动区分开。"
    ),
    "The reform of the file to try.": "拟试点的改革（情景文件中的名称）。",
    "A measure to tell it by; else those of targets and milestones.": (
        "用以判断效果的指标；缺省为目标和里程碑所用指标。"
    ),
    "How surely the effect is to be seen; 80 % unless given.": "识别出效果的把握程度；缺省为 80 %。",
    "The longest pilot to look at; 52 unless given.": "试点最长周数；缺省为 52 周。",
    "How many pilots of each length to simulate; 200 unless given.": "每种试点时长的模拟次数；缺省为 200 次。",
    "Interrupted; the pilot was not finished.": "已中断，试点测算未完成。",
    "simulating pilots of {weeks} weeks": "正在模拟为期 {weeks} 周的试点",
    "where": "试点范围",
    "without": "改革前",
    "with the reform": "改革后",
    "weeks": "所需周数",
    "seen in": "识别率",
    "false alarms": "误判率",
    "whole office": "全机关",
    "more than {weeks}": "超过 {weeks}",
    "{weeks} ({low} to {high})": "{weeks}（{low} 至 {high}）",
    "shown by": "判定标准",
    "Weeks until a pilot shows the effect with a probability of {power} (in brackets: the interval"
    " of 95 % for what is truly needed); the longest has {weeks}.": (
        "所需周数：以 {power} 的把握识别出效果（括号内为真正所需周数的 95 % 置信区间），最长考察 {weeks} 周。"
    ),
    "Shown by: by how much two periods of so many weeks have to differ. Without any effect they do in no more"
    " than {level} of all cases; what weeks have to do with each other is in it.": (
        "判定标准：两段同为上述周数的时期，指标相差超过该值即判定有效果；"
        "无效果时误判的可能性不超过 {level}，已计入各周之间的相互影响。"
    ),
    "Seen in, false alarms: the shares of fresh pairs of pilots, {count} of each kind, in which an effect"
    " was seen, with the reform and without.": (
        "识别率、误判率：另行模拟实施改革与未实施改革的试点各 {count} 次，两两比较，判定有效果的比例。"
    ),
    "Say what a plan is made of: what each measure, post and step is worth, and what else would do.": (
        "说明方案的依据：各项措施、岗位和环节各值多少，还有哪些可行方案。"
    ),
    "Explain the plan too, with what simulations and time it leaves.": "同时说明方案，使用余下的模拟次数和时间。",
    "Interrupted before anything was explained.": "已中断，尚未作出任何说明。",
    "explaining {part}; designs simulated: {simulations}": "正在说明：{part}；已模拟方案 {simulations} 个",
    "each measure": "各项措施",
    "one post more or fewer": "增减岗位",
    "other plans": "其他方案",
    "other demand": "申请量变化",
    "what steps cost": "各环节的成本",
    "Each measure kept or dropped:": "各项措施采用与不采用：",
    "One thing otherwise, all else as in the plan:": "只改动一项，其余不变：",
    "With more or less money:": "预算增减时：",
    "one thing otherwise": "只改动一项",
    "more or less money": "预算增减",
    "Not answered to the end: {parts}.": "尚未说明完毕的部分：{parts}。",
    "One post more or fewer, all else chosen anew:": "增减一人（其余重新选择）：",
    "Other plans that keep the targets at little more:": "成本相近的其他可行方案：",
    "With more or fewer applicants:": "申请量变化时：",
    "What steps cost that nobody offers to remove (a reckoning, no proposal):": (
        "未列为可取消的环节的成本（仅为测算，不构成取消建议）："
    ),
    "Time is up, so the plan is explained in part.": "时间已到，方案只说明了一部分。",
    "The number of simulations is used up, so the plan is explained in part.": "模拟次数已用完，方案只说明了一部分。",
    "Interrupted, so the plan is explained in part.": "已中断，方案只说明了一部分。",
    "{count} designs were simulated to explain the plan.": "为说明方案共模拟了 {count} 个方案。",
    "The explanation is kept in {file}": "说明已保存到 {file}",
    "Check a plan again from its files: costs, simulations, cuts, and that nothing cheaper is left.": (
        "根据方案文件重新核验：成本、模拟结果、排除依据，以及是否存在成本更低的方案。"
    ),
    "The scenario file, where it is not where the plan says.": "情景文件的位置（与方案中记载的不同时填写）。",
    "So many excluded designs are simulated; default 50.": "抽查多少个已被排除的方案，默认 50 个。",
    "Interrupted before the plan was checked.": "已中断，方案未核验完毕。",
    "designs simulated": "已模拟方案",
    "The plan stands.": "方案通过核验。",
    "The plan does not stand.": "方案未通过核验。",
    # Objectives
    "{kpi}, as low as possible: {value}": "{kpi}（尽可能低）：{value}",
    "{kpi}, as high as possible: {value}": "{kpi}（尽可能高）：{value}",
    "  no plan is better than {bound}": "  任何方案都不会优于 {bound}",
    "  on fresh replications {value}": "  新抽样本为 {value}",
    "This plan costs {cost}.": "该方案成本为 {cost}。",
    "Proved with {simulations} of {designs} designs simulated; guard band {band}, worst exception {worst}.": (
        "经 {simulations} 次模拟，在 {designs} 个方案中得到证明；余量 {band}，出现过的最大例外为 {worst}。"
    ),
    # Frontier
    "Find what each limit of a target costs: the cheapest plan at each, all simulations shared.": (
        "求出目标取不同限值时各需多少成本：逐一给出最低成本方案，各限值共用全部模拟结果。"
    ),
    "The KPI whose limit varies; it replaces a target of the file.": (
        "限值变动的指标；情景文件中针对该指标的目标由此取代。"
    ),
    "The limits, e.g. '3, 4, 5 workdays'.": "各限值，例如 '3, 4, 5 workdays'。",
    "Limits at equal distances from this one,": "等距限值的起点，",
    "to this one,": "终点，",
    "so many of them; default 11.": "以及个数，默认 11 个。",
    "A second KPI, for every combination of its limits with those of the first.": (
        "第二个指标；其限值与第一个指标的限值逐一组合。"
    ),
    "The limits of the second KPI, e.g. '80 %, 90 %'.": "第二个指标的各限值，例如 '80 %, 90 %'。",
    "The frontier and its picture are kept in {folder}": "成本曲线及其图形已保存在 {folder}",
    "What each limit costs: {kpis}": "各限值所需成本：{kpis}",
    "fresh replications": "新抽样本结果",
    "Not complete: {reason}.": "未完成：{reason}。",
    "{simulations} simulations for all limits together; guard band {band}; {count} plans were simulated again on"
    " fresh replications, with intervals that hold together.": (
        "各限值合计模拟 {simulations} 次；余量 {band}；{count} 个方案用新抽样本重新模拟，其置信区间同时成立。"
    ),
    "cost": "成本",
    "reforms": "改革措施",
    "no plan": "无可行方案",
    "not found": "未找到",
    "proved": "已证明",
    "not proved": "未证明",
    ", missed on fresh replications": "，新抽样本未达标",
    # Roadmap
    "Find which reforms begin in which quarter, and the posts of each year, so that milestones are kept.": (
        "求出各项改革在哪个季度启动、每年配置多少岗位，以便按期实现阶段目标。"
    ),
    "Simulate no more states and years than this.": "模拟的状态和年度总数不超过此数。",
    "Plan this earlier roadmap anew; what has begun stays.": "在此前路线图的基础上重新规划，已启动的不变。",
    "The quarter from whose first day on everything is decided anew.": "从哪个季度的首日起重新决定。",
    "A measure that is so many quarters late, e.g. lean:2.": "推迟的措施及推迟的季度数，如 lean:2。",
    "Another budget for a year, e.g. '2028=2000000 CNY'.": "某一年度的新预算，如 '2028=2000000 CNY'。",
    "The roadmap and its certificate are kept in {folder}": "路线图及其证明文件保存在 {folder}",
    "states simulated: {states}, years: {years}; best so far {best}, no programme below {bound}": (
        "已模拟 {states} 个状态、{years} 个年度；目前最优 {best}，任何方案不低于 {bound}"
    ),
    "states simulated: {states}, years: {years}; looking for what conflicts": (
        "已模拟 {states} 个状态、{years} 个年度；正在查找相互冲突的要求"
    ),
    "The cheapest programme costs {cost} in {quarters} quarters.": "成本最低的方案在 {quarters} 个季度内共需 {cost}。",
    "The best programme found costs {cost} in {quarters} quarters.": (
        "已找到的最优方案在 {quarters} 个季度内共需 {cost}。"
    ),
    "No programme keeps every milestone.": "没有任何方案能实现全部阶段目标。",
    "No programme was found.": "未找到可行方案。",
    "▒ begun, █ at work": "▒ 已启动，█ 已见效",
    "measures cost": "改革支出",
    "all cost": "总支出",
    "counts": "计入预算",
    "budget": "预算",
    "year": "年度",
    "milestone": "阶段目标",
    "from": "起始季度",
    "reached": "模拟结果",
    "Each year simulated on its real dates, {count} replications.": "各年度均按实际日期模拟，重复 {count} 次。",
    "Planned anew from {today} on.": "自 {today} 起重新规划。",
    "It costs {difference} more than before.": "比原方案多支出 {difference}。",
    "It costs {difference} less than before.": "比原方案少支出 {difference}。",
    "These cannot all be kept:": "以下要求不能同时满足：",
    "Among these is what cannot be kept:": "以下要求中存在不能同时满足的：",
    "milestone {milestone}": "阶段目标 {milestone}",
    "budget of {year}": "{year} 年预算",
    "how many reforms may begin in one quarter": "每季度可启动的改革数量",
    "how far posts may change in one year": "每年岗位增减幅度",
    "{measure} has to begin": "必须启动 {measure}",
    "from {quarter} on": "自 {quarter} 起",
    "{value} at that date": "届时达到 {value}",
    ", or ": "，或",
    "; possible: {nearest}": "；可行的是：{nearest}",
    "Not proved: {reason} after {states} states and {years} years.": (
        "未证明：{reason}，已模拟 {states} 个状态、{years} 个年度。"
    ),
    "No programme costs less than {bound}.": "任何方案的成本都不低于 {bound}。",
    "Proved for the sample: {states} states and {years} years simulated; guard band {band}, worst exception {worst}.": (
        "已在样本范围内证明：模拟了 {states} 个状态、{years} 个年度；容差 {band}，所见最大例外 {worst}。"
    ),
    "Judge an office the way the field does: four Es, scorecard, benchmark, lights, ranks, ratings.": (
        "按实务方法评价单位：四E、平衡计分卡、标杆、红黄绿灯、排名、360度评价。"
    ),
    "Find the shortest promise in workdays that the office can keep, and its share of the limit.": (
        "求出能够兑现的最短承诺时限（工作日）及其占法定时限的比例。"
    ),
    "The day that is held against schedules; else the run's first.": "对照推进计划的日期，默认为模拟首日。",
    "The cases that it has to cover, e.g. '99 %'.": "承诺时限应覆盖的办件比例，如 '99 %'，可多次使用。",
    "Write a run, a plan or a roadmap as one HTML page that works offline, in Chinese and English.": (
        "将模拟结果、方案或多年计划写成一个可离线打开的中英文网页。"
    ),
    "Print the result alone, as JSON; messages go to stderr.": "只输出 JSON 格式的结果，提示信息写到标准错误。",
    "Language of messages; the locale's unless given.": "提示信息的语言，默认随系统区域设置。",
    "Folder for what is written.": "输出文件夹。",
    "Show this reform of the file, as a difference.": "展示文件中的这项改革与现状的差别。",
    "Write the process as a picture.": "将流程画成图。",
    "One more scenario: a reform of the file.": "增加一个情景：文件中的一项改革，可多次使用。",
    "How often to repeat; else the file's.": "重复次数，默认按文件设定。",
    "Which random numbers to use; else the file's.": "随机种子，默认按文件设定。",
    "How many replications to run at a time.": "同时运行的重复个数。",
    "Stop after this long with what is finished, e.g. '60 s'.": "最长运行时间，到时以已完成的部分为准，如 '60 s'。",
    "Which engine; both agree.": "使用哪个引擎，两者结果一致。",
    "Repeat until intervals are this narrow, e.g. '2 %'.": "重复到置信区间足够窄为止，如 '2 %'。",
    "With --precision: give up after so many.": "与 --precision 合用：最多重复多少次。",
    "Take the luck in how much work was drawn off the means.": "用控制变量法扣除抽样工作量的偶然偏差。",
    "Estimate how long the start is felt, which is what run: warm_up should leave out.": (
        "估计初始状态影响多久，即 run: warm_up 应当剔除的时段。"
    ),
    "Draw how times settle, with the warm-up.": "画出办理用时如何趋于稳定，并标出预热期。",
    "Say which targets are met; exit code 1 when one is not.": "说明各项目标是否达到；有未达到的，退出码为 1。",
    "Compare with an earlier run --json; exit code 1 if moved.": "与以前 run --json 的结果比较；有变动的，退出码为 1。",
    "How far a measure may move, relative to what it was.": "指标允许的相对变动幅度。",
    "Spend no more than this, e.g. '2000000 CNY'.": "成本上限，如 '2000000 CNY'。",
    "Simulate no more designs than this.": "最多模拟多少个方案。",
    "The page to write.": "要写入的网页文件。",
    "The log: .xes or .csv, also .gz, or .parquet.": "日志文件：.xes 或 .csv（可加 .gz 压缩），或 .parquet。",
    "Of this reform of the file; else of the baseline.": "文件中的哪项改革，默认为现状。",
    "Which replication; the first is 0.": "第几次重复，从 0 开始。",
    "List every kind of measure, or explain one with its effect on an example office.": (
        "列出全部改革措施，或详细说明其中一项及其在示例大厅的效果。"
    ),
    "Draw the example's process before and after.": "画出示例改革前后的流程。",
    "One more scenario: a plan that optimize kept.": "增加一个情景：optimize 保存的方案。",
    "Each scenario under this stress as well.": "各情景另在该压力情形下模拟一次，可多次使用。",
    "List what scenarios may be put under stress by, or explain one stress.": "列出全部压力情形，或详细说明其中一种。",
    "Roster of {pool}:": "{pool}排班：",
    "pattern": "班次",
    "Room and speed:": "候办席位与办理速度：",
    "Limits on posts:": "人员限额：",
    "Reforms that cannot be taken, or not together:": "不能采用、不能同时采用或有前提的措施：",
    # Stress
    "Acts on": "作用对象",
    "{label} acts on:": "{label} 作用于：",
    "  and {count} more": "  另有 {count} 处",
    # Measures
    "Catch": "代价",
    "Mostly comes after: {measures}": "一般以下列措施为前提：{measures}",
    "Parameters": "参数",
    "Example": "示例",
    "must be given": "必填",
    "default {value}": "默认 {value}",
    "source: {source}": "来源：{source}",
    "an assumption, to be set": "假定值，应按实际设定",
    "What the example changes:": "示例带来的变化：",
    "all other cases": "其余办件",
    "No KPI moves for sure in {count} replications.": "{count} 次重复中没有指标发生显著变化。",
    "Effect on the example office ({count} replications, paired; what moves most):": (
        "在示例大厅的效果（重复 {count} 次，逐一配对；按变化幅度排列）："
    ),
    "before the measure": "改革前",
    "after the measure": "改革后",
    "difference": "差异",
    # Messages
    "No errors.": "没有错误。",
    "Report: {file}": "报告：{file}",
    "Log: {file} ({cases} cases, {tasks} tasks)": "日志：{file}（{cases} 件办件，{tasks} 次办理）",
    "Interrupted; no page was written.": "已中断，未生成报告。",
    "Picture: {file}": "流程图：{file}",
    "All measures are kept in {folder}": "全部指标保存在 {folder}",
    "Not precise enough after {count} replications: {kpis}.": "重复 {count} 次后精度仍不够：{kpis}。",
    "Precise enough after {count} replications.": "重复 {count} 次后已达到要求的精度。",
    "variance left": "剩余方差",
    "The start is felt for {time}: write warm_up: {written}.": "初始状态影响约 {time}：请写 warm_up: {written}。",
    "The start is not felt: no warm-up is needed.": "初始状态没有明显影响，不需要预热期。",
    "Not settled: {services}. The run is too short to find a warm-up, or a pool cannot keep up.": (
        "尚未稳定：{services}。模拟时段太短，无法确定预热期；或者某个岗位应付不过来。"
    ),
    "Too few cases to tell: {services}.": "办件太少，无法判断：{services}。",
    "cases left out": "剔除件数",
    "warm-up": "预热期",
    "settled": "已稳定",
    "yes": "是",
    "no": "否",
    "Time is up: {done} of {total} replications.": "时间已到：完成 {done}/{total} 次重复。",
    "Differences to {baseline}:": "与 {baseline} 的差值：",
    "Nothing differs.": "没有差别。",
    "Interrupted; what was finished is kept in {folder}": "已中断；已完成的部分保存在 {folder}",
    "replications": "重复模拟",
    "{label}: {done} of {total}, {left} s left": "{label}：{done}/{total}，还需 {left} 秒",
    "Nothing changes.": "没有变化。",
    "Some cases go another way:": "部分办件按另一流程办理：",
    "The file has no targets.": "文件中没有设定目标。",
    "Nothing moved by more than {tolerance}.": "没有指标的变动超过 {tolerance}。",
    "{count} measures moved by more than {tolerance}:": "{count} 项指标的变动超过 {tolerance}：",
    "Interrupted before a plan could be kept.": "已中断，尚未形成方案。",
    "designs simulated: {simulations}; best so far {best}, no plan below {bound}": (
        "已模拟 {simulations} 个方案；目前最优 {best}，任何方案不低于 {bound}"
    ),
    "The cheapest plan costs {cost} in {horizon}.": "成本最低的方案：{horizon}共 {cost}。",
    "The best plan found costs {cost} in {horizon}.": "目前找到的最优方案：{horizon}共 {cost}。",
    "Today: {cost}.": "现状：{cost}。",
    "No plan that meets the targets was found.": "没有找到能够达到目标的方案。",
    "No plan of at most {budget} within the bounds meets the targets.": (
        "限定范围内，成本不超过 {budget} 的方案都不能达到目标。"
    ),
    "No plan within the bounds meets the targets.": "限定范围内没有任何方案能够达到目标。",
    "The obstacle: {kpis}, even in the best design below.": "达不到的目标：{kpis}；即使是下面最好的方案也是如此。",
    "Reforms to make, and steps to drop:": "采取的改革和取消的环节：",
    "Values from {count} fresh replications that the search had not seen.": (
        "以上结果来自搜索过程未使用过的 {count} 次重复模拟。"
    ),
    "The targets have to be met in {hold} of {count} demand scenarios.": (
        "{count} 个需求情景中至少 {hold} 个须达到全部目标。"
    ),
    "demand scenario": "需求情景",
    "Not proved: {reason} after {simulations} of {designs} designs.": (
        "未能证明最优：{reason}，已模拟 {designs} 个方案中的 {simulations} 个。"
    ),
    "time is up": "时间已到",
    "the number of simulations is used up": "模拟次数已用完",
    "interrupted": "已中断",
    "the search ended early": "搜索提前结束",
    "No plan costs less than {bound}.": "任何方案的成本都不低于 {bound}。",
    "Proved: every cheaper design misses a target ({simulations} of {designs} simulated).": (
        "已证明：任何更省的方案都有目标达不到（在 {designs} 个方案中模拟了 {simulations} 个）。"
    ),
    "Proved with {simulations} simulations of {designs} designs: every other cheaper design": (
        "经 {simulations} 次模拟，在 {designs} 个方案中得到证明：其余更省的方案，"
    ),
    "has no more of anything than one that misses a target by more than {band};"
    " the worst exception to that rule seen is {worst}.": (
        "各项投入都不多于某个超出目标 {band} 以上的方案；这一规律出现过的最大例外为 {worst}。"
    ),
    "To test it, {challenges} designs ruled out unseen were simulated; none overturned the proof.": (
        "为检验证明，另抽取 {challenges} 个未经模拟即被排除的方案加以模拟，结论均未被推翻。"
    ),
    "To test it, {challenges} designs ruled out unseen were simulated; {overturned} overturned the proof.": (
        "为检验证明，另抽取 {challenges} 个未经模拟即被排除的方案加以模拟，其中 {overturned} 个推翻了原结论。"
    ),
    "The band was then widened and the proof made anew.": "已据此放宽余量，重新完成证明。",
    "The band is wide since officers here also serve cases that keep those of a target waiting later on.": (
        "余量较大，是因为同一岗位还办理其他办件，这些办件随后会使目标所涉办件在后续环节等候。"
    ),
    "The band is wide since officers upstream send on other cases, which keep those of a target waiting.": (
        "余量较大，是因为前序岗位送出的其他办件会使目标所涉办件等候。"
    ),
    "What the search learned:": "搜索中得到的结论：",
    "The plan and its certificate are kept in {folder}": "方案及其证明保存在 {folder}",
    ", binds": "，起约束作用",
    "The office scores {observed} points with satisfaction: offset: {offset}.": (
        "写入 satisfaction: offset: {offset}，现状得分即为 {observed} 分。"
    ),
    "applicants save {amount}, ": "群众企业少支出 {amount}，",
    "applicants spend {amount} more, ": "群众企业多支出 {amount}，",
    "the office spends {amount} more.": "部门多支出 {amount}。",
    "the office spends no more.": "部门支出不增加。",
    "the office saves {amount}.": "部门少支出 {amount}。",
    " {ratio} saved for each {unit} spent.": "部门每多支出 1 {unit}，群众企业相应少支出 {ratio}。",
    # Tables
    "measure": "指标",
    "reform measure": "改革措施",
    "{measure}: late by quarters: {late}": "{measure}：推迟 {late} 个季度",
    "budget of {year}: {amount}": "{year} 年预算：{amount}",
    "scenario": "情景",
    "service": "事项",
    "target": "目标",
    "limit": "限值",
    "value": "结果",
    "met": "达到",
    "not known": "尚未得出",
    ": before acceptance, where the clock does not run, the queue grows without end": (
        "：受理前（尚未计时）积压不断增加"
    ),
    "not met": "未达到",
    "unit": "单位",
    "points": "得分",
    "before": "以前",
    "now": "现在",
    "today": "现状",
    "plan": "方案",
    "searched": "搜索范围",
    "pool": "岗位组",
    "name": "名称",
    "kind": "类别",
    "posts": "岗位数",
    "hours": "工作时间",
    "cost of a post": "每个岗位的成本",
    "learning": "磨合期",
    "sickness": "病假",
    "leave": "休假",
    "training": "培训",
    "cuts": "缩减岗位",
    "{system} fails: {times}, needed by {pools}": "{system} 故障：{times}，影响 {pools}",
    # Judging
    "Watch a measure against its standard; after a quarter in which it drifts, find the cheapest plan.": (
        "对照标准监控指标；季度内指标变差的，求出成本最低的纠偏方案。"
    ),
    "The measure that is watched; else the file's, where it watches one.": "监控的指标，默认为文件中监控的那一项。",
    "What was measured: CSV with date,value and, if counted, cases.": (
        "实测数据：含 date,value 列的 CSV 文件，有办件量的加 cases 列。"
    ),
    "Play the loop on a simulated office instead.": "改为在模拟单位上演示闭环。",
    "With --simulate: for so many quarters; else 4.": "与 --simulate 合用：演示多少个季度，默认4个。",
    "What the measure should be, e.g. '12 min'; else the file's.": "指标的标准值，如 '12 min'，默认按文件设定。",
    "Standard deviation of one value, e.g. '3 min'; else the file's.": "单个数值的标准差，如 '3 min'，默认按文件设定。",
    "Without these: from so many first values; else 12.": "未设定标准的，按最初多少个数值估计，默认12个。",
    "Which control chart; else the file's, or EWMA.": "使用哪种控制图，默认按文件设定，或用 EWMA。",
    "Set the limits for a false signal every N values.": "按平均每 N 个数值误报一次设定控制限。",
    "Do not ask the optimiser after a quarter with a signal.": "季度内有报警时不求解方案。",
    "Draw the chart.": "画出控制图。",
    "Interrupted; the {count} finished quarters follow.": "已中断；以下为已完成的 {count} 个季度。",
    "Interrupted; nothing was kept.": "已中断，未保存任何结果。",
    "Chart: {file}": "控制图：{file}",
    "Standard and spread: {value}, from the first {count} values.": (
        "标准值与标准差：{value}，由最初 {count} 个数值估计。"
    ),
    "Standard and spread: {value}.": "标准值与标准差：{value}。",
    "{design}: a false signal every {arl0} values; a move of 1 spread is seen after {arl1}.": (
        "{design}：平均每 {arl0} 个数值误报一次；均值偏移1个标准差时，平均经 {arl1} 个数值报警。"
    ),
    "Neighbouring values are correlated ({correlation}): signals come at other times than stated.": (
        "相邻数值存在自相关（{correlation}），实际报警快慢与上述不同。"
    ),
    "No signal: in control.": "未报警，处于受控状态。",
    "signal": "信号",
    "drifts since": "偏移始于",
    "worse": "变差",
    "better": "改善",
    "standard": "标准",
    "values": "数值个数",
    "drifts for the worse": "变差报警",
    "within": "办结所需",
    "quarter": "季度",
    "mean": "平均",
    "demand": "需求",
    "plan for the next": "下一季度方案",
    "as it is": "维持现状",
    "The scenario file of this run cannot be read; judged without its section judging.": (
        "这次模拟的情景文件无法读取，评价时不使用其中的 judging 部分。"
    ),
    "{way}: {lack}": "{way}：{lack}",
    "*: a measure behind it is only known to be at least so much.": "*：所依据的某项指标仅知下限。",
    "To judge by more, it lacks:": "以下评价因缺少数据未能（完整）进行：",
    "Baseline 100; over 100 is better.": "现状为100，大于100为改善。",
    "dimension": "维度",
    "{half} in all": "{half}合计",
    "total": "总分",
    "Leader: {leader}": "标杆：{leader}",
    "own": "本单位",
    "leader": "标杆值",
    "gap": "差距",
    "closes most": "缩小差距最多的改革",
    "no gap": "无差距",
    "source": "来源",
    "date": "日期",
    "scheduled": "计划值",
    "ahead": "超前",
    "light": "亮灯",
    "red": "红",
    "yellow": "黄",
    "green": "绿",
    "uncertain": "不确定",
    "By {quantity}{where}:": "按 {quantity}{where}：",
    "360 degree score": "360度得分",
    "rank": "名次",
    "office": "单位",
    "superior": "上级",
    "peer": "同级",
    "staff": "下属",
    "public": "公众",
    "score": "得分",
    "promises": "承诺时限",
    "Interrupted; no promise was found.": "已中断，未得出承诺时限。",
    "share of cases": "办件比例",
    "workdays": "工作日",
    "interval": "区间",
    "on time": "按时办结率",
    "promised now": "现行承诺",
    "of statutory limit": "占法定时限",
    "queue before acceptance grows without end": "受理前（尚未计时）积压不断增加",
    "–: no promise covers so many cases; too many are open when the run stops.": (
        "“–”表示没有能够覆盖该比例办件的承诺时限：模拟结束时未办结的办件过多。"
    ),
    # The process
    "applied": "申请",
    "removed": "已取消",
    "in person": "现场办理",
    "accepted": "受理",
    "decision": "作出决定",
    "collected": "领取结果",
    "clock stopped": "特殊环节（不计入时限）",
    "outside": "不占用人员",
    "batches of {count}": "每批最多 {count} 件",
    "room for {count}": "最多等候 {count} 件",
    "window": "窗口",
    "department": "部门",
    "round the clock": "全天候",
    "no arrivals": "没有新的办件",
    "patience {time}": "耐心等候 {time}",
    "promise {days} workdays": "承诺时限 {days} 个工作日",
    "statutory limit {days} workdays": "法定时限 {days} 个工作日",
    "{cases} cases waiting at {step}": "{step} 环节积压 {cases} 件",
    "{cases} recorded cases ({source})": "按记录到达 {cases} 件（{source}）",
    "appointments: {slots}": "预约：{slots}",
    "{cases} cases a week ({source})": "每周 {cases} 件（{source}）",
    "{share} of cases": "{share} 的办件",
    "{share} returned to {step}": "{share} 退回 {step}",
    "{share} refused": "{share} 不予批准",
    "{share} revoked": "{share} 撤销",
    "waits for: {gate}": "等待批次：{gate}",
    "channels: {channels}": "办理渠道：{channels}",
    "{channels} round the clock": "{channels} 渠道全天受理",
    "{share} fail, on by {channel}": "{share} 未办成，转 {channel}",
    "{share} withdraw after {time}": "{share} 在 {time} 后撤回",
    "{share} come back after {time}": "离开者中 {share} 在 {time} 后再来",
    "deemed approved at the limit": "逾期视为准予",
    "at most {cases} in hand": "最多同时在办 {cases} 件",
    "{share} choose the fastest channel": "{share} 的人选择最快的渠道",
    "way {time}": "往返路途 {time}",
    "fee {money}": "收费 {money}",
    "a day costs firms {money}": "企业等待成本 {money}",
    "then {routes}": "其后 {routes}",
    "parts: {parts}": "包含：{parts}",
    "work × {factor}": "工作量 × {factor}",
    "basis: {basis}": "依据：{basis}",
    "documents: {documents}": "材料：{documents}",
    "Mon": "周一",
    "Tue": "周二",
    "Wed": "周三",
    "Thu": "周四",
    "Fri": "周五",
    "Sat": "周六",
    "Sun": "周日",
}
