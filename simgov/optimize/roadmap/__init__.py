"""Years: which measure starts in which quarter and how many posts each year has, under budgets, to milestones.

``schema`` is the section ``roadmap:`` of the file and ``quarters`` its calendar; ``programme`` turns a study into what
is decided and what it costs; ``subjects`` says what each milestone depends on; ``knowledge`` keeps what simulations
said and what follows; ``master`` is the integer programme; ``search`` finds and proves the cheapest programme, which
``years`` simulates year by year on its real dates. Method and guarantees: ``docs/roadmap.md``.
"""
